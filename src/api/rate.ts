/** How many requests of each class one peer may make: fixed windows of a minute, in memory, bounded in peers. */
import type { Clock } from '#core/time.ts';
import type { RateClass } from './route.ts';

const PER_MINUTE: Readonly<Record<RateClass, number>> = {
  read: 6_000,
  write: 1_200,
  costly: 120,
  // Per peer; an account has limits of its own.
  'sign-in': 120,
};
const WINDOW_MS = 60_000;
const MAX_PEERS = 10_000;

/** Seconds to wait before trying again, or 0 when the request may go on. */
export type RateLimiter = (peer: string, rate: RateClass) => number;

export function createRateLimiter(now: Clock): RateLimiter {
  let windowEndMs = 0;
  const counts = new Map<string, number>();
  return (peer, rate) => {
    if (now() >= windowEndMs || counts.size >= MAX_PEERS) {
      counts.clear();
      windowEndMs = now() + WINDOW_MS;
    }
    const key = `${rate} ${peer}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= PER_MINUTE[rate] ? 0 : Math.max(1, Math.ceil((windowEndMs - now()) / 1000));
  };
}
