/** A process that knows too little must not deliver: of a hold it was not told of, of leases that it may have lost. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import { silentLog } from '#platform/log.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { until } from '#test/support/until.ts';
import { encodeEdits } from '../act/edits-codec.ts';
import type { Plan } from '../act/plan.ts';
import { openDirectory } from '../directory/directory.ts';
import { createEngine, type EngineDeps } from './engine.ts';
import { insertMessages } from './insert.ts';
import { registerInstance } from './instance.ts';
import { giveBack, leaseDue } from './lease.ts';
import { createOutbound } from './outbound.ts';
import type { MessageToCommit } from './rows.ts';
import { steerDestination } from './steer.ts';

after(stopTestDatabases);

const never = (): never => assert.fail('not asked');
const person = { address: 'a@x.example', domain: 'x.example', notify: undefined, orcpt: undefined };

/** Edits that change nothing of 100 octets. */
const EDITS = { originalSize: 100, prepend: new Uint8Array(0), removed: [], inserted: [] };

/** A message in the queue, under a lease or not. */
async function queued(db: Database, lease?: string): Promise<MessageToCommit> {
  const message = sampleToCommit({
    envelope: sampleEnvelope({ recipients: [person] }),
    variants: [encodeEdits(EDITS)],
  });
  await insertMessages(db, [message], lease);
  return message;
}

const heldOf = async (db: Database): Promise<number> =>
  (await db.query<{ n: number }>(`select count(*)::int as n from recipient where state = 'held'`))[0]?.n ?? 0;

/** Outbound as in a mail process whose connection for notifications never stood, and whose poll is far away. */
async function deafProcess(db: Database, delivered: string[]) {
  const deaf: Database = { ...db, dedicated: () => Promise.reject(new Error('no connection')) };
  const directory = await openDirectory({ db: deaf, pollMs: 3_600_000 });
  const outbound = createOutbound({
    hostname: 'gate.example',
    directory,
    deliver: (delivery) => {
      delivered.push(...delivery.recipients.map((r) => r.address));
      return Promise.reject(new Error('as far as this test goes'));
    },
    reports: never,
    keys: undefined as never, // nothing is read here
    blobs: undefined as never,
    clock: Date.now,
  });
  return { directory, outbound };
}

const engineDeps = (
  db: Database,
  instance: EngineDeps['instance'],
  outbound: ReturnType<typeof createOutbound>,
): EngineDeps => ({
  db,
  instance,
  blobs: undefined as never, // nothing is removed here
  settler: undefined as never,
  log: silentLog,
  clock: Date.now,
  attempt: outbound.attempt,
  jobsOf: outbound.jobsOfRows,
  permit: outbound.permit,
  settleDisowned: () => Promise.resolve(0),
});

test('a process that no notification reached holds what an operator held, however it came by the job', async () => {
  await using db = await testDatabase();
  const delivered: string[] = [];
  const { directory, outbound } = await deafProcess(db, delivered);
  await using instance = await registerInstance(db);
  const engine = createEngine(engineDeps(db, instance, outbound), { maxJobs: 1, maxWaiting: 10, pollMs: 20 });
  await sleep(300);
  await db.transact((tx) =>
    steerDestination({ tx, tenant: TENANT, actor: 'system:test' }, 'x.example', { state: 'hold' }),
  );
  // One comes off the table, one from the commit station.
  await queued(db);
  engine.start();
  await until('the row to be held', async () => (await heldOf(db)) === 1);
  const fresh = await queued(db, instance.id);
  const plan = { variants: [{ edits: EDITS }], variantOf: [0] } as unknown as Plan; // as: what is looked at
  engine.take(outbound.jobsOfMessage(fresh, undefined as never, plan)); // nothing of the arrival is read
  await until('both rows to be held', async () => (await heldOf(db)) === 2);
  assert.deepEqual(delivered, []);
  await engine.stop(1_000);
  await directory.close();
});

test('after standing still a process begins nothing, and what others have is theirs', async () => {
  await using db = await testDatabase();
  const delivered: string[] = [];
  const { directory, outbound } = await deafProcess(db, delivered);
  let nowMs = 0;
  await using instance = await registerInstance(db, () => nowMs);
  const engine = createEngine(engineDeps(db, instance, outbound), { maxJobs: 1, maxWaiting: 10, pollMs: 20 });
  await queued(db);
  const jobs = outbound.jobsOfRows(await leaseDue(db, instance.id, 1));
  assert.equal(jobs.length, 1);
  nowMs += 61_000;
  const other = newId();
  await db.query('update queue set lease_owner = $1', [other]);
  engine.take(jobs);
  assert.equal(engine.running(), 0);
  assert.deepEqual(delivered, []);
  engine.start(); // its first housekeeping gives back what it must not begin
  await sleep(200);
  assert.deepEqual(delivered, []);
  const [row] = await db.query<{ owner: string }>('select lease_owner as owner from queue');
  assert.equal(row?.owner, other);
  const rows = jobs.flatMap((j) =>
    j.recipients.map((r) => ({ tenant: j.tenant, message: j.message, n: r.n })),
  );
  await giveBack(db, rows, Date.now(), other);
  await until('it to be tried by who has it now', () => delivered.length > 0);
  await engine.stop(1_000);
  await directory.close();
});
