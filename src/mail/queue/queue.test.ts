import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import { openIdJournal } from '#platform/id-journal.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { createCommitter } from './commit.ts';
import { removeDisownedOf, writeDisowned } from './disowned.ts';
import { registerInstance } from './instance.ts';
import { createSettler, settle, type Settlement } from './settle.ts';

after(stopTestDatabases);

const count = async (db: Database, table: string): Promise<number> =>
  (await db.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]!.n;

/** Above the largest process id Linux gives by default on 64 bit. */
const DEAD_PID = 4_194_305;

const settlement = (message: string, over: Partial<Settlement> = {}): Settlement => ({
  tenant: TENANT,
  message: message as Settlement['message'],
  n: 0,
  address: 'bob@ours.example',
  atMs: Date.now(),
  durationMs: 12,
  outcome: 'delivered',
  isExpired: false,
  nextAtMs: undefined,
  delayTold: false,
  stage: 'data',
  remoteHost: 'mx.ours.example',
  remoteIp: '192.0.2.9',
  replyCode: 250,
  enhanced: '2.0.0',
  replyText: 'ok \0 done',
  tlsVersion: 'TLSv1.3',
  tlsCipher: 'TLS_AES_256_GCM_SHA384',
  security: 'opportunistic',
  securityDetail: '',
  ...over,
});

test('commit() writes message, recipients, queue and audit together, also for many at once', async () => {
  await using db = await testDatabase();
  await using me = await registerInstance(db);
  const committer = createCommitter(db, me.id);
  const people = [1, 2].map((i) => ({
    address: `p${i}@ours.example`,
    domain: 'ours.example',
    notify: 'never' as const,
    orcpt: undefined,
  }));
  await Promise.all(
    Array.from({ length: 200 }, () =>
      committer.commit(
        sampleToCommit({
          envelope: sampleEnvelope({ recipients: people }),
          subject: 'nul \0 and \ud800 lone',
        }),
      ),
    ),
  );
  assert.deepEqual(
    await Promise.all(['message', 'recipient', 'queue', 'audit_event'].map((t) => count(db, t))),
    [200, 400, 400, 200],
  );
  const [row] = await db.query<{ edits: Uint8Array[]; subject: string }>(
    'select edits, subject from message limit 1',
  );
  assert.deepEqual([...row!.edits[0]!], [1, 2, 3]);
  assert.equal(row!.subject, 'nul \u{FFFD} and \u{FFFD} lone');
});

test('messages that come one after the other share statements, and one alone does not wait', async () => {
  const batches: number[] = [];
  await using db = await testDatabase();
  const counting: Database = {
    ...db,
    query: async (_sql, values) => {
      batches.push((JSON.parse(String(values?.[0])) as unknown[]).length);
      return [];
    },
  };
  const committer = createCommitter(counting, newId());
  await committer.commit(sampleToCommit());
  const soon = Array.from({ length: 5 }, async (_, i) => {
    await sleep(i);
    await committer.commit(sampleToCommit());
  });
  await Promise.all(soon);
  assert.equal(batches[0], 1);
  assert.ok(batches.length <= 4, `statements of ${batches.join(', ')} messages`);
});

test('a message the database refuses does not take its neighbours with it', async () => {
  await using db = await testDatabase();
  const committer = createCommitter(db, newId());
  const twice = sampleToCommit();
  const results = await Promise.allSettled(
    [twice, sampleToCommit(), twice, sampleToCommit()].map((m) => committer.commit(m)),
  );
  assert.equal(results.filter((r) => r.status === 'fulfilled').length, 3);
  assert.equal(await count(db, 'message'), 3);
});

test('a commit whose connection breaks is disowned and taken out again', async () => {
  await using db = await testDatabase();
  const message = sampleToCommit();
  const breaking: Database = {
    ...db,
    query: async (sql, values, name) => {
      await db.query(sql, values, name);
      return await db.query('select pg_terminate_backend(pg_backend_pid())');
    },
  };
  const committer = createCommitter(breaking, newId());
  await assert.rejects(committer.commit(message), { name: 'TransientError' });
  assert.equal(await count(db, 'message'), 1);
  assert.equal(await committer.settleDisowned(), 1);
  assert.deepEqual(await Promise.all(['message', 'recipient', 'queue'].map((t) => count(db, t))), [0, 0, 0]);
  assert.equal(await committer.settleDisowned(), 0);
});

test('what a process disowned does not outlive it: who takes over its leases takes it out first', async () => {
  await using db = await testDatabase();
  using temp = tempDir('disowned');
  const breaking: Database = {
    ...db,
    query: async (sql, values, name) => {
      await db.query(sql, values, name);
      return await db.query('select pg_terminate_backend(pg_backend_pid())');
    },
  };
  const dead = newId();
  const before = openIdJournal(temp.path);
  const committer = createCommitter(breaking, dead, Date.now, (those) => writeDisowned(before, dead, those));
  await createCommitter(db, dead).commit(sampleToCommit()); // had its 250
  await assert.rejects(committer.commit(sampleToCommit()), { name: 'TransientError' });
  await db.query('insert into instance (id, node, pid) values ($1, $2, $3)', [dead, hostname(), DEAD_PID]);
  assert.equal(await count(db, 'queue'), 2);

  // A torn last line, as of a crash while a second list was written, is nothing.
  appendFileSync(temp.in(dead), `${TENANT} 0`);
  const after = openIdJournal(temp.path);
  await using heir = await registerInstance(db, undefined, (owner) => removeDisownedOf(db, after, owner));
  assert.equal(await heir.reclaim(), 1, 'the one that had its 250');
  assert.deepEqual(await Promise.all(['message', 'queue'].map((t) => count(db, t))), [1, 1]);

  // And at an orderly end, where nobody has to take over anything.
  {
    const leaving = await registerInstance(db, undefined, (owner) => removeDisownedOf(db, after, owner));
    const last = createCommitter(breaking, leaving.id, Date.now, (those) =>
      writeDisowned(after, leaving.id, those),
    );
    await assert.rejects(last.commit(sampleToCommit()), { name: 'TransientError' });
    await leaving[Symbol.asyncDispose]();
  }
  assert.equal(await count(db, 'queue'), 1);
  after.sweep(Date.now() - 1_000);
  assert.equal(after.of(dead).length, 1);
  after.sweep(Date.now() + 1_000);
  assert.equal(after.of(dead).length, 0);
});

test('settle() ends what is done, keeps what is deferred, and says which bodies may go', async () => {
  await using db = await testDatabase();
  const committer = createCommitter(db, newId());
  const people = ['a', 'b'].map((p) => ({
    address: `${p}@ours.example`,
    domain: 'ours.example',
    notify: undefined,
    orcpt: undefined,
  }));
  const message = sampleToCommit({ envelope: sampleEnvelope({ recipients: people }) });
  await committer.commit(message);
  const id = message.envelope.id;
  const settler = createSettler(db);
  assert.deepEqual(await settler.settle([settlement(id)]), []);
  const later = Date.now() + 60_000;
  assert.deepEqual(
    await settler.settle([
      settlement(id, { n: 1, outcome: 'deferred', nextAtMs: later, replyCode: 451, replyText: 'busy' }),
    ]),
    [],
  );
  const [queued] = await db.query<{ n: number; attempts: number; last_reply: string; lease_owner: null }>(
    'select * from queue',
  );
  assert.deepEqual(
    [queued?.n, queued?.attempts, queued?.last_reply, queued?.lease_owner],
    [1, 1, 'busy', null],
  );
  assert.deepEqual(
    await settler.settle([settlement(id, { n: 1, outcome: 'failed', isExpired: true, atMs: later })]),
    [id],
  );
  const states = await db.query<{ state: string }>('select state from recipient order by n');
  assert.deepEqual(
    states.map((s) => s.state),
    ['delivered', 'expired'],
  );
  assert.equal(await count(db, 'queue'), 0);
  assert.equal(await count(db, 'attempt'), 3);
  assert.equal(await count(db, 'audit_event'), 4);
});

test('settlements that come during one statement and soon after it share the next', async () => {
  await using db = await testDatabase();
  const batches: number[] = [];
  const counting: Database = {
    ...db,
    query: async (_sql, values) => {
      batches.push((JSON.parse(String(values?.[0])) as unknown[]).length);
      await sleep(20);
      return [];
    },
  };
  const settler = createSettler(counting);
  const first = settler.settle([settlement(newId())]);
  while (batches.length === 0) await sleep(1);
  const second = settler.settle([settlement(newId())]);
  await first;
  await Promise.all([second, settler.settle([settlement(newId())])]);
  assert.deepEqual(batches, [1, 2]);
});

test('settle() goes by keys, also where the planner has seen nothing but empty tables', async () => {
  await using db = await testDatabase();
  const committer = createCommitter(db, newId());
  const messages = Array.from({ length: 300 }, () => sampleToCommit());
  await Promise.all(messages.map((m) => committer.commit(m)));
  const read = await db.transact(async (tx) => {
    // Twelve times, since a prepared statement gets its lasting plan at the sixth.
    for (const m of messages.slice(0, 12)) await settle(tx, [settlement(m.envelope.id)]);
    return await tx.query<{ name: string }>(
      `select relname as name from pg_stat_xact_user_tables
       where seq_tup_read > 300 and (relname like 'recipient%' or relname = 'queue')`,
    );
  });
  assert.deepEqual(read, []);
});

test('reclaim() frees the leases of the dead on this node and of nobody else', async () => {
  await using db = await testDatabase();
  await using me = await registerInstance(db);
  await using other = await registerInstance(db);
  await createCommitter(db, other.id).commit(sampleToCommit());
  const dead = newId();
  await db.query(`insert into instance (id, node, pid) select $1, node, $2 from instance limit 1`, [
    dead,
    DEAD_PID,
  ]);
  await createCommitter(db, dead).commit(sampleToCommit());
  await createCommitter(db, newId()).commit(sampleToCommit()); // a stranger of another node, lease not run out
  assert.equal(await me.reclaim(), 1);
  assert.equal(await count(db, 'queue where lease_owner is null'), 1);
  assert.equal(await count(db, `audit_event where what = 'delivery.interrupted'`), 1);
});
