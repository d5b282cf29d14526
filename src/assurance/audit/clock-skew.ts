/**
 * Events are dated by the database, signatures and leases by this process: the two clocks must agree, or an order of things
 * could be read out of the log that never was.
 */
import type { Reader } from '#platform/db.ts';
import { registry } from '#platform/metrics.ts';

const skew = registry.gauge(
  'gatehouse_clock_skew_seconds',
  'How far the clock of this process is ahead of the database’s.',
);

export const MAX_SKEW_MS = 1_000;

/** Milliseconds this process is ahead, the way to the database and back left out; at most half of that way off. */
export async function clockSkewMs(db: Reader, nowMs: () => number): Promise<number> {
  const askedMs = nowMs();
  const [row] = await db.query<{ ms: number }>(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
    [],
    'audit.clock',
  );
  const answeredMs = nowMs();
  const wayMs = answeredMs - askedMs;
  const aheadMs = (askedMs + answeredMs) / 2 - (row?.ms ?? Number.NaN);
  skew.set(aheadMs / 1000);
  // What the way may account for is no skew; NaN stays one.
  return Math.abs(aheadMs) <= wayMs / 2 ? 0 : aheadMs;
}

/** For /readyz: what is wrong with the clocks, if anything. */
export async function clockTrouble(db: Reader, nowMs: () => number): Promise<string | undefined> {
  const aheadMs = await clockSkewMs(db, nowMs);
  if (Math.abs(aheadMs) <= MAX_SKEW_MS) return undefined; // NaN is not
  return `the clock here is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's`;
}
