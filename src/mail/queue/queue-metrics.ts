/** What waits, for those who watch: read from the database when metrics are asked for, the same from every process. */
import type { Database } from '#platform/db.ts';
import { registry } from '#platform/metrics.ts';

const waiting = registry.gauge(
  'gatehouse_queue_recipients',
  'Recipients in the delivery queue of the installation: due now, later, or being delivered.',
  ['state'],
);
const oldest = registry.gauge(
  'gatehouse_queue_oldest_seconds',
  'Age of the recipient that has been in the queue longest.',
);
const held = registry.gauge('gatehouse_held_recipients', 'Recipients that are held, by what holds them.', [
  'by',
]);
const dkimWaiting = registry.gauge(
  'gatehouse_dkim_keys',
  'DKIM keys by state and by whether DNS shows them.',
  ['state', 'dns'],
);

type Counts = {
  readonly due: number;
  readonly later: number;
  readonly leased: number;
  readonly oldest: number;
  readonly byPolicy: number;
  readonly byDestination: number;
};

/** Scrapes may come as often as they like: the tables are asked once in this time. */
const KEEP_MS = 5_000;

/** Returns a function that brings the gauges up to date. When the database is away they keep what they had. */
export function openQueueMetrics(db: Database): () => Promise<void> {
  let readAtMs = -KEEP_MS;
  return async () => {
    if (performance.now() - readAtMs < KEEP_MS) return;
    readAtMs = performance.now();
    // Losing the error is right here: the probe of the database tells of it, and other metrics must still be seen.
    await read(db).catch(() => {});
  };
}

async function read(db: Database): Promise<void> {
  const [row] = await db.query<Counts>(
    `select q.*, h.* from
       (select count(*) filter (where lease_owner is null and next_at <= now()) as due,
          count(*) filter (where lease_owner is null and next_at > now()) as later,
          count(*) filter (where lease_owner is not null) as leased,
          coalesce(extract(epoch from now() - min(queued_at)), 0)::float8 as oldest from queue) q,
       (select count(*) filter (where held_for is null) as "byPolicy",
          count(*) filter (where held_for = 'destination') as "byDestination" from recipient where state = 'held') h`,
  );
  if (row === undefined) return;
  waiting.with('due').set(row.due);
  waiting.with('later').set(row.later);
  waiting.with('leased').set(row.leased);
  oldest.set(Math.max(0, row.oldest));
  held.with('policy').set(row.byPolicy);
  held.with('destination').set(row.byDestination);
  const keys = await db.query<{ state: string; dns: string; n: number }>(
    `select s as state, d as dns, count(k.selector) as n
     from unnest(array['published', 'signing']) s cross join unnest(array['right', 'wrong', 'unknown']) d
     left join dkim_key k on k.state = s
       and d = case when k.dns_says is null then 'unknown' when k.dns_says = 'right' then 'right' else 'wrong' end
     group by s, d`,
  );
  for (const { state, dns, n } of keys) dkimWaiting.with(state, dns).set(n);
}
