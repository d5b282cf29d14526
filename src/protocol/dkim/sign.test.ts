import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '#core/bytes.ts';
import { readWhole, verifyWhole, zoneOf } from '#test/support/signed.ts';
import { dkimKeyRecord, generateDkimKey } from './keys.ts';
import { type DkimSigning, signDkim, SIGNING_BODY_HASH } from './sign.ts';

const NOW_MS = Date.parse('2025-06-02T12:00:00Z');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const resolver = zoneOf({
  'r._domainkey.ours.example': dkimKeyRecord(rsa.publicKey),
  'e._domainkey.ours.example': dkimKeyRecord(ed.privateKey),
  'strict._domainkey.ours.example': dkimKeyRecord(ed.publicKey, { strict: true, testing: true }),
});
const MESSAGE =
  'Received: from a\r\n\tby b\r\nFrom: Ann <ann@ours.example>\r\nTo: bob@x.example\r\nSubject:  a  subject \r\n' +
  'Date: Mon, 2 Jun 2025 12:00:00 +0000\r\n\r\nHello  there \r\n\r\n\r\n';

function signed(over: Partial<DkimSigning>, message = MESSAGE): string {
  const canonicalization = over.bodyCanonicalization ?? 'relaxed';
  const also = [SIGNING_BODY_HASH, { ...SIGNING_BODY_HASH, canonicalization, length: over.bodyLength }];
  const field = signDkim({
    ...readWhole(message, also),
    domain: 'ours.example',
    selector: 'r',
    key: rsa.privateKey,
    algorithm: 'rsa-sha256',
    nowMs: NOW_MS,
    ...over,
  });
  return toLatin1(field) + message;
}

test('signDkim() makes what verifyDkim() passes, for every canonicalisation and both algorithms', async () => {
  for (const headerCanonicalization of ['simple', 'relaxed'] as const)
    for (const bodyCanonicalization of ['simple', 'relaxed'] as const)
      for (const key of [
        { selector: 'r', key: rsa.privateKey, algorithm: 'rsa-sha256' },
        { selector: 'e', key: ed.privateKey, algorithm: 'ed25519-sha256' },
      ] as const) {
        const text = signed({ headerCanonicalization, bodyCanonicalization, ...key });
        const [result] = await verifyWhole(text, resolver, NOW_MS);
        assert.equal(result?.result, 'pass', `${result?.canonicalization} ${result?.text}`);
        assert.equal(result.domain, 'ours.example');
        assert.deepEqual(result.unsignedDuplicates, []);
        for (const line of text.slice(0, text.indexOf('Received:')).split('\r\n'))
          assert.ok(line.length <= 78, `${line.length}: ${line}`);
      }
});

test('an oversigned field cannot be added, a signed one not changed', async () => {
  const text = signed({});
  for (const name of ['From', 'Subject', 'To', 'Date', 'Reply-To', 'Content-Type']) {
    const [result] = await verifyWhole(`${name}: x@evil.example\r\n${text}`, resolver, NOW_MS);
    assert.equal(result?.reason, 'signature-mismatch', name);
  }
  const [loose] = await verifyWhole(`Subject: evil\r\n${signed({ oversign: [] })}`, resolver, NOW_MS);
  assert.equal(loose?.result, 'pass');
  assert.deepEqual(loose.unsignedDuplicates, ['subject']);
  const [changed] = await verifyWhole(text.replace('Ann', 'Eve'), resolver, NOW_MS);
  assert.equal(changed?.result, 'fail');
});

test('l=, x=, i= and t= come out as they were put in', async () => {
  const text = `${signed({ bodyLength: 5, expireAfterS: 60, identity: 'ann b@sub.ours.example', bodyCanonicalization: 'relaxed' })}more\r\n`;
  const [result] = await verifyWhole(text, resolver, NOW_MS);
  assert.equal(result?.result, 'pass', result?.text);
  assert.equal(result.bodyLengthCovered, 5);
  assert.equal(result.bodyUncovered, 'Hello there\r\n\r\n\r\nmore\r\n'.length - 5);
  assert.equal(result.identity, 'ann b@sub.ours.example');
  assert.equal(result.expiresS, NOW_MS / 1000 + 60);
  const [late] = await verifyWhole(text, resolver, NOW_MS + 3_600_000);
  assert.deepEqual([late?.result, late?.reason, late?.expired], ['permerror', 'expired', true]);
  const [early] = await verifyWhole(signed({}), resolver, NOW_MS - 3_600_000);
  assert.deepEqual([early?.result, early?.timestampInFuture], ['pass', true]);
});

test('a strict key allows no identity below the domain', async () => {
  const key = { selector: 'strict', key: ed.privateKey, algorithm: 'ed25519-sha256' } as const;
  const [below] = await verifyWhole(signed({ ...key, identity: '@sub.ours.example' }), resolver, NOW_MS);
  assert.equal(below?.reason, 'identity-not-the-domain');
  const [same] = await verifyWhole(signed({ ...key, identity: '@ours.example' }), resolver, NOW_MS);
  assert.deepEqual([same?.result, same?.testing], ['pass', true]);
});

test('signDkim() refuses what no verifier could accept', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 512 });
  assert.throws(() => signed({ key: weak.privateKey }), /1024/);
  assert.throws(() => signed({ key: ed.privateKey }), /needs a private rsa key/);
  assert.throws(() => signed({ key: rsa.publicKey }), /needs a private rsa key/);
  assert.throws(() => signed({ domain: 'no domain' }), /no domain/);
  assert.throws(() => signed({ selector: 'a b' }), /no selector/);
  assert.throws(() => signed({ headers: ['to'], oversign: [] }), /From/);
  assert.throws(() => signed({ identity: 'a@other.example' }), /not within/);
  assert.throws(() => signed({ bodyLength: 5000 }), /more than/);
});

test('generateDkimKey() makes keys whose record is read again', async () => {
  const pair = await generateDkimKey('ed25519');
  const record = dkimKeyRecord(pair.publicKey);
  const text = signed({ selector: 'n', key: pair.privateKey, algorithm: 'ed25519-sha256' });
  const [result] = await verifyWhole(text, zoneOf({ 'n._domainkey.ours.example': record }), NOW_MS);
  assert.equal(result?.result, 'pass');
  assert.equal((await generateDkimKey('rsa2048')).privateKey.asymmetricKeyDetails?.modulusLength, 2048);
  assert.throws(() => dkimKeyRecord(generateKeyPairSync('x25519').publicKey), /cannot sign mail/);
});

test('every signature of a message is judged, in the order of the header', async () => {
  const text = signed({ selector: 'e', key: ed.privateKey, algorithm: 'ed25519-sha256' }, signed({}));
  const results = await verifyWhole(text, resolver, NOW_MS);
  assert.deepEqual(
    results.map((r) => [r.selector, r.result]),
    [
      ['e', 'pass'],
      ['r', 'pass'],
    ],
  );
  assert.deepEqual(await verifyWhole(fromLatin1(MESSAGE), resolver, NOW_MS), []);
});
