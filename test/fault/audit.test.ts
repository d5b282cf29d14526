/** The record is part of the act: where the event cannot be written the act does not happen, and where it can it does again. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { appendAudit } from '#assurance/audit/audit.ts';
import { clockTrouble } from '#assurance/audit/clock-skew.ts';
import { sequencerTrouble } from '#assurance/audit/sequencer.ts';
import { insertMessages } from '#mail/queue/insert.ts';
import { openDatabase, type Database } from '#platform/db.ts';
import { startPostgres } from '#platform/embedded-postgres.ts';
import { migrate } from '#platform/migrate.ts';
import { checkLog, TENANT, testLog } from '#test/support/audit.ts';
import { must, run } from '#test/support/child.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit } from '#test/support/messages.ts';
import { have } from '#test/support/need.ts';
import { tempDir } from '#test/support/temp-dir.ts';

after(stopTestDatabases);

/** Two acts of the product: one through appendAudit(), one through the statement that makes a message ours. */
const ACTS: Readonly<Record<string, (db: Database) => Promise<unknown>>> = {
  command: (db) =>
    db.transact(async (tx) => {
      await tx.query(
        `insert into sender_network (tenant_id, name, network, may_use) values ($1, gen_random_uuid()::text, '192.0.2.0/24', '{}')`,
        [TENANT],
      );
      const event = {
        tenant: TENANT,
        what: 'sender-network.added',
        actor: 'admin:1',
        subject: 'x',
        details: {},
      } as const;
      await appendAudit(tx, [event]);
    }),
  message: (db) => insertMessages(db, [sampleToCommit({ envelope: sampleEnvelope() })], undefined),
};
const DONE = `select (select count(*) from sender_network)::int as commands, (select count(*) from message)::int as messages`;

async function refuses(db: Database, how: RegExp): Promise<void> {
  const before = await db.query(DONE);
  for (const [name, act] of Object.entries(ACTS))
    await assert.rejects(
      act(db),
      (error: Error) => how.test(`${error.message} ${String(error.cause)}`),
      name,
    );
  assert.deepEqual(await db.query(DONE), before, 'nothing happened');
}

async function works(db: Database): Promise<void> {
  const [before] = await db.query<{ commands: number; messages: number }>(DONE);
  for (const act of Object.values(ACTS)) await act(db);
  assert.deepEqual(await db.query(DONE), [
    { commands: before!.commands + 1, messages: before!.messages + 1 },
  ]);
}

test('a table that is gone or refuses: no act without its event', async () => {
  await using db = await testDatabase();
  await works(db);
  const harms: [string, string, RegExp][] = [
    [
      'alter table audit_event rename to gone',
      'alter table gone rename to audit_event',
      /audit_event" does not exist/,
    ],
    [
      'alter table audit_event add constraint no_more check (false) not valid',
      'alter table audit_event drop constraint no_more',
      /no_more/,
    ],
    [
      'revoke insert on audit_event from gatehouse_app',
      'grant insert on audit_event to gatehouse_app',
      /permission denied/,
    ],
  ];
  for (const [harm, mend, how] of harms.slice(0, 2)) {
    await db.query(harm);
    await refuses(db, how);
    await db.query(mend);
    await works(db);
  }
  const [revoke, grant, denied] = harms[2]!;
  const app = db.as('app').asTenant(TENANT);
  await db.query(revoke);
  await assert.rejects(ACTS['command']!(app), denied);
  await db.query(grant);
  await ACTS['command']!(app);
});

test('the file of the record is removed below the database: no act without its event', async () => {
  using folder = tempDir('audit-file');
  let postgres = await startPostgres(folder.in('data'), 'npm');
  const open = (): Database =>
    openDatabase({
      url: postgres.url,
      maxConnections: 2,
      statementTimeoutMs: 10_000,
      applicationName: 'test',
    });
  try {
    let file: string;
    {
      await using db = open();
      await migrate(db);
      await works(db);
      const [at] = await db.query<{ path: string }>(
        `select current_setting('data_directory') || '/' || pg_relation_filepath('audit_event') as path`,
      );
      file = at!.path;
    }
    // Stopped and started, so that no process has the file open or its pages in memory.
    await postgres.stop();
    rmSync(file);
    postgres = await startPostgres(folder.in('data'), 'npm');
    await using db = open();
    await refuses(db, /could not open file/);
  } finally {
    await postgres.stop();
  }
});

test('a record that is blocked: the act waits for its time and does not happen; then it does', async () => {
  await using db = await testDatabase();
  await using impatient = openDatabase({
    url: db.url,
    maxConnections: 2,
    statementTimeoutMs: 500,
    applicationName: 'test',
  });
  const blocker = await db.dedicated();
  await blocker.query('begin');
  await blocker.query('lock table audit_event in access exclusive mode');
  await refuses(impatient, /timeout|did not answer/);
  await blocker.query('rollback');
  await blocker.end();
  await works(impatient);
});

test('the log itself cannot be written: acts go on, are recorded, and it is told until the log has them', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  await works(db);
  await log.catchUp();
  await db.query('revoke insert on audit_entry from gatehouse_system');
  await works(db);
  await assert.rejects(log.sequencing.round(), /permission denied/);
  await sleep(30);
  assert.match((await sequencerTrouble(db.as('system'), 20)) ?? '', /waits/);
  await db.query('grant insert on audit_entry to gatehouse_system');
  assert.equal(await log.catchUp(), 2);
  assert.equal(await sequencerTrouble(db.as('system'), 0), undefined);
  assert.equal((await checkLog(db, TENANT)).length, 4);
});

test('a clock that is off from the database’s by more than a second is told', async () => {
  await using db = await testDatabase();
  assert.equal(await clockTrouble(db.as('system'), () => Date.now()), undefined);
  assert.match((await clockTrouble(db, () => Date.now() + 3_000)) ?? '', /[23]\.\d s ahead of/);
  assert.match((await clockTrouble(db, () => Date.now() - 90_000)) ?? '', /\d\d\.\d s behind/);
});

test('a full disk: no act without its event, nothing recorded is lost, and it goes on with room again', async (t) => {
  if (!have(t, 'root', 'mount')) return;
  using folder = tempDir('audit-full');
  must(['mkdir', folder.in('disk')]);
  if (run(['mount', '-t', 'tmpfs', '-o', 'size=220M', 'tmpfs', folder.in('disk')]).code !== 0)
    return t.skip('nothing may be mounted here');
  try {
    must(['chmod', '755', folder.in('disk')]);
    let postgres = await startPostgres(folder.in('disk', 'data'), 'npm');
    const open = (): Database =>
      openDatabase({
        url: postgres.url,
        maxConnections: 2,
        statementTimeoutMs: 20_000,
        applicationName: 'test',
      });
    let db = open();
    try {
      await migrate(db);
      await works(db);
      const free = Number(
        must(['df', '--output=avail', '-B1', folder.in('disk')])
          .stdout.trim()
          .split('\n')[1],
      );
      must(['fallocate', '-l', String(Math.max(0, free - 6 * 1024 * 1024)), folder.in('disk', 'ballast')]);
      let done = 0;
      let refused: unknown;
      for (; refused === undefined && done < 200_000; done++)
        await db
          .query(
            `insert into audit_event (tenant_id, what, actor, subject, details) select $1, 'a.b', 'system:x', 'full', jsonb_build_object('text', repeat(md5(i::text), 60)) from generate_series(1, 50) i`,
            [TENANT],
          )
          .catch((error: unknown) => (refused = error));
      assert.ok(refused instanceof Error, 'the disk was full in the end');
      rmSync(folder.in('disk', 'ballast'));
      await db[Symbol.asyncDispose]();
      // Where it could not even write its log PostgreSQL has ended, and a restart is what an operator would do, too.
      await postgres.stop();
      postgres = await startPostgres(folder.in('disk', 'data'), 'npm');
      db = open();
      const [kept] = await db.query<{ n: number }>(
        `select count(*)::int as n from audit_event where subject = 'full'`,
      );
      const acknowledged = (done - 1) * 50;
      assert.ok(kept!.n === acknowledged || kept!.n === acknowledged + 50, `${kept!.n} of ${acknowledged}`);
      await works(db);
    } finally {
      await db[Symbol.asyncDispose]();
      await postgres.stop();
    }
  } finally {
    run(['umount', '-l', folder.in('disk')]);
  }
});
