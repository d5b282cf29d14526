import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, parsePhc, verifyPassword, MAX_AT_ONCE, MAX_WAITING } from './password-hash.ts';

test('a password fits its own hash and no other', async () => {
  const hash = await hashPassword('grüße & wünsche');
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await verifyPassword('grüße & wünsche', hash), true);
  assert.equal(
    await verifyPassword('gru\u0308\u00dfe & wu\u0308nsche', hash),
    true,
    'other spelling of the same text',
  );
  assert.equal(await verifyPassword('grüße', hash), false);
  assert.equal(await verifyPassword('', hash), false);
  assert.notEqual(await hashPassword('a'), await hashPassword('a'));
});

test("the argon2 reference program's hash is understood", async () => {
  // echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -e
  const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await verifyPassword('password', phc), true);
  assert.equal(await verifyPassword('Password', phc), false);
});

test('parsePhc() refuses what would take too much or protect too little', () => {
  const good = `$argon2id$v=19$m=64,t=1,p=1$${'c'.repeat(22)}$${'c'.repeat(43)}`;
  assert.ok(parsePhc(good));
  for (const bad of [
    good.replace('argon2id', 'argon2i'),
    good.replace('m=64', 'm=9999999'),
    good.replace('m=64', 'm=1'),
    good.replace('t=1', 't=0'),
    good.replace('c'.repeat(43), 'cccc'),
    good.replace('v=19', 'v=16'),
    '',
    '{PLAIN}secret',
  ])
    assert.equal(parsePhc(bad), undefined, bad);
});

test('a hash that cannot be read and a login that does not exist never fit, whatever is given', async () => {
  assert.equal(await verifyPassword('x', undefined), false);
  assert.equal(await verifyPassword('x', '{PLAIN}x'), false);
});

test('an unknown login takes as long as a known one', async () => {
  const hash = await hashPassword('x');
  const time = async (phc: string | undefined): Promise<number> => {
    const from = process.hrtime.bigint();
    for (let i = 0; i < 5; i++) await verifyPassword('y', phc);
    return Number(process.hrtime.bigint() - from);
  };
  await time(hash);
  const [known, unknown] = [await time(hash), await time(undefined)];
  assert.ok(unknown > known / 3 && unknown < known * 3, `${known} against ${unknown} ns`);
});

test('many at once are done a few at a time, and too many are told to come later', async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 300 }, () =>
      verifyPassword('x', `$argon2id$v=19$m=8,t=1,p=1$${'c'.repeat(22)}$${'c'.repeat(43)}`),
    ),
  );
  const later = results.filter((r) => r.status === 'rejected');
  assert.equal(later.length, 300 - MAX_WAITING - MAX_AT_ONCE);
  assert.ok(later.every((r) => /at once/.test(String(r.reason))));
});
