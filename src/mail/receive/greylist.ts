/**
 * Greylisting by score (RFC 6647 §2.4): only a client that something already speaks against is told to try again; a mail
 * server does, a bulk sender mostly does not. What came back once is let through for a while without asking again.
 */
import type { Clock } from '#core/time.ts';
import { BoundedMap } from './bounded-map.ts';

export type GreylistQuestion = {
  /** The client's /24 or /64: big senders retry from a neighbour address. */
  readonly network: string;
  readonly sender: string;
  readonly recipient: string;
  readonly score: number;
};
export type Greylist = (question: GreylistQuestion) => Promise<'pass' | 'defer'>;

/** When the key was first seen; notes it on the first call. Several processes share one store in the database. */
export type GreylistStore = (key: string, nowMs: number) => Promise<{ readonly firstSeenMs: number }>;

export type GreylistOptions = {
  readonly store: GreylistStore;
  readonly clock: Clock;
  /** From this score on; 0 or below turns greylisting off. */
  readonly minScore: number;
  /** Earlier than this a retry is told to wait on. */
  readonly delayMs: number;
};

export function createGreylist(options: GreylistOptions): Greylist {
  return async ({ network, sender, recipient, score }) => {
    if (options.minScore <= 0 || score < options.minScore) return 'pass';
    const nowMs = options.clock();
    const seen = await options.store(`${network} ${sender.toLowerCase()} ${recipient.toLowerCase()}`, nowMs);
    return nowMs - seen.firstSeenMs >= options.delayMs ? 'pass' : 'defer';
  };
}

/** A store in memory: bounded, gone after a restart, which costs honest senders one more retry. */
export function createMemoryGreylistStore(maxEntries: number, keepMs: number): GreylistStore {
  const seen = new BoundedMap<string, { readonly firstSeenMs: number }>(maxEntries);
  return async (key, nowMs) => {
    const known = seen.get(key);
    if (known !== undefined && nowMs - known.firstSeenMs <= keepMs) return known;
    const fresh = { firstSeenMs: nowMs };
    seen.set(key, fresh);
    return fresh;
  };
}
