/** That nobody learns from the time, or from the work done, whether an account exists. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Identity } from '#assurance/identity/identity.ts';
import { signInWithPassword } from '#assurance/identity/sign-in.ts';
import { DEFAULT_TENANT } from '#core/id.ts';
import type { Database, Reader, Transaction } from '#platform/db.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import { identityWorld } from '#test/support/identity.ts';

after(stopTestDatabases);

const ROUNDS = 40;

/** The same database, writing down each statement. */
function watched(db: Database, seen: string[]): Database {
  const note =
    (query: Reader['query']): Reader['query'] =>
    (sql, values, name) => {
      seen.push(sql);
      return query(sql, values, name);
    };
  return {
    ...db,
    query: note(db.query),
    transact: (fn) => db.transact((tx: Transaction) => fn({ ...tx, query: note(tx.query) })),
    asTenant: (tenant) => watched(db.asTenant(tenant), seen),
  };
}

test('a wrong password and an unknown address take the same statements in the same order', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const statements = async (
    email: string,
    tenant: typeof DEFAULT_TENANT | undefined,
  ): Promise<readonly string[]> => {
    const seen: string[] = [];
    const identity: Identity = { ...w.identity, db: watched(w.identity.db, seen) };
    const from = { ip: '192.0.2.1', userAgent: 'x' };
    const outcome = await signInWithPassword(identity, {
      tenant,
      email,
      password: 'not this one',
      device: undefined,
      from,
    });
    assert.equal(outcome.kind, 'failed');
    return seen;
  };
  const known = await statements('mia@example.org', DEFAULT_TENANT);
  assert.ok(known.length > 5);
  assert.deepEqual(await statements('nobody@example.org', DEFAULT_TENANT), known);
  assert.deepEqual(await statements('mia@example.org', undefined), known, 'an unknown organisation');
});

test('a wrong password and an unknown address take the same time', async () => {
  await using w = await identityWorld();
  for (let i = 0; i < ROUNDS; i++) await w.person(`p${i}@example.org`);
  const timeOf = async (email: string, i: number): Promise<number> => {
    const from = { ip: `10.${i}.0.1`, userAgent: 'x' };
    const startedMs = performance.now();
    await signInWithPassword(w.identity, {
      tenant: DEFAULT_TENANT,
      email,
      password: 'not this one',
      device: undefined,
      from,
    });
    return performance.now() - startedMs;
  };
  for (let i = 0; i < 4; i++) await timeOf('warm@example.org', 100 + i);
  // In pairs, each time the other one first, so that what the machine does meanwhile falls on both alike.
  let slower = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const pair = [() => timeOf(`p${i}@example.org`, i), () => timeOf(`u${i}@example.org`, i + 128)] as const;
    const [first, second] = i % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
    const [a, b] = [await first(), await second()];
    const [known, unknown] = i % 2 === 0 ? [a, b] : [b, a];
    if (known > unknown) slower++;
  }
  // Sign test: of 40 fair coins fewer than 7 or more than 33 heads come up once in 80,000 times.
  assert.ok(slower >= 7 && slower <= 33, `the known address was slower in ${slower} of ${ROUNDS} pairs`);
});
