/**
 * Our signatures before dkimpy and OpenDKIM, theirs before us: both algorithms, all canonicalisations, l=, and messages
 * of many shapes. And ARC with dkimpy, both ways.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { toLatin1 } from '#core/bytes.ts';
import { sealArc } from '#protocol/arc/seal.ts';
import { verifyArc } from '#protocol/arc/verify.ts';
import { type DkimSigning, signDkim, SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { readWhole, verifyWhole, zoneOf } from '#test/support/signed.ts';
import {
  askDkimpy,
  askOpenDkim,
  DOMAIN,
  makeKeys,
  peersAreThere,
  type PeerKey,
  signWithOpenDkim,
} from './peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-dkim-peers-'));
after(() => rmSync(folder, { recursive: true }));

const KEYS = makeKeys();
const ZONE = Object.fromEntries(KEYS.map((k) => [`${k.selector}._domainkey.${DOMAIN}`, k.record]));
const resolver = zoneOf(ZONE);
const NOW_MS = Date.now();
const C14N = ['simple', 'relaxed'] as const;

const HEAD = `From: Ann <ann@${DOMAIN}>\r\nTo: bob@x.example\r\nSubject: peers\r\nDate: Mon, 2 Jun 2025 12:00:00 +0000\r\nMessage-ID: <1@${DOMAIN}>\r\n`;
const SHAPES: Readonly<Record<string, string>> = {
  plain: `${HEAD}\r\nHello\r\n`,
  'trailing-blank-lines': `${HEAD}\r\nHello\r\n\r\n\r\n`,
  'empty-body': `${HEAD}\r\n`,
  'only-blank-lines': `${HEAD}\r\n\r\n\r\n`,
  'space-in-body': `${HEAD}\r\n  two  spaces\tand tabs\t \r\n \t\r\nend  \r\n \r\n`,
  'eight-bit': `${HEAD}X-Eight: caf\xc3\xa9\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncaf\xc3\xa9 \xff\r\n`,
  dots: `${HEAD}\r\n.\r\n..\r\n.x\r\n`,
  'folded-and-odd': `Received: from a\r\n\tby b;\r\n  Mon, 2 Jun 2025 12:00:00 +0000\r\nReceived: from c\r\n\tby d\r\n${HEAD.replace('Subject: peers', 'SUBJECT:\r\n \tfolded  \t twice \r\n  here ')}CC:c@x.example\r\nReferences: <a@x>\r\n <b@x>\r\n\r\nbody\r\n`,
  'long-lines': `${HEAD}\r\n${'0123456789 '.repeat(80)}\r\n${'x'.repeat(990)}\r\n`,
  mime: `${HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUJD'.repeat(19)}\r\n--b--\r\n`,
  'empty-fields': `${HEAD}Reply-To: \r\nCc:\r\nIn-Reply-To:   \r\n\r\nbody\r\n`,
};

/** OpenDKIM's test mode reads fields as a milter gets them, the space after the colon rewritten: no simple header there. */
const REWRITTEN: readonly string[] = ['folded-and-odd', 'empty-fields'];

type Variant = { readonly id: string; readonly message: string };

function sign(message: string, key: PeerKey, over: Partial<DkimSigning>): string {
  const canonicalization = over.bodyCanonicalization ?? 'relaxed';
  const request = { ...SIGNING_BODY_HASH, canonicalization };
  const whole = readWhole(message, [request, { ...request, length: over.bodyLength }]);
  const signing = { domain: DOMAIN, selector: key.selector, key: key.privateKey, algorithm: key.algorithm };
  return toLatin1(signDkim({ ...whole, ...signing, nowMs: NOW_MS, ...over })) + message;
}

function ourVariants(): Variant[] {
  const variants: Variant[] = [];
  for (const [shape, message] of Object.entries(SHAPES))
    for (const key of KEYS)
      for (const headerCanonicalization of C14N)
        for (const bodyCanonicalization of C14N)
          variants.push({
            id: `${shape} ${key.algorithm} ${headerCanonicalization}/${bodyCanonicalization}`,
            message: sign(message, key, { headerCanonicalization, bodyCanonicalization }),
          });
  for (const key of KEYS) {
    const plain = SHAPES['plain']!; // `!`: it is in the table above
    const long = { identity: `some.one@sub.${DOMAIN}`, expireAfterS: 86_400 };
    variants.push(
      { id: `l= ${key.algorithm}`, message: `${sign(plain, key, { bodyLength: 5 })}more\r\n` },
      { id: `l=0 ${key.algorithm}`, message: sign(plain, key, { bodyLength: 0 }) },
      { id: `i= and x= ${key.algorithm}`, message: sign(plain, key, long) },
      { id: `not oversigned ${key.algorithm}`, message: sign(plain, key, { oversign: [] }) },
    );
  }
  return variants;
}

/** Every line of the bad half must be refused by all three, every line of the good half taken by all three. */
test('our signatures are good to dkimpy and OpenDKIM, and broken ones to nobody', async (t) => {
  if (!peersAreThere(t)) return;
  const good = ourVariants();
  const broken = good.filter((_, i) => i % 5 === 0).map(breakIt);
  const all = [...good, ...broken];
  const dkimpy = askDkimpy(all.map((v) => ({ op: 'verify', message: v.message, zone: ZONE })));
  const opendkim = askOpenDkim(
    folder,
    ZONE,
    all.map((v) => v.message),
  );
  for (const [i, v] of all.entries()) {
    const [ours] = await verifyWhole(v.message, resolver, NOW_MS);
    const expected = i < good.length;
    const said = `ours ${ours?.result}, dkimpy ${dkimpy[i]?.result} ${dkimpy[i]?.text ?? ''}, opendkim ${opendkim[i]}`;
    assert.equal(ours?.result === 'pass', expected, `${v.id}: ${said}`);
    assert.equal(dkimpy[i]?.result === 'pass', expected, `${v.id}: ${said}`);
    if (REWRITTEN.some((shape) => v.id.startsWith(shape)) && / simple\//.test(v.id)) continue;
    assert.equal(opendkim[i] === 'pass', expected, `${v.id}: ${said}`);
  }
});

function breakIt(v: Variant): Variant {
  return { id: `${v.id}, changed`, message: v.message.replace('ann@', 'eve@') };
}

test('what dkimpy signs is good to us', async (t) => {
  if (!peersAreThere(t)) return;
  const questions = Object.entries(SHAPES).flatMap(([shape, message]) =>
    KEYS.flatMap((key) =>
      C14N.flatMap((header) =>
        C14N.flatMap((body) =>
          [false, true].map((length) => ({
            op: 'sign',
            id: `${shape} ${key.algorithm} ${header}/${body} l=${length}`,
            message,
            selector: key.selector,
            domain: DOMAIN,
            key: key.forDkimpy,
            algorithm: key.algorithm,
            header,
            body,
            length,
          })),
        ),
      ),
    ),
  );
  const answers = askDkimpy(questions);
  for (const [i, q] of questions.entries()) {
    assert.equal(answers[i]?.result, 'signed', `${q.id}: ${answers[i]?.text}`);
    const signed = `${answers[i].field}${q.message}`;
    const [ours] = await verifyWhole(signed, resolver, NOW_MS);
    assert.equal(ours?.result, 'pass', `${q.id}: ${ours?.reason} ${ours?.text}`);
    const [changed] = await verifyWhole(signed.replace('To: bob', 'To: eve'), resolver, NOW_MS);
    assert.equal(changed?.result, 'fail', q.id);
  }
});

test('what OpenDKIM signs is good to us', async (t) => {
  if (!peersAreThere(t)) return;
  for (const [shape, message] of Object.entries(SHAPES))
    for (const key of KEYS)
      for (const canonicalization of ['simple/simple', 'relaxed/simple', 'relaxed/relaxed']) {
        // With Ed25519 and a simple header, OpenDKIM 2.11 and dkimpy refuse what OpenDKIM just signed, as we do.
        const isSimple = canonicalization === 'simple/simple';
        if (isSimple && (REWRITTEN.includes(shape) || key.algorithm === 'ed25519-sha256')) continue;
        const signed = signWithOpenDkim(folder, key, canonicalization, message);
        const [ours] = await verifyWhole(signed, resolver, NOW_MS);
        const id = `${shape} ${key.algorithm} ${canonicalization}`;
        assert.equal(ours?.result, 'pass', `${id}: ${ours?.reason} ${ours?.text}`);
        assert.equal(ours.canonicalization, canonicalization);
      }
});

test('ARC chains of ours and of dkimpy are the same to both', async (t) => {
  if (!peersAreThere(t)) return;
  const rsa = KEYS[0]!; // `!`: makeKeys makes two
  const sealing = { domain: DOMAIN, selector: rsa.selector, key: rsa.privateKey, algorithm: rsa.algorithm };
  const seal = (message: string, chainResult: 'none' | 'pass'): string => {
    const whole = readWhole(message, [SIGNING_BODY_HASH]);
    const authResultsPayload = `mx.${DOMAIN}; arc=${chainResult}; spf=pass smtp.mailfrom=${DOMAIN}`;
    const fields = sealArc({ ...whole, ...sealing, authResultsPayload, chainResult, nowMs: NOW_MS });
    return fields.map(toLatin1).join('') + message;
  };
  for (const [shape, message] of Object.entries(SHAPES)) {
    const once = seal(message, 'none');
    const results = `Authentication-Results: them.example; arc=pass; spf=pass\r\n`;
    const question = {
      selector: rsa.selector,
      domain: DOMAIN,
      key: rsa.forDkimpy,
      zone: ZONE,
      authserv: 'them.example',
    };
    const [check, more] = askDkimpy([
      { op: 'arc-verify', message: once, zone: ZONE },
      { op: 'arc-sign', message: results + once, ...question },
    ]);
    assert.equal(check?.result, 'pass', `${shape}: ${check?.text}`);
    assert.equal(more?.result, 'signed', `${shape}: ${more?.text}`);
    const theirs = await verifyArc({
      ...readWhole(`${more.field}${results}${once}`),
      resolver,
      nowMs: NOW_MS,
    });
    assert.deepEqual([theirs.result, theirs.instances], ['pass', 2], `${shape}: ${theirs.text}`);
    const [third] = askDkimpy([
      { op: 'arc-verify', message: seal(`${more.field}${results}${once}`, 'pass'), zone: ZONE },
    ]);
    assert.equal(third?.result, 'pass', `${shape}: ${third?.text}`);
  }
});
