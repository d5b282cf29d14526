/**
 * `gatehouse bench relay`: one message mix through every relay in turn, round after round, so that the mood of the machine
 * falls on all alike. Prints medians and ratios; what is compared is the ratio, since absolute figures belong to the machine.
 *
 * CPU is user + sys of every process of a relay (database included), from the first message until the sink has the last;
 * load generator, sink and resolver are not counted. A run in which a message is missing or came twice is an error.
 */
import { statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing } from '#test/support/need.ts';
import { startUnbound } from '#test/peers/unbound.ts';
import { until } from '#test/support/until.ts';
import { openAccount, type Account } from './accounting.ts';
import { openMix, SOURCE_ADDRESS, sizesOf, zoneLines, type Mix } from './mix.ts';
import { startLoad, startSink, type Load, type Sink } from './processes.ts';
import { GATEHOUSE } from './gatehouse-relay.ts';
import { OTHER_RELAYS, type Relay, type RelayPeer } from './relay-peers.ts';

export const RELAY_PEERS: readonly RelayPeer[] = [...OTHER_RELAYS, GATEHOUSE];
import { median, percentile, table } from './figures.ts';

export type RelayBenchOptions = {
  readonly rounds: number;
  readonly messages: number;
  /** Messages of the half-load run; 0 leaves it out. */
  readonly paced: number;
  readonly peers: readonly string[];
  readonly say: (line: string) => void;
};

/** One peer in one round. */
export type Round = {
  readonly peer: string;
  readonly round: number;
  readonly cpuMsPerMessage: number;
  readonly messagesPerS: number;
  /** Cores kept busy while flat out. */
  readonly coresUsed: number;
  readonly memoryMb: number;
  /** At half of the flat-out rate, from the moment a message was due: until its 250, and until the sink had it. */
  readonly acceptMs: { readonly p50: number; readonly p99: number } | undefined;
  readonly throughMs: { readonly p50: number; readonly p99: number } | undefined;
};

const CONNECTIONS = 20;
const PER_CONNECTION = 25;
/**
 * Messages before anything is counted: a relay runs for months, and its first seconds are not what it costs. The compiler of
 * a mail process of ours is busy for about this long; the peers have none, and to them it makes no difference.
 */
const WARM_UP = 5_000;

type Running = { readonly peer: RelayPeer; readonly relay: Relay; readonly account: Account };
type Bench = { readonly mix: Mix; readonly sink: Sink; readonly load: Load };
type Flow = {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly acceptMs: readonly number[];
  readonly throughMs: readonly number[];
};

/** Sends messages of the mix and waits until the sink has each of them exactly once. */
async function flow(b: Bench, on: Running, first: number, count: number, ratePerS?: number): Promise<Flow> {
  await b.sink.forget();
  const cpuBeforeUs = on.account.cpuUs();
  const { sent, failed } = await b.load.run({
    dataFile: b.mix.dataFile, entries: b.mix.entries, first, count, host: '127.0.0.1', port: on.relay.port,
    source: SOURCE_ADDRESS, connections: CONNECTIONS, perConnection: PER_CONNECTION, ratePerS,
  }); // prettier-ignore
  if (failed.length > 0)
    throw new Error(`${on.peer.name} refused ${failed.length} messages, first: ${failed[0]}`);
  await until(
    `${count} messages of ${on.peer.name} at the sink`,
    async () => (await b.sink.count()) >= count,
    60_000,
    10,
  ).catch(async (error: unknown) => {
    throw new Error(`${await b.sink.count()} of ${count} messages of ${on.peer.name} came`, { cause: error });
  });
  const cpuMs = (on.account.cpuUs() - cpuBeforeUs) / 1_000;
  const arrivals = await b.sink.arrivals();
  const arrivedNs = new Map(arrivals.map((a) => [Number(a.id), a.atNs]));
  if (arrivals.length !== count || arrivedNs.size !== count)
    throw new Error(
      `${on.peer.name}: ${count} sent, ${arrivals.length} came, ${arrivedNs.size} of them different`,
    );
  const unverified = on.peer.verifies ? arrivals.filter((a) => !a.verified).length : 0;
  if (unverified > 0)
    throw new Error(`${on.peer.name}: ${unverified} of ${count} messages came without dkim=pass`);
  const lastNs = Math.max(...arrivedNs.values());
  const firstNs = Math.min(...sent.map((s) => s.fromNs));
  return {
    wallMs: (lastNs - firstNs) / 1e6,
    cpuMs,
    acceptMs: sent.map((s) => (s.acceptedNs - s.fromNs) / 1e6),
    throughMs: sent.map((s) => ((arrivedNs.get(s.id) ?? Number.NaN) - s.fromNs) / 1e6),
  };
}

const spread = (values: readonly number[]): { p50: number; p99: number } => ({
  p50: percentile(values, 50),
  p99: percentile(values, 99),
});

async function measure(b: Bench, on: Running, o: RelayBenchOptions, round: number): Promise<Round> {
  const full = await flow(b, on, 0, o.messages);
  const memoryMb = on.account.memoryKb() / 1_024;
  const messagesPerS = (o.messages / full.wallMs) * 1_000;
  const paced = o.paced === 0 ? undefined : await flow(b, on, 0, o.paced, messagesPerS / 2);
  return {
    peer: on.peer.name,
    round,
    cpuMsPerMessage: full.cpuMs / o.messages,
    messagesPerS,
    coresUsed: full.cpuMs / full.wallMs,
    memoryMb,
    acceptMs: paced === undefined ? undefined : spread(paced.acceptMs),
    throughMs: paced === undefined ? undefined : spread(paced.throughMs),
  };
}

async function warmUp(b: Bench, on: Running): Promise<void> {
  const { length } = b.mix.entries;
  for (let left = WARM_UP; left > 0; left -= length) await flow(b, on, 0, Math.min(left, length));
}

const TMPFS = 0x01021994;

export async function benchRelay(o: RelayBenchOptions): Promise<readonly Round[]> {
  if (statfsSync(tmpdir()).type === TMPFS)
    throw new Error(`${tmpdir()} is memory, where fsync costs nothing: set TMPDIR to a folder on a disk`);
  const peers = o.peers.map((name) => {
    const peer = RELAY_PEERS.find((p) => p.name === name);
    if (peer === undefined)
      throw new Error(`no peer "${name}"; known are ${RELAY_PEERS.map((p) => p.name).join(', ')}`);
    const lacking = missing(peer.needs);
    if (lacking.length > 0)
      throw new Error(`${name} needs ${lacking.join(', ')} (sh tools/peers.sh --bench)`);
    return peer;
  });
  await using stack = new AsyncDisposableStack();
  const mix = await openMix(join(process.cwd(), '.cache/bench'), Math.max(o.messages, o.paced));
  const { medianBytes, meanBytes, maxBytes } = sizesOf(mix);
  o.say(
    `mix: ${mix.entries.length} messages, median ${medianBytes}, mean ${meanBytes}, largest ${maxBytes} bytes`,
  );
  const zones = [...new Set(mix.entries.map((e) => e.from.slice(e.from.indexOf('@') + 1)))];
  const dns = stack.use(await startUnbound({ localZones: zones, localData: zoneLines(mix.txt) }));
  const sink = stack.use(await startSink());
  const load = stack.use(startLoad());
  const bench: Bench = { mix, sink, load };
  const running: Running[] = [];
  for (const peer of peers) {
    const account = stack.use(openAccount(peer.name, [sink.pid, load.pid]));
    if (account.how === 'proc' && peers.length > 1)
      throw new Error('without cgroups only one peer at a time can be counted: choose it with --peers');
    const relay = stack.use(await peer.start({ dns, sinkPort: sink.port, account }));
    running.push({ peer, relay, account });
    await warmUp(bench, { peer, relay, account });
  }
  o.say(`accounting: ${running[0]?.account.how ?? 'none'}, ${availableParallelism()} cores`);
  const rounds: Round[] = [];
  for (let round = 1; round <= o.rounds; round++)
    for (const on of running) {
      const result = await measure(bench, on, o, round);
      o.say(
        `round ${round}: ${on.peer.name}: ${result.cpuMsPerMessage.toFixed(2)} ms CPU, ${result.messagesPerS.toFixed(0)}/s`,
      );
      rounds.push(result);
    }
  return rounds;
}

/** Medians over the rounds, one line per peer, with ratios to plain Postfix where it ran. */
export function summary(rounds: readonly Round[]): string {
  const names = [...new Set(rounds.map((r) => r.peer))];
  const of = (name: string, pick: (r: Round) => number | undefined): number =>
    median(rounds.filter((r) => r.peer === name).flatMap((r) => pick(r) ?? []));
  const base = names.includes('postfix') ? of('postfix', (r) => r.cpuMsPerMessage) : Number.NaN;
  const rows = names.map((name) => {
    const cpu = of(name, (r) => r.cpuMsPerMessage);
    return [RELAY_PEERS.find((p) => p.name === name)?.title ?? name, cpu.toFixed(2), (cpu / base).toFixed(2),
      of(name, (r) => r.messagesPerS).toFixed(0), of(name, (r) => r.coresUsed).toFixed(2), of(name, (r) => r.acceptMs?.p50).toFixed(1),
      of(name, (r) => r.acceptMs?.p99).toFixed(1), of(name, (r) => r.throughMs?.p50).toFixed(1), of(name, (r) => r.throughMs?.p99).toFixed(1),
      of(name, (r) => r.memoryMb).toFixed(0)]; // prettier-ignore
  });
  const head = [
    'relay',
    'CPU ms/msg',
    '× Postfix',
    'msg/s',
    'cores',
    '250 p50',
    '250 p99',
    'through p50',
    'through p99',
    'MB',
  ];
  return table([head, ...rows]);
}

export function writeJson(file: string, rounds: readonly Round[]): void {
  writeFileSync(
    file,
    `${JSON.stringify({ bench: 'relay', cores: availableParallelism(), rounds }, null, 2)}\n`,
  );
}
