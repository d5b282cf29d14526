import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId } from '#core/id.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import type { Database } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import type { Action } from '../verdict.ts';
import { deleteHeld, listHeld, releaseHeld, showHeld } from './held.ts';

after(stopTestDatabases);

const WHO = { tenant: TENANT, actor: 'admin:cli/test' } as const;

async function commit(db: Database, actions: readonly Action[]) {
  const envelope = sampleEnvelope({
    recipients: actions.map((_a, n) => ({
      address: `p${n}@ours.example`,
      domain: 'ours.example',
      notify: undefined,
      orcpt: undefined,
    })),
  });
  const sample = sampleToCommit({ envelope });
  const recipients = sample.verdict.recipients.map((r, n) => ({ ...r, action: actions[n] ?? 'accept' }));
  await createCommitter(db, newId()).commit({ ...sample, verdict: { ...sample.verdict, recipients } });
  return envelope.id;
}

const states = async (db: Database): Promise<string> =>
  (await db.query<{ state: string }>('select state from recipient order by message_id, n'))
    .map((r) => r.state)
    .join(' ');

test('a held recipient is listed, shown, and released once', async () => {
  await using db = await testDatabase();
  const id = await commit(db, ['hold', 'accept', 'hold']);
  const { items } = await listHeld(db, TENANT, { limit: 10 });
  assert.deepEqual(
    items.map((i) => [i.message, i.n, i.recipient, i.subject]),
    [
      [id, 0, 'p0@ours.example', 'Hello'],
      [id, 2, 'p2@ours.example', 'Hello'],
    ],
  );
  assert.equal((await showHeld(db, TENANT, id)).length, 2);
  const both = await Promise.all(
    [1, 2].map(() => db.transact((tx) => releaseHeld(tx, WHO, id, 'P0@ours.example'))),
  );
  assert.deepEqual(both.flat(), [{ n: 0, recipient: 'p0@ours.example' }]);
  assert.equal(await states(db), 'queued queued held');
  const queue = await db.query('select n from queue where lease_owner is null');
  assert.deepEqual(queue, [{ n: 0 }]);
  const audit = await db.query(
    `select actor, details from audit_event where what = 'held.released' and subject = $1`,
    [id],
  );
  assert.deepEqual(audit, [{ actor: 'admin:cli/test', details: { recipient: 0 } }]);
});

test('what was deleted cannot be released, and the other way round', async () => {
  await using db = await testDatabase();
  const id = await commit(db, ['hold']);
  assert.equal((await db.transact((tx) => deleteHeld(tx, WHO, id))).length, 1);
  assert.deepEqual(await db.transact((tx) => releaseHeld(tx, WHO, id)), []);
  assert.equal(await states(db), 'deleted');
  const other = await commit(db, ['hold']);
  assert.equal((await db.transact((tx) => releaseHeld(tx, WHO, other))).length, 1);
  assert.deepEqual(await db.transact((tx) => deleteHeld(tx, WHO, other)), []);
});

test('a release that is rolled back has not happened', async () => {
  await using db = await testDatabase();
  const id = await commit(db, ['hold']);
  await assert.rejects(
    db.transact(async (tx) => {
      await releaseHeld(tx, WHO, id);
      throw new Error('no');
    }),
  );
  assert.equal(await states(db), 'held');
});

test('another tenant sees and releases nothing', async () => {
  await using db = await testDatabase();
  const id = await commit(db, ['hold']);
  const stranger = newId<'tenant'>();
  assert.deepEqual(await showHeld(db, stranger, id), []);
  assert.deepEqual(await db.transact((tx) => releaseHeld(tx, { ...WHO, tenant: stranger }, id)), []);
});

test('listHeld() pages through everything, newest first, each once', async () => {
  await using db = await testDatabase();
  for (let i = 0; i < 5; i++) await commit(db, ['hold', 'hold']);
  const seen: string[] = [];
  let after: Awaited<ReturnType<typeof listHeld>>['next'];
  for (let page = 0; page < 10; page++) {
    const got = await listHeld(db, TENANT, { limit: 3, after });
    seen.push(...got.items.map((i) => `${i.message}/${i.n}`));
    after = got.next;
    if (after === undefined) break;
  }
  assert.equal(seen.length, 10);
  assert.equal(new Set(seen).size, 10);
});
