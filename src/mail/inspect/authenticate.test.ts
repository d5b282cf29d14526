import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { concat, fromUtf8, toLatin1 } from '#core/bytes.ts';
import { sealArc } from '#protocol/arc/seal.ts';
import { createBodyHasher, requestedBodyHashes } from '#protocol/dkim/body-hash.ts';
import { dkimKeyRecord } from '#protocol/dkim/keys.ts';
import { signDkim, SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { sampleEnvelope } from '#test/support/messages.ts';
import type { Envelope } from '../envelope.ts';
import { createAuthenticate } from './authenticate.ts';
import { CHECKS } from './checks.ts';
import type { InspectDeps } from './check.ts';
import { readMessage } from './offline.ts';
import { inspect } from './run-checks.ts';

const pair = generateKeyPairSync('ed25519');
const NOW_MS = Date.UTC(2026, 0, 2);
const RECORD = dkimKeyRecord(pair.publicKey);

const zone = {
  'author.example': ['v=spf1 ip4:192.0.2.1 -all'],
  's._domainkey.author.example': [RECORD],
  '_dmarc.author.example': ['v=DMARC1; p=reject'],
  's._domainkey.list.example': [RECORD],
  's._domainkey.stranger.example': [RECORD],
  'list.example': ['v=spf1 -all'],
  'plain.example': ['v=spf1 -all'],
  'evil.example': ['v=spf1 ip4:192.0.2.9 -all'],
  '_dmarc.evil.example': ['v=DMARC1; p=reject'],
  'quiet.example': [{ A: '192.0.2.3' }],
  '_dmarc.sick.example': ['SERVFAIL'],
  'sick.example': ['SERVFAIL'],
};

function resolver(): Resolver {
  const parsed = parseZone(zone);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return zoneResolver(parsed.value);
}

/** Signed over the first `covered` bytes of its body only, as RFC 6376 allows. */
function signedInPart(text: string, domain: string, covered: number): Uint8Array {
  const bytes = fromUtf8(text.replaceAll('\n', '\r\n'));
  const bodyStart = parseHeader(bytes).bodyStart;
  const hash = createHash('sha256')
    .update(bytes.subarray(bodyStart, bodyStart + covered))
    .digest('base64');
  const unsigned = `DKIM-Signature: v=1; a=ed25519-sha256; d=${domain}; s=s; l=${covered}; h=from:subject; bh=${hash}; b=`;
  const value = (name: string): string =>
    new RegExp(`^${name}: .*\r\n`, 'm').exec(toLatin1(bytes))?.[0] ?? '';
  const digest = createHash('sha256')
    .update(`${value('From')}${value('Subject')}${unsigned}`)
    .digest();
  const signature = sign(null, digest, pair.privateKey).toString('base64');
  return concat([fromUtf8(`${unsigned}${signature}\r\n`), bytes]);
}

function signed(text: string, domain: string): Uint8Array {
  const bytes = fromUtf8(text.replaceAll('\n', '\r\n'));
  const header = parseHeader(bytes);
  const hasher = createBodyHasher([SIGNING_BODY_HASH]);
  hasher.update(bytes.subarray(header.bodyStart));
  const bodyHashes = hasher.finish();
  const key = { domain, selector: 's', key: pair.privateKey, algorithm: 'ed25519-sha256' as const };
  return concat([signDkim({ ...key, header, bodyHashes, nowMs: NOW_MS }), bytes]);
}

/** Seals what says it passed DMARC, as a forwarder would that then changed the body. */
function sealed(bytes: Uint8Array, domain: string, results: string): Uint8Array {
  const header = parseHeader(bytes);
  const hasher = createBodyHasher([SIGNING_BODY_HASH, ...requestedBodyHashes(header)]);
  hasher.update(bytes.subarray(header.bodyStart));
  const key = { domain, selector: 's', key: pair.privateKey, algorithm: 'ed25519-sha256' as const };
  const fields = sealArc({
    ...key,
    header,
    bodyHashes: hasher.finish(),
    authResultsPayload: results,
    chainResult: 'none',
    nowMs: NOW_MS,
  });
  return concat([...fields, bytes]);
}

async function codes(
  bytes: Uint8Array,
  over: Partial<Envelope> = {},
  deps: Partial<InspectDeps> = {},
): Promise<ReadonlyMap<string, string>> {
  const authenticate = createAuthenticate(() => {});
  const { findings } = await inspect(
    { checks: CHECKS, authenticate, onCrash: () => {} },
    sampleEnvelope({
      peer: { ip: '192.0.2.7', port: 1, name: undefined },
      mailFrom: 'a@author.example',
      ...over,
    }),
    readMessage(bytes),
    {
      resolver: resolver(),
      clock: () => NOW_MS,
      hostname: 'gate.example',
      clamd: undefined,
      trustedSealers: new Set(['list.example']),
      dnsbl: [],
      ...deps,
    },
  );
  return new Map(findings.map((f) => [f.check, f.code]));
}

const text = (from: string, more = ''): string =>
  `${more}From: A <a@${from}>\nSubject: x\nDate: Fri, 2 Jan 2026 00:00:00 +0000\n\nhello\n`;
const mail = (from: string, more = ''): Uint8Array => fromUtf8(text(from, more).replaceAll('\n', '\r\n'));

const cases: readonly {
  readonly name: string;
  readonly message: Uint8Array;
  readonly envelope?: Partial<Envelope>;
  readonly expected: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'an aligned signature',
    message: signed(text('author.example'), 'author.example'),
    expected: { spf: 'fail', dkim: 'pass', dmarc: 'pass', arc: 'none' },
  },
  {
    name: 'an aligned signature over a whole body, with l=',
    message: signedInPart(text('author.example'), 'author.example', 'hello\r\n'.length),
    expected: { dkim: 'pass', dmarc: 'pass' },
  },
  {
    name: 'an aligned signature that leaves part of the body to anybody',
    message: signedInPart(`${text('author.example')}pay me\n`, 'author.example', 'hello\r\n'.length),
    expected: { dkim: 'partial', dmarc: 'fail-reject' },
  },
  {
    name: 'an aligned signature under a second Subject',
    message: concat([
      fromUtf8('Subject: pay me\r\n'),
      signedInPart(text('author.example'), 'author.example', 'hello\r\n'.length),
    ]),
    expected: { dkim: 'unsigned-duplicate', dmarc: 'fail-reject' },
  },
  {
    name: 'an aligned SPF pass beside a signature in part',
    message: signedInPart(`${text('author.example')}pay me\n`, 'author.example', 'hello\r\n'.length),
    envelope: { peer: { ip: '192.0.2.1', port: 1, name: 'mx.author.example' } },
    expected: { dkim: 'partial', dmarc: 'pass' },
  },
  {
    name: 'an aligned SPF pass',
    message: mail('author.example'),
    envelope: { peer: { ip: '192.0.2.1', port: 1, name: 'mx.author.example' } },
    expected: { spf: 'pass', dkim: 'none', dmarc: 'pass', iprev: 'pass' },
  },
  {
    name: 'nothing, against p=reject',
    message: mail('author.example'),
    expected: { spf: 'fail', dkim: 'none', dmarc: 'fail-reject' },
  },
  {
    name: 'a stranger’s signature, against p=reject',
    message: signed(text('author.example'), 'list.example'),
    expected: { dkim: 'pass', dmarc: 'fail-reject' },
  },
  {
    name: 'a mailing list that the operator trusts and that signs as itself',
    message: signed(text('author.example', 'List-Id: A list <a.list.example>\n'), 'list.example'),
    expected: { dkim: 'pass', dmarc: 'fail-reject-indirect' },
  },
  {
    name: 'a mailing list that signs as itself, and that nobody named',
    message: signed(text('author.example', 'List-Id: A list <a.stranger.example>\n'), 'stranger.example'),
    expected: { dkim: 'pass', dmarc: 'fail-reject' },
  },
  {
    name: 'a trusted signer under the List-Id of somebody else',
    message: signed(text('author.example', 'List-Id: A list <a.evillist.example>\n'), 'list.example'),
    expected: { dkim: 'pass', dmarc: 'fail-reject' },
  },
  {
    name: 'a List-Id that nobody signed for',
    message: signed(text('author.example', 'List-Id: A list <a.other.example>\n'), 'list.example'),
    expected: { dmarc: 'fail-reject' },
  },
  {
    name: 'a trusted sealer that saw DMARC pass',
    message: sealed(
      mail('author.example'),
      'list.example',
      'list.example; dmarc=pass header.from=author.example',
    ),
    expected: { arc: 'trusted', dmarc: 'overridden' },
  },
  {
    name: 'a trusted sealer that saw DMARC pass for somebody else',
    message: sealed(
      mail('author.example'),
      'list.example',
      'list.example; dmarc=pass header.from=list.example',
    ),
    expected: { arc: 'trusted', dmarc: 'fail-reject' },
  },
  {
    name: 'a sealer nobody trusts',
    message: sealed(mail('author.example'), 'author.example', 'x; dmarc=pass header.from=author.example'),
    expected: { arc: 'pass', dmarc: 'fail-reject' },
  },
  {
    name: 'no policy and SPF says no',
    message: mail('plain.example'),
    envelope: { mailFrom: 'a@plain.example' },
    expected: { spf: 'fail', dmarc: 'implicit-fail' },
  },
  {
    name: 'no policy and nothing tried',
    message: mail('quiet.example'),
    envelope: { mailFrom: 'a@quiet.example' },
    expected: { spf: 'none', dmarc: 'none' },
  },
  {
    name: 'DNS that fails',
    message: mail('sick.example'),
    envelope: { mailFrom: 'a@sick.example' },
    expected: { spf: 'temperror', dmarc: 'temperror' },
  },
  {
    name: 'two From fields, one of a domain with p=reject',
    message: mail('author.example', 'From: B <b@plain.example>\n'),
    expected: { dmarc: 'fail-reject' },
  },
  {
    name: 'two From fields of domains without policy',
    message: mail('quiet.example', 'From: B <b@plain.example>\n'),
    expected: { dmarc: 'no-single-author' },
  },
  {
    name: 'no From field',
    message: fromUtf8('Subject: x\r\n\r\nhello\r\n'),
    expected: { dmarc: 'no-single-author' },
  },
];
for (const { name, message, envelope, expected } of cases)
  test(`sender checks: ${name}`, async () => {
    const got = await codes(message, envelope);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((k) => [k, got.get(k)])), expected);
  });

const base64 = (name: string): string => `=?utf-8?b?${Buffer.from(name).toString('base64')}?=`;

/** Written by evil.example, who proves that, and to be read as mail of author.example. */
const DOUBTFUL: readonly string[] = [
  '"ceo@author.example" <a@evil.example>',
  '"ceo @author.example" <a@evil.example>',
  '"ceo@ author.example" <a@evil.example>',
  '"x@evil.example ceo@author.example" <a@evil.example>',
  '"ceo@example" <a@evil.example>, b@evil.example',
  'ceo@author.example <> <a@evil.example>',
  '"ceo@author.example\\" <a@evil.example>',
  'ceo@author.example <a@evil.example> x',
  'CEO <a@evil.example> x',
  '"\u202eelpmaxe.rohtua@oec" <a@evil.example>',
  'ceo: a@evil.example;',
  '<@author.example:a@evil.example>',
  'CEO <a@evil.example',
  'ceo%author.example@evil.example',
  'ceo@evil.example, b@evil.example',
  'ceo@author.example, a@evil.example',
  '=?utf-8?q?a=40evil.example?=',
  'a@evil.example (=?utf-8?q?ceo=40author.example?=)',
  `${base64('ceo@author\u3002example')} <a@evil.example>`,
  `${base64('ceo\uff20author.example')} <a@evil.example>`,
  '=?utf-7?q?ceo+AEA-author.example?= <a@evil.example>',
  `=?utf-8?q?ceo=40author.example${'_'.repeat(2500)}?= <a@evil.example>`,
  `=?${'a'.repeat(90)}?q?ceo=40author.example?= <a@evil.example>`,
  `CEO${' '.repeat(3000)} <a@evil.example>`,
];

async function judgeAuthor(from: string): Promise<ReadonlyMap<string, string>> {
  return codes(fromUtf8(`From: ${from}\r\nSubject: x\r\n\r\nhello\r\n`), {
    peer: { ip: '192.0.2.9', port: 1, name: 'evil.example' },
    mailFrom: 'a@evil.example',
  });
}

test('sender checks: an author who can be read in two ways never passes DMARC, and is a finding', async () => {
  assert.equal((await judgeAuthor('CEO <a@evil.example>')).get('dmarc'), 'pass');
  for (const from of DOUBTFUL) {
    const got = await judgeAuthor(from);
    assert.ok(
      ['no-single-author', 'ambiguous-author', 'fail-reject'].includes(got.get('dmarc') ?? ''),
      `${from}: ${got.get('dmarc')}`,
    );
    assert.ok(got.has('from-header'), from);
  }
});

test('sender checks: a resolver that breaks is crashed, and DMARC neither passes nor fails on it', async () => {
  const broken: Resolver = {
    ...resolver(),
    txt: (name) => (name.startsWith('_dmarc') ? resolver().txt(name) : Promise.reject(new Error('x'))),
  };
  const got = await codes(mail('author.example'), {}, { resolver: broken });
  assert.equal(got.get('spf'), 'crashed');
  assert.equal(got.get('dmarc'), 'temperror');
});

test('sender checks do not apply to what our own people send', async () => {
  const got = await codes(mail('author.example'), { direction: 'out' });
  assert.equal(got.has('spf'), false);
  assert.equal(got.get('clamav'), 'absent');
});
