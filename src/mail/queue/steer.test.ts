import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import { silentLog } from '#platform/log.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import type { Act } from '../directory/commands.ts';
import { destinationKind } from '../directory/kinds.ts';
import { releaseHeld } from '../quarantine/held.ts';
import { insertMessages } from './insert.ts';
import { listQueue, showQueued } from './list.ts';
import { createEngine, type Permit } from './engine.ts';
import { registerInstance } from './instance.ts';
import { retryNow, standAside, steerDestination } from './steer.ts';

after(stopTestDatabases);

const act = <T>(db: Database, work: (act: Act) => Promise<T>): Promise<T> =>
  db.transact((tx) => work({ tx, tenant: TENANT, actor: 'admin:cli/test' }));
const person = (address: string) => ({
  address,
  domain: address.slice(address.indexOf('@') + 1),
  notify: undefined,
  orcpt: undefined,
});

/** A message in the queue, due in an hour unless it is leased. */
async function queued(db: Database, addresses: readonly string[], lease?: string) {
  const message = sampleToCommit({ envelope: sampleEnvelope({ recipients: addresses.map(person) }) });
  await insertMessages(db, [message], lease);
  await db.query(`update queue set next_at = now() + interval '1 hour' where message_id = $1`, [
    message.envelope.id,
  ]);
  return message.envelope.id;
}
const HOP = {
  host: 'h.example',
  port: 25,
  protocol: 'smtp' as const,
  tls: 'none' as const,
  fingerprints: [],
};
const rows = async (db: Database, sql: string): Promise<string[]> =>
  (await db.query<{ v: string }>(`select ${sql}`)).map((r) => r.v);
const states = (db: Database) =>
  rows(
    db,
    `address || ' ' || state || coalesce(' for ' || held_for, '') as v from recipient order by address`,
  );
const events = (db: Database, what: string) =>
  rows(db, `details::text as v from audit_event where what = '${what}' order by id`);

test('steerDestination() holds what waits, spares what is being delivered, and lets it go on', async () => {
  await using db = await testDatabase();
  await queued(db, ['a@x.example', 'b@y.x.example', 'c@other.example']);
  await queued(db, ['d@x.example'], newId());
  const held = await act(db, (a) => steerDestination(a, 'x.example', { state: 'hold', reason: 'asked to' }));
  assert.ok(held.ok && held.value.messages === 1);
  assert.deepEqual(await states(db), [
    'a@x.example held for destination',
    'b@y.x.example queued',
    'c@other.example queued',
    'd@x.example queued',
  ]);
  assert.deepEqual(await rows(db, `domain as v from queue order by domain`), [
    'other.example',
    'x.example',
    'y.x.example',
  ]);
  assert.match(
    (await events(db, 'delivery.held')).join(),
    /"reason": "asked to".*"destination": "x.example"/,
  );

  const below = await act(db, (a) => steerDestination(a, '*.x.example', { state: 'hold' }));
  assert.ok(below.ok && below.value.messages === 1, 'a name below, and not the name itself');

  const resumed = await act(db, (a) => steerDestination(a, 'x.example', { state: 'normal' }));
  assert.ok(resumed.ok && resumed.value.messages === 1);
  assert.equal(
    (await rows(db, `name as v from destination_rule`)).join(),
    '*.x.example',
    'an empty rule is taken away',
  );
  assert.deepEqual(
    (await states(db)).filter((s) => s.includes('held')),
    ['b@y.x.example held for destination'],
  );
  assert.equal((await events(db, 'held.released')).length, 1);
  await act(db, (a) => steerDestination(a, '*', { state: 'normal' }));
  assert.deepEqual(
    (await states(db)).filter((s) => s.includes('held')),
    [],
  );
});

test('what the policy holds stays held when its destination goes on', async () => {
  await using db = await testDatabase();
  const id = await queued(db, ['a@x.example', 'b@x.example']);
  await db.query(`with q as (delete from queue where n = 1) update recipient set state = 'held' where n = 1`);
  await act(db, (a) => steerDestination(a, 'x.example', { state: 'hold' }));
  assert.deepEqual(await states(db), ['a@x.example held for destination', 'b@x.example held']);
  await act(db, (a) => steerDestination(a, 'x.example', { state: 'normal' }));
  assert.deepEqual(await states(db), ['a@x.example queued', 'b@x.example held']);
  await db.transact((tx) => releaseHeld(tx, { tenant: TENANT, actor: 'system:t' }, id));
  assert.deepEqual(await rows(db, `n::text as v from queue order by n`), ['0', '1']);
});

const HOLD = { kind: 'hold', rule: 'old', reason: 'old' } as const;
const leased = async (db: Database) => {
  const owner = newId();
  const message = await queued(db, ['a@x.example', 'b@x.example'], owner);
  return {
    tenant: TENANT,
    domain: 'x.example',
    owner,
    rows: [0, 1].map((n) => ({ tenant: TENANT, message, n })),
  };
};

test('standAside() holds rows that are there, once, and by the rule in the table', async () => {
  await using db = await testDatabase();
  const mine = await leased(db);
  await act(db, (a) => steerDestination(a, '*.example', { state: 'hold', reason: 'new' }));
  assert.deepEqual(await Promise.all([1, 2].map(() => standAside(db, mine, HOLD))), [true, true]);
  const told = await events(db, 'delivery.held');
  assert.equal(told.length, 2);
  assert.match(told.join(), /"reason": "new".*"destination": "\*\.example"/);
  assert.deepEqual(await rows(db, `n::text as v from queue order by n`), []);
});

for (const [name, before, state, isObeyed] of [
  ['a hold that is over', HOLD, 'normal', false],
  ['a hold that became a reroute', HOLD, 'reroute', false],
  ['a hold that became a pause', HOLD, 'pause', false],
  ['a pause that is over', { kind: 'later', atMs: Date.now() + 60_000 }, 'normal', false],
  ['a pause that became a hold', { kind: 'later', atMs: Date.now() + 60_000 }, 'hold', false],
  ['a pause that stands', { kind: 'later', atMs: Date.now() + 60_000 }, 'pause', true],
] as const)
  test(`standAside() by an old picture: ${name}`, async () => {
    await using db = await testDatabase();
    const mine = await leased(db);
    await act(db, async (a) => {
      // The wider rule does not count where a nearer one speaks.
      if (state !== 'normal') await steerDestination(a, '*', { state: 'hold' });
      if (state === 'reroute') await steerDestination(a, 'x.example', { state, nextHop: HOP });
      else if (state !== 'normal') await steerDestination(a, 'x.example', { state });
    });
    assert.equal(await standAside(db, mine, before), isObeyed);
    assert.deepEqual(await rows(db, `n::text as v from queue order by n`), ['0', '1']);
    assert.equal((await events(db, 'delivery.held')).length, 0);
  });

test('a hold and its end at the same moment leave nothing behind that is held', async () => {
  await using db = await testDatabase();
  await act(db, (a) => steerDestination(a, 'x.example', { state: 'hold' }));
  const mine = await leased(db);
  let aside: Promise<boolean> | undefined;
  await act(db, async (a) => {
    await steerDestination(a, 'x.example', { state: 'reroute', nextHop: HOP });
    // Asked while the change is under way and nobody else can see it.
    aside = standAside(db, mine, HOLD);
    await sleep(100);
  });
  assert.equal(await aside, false);
  assert.deepEqual(await rows(db, `n::text as v from queue order by n`), ['0', '1']);
});

test('two engines, one of them behind: what was let go on is delivered and not held again', async () => {
  await using db = await testDatabase();
  const mine = await leased(db);
  await act(db, (a) => steerDestination(a, 'x.example', { state: 'hold' }));
  assert.equal(await standAside(db, mine, HOLD), true);
  await act(db, (a) => steerDestination(a, 'x.example', { state: 'normal' }));
  const tried: string[] = [];
  const engineThatBelieves = async (permits: Permit[]) => {
    const instance = await registerInstance(db);
    const engine = createEngine(
      {
        db,
        instance,
        blobs: undefined as never, // nothing is read or removed here
        settler: undefined as never,
        log: silentLog,
        clock: Date.now,
        attempt: (job) => {
          tried.push(...job.recipients.map((r) => r.address));
          return Promise.resolve({ settlements: [], reports: [], notBeforeMs: Date.now() + 3_600_000 });
        },
        jobsOf: (leasedRows) =>
          leasedRows.map((r) => ({
            tenant: r.tenant,
            message: r.message,
            mailFrom: r.mailFrom,
            destination: r.domain,
            domain: r.domain,
            recipients: [{ ...r, notify: undefined, orcpt: undefined }],
            size: r.size,
            bodyType: r.body,
            smtpUtf8: false,
            requireTls: false,
            ret: undefined,
            envid: undefined,
            reportTo: r.reportTo,
            receivedAtMs: r.receivedAtMs,
            blob: r.blob,
            body: () => assert.fail('not read'),
          })),
        permit: () => Promise.resolve(permits.shift() ?? { kind: 'go' }),
        settleDisowned: () => Promise.resolve(0),
      },
      { maxJobs: 1, maxWaiting: 10, pollMs: 20 },
    );
    engine.start();
    return { engine, instance };
  };
  const engines = await Promise.all([engineThatBelieves([HOLD, HOLD]), engineThatBelieves([HOLD])]);
  for (let i = 0; i < 200 && tried.length < 2; i++) await sleep(25);
  for (const { engine, instance } of engines) {
    await engine.stop(1000);
    await instance[Symbol.asyncDispose]();
  }
  assert.deepEqual(tried.toSorted(), ['a@x.example', 'b@x.example']);
  assert.equal((await events(db, 'delivery.held')).length, 2, 'those before the release');
});

test('steering keeps limits, and a state replaces the one before it', async () => {
  await using db = await testDatabase();
  await act(db, async (a) => {
    await steerDestination(a, 'x.example', { state: 'pause', until: '2030-01-01T00:00:00.000Z' });
    await a.tx.query(`update destination_rule set max_connections = 3`);
    await steerDestination(a, 'x.example', { state: 'reroute', nextHop: HOP });
  });
  const shown = async (): Promise<unknown> => {
    const [row] = await db.query(`select * from destination_rule`);
    return row === undefined ? undefined : destinationKind.schema.parse(destinationKind.fromRow(row));
  };
  assert.deepEqual(await shown(), { name: 'x.example', maxConnections: 3, state: 'reroute', nextHop: HOP });
  await act(db, (a) => steerDestination(a, 'x.example', { state: 'normal' }));
  assert.deepEqual(await shown(), { name: 'x.example', maxConnections: 3, state: 'normal' });
  const none = await act(db, (a) => steerDestination(a, 'y.example', { state: 'normal' }));
  assert.ok(!none.ok && none.error.kind === 'missing');
});

test('retryNow() makes waiting rows due, tells who listens, and says so once', async () => {
  await using db = await testDatabase();
  const one = await queued(db, ['a@x.example', 'b@y.example']);
  await queued(db, ['c@x.example']);
  await queued(db, ['d@x.example'], newId());
  const client = await db.dedicated();
  await client.query('listen queue');
  const heard = new Promise<string>((resolve) => client.on('notification', (n) => resolve(n.channel)));
  assert.equal(await act(db, (a) => retryNow(a, { rule: 'x.example' })), 2);
  assert.equal(await heard, 'queue');
  assert.equal(await act(db, (a) => retryNow(a, { rule: 'x.example' })), 0);
  assert.equal(await act(db, (a) => retryNow(a, { message: one })), 1);
  assert.equal((await events(db, 'queue.retried')).length, 2);
  await client.end();
});

test('listQueue() pages through, oldest first', async () => {
  await using db = await testDatabase();
  for (const [i, who] of ['a@x.example', 'b@x.example', 'c@y.example'].entries()) {
    const id = await queued(db, [who, `z@x.example`]);
    await db.query(`update queue set queued_at = now() - $2 * interval '1 minute' where message_id = $1`, [
      id,
      10 - i,
    ]);
  }
  const seen: string[] = [];
  let after: Parameters<typeof listQueue>[2]['after'];
  do {
    const page = await listQueue(db, TENANT, { limit: 2, after });
    seen.push(...page.items.map((i) => i.recipient));
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(seen, [
    'a@x.example',
    'z@x.example',
    'b@x.example',
    'z@x.example',
    'c@y.example',
    'z@x.example',
  ]);
  const some = await listQueue(db, TENANT, { limit: 10, rule: '*.example' });
  assert.equal(some.items.length, 6);
  const y = await listQueue(db, TENANT, { limit: 10, rule: 'y.example' });
  assert.deepEqual(
    y.items.map((i) => i.recipient),
    ['c@y.example'],
  );
  assert.equal((await showQueued(db, TENANT, y.items[0]!.message)).length, 2);
  assert.deepEqual(await showQueued(db, newId<'tenant'>(), y.items[0]!.message), []);
});
