import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenerDefaults } from './config.ts';
import { type Ban, createLimitPool, type SharedPool } from './limit-pool.ts';
import { createLimits, type ClientLimits, type LimitOptions, type Limits, type Refusal } from './limits.ts';

const CONFIG: LimitOptions['config'] = {
  ...listenerDefaults('mx'),
  maxConnections: 100,
  maxConnectionsPerNetwork: 2,
  connectionsPerMinute: 4,
  messagesPerMinute: 2,
  unknownRecipientsPerHour: 3,
  banMs: 1000,
};

function admitted(answer: ClientLimits | Refusal): ClientLimits {
  assert.equal(typeof answer, 'object');
  return answer as ClientLimits;
}

/** Several processes and their parent, in one. */
function processes(count: number, config: LimitOptions['config'], clock: () => number) {
  const pool = createLimitPool(clock);
  const heard: ((ban: Ban) => void)[] = [];
  const limits = Array.from({ length: count }, (_, who) => {
    const door: SharedPool = {
      processes: count,
      take: async (ask) => pool.take(who, ask),
      giveBack: (name) => pool.giveBack(who, name),
      ban: (ban) => {
        pool.ban(ban);
        heard.forEach((hear, other) => (other === who ? undefined : hear(ban)));
      },
      onBan: (_listener, hear) => void heard.push(hear),
    };
    return createLimits({ config, clock, pool: door });
  });
  return { pool, limits };
}

const admittedOf = async (limits: readonly Limits[], tries: number): Promise<ClientLimits[]> => {
  const all: ClientLimits[] = [];
  for (let i = 0; i < tries; i++) {
    const answer = await limits[i % limits.length]!.admit('192.0.2.1'); // `!`: within
    if (typeof answer === 'object') all.push(answer);
  }
  return all;
};

test('limits count connections at once per network and give them back', async () => {
  const limits = createLimits({ config: CONFIG, clock: () => 0 });
  const first = admitted(await limits.admit('192.0.2.1'));
  admitted(await limits.admit('192.0.2.200'));
  assert.equal(await limits.admit('192.0.2.3'), 'too-many-connections');
  admitted(await limits.admit('198.51.100.1'));
  first.release();
  first.release();
  admitted(await limits.admit('192.0.2.3'));
  assert.equal(await limits.admit('192.0.2.3'), 'too-many-connections');
});

test('limits refill with time', async () => {
  let nowMs = 0;
  const limits = createLimits({ config: CONFIG, clock: () => nowMs });
  for (let i = 0; i < 4; i++) admitted(await limits.admit('2001:db8::1')).release();
  assert.equal(await limits.admit('2001:db8::2'), 'too-fast');
  nowMs = 15_000;
  const client = admitted(await limits.admit('2001:db8::3'));
  assert.deepEqual([1, 2, 3].map(client.takeMessage), [true, true, false]);
  nowMs = 45_000;
  assert.equal(client.takeMessage(), true);
});

test('a harvester is banned, and the ban ends', async () => {
  let nowMs = 0;
  const limits = createLimits({ config: CONFIG, clock: () => nowMs });
  const client = admitted(await limits.admit('192.0.2.1'));
  for (let i = 0; i < 3; i++) client.noteUnknownRecipient();
  assert.equal(client.isBanned(), false);
  client.noteUnknownRecipient();
  assert.equal(client.isBanned(), true);
  client.release();
  assert.equal(await limits.admit('192.0.2.77'), 'banned');
  nowMs = 1001;
  admitted(await limits.admit('192.0.2.77'));
});

test('limits forget idle networks first and never grow past their bound', async () => {
  const limits = createLimits({ config: CONFIG, clock: () => 0, maxNetworks: 10 });
  for (let i = 0; i < 200; i++) admitted(await limits.admit(`10.0.${i}.1`)).release();
  assert.equal(limits.size(), 10);
  assert.equal(typeof (await limits.admit('127.0.0.1')), 'object');
});

const WIDE = { ...CONFIG, maxConnectionsPerNetwork: 50, connectionsPerMinute: 600, messagesPerMinute: 200 };

for (const count of [1, 2, 4, 8]) {
  test(`${count} processes share a limit: never above it, never a tenth below`, async () => {
    const { limits } = processes(count, WIDE, () => 0);
    const spread = await admittedOf(limits, 400);
    assert.ok(spread.length >= 45 && spread.length <= 50, `open at once, spread: ${spread.length}`);
    for (const one of spread) one.release();
    const alone = await admittedOf([limits[0]!], 400); // `!`: there is one
    assert.ok(alone.length >= 45 && alone.length <= 50, `open at once, at one: ${alone.length}`);
    let messages = 0;
    for (let i = 0; i < 400; i++) if (await alone[0]?.takeMessage()) messages++;
    assert.ok(messages >= 180 && messages <= 200, `messages at one: ${messages}`);
  });
}

test('many at the same moment are counted one by one', async () => {
  const { limits } = processes(2, { ...WIDE, connectionsPerMinute: 100, maxConnections: 1000 }, () => 0);
  const all = await Promise.all(
    Array.from({ length: 400 }, (_, i) => limits[i % 2]!.admit(`192.0.2.${i % 250}`)), // `!`: within
  );
  const inside = all.filter((a) => typeof a === 'object');
  assert.ok(inside.length >= 45 && inside.length <= 50, String(inside.length));
});

test('a ban is known to every process, and places of one that died come back', async () => {
  const { pool, limits } = processes(2, { ...WIDE, unknownRecipientsPerHour: 10 }, () => 0);
  const [one, other] = limits as [Limits, Limits]; // as: two were asked for
  const victim = admitted(await other.admit('192.0.2.9'));
  const client = admitted(await one.admit('192.0.2.1'));
  for (let i = 0; i < 11; i++) client.noteUnknownRecipient();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([client.isBanned(), victim.isBanned()], [true, true]);
  assert.equal(await other.admit('192.0.2.200'), 'banned');
  assert.equal(pool.bans().length, 1);

  const held = await admittedOf([processes(2, WIDE, () => 0).limits[0]!], 60); // `!`: there is one
  assert.ok(held.length <= 50);
  const many = processes(2, WIDE, () => 0);
  await admittedOf([many.limits[0]!], 60); // `!`: likewise
  assert.ok((await admittedOf([many.limits[1]!], 60)).length <= 5);
  many.pool.forget(0);
  assert.ok((await admittedOf([many.limits[1]!], 60)).length >= 35);
});
