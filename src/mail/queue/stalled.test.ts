/** A database that stands still with its connections open: the sender hears so in time, and what it does later is undone. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId } from '#core/id.ts';
import { type Database, openDatabase } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleToCommit } from '#test/support/messages.ts';
import { stall } from '#test/support/stall.ts';
import { until } from '#test/support/until.ts';
import { createCommitter } from './commit.ts';

after(stopTestDatabases);

const count = async (db: Database): Promise<number> =>
  (await db.query<{ n: number }>('select count(*)::int as n from message'))[0]!.n;

test('a commit into a stalled server is given up in time, and taken out when it happens after all', async () => {
  await using direct = await testDatabase();
  await using db = openDatabase({
    url: direct.url,
    maxConnections: 2,
    statementTimeoutMs: 500,
    applicationName: 'stalled',
  });
  await Promise.all([db.query('select 1'), db.query('select 1')]);
  let nowMs = Date.now();
  const committer = createCommitter(db, newId(), () => nowMs);
  const message = sampleToCommit();
  const go = await stall(direct);
  const startedMs = performance.now();
  try {
    const given = await Promise.allSettled([
      committer.commit(message),
      db.transact(async (tx) => tx.query('select 2')),
    ]);
    assert.deepEqual(
      given.map((g) => g.status === 'rejected' && (g.reason as Error).name),
      ['TransientError', 'TransientError'],
    );
    const waitedMs = performance.now() - startedMs;
    assert.ok(waitedMs > 1_000 && waitedMs < 4_000, `${waitedMs} ms`);
  } finally {
    go();
  }
  await until('the late commit', async () => (await count(direct)) === 1);
  // A connection that was given up is never used again: each answer belongs to its own question.
  for (let i = 0; i < 6; i++) assert.deepEqual(await db.query('select $1::int as i', [i]), [{ i }]);
  assert.equal(await committer.settleDisowned(), 1);
  assert.equal(await count(direct), 0);

  // It may also happen only after the first look.
  await createCommitter(direct, newId()).commit(message);
  assert.equal(await committer.settleDisowned(), 1);
  assert.equal(await count(direct), 0);
  nowMs += 6 * 60_000;
  assert.equal(await committer.settleDisowned(), 0);
  await createCommitter(direct, newId()).commit(message);
  assert.equal(await committer.settleDisowned(), 0, 'forgotten in the end');
});
