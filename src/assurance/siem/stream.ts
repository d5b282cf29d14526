/**
 * The streams of an installation, run by the supervisor: looks each second for sinks with something to be sent and keeps a
 * bounded number of batches under way. A sink that hangs takes one of these places for at most its time limit and then waits
 * longer and longer; the others go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorChain } from '#core/errors.ts';
import type { Database } from '#platform/db.ts';
import { registry } from '#platform/metrics.ts';
import { type Due, dueSinks, type Pump, pumpOnce } from './pump.ts';

const behind = registry.gauge(
  'gatehouse_siem_behind_events',
  'Audit events that the SIEM furthest behind has not taken yet.',
);
const blocked = registry.gauge(
  'gatehouse_siem_blocked_sinks',
  'SIEM sinks that did not take their last batch.',
);

const LOOK_MS = 1_000;
const MAX_UNDER_WAY = 16;
/** How long a sink may fail before somebody should know. */
const TROUBLE_S = 300;

export type SiemStream = AsyncDisposable & {
  /** What readiness tells of the streams: how many stand still; never whose. */
  readonly trouble: () => Promise<string | undefined>;
  /** Brings the metrics up to date. */
  readonly measure: () => Promise<void>;
};

export function startStream(pump: Pump, lookMs = LOOK_MS): SiemStream {
  const stopping = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const start = (due: Due): void => {
    const key = `${due.tenant}/${due.name}`;
    if (underWay.has(key) || underWay.size >= MAX_UNDER_WAY) return;
    underWay.set(
      key,
      drain(pump, due, stopping.signal).finally(() => underWay.delete(key)),
    );
  };
  const ended = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        for (const due of await dueSinks(pump.db, 4 * MAX_UNDER_WAY)) start(due);
      } catch (error) {
        pump.log.warn('the SIEM streams could not be looked after', { error: errorChain(error) });
      }
      // Cut short by the stop; that is what the signal is for.
      await sleep(lookMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    await Promise.all(underWay.values());
  })();
  return {
    trouble: () => troubleOf(pump.db),
    measure: () => measure(pump.db),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** Batch after batch while there is more; never throws. */
async function drain(pump: Pump, due: Due, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted && (await pumpOnce(pump, due, signal)));
  } catch (error) {
    pump.log.warn('a SIEM stream was interrupted', { sink: due.name, error: errorChain(error) });
  }
}

async function troubleOf(db: Database): Promise<string | undefined> {
  const [row] = await db.query<{ n: number; s: number }>(
    `select count(*)::int as n, coalesce(extract(epoch from now() - min(coalesce(sent_at, s.created_at))), 0)::int as s
     from siem_cursor join siem_sink s using (tenant_id, name)
     where failures > 0 and coalesce(sent_at, s.created_at) < now() - $1 * interval '1 second'`,
    [TROUBLE_S],
  );
  if (row === undefined || row.n === 0) return undefined;
  return `${row.n} SIEM sink(s) take nothing, the longest for ${Math.floor(row.s / 60)} min; what they miss is kept`;
}

async function measure(db: Database): Promise<void> {
  const [row] = await db.query<{ behind: number; blocked: number }>(
    `select coalesce(max(l.size - c.next_index), 0)::int8 as behind, count(*) filter (where failures > 0)::int as blocked
     from siem_cursor c join audit_log l using (tenant_id)`,
  );
  behind.set(row?.behind ?? 0);
  blocked.set(row?.blocked ?? 0);
}
