/** A next hop that fails at every stage in every way: each recipient gets the outcome it must have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TIMEOUTS_MS } from '#mail/deliver/transport.ts';
import { attemptDelivery } from '#mail/deliver/attempt.ts';
import type { AttemptResult } from '#mail/deliver/types.ts';
import { TEXT, hop, tableResolver, testDeps, testJob } from './bench-deps.ts';
import { type FakeOptions, startFakeRemote } from './fake-remote.ts';

const short = (r: AttemptResult): string => `${r.outcome} ${r.stage} ${r.code ?? '-'} ${r.status}`;
const TWO = ['b@two.example', 'c@two.example'];

async function outcomes(options: FakeOptions, more: Parameters<typeof testJob>[0] = {}): Promise<string[]> {
  await using remote = await startFakeRemote(options);
  const deps = testDeps();
  using _pool = deps.pool;
  const results = await attemptDelivery(testJob({ route: hop(remote.port), to: TWO, ...more }), deps);
  return results.map(short);
}

const stages: readonly [string, string][] = [
  ['greeting', 'greeting'],
  ['EHLO', 'ehlo'],
  ['MAIL', 'mail'],
  ['RCPT', 'rcpt'],
  ['DATA', 'data'],
  ['end-of-data', 'end-of-data'],
];

for (const [verb, stage] of stages) {
  test(`dropped at ${verb}: temporary`, async () => {
    const got = await outcomes({ reply: (v) => (v === verb ? 'drop' : undefined) });
    for (const line of got) assert.match(line, new RegExp(`^deferred \\S+ - 4\\.4\\.2$`));
    assert.ok(
      got.some((line) => line.includes(stage)),
      got.join(),
    );
  });
  test(`silent at ${verb}: temporary, in bounded time`, async () => {
    const got = await outcomes({ reply: (v) => (v === verb ? 'silence' : undefined) });
    assert.deepEqual(
      got,
      TWO.map(() => `deferred ${stage} - 4.4.2`),
    );
  });
  test(`4xx at ${verb}: temporary`, async () => {
    const got = await outcomes({ reply: (v) => (v === verb ? '451 4.7.1 later' : undefined) });
    assert.deepEqual(
      got,
      TWO.map(() => `deferred ${stage} 451 4.7.1`),
    );
  });
  test(`5xx at ${verb}: permanent only where it is about the message`, async () => {
    const got = await outcomes({
      reply: (v) => (v === verb || (v === 'HELO' && verb === 'EHLO') ? '554 5.7.1 no' : undefined),
    });
    const about = verb !== 'greeting' && verb !== 'EHLO';
    assert.deepEqual(
      got,
      TWO.map(() => `${about ? 'failed' : 'deferred'} ${stage} 554 ${about ? 5 : 4}.7.1`),
    );
  });
  test(`garbage at ${verb}: temporary`, async () => {
    const got = await outcomes({ reply: (v) => (v === verb ? '\u0000\u00ff what is this' : undefined) });
    for (const line of got) assert.match(line, /^deferred \S+ - 4\.5\.0$/);
  });
  test(`an endless reply at ${verb}: temporary, in bounded memory`, async () => {
    const endless = '250-more\r\n'.repeat(5000);
    const got = await outcomes({ reply: (v) => (v === verb ? endless : undefined) });
    for (const line of got) assert.match(line, /^deferred \S+ - 4\.5\.0$/);
  });
}

test('a host that drips its reply gains no time', async () => {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const timer = setInterval(() => socket.write('2'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const deps = testDeps();
  using _pool = deps.pool;
  const startedMs = Date.now();
  const [result] = await attemptDelivery(testJob({ route: hop(address.port) }), deps);
  assert.equal(short(result!), 'deferred greeting - 4.4.2'); // `!`: one recipient
  assert.ok(Date.now() - startedMs < 1500);
  server.close();
});

test('recipients fare differently, and the message arrives byte for byte', async () => {
  await using remote = await startFakeRemote({
    reply: (v, line) => {
      if (v !== 'RCPT') return undefined;
      if (line.includes('gone@')) return '550 5.1.1 no such user';
      return line.includes('full@') ? '452 4.2.2 mailbox full' : undefined;
    },
  });
  const deps = testDeps();
  using _pool = deps.pool;
  const to = ['b@two.example', 'gone@two.example', 'full@two.example'];
  const results = await attemptDelivery(testJob({ route: hop(remote.port), to }), deps);
  assert.deepEqual(results.map(short), [
    'delivered end-of-data 250 2.0.0',
    'failed rcpt 550 5.1.1',
    'deferred rcpt 452 4.2.2',
  ]);
  assert.deepEqual(remote.messages, [{ from: '<a@one.example>', to: ['b@two.example'], data: TEXT }]);
});

test('LMTP: the replies after the message count per recipient', async () => {
  await using remote = await startFakeRemote({
    lmtp: true,
    reply: (v, who) => (v === 'end-of-data' && who.startsWith('c@') ? '452 4.2.2 full' : undefined),
  });
  const deps = testDeps();
  using _pool = deps.pool;
  const route = hop(remote.port, { protocol: 'lmtp' });
  const results = await attemptDelivery(testJob({ route, to: TWO }), deps);
  assert.deepEqual(results.map(short), ['delivered end-of-data 250 2.0.0', 'deferred end-of-data 452 4.2.2']);
});

test('connections are used again, and a dead one does not cost the message', async () => {
  await using remote = await startFakeRemote({});
  const deps = testDeps();
  using pool = deps.pool;
  for (let i = 0; i < 20; i++) {
    const [result] = await attemptDelivery(testJob({ route: hop(remote.port) }), deps);
    assert.equal(result?.outcome, 'delivered');
    assert.equal(result?.reusedConnection, i > 0);
  }
  assert.equal(remote.connections(), 1);
  assert.equal(pool.counters.reused, 19);

  await using moody = await startFakeRemote({
    // Takes one message per connection and hangs up at the second MAIL.
    reply: (() => {
      let mails = 0;
      return (v: string) => (v === 'MAIL' && ++mails === 2 ? 'drop' : undefined);
    })(),
  });
  for (let i = 0; i < 2; i++) {
    const [result] = await attemptDelivery(testJob({ route: hop(moody.port) }), deps);
    assert.equal(result?.outcome, 'delivered');
  }
  assert.equal(moody.connections(), 2);
});

test('a connection is not used for longer than it may', async () => {
  const { ConnectionPool } = await import('#mail/deliver/pool.ts');
  await using remote = await startFakeRemote({});
  using pool = new ConnectionPool({ maxMessagesPerConnection: 3, idleMs: 100 });
  const deps = testDeps({ pool });
  for (let i = 0; i < 7; i++) await attemptDelivery(testJob({ route: hop(remote.port) }), deps);
  assert.equal(remote.connections(), 3);
  assert.equal(pool.idle, 1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(pool.idle, 0);
});

test('large messages stream, over DATA and over BDAT', async () => {
  const line = `${'.x'.repeat(38)}\r\n`;
  const text = `Subject: big\r\n\r\n${line.repeat(20_000)}`;
  for (const [extensions, bodyType] of [
    [['PIPELINING'], '7BIT'],
    [['PIPELINING', 'CHUNKING', 'BINARYMIME', '8BITMIME'], 'BINARYMIME'],
    [[], '7BIT'],
  ] as const) {
    await using remote = await startFakeRemote({ extensions });
    const deps = testDeps({ timeouts: DEFAULT_TIMEOUTS_MS });
    using _pool = deps.pool;
    const [result] = await attemptDelivery(testJob({ route: hop(remote.port), text, bodyType }), deps);
    assert.equal(result?.outcome, 'delivered', result?.text);
    assert.equal(remote.messages[0]?.data === text, true);
  }
});

test('a small message over CHUNKING takes one write', async () => {
  await using remote = await startFakeRemote({ extensions: ['PIPELINING', 'CHUNKING'] });
  const deps = testDeps();
  using _pool = deps.pool;
  const [result] = await attemptDelivery(testJob({ route: hop(remote.port) }), deps);
  assert.equal(result?.outcome, 'delivered');
  assert.deepEqual(remote.lines.slice(1), [
    'MAIL FROM:<a@one.example>',
    'RCPT TO:<b@two.example>',
    `BDAT ${TEXT.length} LAST`,
  ]);
  assert.equal(remote.messages[0]?.data, TEXT);
});

test('a body that cannot be read is an error of ours and never half a message', async () => {
  await using remote = await startFakeRemote({});
  const deps = testDeps();
  using _pool = deps.pool;
  const job = testJob({
    route: hop(remote.port),
    size: 1_000_000,
    // oxlint-disable-next-line typescript/require-await -- an async generator is what the contract asks for
    body: async function* () {
      yield new Uint8Array(1000).fill(65);
      throw new Error('disk gone');
    },
  });
  await assert.rejects(attemptDelivery(job, deps), /disk gone/);
  assert.equal(remote.messages.length, 0);
});

test('hosts are tried in order; a refused one gives way to the next', async () => {
  await using good = await startFakeRemote({});
  const zone = {
    'two.example': {
      mx: [
        { preference: 10, exchange: 'dead.two.example' },
        { preference: 20, exchange: 'mx2.two.example' },
      ],
    },
    'dead.two.example': { a: ['127.0.0.9'] },
    'mx2.two.example': { a: ['127.0.0.1'] },
  };
  const deps = testDeps({ resolver: tableResolver(zone), mxPort: good.port });
  using _pool = deps.pool;
  const [result] = await attemptDelivery(testJob(), deps);
  assert.equal(short(result!), 'delivered end-of-data 250 2.0.0'); // `!`: one recipient
  assert.equal(result?.remoteHost, 'mx2.two.example');
});

test('routing that cannot work says why', async () => {
  const mx = (exchange: string, preference = 10): { preference: number; exchange: string } => ({
    preference,
    exchange,
  });
  const zone = {
    'null.example': { mx: [mx('', 0)] },
    'self.example': { mx: [mx('gate.example', 5), mx('other.example', 5), mx('third.example', 9)] },
    'fails.example': { fails: true },
    'empty.example': {},
    'loopback.example': { mx: [mx('lo.example')] },
    'lo.example': { a: ['127.0.0.1', '0.0.0.0'] },
    'literal.example': { mx: [mx('127.0.0.1'), mx('::1', 20)] },
    'ghost.example': { mx: [mx('nowhere.example')] },
    'ours.example': { mx: [mx('ip.example')] },
    'ip.example': { a: ['192.0.2.1'] },
  };
  const { REFUSED_NETWORKS } = await import('#mail/deliver/addresses.ts');
  const deps = testDeps({
    resolver: tableResolver(zone),
    refusedNetworks: REFUSED_NETWORKS,
    self: { names: new Set(['gate.example']), isOurs: (ip) => ip === '192.0.2.1' },
  });
  using _pool = deps.pool;
  const table: [string, string][] = [
    ['null.example', 'failed route - 5.1.10'],
    ['nx.example', 'failed route - 5.1.2'],
    ['self.example', 'failed route - 5.4.6'],
    ['fails.example', 'deferred dns - 4.4.3'],
    ['empty.example', 'failed route - 5.4.4'],
    ['loopback.example', 'deferred route - 4.4.4'],
    ['literal.example', 'failed route - 5.4.4'],
    ['ghost.example', 'failed route - 5.4.4'],
    ['ours.example', 'failed route - 5.4.6'],
  ];
  for (const [domain, expected] of table) {
    const [result] = await attemptDelivery(testJob({ domain }), deps);
    assert.equal(short(result!), expected, domain); // `!`: one recipient
  }
});

test('a destination at its limit hands the job back untried', async () => {
  const { DestinationSlots } = await import('#mail/deliver/slots.ts');
  await using remote = await startFakeRemote({});
  const limits = { maxParallel: 1, maxPerMinute: 2, maxWaitMs: 1000 };
  const deps = testDeps({ slots: new DestinationSlots() });
  using _pool = deps.pool;
  const all = await Promise.all(
    Array.from({ length: 4 }, () => attemptDelivery(testJob({ route: hop(remote.port), limits }), deps)),
  );
  const outcomes = all.map(([r]) => `${r!.outcome} ${r!.stage}`).toSorted(); // `!`: one recipient each
  assert.deepEqual(outcomes, [
    'deferred slot',
    'deferred slot',
    'delivered end-of-data',
    'delivered end-of-data',
  ]);
  assert.equal(remote.connections(), 1);
});

test('who waited for a place asks once more whether it may, and a no leaves the place to others', async () => {
  const { DestinationSlots } = await import('#mail/deliver/slots.ts');
  await using remote = await startFakeRemote({});
  const limits = { maxParallel: 1, maxPerMinute: Infinity, maxWaitMs: 2_000 };
  const deps = testDeps({ slots: new DestinationSlots() });
  using _pool = deps.pool;
  // Holds the only place for a while.
  const place = await deps.slots.enter(`smtp:127.0.0.1:${remote.port}`, limits);
  assert.equal(place.kind, 'go');
  let asked = 0;
  const mayStill = (): Promise<boolean> => Promise.resolve(++asked > 1);
  const job = testJob({ route: hop(remote.port), limits, mayStill });
  const waiting = attemptDelivery(job, deps);
  const next = attemptDelivery(job, deps);
  setTimeout(() => place.kind === 'go' && place.leave(), 200);
  assert.equal((await waiting).map(short).join(), 'deferred slot - 4.4.5');
  assert.equal((await next).map(short).join(), 'delivered end-of-data 250 2.0.0');
  assert.equal(remote.messages.length, 1);
});

test('each source address has its own connections', { skip: process.platform !== 'linux' }, async () => {
  await using remote = await startFakeRemote({});
  const deps = testDeps();
  using _pool = deps.pool;
  for (const v4 of ['127.0.0.2', '127.0.0.3', '127.0.0.2'])
    await attemptDelivery(testJob({ route: hop(remote.port), source: { v4, v6: undefined } }), deps);
  assert.deepEqual(remote.clients, ['127.0.0.2', '127.0.0.3']);
  const [lost] = await attemptDelivery(
    testJob({ route: hop(remote.port), source: { v4: '192.0.2.7', v6: undefined } }),
    deps,
  );
  assert.equal(
    `${lost?.outcome} ${lost?.stage}`,
    'deferred connect',
    'an address we do not have is never replaced by another',
  );
});

test('a family that does not work gives way to the other', async () => {
  await using remote = await startFakeRemote({});
  const zone = {
    'two.example': { mx: [{ preference: 10, exchange: 'mx.two.example' }] },
    'mx.two.example': { a: ['127.0.0.1'], aaaa: ['::1'] },
  };
  const deps = testDeps({ resolver: tableResolver(zone), mxPort: remote.port });
  using _pool = deps.pool;
  const [result] = await attemptDelivery(testJob(), deps);
  assert.equal(`${result?.outcome} ${result?.remoteIp}`, 'delivered 127.0.0.1');
});

test('what the remote said is kept as it said it, beside what we make of it', async () => {
  await using remote = await startFakeRemote({
    reply: (v) => (v === 'MAIL' ? '500 5.3.0 what was that' : undefined),
  });
  const deps = testDeps();
  using _pool = deps.pool;
  const [result] = await attemptDelivery(testJob({ route: hop(remote.port) }), deps);
  assert.ok(result !== undefined);
  const { outcome, status, code, enhanced, text } = result;
  assert.deepEqual(
    { outcome, status, code, enhanced, text },
    { outcome: 'deferred', status: '4.3.0', code: 500, enhanced: '5.3.0', text: 'what was that' },
  );
});
