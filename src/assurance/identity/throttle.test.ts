import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT } from '#core/id.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { forgive, networkOf, takeTurn, type Bucket } from './throttle.ts';

after(stopTestDatabases);

const START_MS = Date.UTC(2026, 10, 21);
const bucket = (rule: Bucket['rule'], word = 'x'): Bucket => ({ rule, key: Buffer.from(`${rule} ${word}`) });

/** Tries again as soon as it may, and says after how many seconds each time. */
async function patient(
  db: TestDatabase,
  buckets: readonly Bucket[],
  tries: number,
): Promise<readonly number[]> {
  const own = db.as('app').asTenant(DEFAULT_TENANT);
  const waits: number[] = [];
  let nowMs = START_MS;
  for (let i = 0; i < tries; i++) {
    const waitS = await takeTurn(own, DEFAULT_TENANT, buckets, nowMs);
    waits.push(waitS);
    if (waitS === 0) continue;
    nowMs += waitS * 1000;
    assert.equal(await takeTurn(own, DEFAULT_TENANT, buckets, nowMs), 0, 'the wait is what was said');
  }
  return waits;
}

test('after five free tries from a network each one costs twice as much, to a quarter of an hour', async () => {
  await using db = await testDatabase();
  const waits = await patient(db, [bucket('account-network')], 17);
  assert.deepEqual(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

test('strangers can slow an account down to one try in half a minute, never close it', async () => {
  await using db = await testDatabase();
  const waits = await patient(db, [bucket('account')], 60);
  assert.equal(
    waits.slice(0, 50).every((w) => w === 0),
    true,
  );
  assert.equal(Math.max(...waits), 30);
  const factor = await patient(db, [bucket('factor')], 34);
  assert.equal(Math.max(...factor), 300, 'a second factor: one in five minutes');
});

test('a refused try is not counted in any of its buckets', async () => {
  await using db = await testDatabase();
  const own = db.as('app').asTenant(DEFAULT_TENANT);
  const both = [bucket('account-network'), bucket('network')];
  for (let i = 0; i < 20; i++) await takeTurn(own, DEFAULT_TENANT, both, START_MS);
  const rows = await db.query<{ failures: number }>('select failures from sign_in_failure');
  assert.deepEqual(
    rows.map((r) => r.failures),
    [5, 5],
  );
});

test('forgive() clears what is one’s own and gives back one try of what is shared', async () => {
  await using db = await testDatabase();
  const own = db.as('app').asTenant(DEFAULT_TENANT);
  const all = [bucket('account-network'), bucket('account'), bucket('network')];
  for (let i = 0; i < 3; i++) await takeTurn(own, DEFAULT_TENANT, all, START_MS);
  await own.transact((tx) => forgive(tx, DEFAULT_TENANT, all, START_MS));
  const rows = await db.query<{ failures: number }>('select failures from sign_in_failure');
  assert.deepEqual(
    rows.map((r) => r.failures),
    [2, 2],
  );
});

test('networkOf() is what one customer has', () => {
  assert.equal(networkOf('192.0.2.7'), networkOf('192.0.2.200'));
  assert.notEqual(networkOf('192.0.2.7'), networkOf('192.0.3.7'));
  assert.equal(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:ffff::9'));
  assert.notEqual(networkOf('2001:db8:1::1'), networkOf('2001:db8:2::1'));
  assert.equal(networkOf('::ffff:192.0.2.7'), networkOf('192.0.2.7'));
  assert.equal(networkOf('nonsense'), 'unknown');
});
