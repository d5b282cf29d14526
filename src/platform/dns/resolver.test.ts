/** The wire resolver against a scripted server: every way a server can answer, lie, cut short or stay silent. */
import assert from 'node:assert/strict';
import { type Socket, createSocket } from 'node:dgram';
import { type Server, createServer } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import dnsPacket, { type Answer, type Packet } from 'dns-packet';
import { createWireResolver } from './resolver.ts';
import { parseServer, systemServers } from './resolv-conf.ts';

type Script = (question: { name: string; type: string }, over: 'udp' | 'tcp') => Reply | undefined;
type Reply = Partial<Packet> & { raw?: Uint8Array; wrongId?: boolean; wrongName?: boolean; ad?: boolean };

let udp: Socket;
let tcp: Server;
let port = 0;
let asked: string[] = [];
let script: Script = () => undefined;

const AD = 32;
function answer(query: Buffer, over: 'udp' | 'tcp'): (Uint8Array | undefined)[] {
  const packet = dnsPacket.decode(query);
  const q = packet.questions![0]!; // `!`: our resolver always asks one question
  asked.push(`${over} ${q.type} ${q.name}`);
  const reply = script({ name: q.name, type: q.type }, over);
  if (reply === undefined) return [];
  if (reply.raw !== undefined) return [reply.raw];
  const honest = {
    ...reply,
    id: packet.id!, // `!`: decoded packets carry one
    type: 'response' as const,
    flags: (reply.flags ?? 0) | (reply.ad === true ? AD : 0),
    questions: reply.wrongName === true ? [{ ...q, name: 'other.example' }] : [q],
  };
  if (reply.wrongId === true) honest.id = (honest.id + 1) % 65536;
  return [dnsPacket.encode(honest)];
}

before(async () => {
  tcp = createServer((socket) => {
    socket.on('data', (bytes) => {
      for (const r of answer(Buffer.from(bytes.subarray(2)), 'tcp'))
        if (r !== undefined) socket.write(Buffer.concat([Uint8Array.of(r.length >> 8, r.length & 255), r]));
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  assert.ok(typeof address === 'object' && address !== null);
  port = address.port;
  udp = createSocket('udp4', (bytes, from) => {
    for (const r of answer(bytes, 'udp')) if (r !== undefined) udp.send(r, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
});
after(() => {
  udp.close();
  tcp.close();
});
beforeEach(() => (asked = []));

const a = (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, ttl, data });
const soa = (minimum: number): Answer => ({
  type: 'SOA',
  name: 'example',
  ttl: 3600,
  data: { mname: 'ns.example', rname: 'root.example', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
});
const make = (more: object = {}): ReturnType<typeof createWireResolver> =>
  createWireResolver({ servers: [{ address: '127.0.0.1', port }], timeoutMs: 150, ...more });

test('records of each type come out in the contract’s form', async () => {
  using dns = make();
  const table: Record<string, Answer> = {
    A: a('x.example', '192.0.2.1'),
    AAAA: { type: 'AAAA', name: 'x.example', ttl: 60, data: '2001:db8::1' },
    MX: { type: 'MX', name: 'x.example', ttl: 60, data: { preference: 10, exchange: 'MX.example' } },
    TXT: { type: 'TXT', name: 'x.example', ttl: 60, data: ['v=spf1 ', 'ip4:192.0.2.0/24 -all'] },
    PTR: { type: 'PTR', name: 'x.example', ttl: 60, data: 'host.example' },
    TLSA: {
      type: 'TLSA',
      name: 'x.example',
      ttl: 60,
      data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32, 7) },
    },
  };
  script = (q) => ({ answers: [table[q.type]!] });
  const records = async (p: Promise<{ kind: string }>): Promise<unknown> => {
    const got = await p;
    return 'records' in got ? got.records : got;
  };
  assert.deepEqual(await records(dns.a('X.example.')), ['192.0.2.1']);
  assert.deepEqual(await records(dns.aaaa('x.example')), ['2001:db8::1']);
  assert.deepEqual(await records(dns.mx('x.example')), [{ preference: 10, exchange: 'mx.example' }]);
  assert.deepEqual(await records(dns.txt('x.example')), ['v=spf1 ip4:192.0.2.0/24 -all']);
  assert.deepEqual(await records(dns.ptr('x.example')), ['host.example']);
  const tlsa = { usage: 3, selector: 1, matching: 1, data: new Uint8Array(32).fill(7) };
  assert.deepEqual(await records(dns.tlsa('x.example')), [tlsa]);
});

test('a cached answer asks nobody, until its time is over', async () => {
  let nowMs = 0;
  using dns = make({ clock: () => nowMs });
  script = (q) => ({ answers: [a(q.name, '192.0.2.1', 60)] });
  await dns.a('c.example');
  nowMs = 59_000;
  await dns.a('C.EXAMPLE');
  assert.equal(asked.length, 1);
  nowMs = 61_000;
  await dns.a('c.example');
  assert.equal(asked.length, 2);
  assert.deepEqual([dns.counters.hits, dns.counters.misses], [1, 2]);
});

test('askers of one question share it', async () => {
  using dns = make();
  script = (q) => ({ answers: [a(q.name, '192.0.2.1')] });
  await Promise.all(Array.from({ length: 20 }, () => dns.a('many.example')));
  assert.equal(asked.length, 1);
});

test('no name and no data are told apart and kept for the SOA minimum', async () => {
  let nowMs = 0;
  using dns = make({ clock: () => nowMs });
  script = (q) => ({ flags: q.name.startsWith('nx') ? 3 : 0, authorities: [soa(30)] });
  assert.equal((await dns.a('nx.example')).kind, 'nxdomain');
  assert.equal((await dns.a('empty.example')).kind, 'nodata');
  nowMs = 29_000;
  await dns.a('nx.example');
  assert.equal(asked.length, 2);
  nowMs = 31_000;
  await dns.a('nx.example');
  assert.equal(asked.length, 3);
});

test('secure needs AD, a server named as validating, and every step of the chain', async () => {
  script = (q) => ({ ad: true, answers: [a(q.name, '192.0.2.1')] });
  using plain = make();
  using validating = make({ validating: true });
  const secure = async (p: Promise<object>): Promise<unknown> => {
    const got = await p;
    return 'secure' in got ? got.secure : undefined;
  };
  assert.equal(await secure(plain.a('s.example')), false);
  assert.equal(await secure(validating.a('s.example')), true);
  script = (q) =>
    q.name === 'alias.example'
      ? { ad: true, answers: [{ type: 'CNAME', name: q.name, ttl: 9, data: 'target.example' }] }
      : { ad: false, answers: [a(q.name, '192.0.2.2')] };
  assert.equal(await secure(validating.a('alias.example')), false);
});

test('an alias chain is followed within the answer, over answers, and not forever', async () => {
  using dns = make();
  const cname = (name: string, data: string): Answer => ({ type: 'CNAME', name, ttl: 60, data });
  script = (q) => {
    if (q.name === 'one.example')
      return { answers: [cname('one.example', 'two.example'), a('two.example', '192.0.2.2')] };
    if (q.name === 'far.example') return { answers: [cname('far.example', 'two.example')] };
    if (q.name === 'two.example') return { answers: [a('two.example', '192.0.2.2')] };
    if (q.name === 'loop.example') return { answers: [cname('loop.example', 'loop.example')] };
    return { answers: [cname(q.name, `x${q.name}`)] };
  };
  for (const name of ['one.example', 'far.example']) {
    const got = await dns.a(name);
    assert.deepEqual(got.kind === 'records' && got.records, ['192.0.2.2'], name);
  }
  for (const name of ['loop.example', 'endless.example']) {
    const got = await dns.a(name);
    assert.equal(got.kind === 'error' && got.reason, 'limit', name);
  }
  const own = await dns.cname('one.example');
  assert.deepEqual(own.kind === 'records' && own.records, ['two.example']);
});

test('a cut answer is asked again over TCP', async () => {
  using dns = make();
  script = (q, over) => (over === 'udp' ? { flags: 512 } : { answers: [a(q.name, '192.0.2.9')] });
  const got = await dns.a('big.example');
  assert.deepEqual(got.kind === 'records' && got.records, ['192.0.2.9']);
  assert.deepEqual(asked, ['udp A big.example', 'tcp A big.example']);
});

test('failures are errors with their reason, never an empty answer', async () => {
  const table: Record<string, [Reply | undefined, string]> = {
    'servfail.example': [{ flags: 2 }, 'servfail'],
    'refused.example': [{ flags: 5 }, 'refused'],
    'silent.example': [undefined, 'timeout'],
    'forged-id.example': [{ wrongId: true, answers: [a('forged-id.example', '192.0.2.66')] }, 'timeout'],
    'forged-name.example': [
      { wrongName: true, answers: [a('forged-name.example', '192.0.2.66')] },
      'timeout',
    ],
    'rubbish.example': [{ raw: new Uint8Array(40).fill(0xff) }, 'timeout'],
  };
  using dns = make({ rounds: 1 });
  script = (q) => table[q.name]?.[0];
  for (const [name, [, reason]] of Object.entries(table)) {
    const got = await dns.a(name);
    assert.equal(got.kind === 'error' && got.reason, reason, name);
  }
  for (const name of [
    '',
    'a..b',
    `${'x'.repeat(64)}.example`,
    'spa ce.example',
    `${'abcdefg.'.repeat(40)}example`,
  ]) {
    const got = await dns.a(name);
    assert.equal(got.kind === 'error' && got.reason, 'badname', name);
  }
});

test('bogus is known by the extended error', async () => {
  using dns = make({ rounds: 1 });
  script = () => ({
    flags: 2,
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: false,
        flags: 0,
        options: [{ code: 15 as 12, data: Buffer.from([0, 6]) }],
      },
    ],
  });
  const got = await dns.a('bad.example');
  assert.equal(got.kind === 'error' && got.reason, 'bogus');
});

test('a dead server costs no timeout, the next one answers', async () => {
  const dead = createSocket('udp4');
  await new Promise<void>((resolve) => dead.bind(0, '127.0.0.1', resolve));
  const deadPort = dead.address().port;
  await new Promise<void>((resolve) => dead.close(() => resolve()));
  using dns = make({
    servers: [
      { address: '127.0.0.1', port: deadPort },
      { address: '127.0.0.1', port },
    ],
    timeoutMs: 5000,
  });
  script = (q) => ({ answers: [a(q.name, '192.0.2.1')] });
  const startedMs = Date.now();
  assert.equal((await dns.a('second.example')).kind, 'records');
  assert.ok(Date.now() - startedMs < 2000);
});

test('too many questions at once fail with limit', async () => {
  using dns = make({ maxInFlight: 5, rounds: 1 });
  script = () => undefined;
  const all = await Promise.all(Array.from({ length: 8 }, (_, i) => dns.a(`n${i}.example`)));
  const reasons = all.map((r) => r.kind === 'error' && r.reason);
  assert.deepEqual(reasons.filter((r) => r === 'limit').length, 3);
});

test('many queries outlive the change of sockets', async () => {
  using dns = make({ timeoutMs: 3000 });
  script = (q) => ({ answers: [a(q.name, '192.0.2.1')] });
  for (let round = 0; round < 60; round++) {
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => dns.a(`r${round}-${i}.example`)));
    assert.ok(all.every((r) => r.kind === 'records'));
  }
});

test('the cache is bounded', async () => {
  using dns = make({ maxCacheEntries: 20 });
  script = (q) => ({ answers: [a(q.name, '192.0.2.1')] });
  for (let i = 0; i < 100; i++) await dns.a(`b${i}.example`);
  assert.ok(dns.cacheSize() <= 20);
});

test('server addresses are read with and without port', () => {
  assert.deepEqual(parseServer('127.0.0.1'), { address: '127.0.0.1', port: 53 });
  assert.deepEqual(parseServer('127.0.0.1:5353'), { address: '127.0.0.1', port: 5353 });
  assert.deepEqual(parseServer('[::1]:54'), { address: '::1', port: 54 });
  assert.deepEqual(parseServer('::1'), { address: '::1', port: 53 });
  assert.equal(parseServer('resolver.example'), undefined);
  assert.equal(parseServer('127.0.0.1:0'), undefined);
  assert.deepEqual(systemServers('/nonexistent'), [{ address: '127.0.0.1', port: 53 }]);
});

test('a question that breaks on our side is asked again, not remembered', async () => {
  let isBroken = true;
  const server = {
    port,
    get address(): string {
      if (isBroken) throw new Error('broken');
      return '127.0.0.1';
    },
  };
  using dns = make({ servers: [server] });
  script = () => ({ answers: [a('x.example', '192.0.2.1')] });
  await assert.rejects(dns.a('x.example'), /broken/);
  isBroken = false;
  assert.equal((await dns.a('x.example')).kind, 'records');
});
