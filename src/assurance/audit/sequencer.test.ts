import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';
import { silentLog } from '#platform/log.ts';
import { checkLog, OTHER, subjectsOf, TENANT, testLog } from '#test/support/audit.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { until } from '#test/support/until.ts';
import { readHead } from './log.ts';
import { createSequencing, sequencerTrouble, startSequencer } from './sequencer.ts';
import { verifyLogs } from './verify-log.ts';
import { readSnapshot } from './snapshot.ts';

after(stopTestDatabases);

const event = (db: Reader, subject: string, tenant: TenantId = TENANT): Promise<unknown> =>
  db.query(
    `insert into audit_event (tenant_id, what, actor, subject, details) values ($1, 'thing.done', 'system:worker', $2, '{"b":1,"a":"ä"}')`,
    [tenant, subject],
  );

test('a transaction that commits late is taken when it commits, and holds up nobody', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  await event(db, 'before');
  assert.equal(await log.catchUp(), 1);
  const late = await db.dedicated();
  await late.query('begin');
  await late.query(
    `insert into audit_event (tenant_id, what, actor, subject, details) values ($1, 'a.b', 'system:late', 'late', '{}')`,
    [TENANT],
  );
  await event(db, 'meanwhile 1');
  assert.equal(await log.catchUp(), 1);
  await event(db, 'meanwhile 2');
  await event(db, 'elsewhere', OTHER);
  assert.equal(await log.catchUp(), 2);
  assert.equal(await log.catchUp(), 0);
  await late.query('commit');
  await late.end();
  assert.equal(await log.catchUp(), 1);
  const entries = await checkLog(db, TENANT);
  assert.deepEqual(subjectsOf(entries), ['before', 'meanwhile 1', 'meanwhile 2', 'late']);
  assert.deepEqual(subjectsOf(await checkLog(db, OTHER)), ['elsewhere']);
  assert.match(
    Buffer.from(entries[0]!.entry).toString(),
    /^\{"actor":"system:worker","at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","details":\{"a":"ä","b":1\},"event":\d+,"subject":"before","tenant":"00000000-0000-7000-8000-000000000001","v":1,"what":"thing.done"\}$/,
  );
});

test('with transactions that race, commit late and roll back, every committed event stands in the log once', async () => {
  await using db = await testDatabase();
  using log = await testLog(db, 7);
  let isOver = false;
  const committed: string[] = [];
  const writer = async (w: number): Promise<void> => {
    for (let i = 0; i < 40; i++) {
      const subject = `${w}/${i}`;
      const act = db.transact(async (tx) => {
        await event(tx, subject);
        await sleep(Math.random() * 8);
        if (i % 5 === w) throw new Error('changed its mind');
        await event(tx, `${subject}/more`);
      });
      await act.then(
        () => committed.push(subject, `${subject}/more`),
        () => {},
      );
    }
  };
  const rounds = (async () => {
    while (!isOver) await log.sequencing.round();
  })();
  await Promise.all([0, 1, 2, 3].map(writer));
  isOver = true;
  await rounds;
  await log.catchUp();
  assert.deepEqual(subjectsOf(await checkLog(db, TENANT)).toSorted(), committed.toSorted());
});

test('trees grow over tile borders in rounds of any size', async () => {
  await using db = await testDatabase();
  using log = await testLog(db, 100);
  for (const count of [1, 254, 1, 1, 600, 3]) {
    await db.query(
      `insert into audit_event (tenant_id, what, actor, subject, details) select $1, 'a.b', 'system:x', 's' || i, '{}' from generate_series(1, $2) i`,
      [TENANT, count],
    );
    assert.equal(await log.catchUp(), count);
    await checkLog(db, TENANT);
  }
  const [tiles] = await db.query('select count(*)::int as n from audit_tile');
  assert.deepEqual(tiles, { n: 3 });
});

test('two that sequence at the same time get in nobody’s way', async () => {
  await using db = await testDatabase();
  using one = await testLog(db, 10);
  const options = {
    db: db.as('system'),
    keys: one.keys,
    originPrefix: 'gate.example/audit',
    nowMs: () => Date.now(),
  };
  const two = createSequencing({ ...options, maxEvents: 10 });
  await one.catchUp();
  for (let i = 0; i < 100; i++) await event(db, String(i));
  let events = 0;
  for (let i = 0; i < 6; i++)
    for (const r of await Promise.all([
      one.sequencing.round(),
      two.round(),
      one.sequencing.round(),
      two.round(),
    ]))
      events += r.events;
  assert.equal(events, 100);
  await checkLog(db, TENANT);
});

test('after a restore into another cluster nothing is taken twice or left out', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  await event(db, 'old 1');
  assert.equal(await log.catchUp(), 1);
  await event(db, 'old 2');
  // As a dump looks in the new cluster: ids of transactions that are still to come there.
  await db.query(`update audit_event set xid = (xid::text::bigint + 5)::text::xid8`);
  await db.query(`update audit_sequencer set cluster = 'another', base = '900000:900000:'`);
  assert.equal(await log.catchUp(), 1);
  for (let i = 0; i < 12; i++) await event(db, `new ${i}`);
  assert.equal(await log.catchUp(), 12);
  assert.equal((await checkLog(db, TENANT)).length, 14);
});

test('details that are no entry stand there by their digest and hold up nothing', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  await db.query(
    `insert into audit_event (tenant_id, what, actor, subject, details)
     values ($1, 'a.b', 'system:x', 'large', jsonb_build_object('text', repeat('x', 70000))), ($1, 'a.b', 'system:x', 'number', '{"n": 1e999}')`,
    [TENANT],
  );
  await event(db, 'after');
  assert.equal(await log.catchUp(), 3);
  const entries = await checkLog(db, TENANT);
  assert.deepEqual(subjectsOf(entries), ['large', 'number', 'after']);
  for (const e of entries.slice(0, 2))
    assert.match(
      Buffer.from(e.entry).toString(),
      /"details":\{"omitted":\{"bytes":\d+,"sha256":"[0-9a-f]{64}"\}\}/,
    );
});

test('a round that fails changes nothing, and the log says how far behind it is', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  await event(db, 'first');
  await log.catchUp();
  const before = await readHead(db, TENANT);
  await db.query('alter table audit_entry rename to audit_entry_gone');
  await event(db, 'second');
  await assert.rejects(log.catchUp());
  assert.deepEqual(await readHead(db, TENANT), before);
  await sleep(20);
  assert.match((await sequencerTrouble(db.as('system'), 10)) ?? '', /waits 0 s/);
  assert.equal(await sequencerTrouble(db.as('system'), 60_000), undefined);
  await db.query('alter table audit_entry_gone rename to audit_entry');
  assert.equal(await log.catchUp(), 1);
  assert.equal(await sequencerTrouble(db.as('system'), 0), undefined);
  await checkLog(db, TENANT);
});

test('startSequencer() works by itself, one at a time, and hands over when it stops', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const options = {
    db: db.as('system'),
    keys: log.keys,
    originPrefix: 'gate.example/audit',
    nowMs: () => Date.now(),
  };
  const sizeIs = (n: number) => async () => (await readHead(db, TENANT))?.size === n;
  await event(db, '1');
  const first = startSequencer(options, silentLog);
  await until('the first entry', sizeIs(1));
  const second = startSequencer(options, silentLog);
  await event(db, '2');
  await until('the second entry', sizeIs(2));
  await first[Symbol.asyncDispose]();
  await event(db, '3');
  await until('the second sequencer to take over', sizeIs(3));
  await second[Symbol.asyncDispose]();
  await checkLog(db, TENANT);
});

test('readSnapshot() reads what PostgreSQL writes', () => {
  assert.deepEqual(readSnapshot('10:20:12,15'), { xmax: '20', running: ['12', '15'] });
  assert.deepEqual(readSnapshot('10:10:'), { xmax: '10', running: [] });
  assert.throws(() => readSnapshot('10:20'), { name: 'InvariantError' });
});

test('no role of the product can change or remove an event, an entry, a tile or another tenant’s log', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  await event(db, 'mine');
  await event(db, 'theirs', OTHER);
  await log.catchUp();
  const refused = [
    `update audit_event set subject = 'x'`,
    'delete from audit_event',
    `update audit_entry set entry = ''`,
    'delete from audit_entry',
    'delete from audit_tile',
    'delete from audit_log',
    'truncate audit_event',
  ];
  for (const role of ['app', 'system'] as const)
    for (const sql of refused)
      await assert.rejects(db.as(role).asTenant(TENANT).query(sql), /permission denied/, sql);
  const app = db.as('app').asTenant(TENANT);
  for (const sql of [
    'update audit_log set size = 0',
    'select sealed from audit_log_key',
    'select base from audit_sequencer',
  ])
    await assert.rejects(app.query(sql), /permission denied/, sql);
  await assert.rejects(event(app, 'smuggled', OTHER), /row-level security/);
  for (const table of ['audit_event', 'audit_entry', 'audit_log'])
    assert.deepEqual(await app.query(`select distinct tenant_id from ${table}`), [{ tenant_id: TENANT }]);
});

test('an event without a known kind of actor is refused by the schema', async () => {
  await using db = await testDatabase();
  for (const actor of ['worker', 'root:1', 'admin:', ':1', 'Admin:1', ''])
    await assert.rejects(
      db.query(
        `insert into audit_event (tenant_id, what, actor, subject, details) values ($1, 'a.b', $2, 's', '{}')`,
        [TENANT, actor],
      ),
      /audit_event_actor/,
      actor,
    );
});

test('verifyLogs() finds what was changed below the log', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  for (let i = 0; i < 300; i++) await event(db, String(i));
  await event(db, 'theirs', OTHER);
  await log.catchUp();
  const breaches = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const b of verifyLogs(db.as('system')))
      found.push(`${b.subject.split(' ').slice(1).join(' ')}: ${b.detail}`);
    return found;
  };
  assert.deepEqual(await breaches(), []);
  const harms: [string, RegExp][] = [
    [`update audit_event set subject = 'x' where subject = '7'`, /^entry 7: its event was changed/],
    [`delete from audit_event where subject = '8'`, /^entry 8: its event was changed or removed/],
    [
      `update audit_entry set entry = convert_to('{}', 'UTF8') where log_index = 9`,
      /^entry 9: it is not the one/,
    ],
    [
      `update audit_entry set entry = convert_to('{}', 'UTF8') where log_index = 299`,
      /does not sign the tree/,
    ],
    ['delete from audit_entry where log_index = 270', /entries are missing between 256 and 300/],
    [`update audit_log set checkpoint = replace(checkpoint, '300', '301')`, /the checkpoint: /],
  ];
  for (const [harm, told] of harms) {
    await db.query(harm);
    assert.ok(
      (await breaches()).some((b) => told.test(b)),
      `${harm}: ${(await breaches()).join('; ')}`,
    );
  }
});
