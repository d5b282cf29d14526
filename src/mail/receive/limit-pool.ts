/**
 * What the mail processes of one machine share of the limits. Of each limit every process has a small allotment that it
 * spends without asking; the rest lies here, in their parent, and is asked for in pieces when the allotment is used up. All
 * together never exceed the setting, and what lies unused in the other processes' allotments is at most a tenth of it.
 *
 * The pool knows names and sizes, and nothing of listeners or networks. It is bounded like the limits themselves: the
 * name unused for longest is forgotten first.
 */
import type { Clock } from '#core/time.ts';
import { BoundedMap } from './bounded-map.ts';
import { TokenBucket } from './token-bucket.ts';

export type PoolAsk =
  /** Tokens that come back with time. */
  | {
      readonly kind: 'rate';
      readonly name: string;
      readonly size: number;
      readonly periodMs: number;
      readonly wanted: number;
    }
  /** One place, until it is given back. */
  | { readonly kind: 'place'; readonly name: string; readonly size: number };

export type Ban = { readonly listener: string; readonly network: string; readonly untilMs: number };

/** A process's door to the pool. */
export type SharedPool = {
  readonly processes: number;
  /** How much was granted; 0 also when the pool did not answer in time. */
  readonly take: (ask: PoolAsk) => Promise<number>;
  readonly giveBack: (name: string) => void;
  /** Tells the other processes. */
  readonly ban: (ban: Ban) => void;
  /** Bans of the other processes, those of before included; called once. */
  readonly onBan: (listener: string, hear: (ban: Ban) => void) => void;
};

/** The parent's side; `who` is the process that asks. */
export type LimitPool = {
  readonly take: (who: number, ask: PoolAsk) => number;
  readonly giveBack: (who: number, name: string) => void;
  /** The process is gone, and its connections with it. */
  readonly forget: (who: number) => void;
  readonly ban: (ban: Ban) => void;
  readonly bans: () => readonly Ban[];
};

const MAX_NAMES = 100_000;
const MAX_BANS = 50_000;

export function createLimitPool(clock: Clock, maxNames = MAX_NAMES): LimitPool {
  const rates = new BoundedMap<string, TokenBucket>(maxNames);
  // Places are bounded by the connections that the processes may have open.
  const places = new Map<string, Map<number, number>>();
  const bans = new BoundedMap<string, Ban>(MAX_BANS);

  const takeRate = (ask: PoolAsk & { kind: 'rate' }): number => {
    const nowMs = clock();
    const bucket = rates.get(ask.name) ?? new TokenBucket(ask.size, ask.periodMs, nowMs);
    rates.set(ask.name, bucket);
    return bucket.takeUpTo(ask.wanted, nowMs);
  };
  const takePlace = (who: number, ask: PoolAsk & { kind: 'place' }): number => {
    const holders = places.get(ask.name) ?? new Map<number, number>();
    let taken = 0;
    for (const n of holders.values()) taken += n;
    if (taken >= ask.size) return 0;
    holders.set(who, (holders.get(who) ?? 0) + 1);
    places.set(ask.name, holders);
    return 1;
  };
  const free = (name: string, who: number, n: number): void => {
    const holders = places.get(name);
    const left = (holders?.get(who) ?? 0) - n;
    if (left > 0) holders?.set(who, left);
    else holders?.delete(who);
    if (holders?.size === 0) places.delete(name);
  };

  return {
    take: (who, ask) => (ask.kind === 'rate' ? takeRate(ask) : takePlace(who, ask)),
    giveBack: (who, name) => free(name, who, 1),
    forget: (who) => {
      for (const name of places.keys()) free(name, who, Infinity);
    },
    ban: (ban) => bans.set(`${ban.listener} ${ban.network}`, ban),
    bans: () => [...bans.values()].filter((b) => b.untilMs > clock()),
  };
}
