/**
 * `gatehouse bench kill`: SIGKILL at every named point between the end of DATA and 250 and in each delivery, under load, and
 * then the question: was anything lost that had its 250, and did anything come twice that may not?
 *
 * Each kill: the gateway starts with GATEHOUSE_FAULT, the ledger sends, the mail process dies at the point, and everything
 * that is left (its database included) is killed at once. After the last kill the gateway starts without a fault, delivers
 * what it has, and is verified. A second arrival of a message is allowed only when a kill cut the attempt of an earlier one
 * between the remote's 250 and our commit.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULT_POINTS, type FaultPoint } from '#platform/fault-point.ts';
import { type Gateway, startGateway } from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { RECIPIENT_DOMAIN, seeded } from './mix.ts';
import { startSink, type Sink } from './processes.ts';
import type { Arrival } from './sink.ts';

export type KillOptions = {
  readonly kills: number;
  readonly points?: readonly FaultPoint[];
  readonly seed?: number;
  readonly say: (line: string) => void;
};

export type KillReport = {
  readonly kills: number;
  readonly perPoint: Readonly<Record<string, number>>;
  /** Kills whose point nobody reached in time: not kills, and a failure. */
  readonly missed: readonly string[];
  readonly promised: number;
  readonly arrived: number;
  readonly lost: readonly string[];
  /** Came more than once because an attempt was cut: allowed, and counted. */
  readonly cutAttempts: number;
  /** Came more than once for no such reason. */
  readonly unexplained: readonly string[];
  /** What was cut before any reply and came nevertheless: allowed, since the sender tries again. */
  readonly unpromisedArrivals: number;
};

const LANES = 8;
const POINT_TIMEOUT_MS = 20_000;
/** At which passing of its point a process dies, at the latest. A connection serves many messages, so few are opened. */
const PASSINGS = 12;
const CONNECTIONS = 3;
/** What src/mail-processes.ts logs when a mail process is gone. */
const SUPERVISOR_SAYS = 'a mail process ended';
const DIED_STARTING = 'ended while starting';
/** The longest that may pass between an arrival at the sink and our commit of it: batching, a loaded machine. */
const COMMIT_WINDOW_MS = 5_000;

export async function benchKill(o: KillOptions): Promise<KillReport> {
  const points = o.points ?? Object.keys(FAULT_POINTS).filter((p): p is FaultPoint => p in FAULT_POINTS);
  const random = seeded(o.seed ?? 1);
  await using stack = new AsyncDisposableStack();
  const sink = stack.use(await startSink());
  const gateway = stack.use(
    await startGateway({ listeners: ['mx'], dns: { servers: ['127.0.0.1:1'], ...QUICK_DNS } }),
  );
  await gateway.does('domain', 'add', RECIPIENT_DOMAIN, '--next-hop', `127.0.0.1:${sink.port}`, '--tls', 'none', '--recipients', 'any'); // prettier-ignore
  await gateway.stop();
  const ledger = openLedger();
  const killedAtNs: number[] = [];
  const perPoint: Record<string, number> = {};
  const missed: string[] = [];
  for (let i = 0; i < o.kills; i++) {
    const point = points[i % points.length]!; // `!`: the list is not empty
    const fault = `${point}:${1 + Math.floor(random() * (point === 'deliver.connected' ? CONNECTIONS : PASSINGS))}`;
    const died = await killOnce(gateway, ledger, fault);
    killedAtNs.push(...died.atNs);
    if (died.isReached) perPoint[point] = (perPoint[point] ?? 0) + 1;
    else missed.push(fault);
    o.say(
      `kill ${i + 1} of ${o.kills} at ${fault}: ${ledger.promised.size} promised, ${await sink.count()} arrived`,
    );
  }
  await gateway.start();
  await drained(ledger, sink);
  await gateway.verify();
  return {
    ...judge(ledger, await sink.arrivals(), killedAtNs),
    kills: o.kills - missed.length,
    perPoint,
    missed,
  };
}

const QUICK_DNS = { timeoutMs: 50, rounds: 1 } as const;

/**
 * When processes died, and whether they died at the point. More than one moment: each mail process dies at its own n-th
 * passing, and what it left is taken over at once by one that still lives, before everything is killed.
 */
async function killOnce(
  gateway: Gateway,
  ledger: Ledger,
  fault: string,
): Promise<{ readonly atNs: readonly number[]; readonly isReached: boolean }> {
  const before = gateway.output().length;
  try {
    await gateway.start({ GATEHOUSE_FAULT: fault });
  } catch (error) {
    // Deliveries left over from the last kill can reach the point before the gateway is up; it then gives up starting.
    if (!(error instanceof Error && error.message.includes(DIED_STARTING))) throw error;
    return { atNs: [Number(process.hrtime.bigint())], isReached: true };
  }
  ledger.start(gateway.ports.mx, LANES);
  // A delivery left over from the last kill may reach its point before the first new message comes.
  const isReached = await until(
    'a mail process to die',
    () => gateway.output().slice(before).includes(SUPERVISOR_SAYS),
    POINT_TIMEOUT_MS,
    2,
  ).catch(() => false);
  await gateway.kill9();
  const endNs = Number(process.hrtime.bigint());
  const deaths = deathsIn(gateway.output().slice(before));
  await ledger.stop();
  return { atNs: [...deaths, endNs], isReached };
}

/** The supervisor's log says when it saw a mail process die; that is later than the death, by little. */
function deathsIn(log: string): readonly number[] {
  const nowNs = Number(process.hrtime.bigint());
  const lines = log.split('\n').filter((line) => line.includes(SUPERVISOR_SAYS));
  return lines.flatMap((line) => {
    const time = /"time":"([^"]+)"/.exec(line)?.[1];
    return time === undefined ? [] : [nowNs - (Date.now() - Date.parse(time)) * 1e6];
  });
}

/** Waits until everything promised is there, or nothing more comes. */
async function drained(ledger: Ledger, sink: Sink): Promise<void> {
  let last = -1;
  for (let quietS = 0; quietS < 30; quietS++) {
    const arrivals = await sink.arrivals();
    const there = new Set(arrivals.map((a) => a.id));
    // Some seconds more, for a second arrival that should not be.
    if ([...ledger.promised.keys()].every((id) => there.has(id)) && quietS >= 3 && arrivals.length === last)
      return;
    if (arrivals.length !== last) quietS = 0;
    last = arrivals.length;
    await sleep(1_000);
  }
}

type Judgement = Pick<
  KillReport,
  'promised' | 'arrived' | 'lost' | 'cutAttempts' | 'unexplained' | 'unpromisedArrivals'
>;

export function judge(
  ledger: Pick<Ledger, 'promised'>,
  arrivals: readonly Arrival[],
  killedAtNs: readonly number[],
): Judgement {
  const timesOf = new Map<string, number[]>();
  for (const a of arrivals) timesOf.set(a.id, [...(timesOf.get(a.id) ?? []), a.atNs]);
  const wasCut = (atNs: number): boolean =>
    killedAtNs.some((k) => k >= atNs && k - atNs <= COMMIT_WINDOW_MS * 1e6);
  let cutAttempts = 0;
  const unexplained: string[] = [];
  for (const [id, times] of timesOf) {
    const earlier = times.toSorted((a, b) => a - b).slice(0, -1);
    const cut = earlier.filter(wasCut).length;
    cutAttempts += cut;
    if (cut < earlier.length)
      unexplained.push(`${id} came ${times.length} times, ${cut} of them before a kill`);
  }
  return {
    promised: ledger.promised.size,
    arrived: timesOf.size,
    lost: [...ledger.promised.values()]
      .filter((p) => !timesOf.has(p.id))
      .map((p) => `${p.id} (${p.gatewayId})`),
    cutAttempts,
    unexplained,
    unpromisedArrivals: [...timesOf.keys()].filter((id) => !ledger.promised.has(id)).length,
  };
}

export const isGood = (r: KillReport): boolean =>
  r.missed.length === 0 && r.lost.length === 0 && r.unexplained.length === 0;
