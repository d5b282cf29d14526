import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { toLatin1 } from '#core/bytes.ts';
import { dkimKeyRecord } from '#protocol/dkim/keys.ts';
import { SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { readWhole, zoneOf } from '#test/support/signed.ts';
import { mergedAuthResults, sealArc, type ArcSealing } from './seal.ts';
import { type ArcResult, verifyArc } from './verify.ts';

const NOW_MS = Date.parse('2025-06-02T12:00:00Z');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const ZONE: Record<string, string> = {
  'r._domainkey.one.example': dkimKeyRecord(rsa.publicKey),
  'e._domainkey.two.example': dkimKeyRecord(ed.publicKey),
};
const resolver = zoneOf(ZONE);
const MESSAGE = 'From: a@x.example\r\nSubject: hello\r\nTo: b@y.example\r\n\r\nbody\r\n';

function verify(message: string, by: Resolver = resolver): Promise<ArcResult> {
  return verifyArc({ ...readWhole(message), resolver: by, nowMs: NOW_MS });
}

function seal(message: string, over: Partial<ArcSealing> = {}): string {
  const fields = sealArc({
    ...readWhole(message, [SIGNING_BODY_HASH]),
    authResultsPayload: 'mx.one.example; spf=pass smtp.mailfrom=a@x.example',
    chainResult: 'none',
    domain: 'one.example',
    selector: 'r',
    key: rsa.privateKey,
    algorithm: 'rsa-sha256',
    nowMs: NOW_MS,
    ...over,
  });
  return fields.map(toLatin1).join('') + message;
}

const TWO = {
  domain: 'two.example',
  selector: 'e',
  key: ed.privateKey,
  algorithm: 'ed25519-sha256',
} as const;

test('a chain of two sealers holds, and says who they are and what they found', async () => {
  const once = await verify(seal(MESSAGE));
  assert.deepEqual([once.result, once.instances, once.oldestPass], ['pass', 1, 0], once.text);
  const arc = await verify(seal(seal(MESSAGE), { ...TWO, chainResult: 'pass' }));
  assert.equal(arc.result, 'pass', arc.text);
  assert.deepEqual(arc.sealers, ['one.example', 'two.example']);
  assert.equal(arc.oldestPass, 0);
  assert.equal(arc.sets.at(-1)?.authenticationResults, 'mx.one.example; spf=pass smtp.mailfrom=a@x.example');
  assert.equal((await verify(MESSAGE)).result, 'none');
});

test('what was changed between two sealers is seen as the oldest pass', async () => {
  const changed = seal(MESSAGE).replace('Subject: hello', 'Subject: [list] hello');
  assert.equal((await verify(changed)).reason, 'message-signature');
  const arc = await verify(seal(changed, { ...TWO, chainResult: 'pass' }));
  assert.deepEqual([arc.result, arc.oldestPass], ['pass', 2]);
});

test('each broken chain fails with its reason, a DNS failure too', async () => {
  const good = seal(MESSAGE);
  const two = seal(good, { ...TWO, chainResult: 'pass' });
  const cases: readonly [reason: string, message: string][] = [
    ['message-signature', good.replace('body', 'b0dy')],
    ['seal', good.replace('spf=pass', 'spf=none')],
    ['instance-missing', good.replace('ARC-Authentication-Results: i=1', 'X-Was: i=1')],
    ['instance-missing', good.replace('ARC-Seal:', 'X-Seal:')],
    ['instance-invalid', good.replace('ARC-Authentication-Results: i=1', 'ARC-Authentication-Results: i=51')],
    [
      'instance-invalid',
      good.replace('ARC-Authentication-Results: i=1;', 'ARC-Authentication-Results: x; i=1;'),
    ],
    ['instance-twice', `ARC-Authentication-Results: i=1; again\r\n${good}`],
    ['chain-validation-invalid', good.replace('cv=none', 'cv=pass')],
    ['chain-validation-invalid', two.replace('cv=pass', 'cv=none')],
    ['sealed-as-failed', two.replace('cv=pass', 'cv=fail')],
    ['too-many-sets', `${'ARC-Seal: i=1\r\n'.repeat(151)}${good}`],
    ['chain-too-large', `ARC-Authentication-Results: i=1; ${'x'.repeat(300_000)}\r\n${MESSAGE}`],
  ];
  for (const [reason, message] of cases) {
    const arc = await verify(message);
    assert.deepEqual([arc.result, arc.reason], ['fail', reason], arc.text);
  }
  const down = await verify(good, zoneOf({ 'r._domainkey.one.example': '!SERVFAIL' }));
  assert.deepEqual([down.result, down.temporary], ['fail', true]);
});

test('sealArc() closes a failed chain with its own set alone, and then adds no more', async () => {
  const broken = seal(MESSAGE).replace('ARC-Seal:', 'X-Seal:');
  const closed = seal(broken, { ...TWO, chainResult: 'fail' });
  assert.match(closed, /^ARC-Seal: .*\r\n(?:\t.*\r\n)*?\t?.*cv=fail/);
  assert.equal((await verify(closed)).result, 'fail');
  const failed = seal(seal(MESSAGE).replace('body', 'b0dy'), { ...TWO, chainResult: 'fail' });
  assert.equal((await verify(failed)).reason, 'sealed-as-failed');
  assert.equal(seal(failed, { chainResult: 'fail' }), failed, 'nothing is added');
});

test('sealArc() refuses to say of a chain what cannot be', () => {
  assert.throws(() => seal(MESSAGE, { chainResult: 'pass' }), /cannot be sealed/);
  assert.throws(() => seal(seal(MESSAGE), { chainResult: 'none' }), /cannot be sealed/);
  assert.throws(() => seal(seal(MESSAGE).replace('ARC-Seal:', 'X-Seal:'), { chainResult: 'pass' }), /broken/);
  assert.throws(() => seal(MESSAGE, { exactHeaders: ['from', 'ARC-Seal'] }), /ARC-Seal/);
});

test('a payload with line ends cannot make a second field', async () => {
  const sealed = seal(MESSAGE, { authResultsPayload: 'mx.one.example;\r\nEvil: x\r\n\r\n dkim=none' });
  const { header } = readWhole(sealed);
  assert.ok(!header.fields.some((f) => f.lower === 'evil'));
  assert.equal((await verify(sealed)).result, 'pass');
});

test('mergedAuthResults() joins the fields of one authserv-id', () => {
  const { header } = readWhole(
    `Authentication-Results: MX.x.example 1;\r\n spf=pass\r\nAuthentication-Results: other; dkim=fail\r\n` +
      `Authentication-Results: mx.x.example; dkim=pass;\r\n${MESSAGE}`,
  );
  assert.equal(mergedAuthResults(header, 'mx.x.example'), 'mx.x.example; spf=pass; dkim=pass');
  assert.equal(mergedAuthResults(header, 'nobody'), undefined);
});
