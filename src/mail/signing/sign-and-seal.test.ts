import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { fromUtf8, toUtf8 } from '#core/bytes.ts';
import { bodyHashKey, type BodyHashes } from '#protocol/dkim/body-hash.ts';
import { SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { parseHeader, type Header } from '#protocol/message/header.ts';
import { sampleEnvelope } from '#test/support/messages.ts';
import { signing } from './sign-and-seal.ts';
import type { Signers } from './signers.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const SIGNERS: Signers = {
  keysFor: (_, domain) =>
    domain === 'ours.example'
      ? [{ domain, selector: 's', algorithm: 'ed25519-sha256', key: privateKey }]
      : [],
  isWaiting: (_, domain) => domain === 'young.example',
  reload: async () => {},
};
const { sign, unsigned } = signing(SIGNERS, () => 0);
const OUT = sampleEnvelope({ direction: 'out', mailFrom: 'ann@ours.example' });
const bodyHashes: BodyHashes = new Map([
  [bodyHashKey(SIGNING_BODY_HASH), { digest: new Uint8Array(32), canonicalLength: 0 }],
]);
const header = (text: string): Header => parseHeader(fromUtf8(`${text}\r\n\r\n`));

const cases: readonly (readonly [string, boolean, RegExp | undefined])[] = [
  ['From: ann@ours.example', true, undefined],
  ['From: ceo@theirs.example', false, /no key/],
  ['From: ann@young.example', false, /not in use/],
  // The first of several was signed for, and without any the domain of MAIL FROM.
  ['From: ann@ours.example\r\nFrom: ceo@theirs.example', false, /no single author/],
  ['From: ann@ours.example, ceo@theirs.example', false, /no single author/],
  ['Subject: no author', false, /no single author/],
];
for (const [text, isSigned, reason] of cases)
  test(`signing: ${JSON.stringify(text)} is ${isSigned ? 'signed' : 'not signed, and that is told'}`, async () => {
    const signatures = await sign(OUT, { header: header(text), bodyHashes });
    assert.equal(signatures.length, isSigned ? 1 : 0);
    if (isSigned) assert.match(toUtf8(signatures[0]!), /\bd=ours\.example;/); // `!`: one was counted
    const finding = unsigned(OUT, header(text));
    assert.equal(finding?.code, isSigned ? undefined : 'unsigned');
    if (reason !== undefined) assert.match(String(finding?.params['reason']), reason);
    assert.equal(unsigned(sampleEnvelope({ direction: 'in' }), header(text)), undefined);
  });
