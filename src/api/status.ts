/** How the gate is doing, for its own people: its parts, what waits and is held, what was decided of late. */
import { z } from 'zod';
import type { TenantId } from '#core/id.ts';
import { firstIdAt } from '#core/id.ts';
import { systemClock } from '#core/time.ts';
import type { Reader, Row } from '#platform/db.ts';
import { askProbe, type Probe } from './probes.ts';
import { readRoute, type Route } from './route.ts';

export type About = {
  readonly hostname: string;
  readonly probes: readonly Probe[];
  /** Engines that could be configured and are not: what they would look at goes unchecked. */
  readonly missingEngines: readonly string[];
};

/** Counting stops here, so that the page costs the same with ten messages and with ten million. */
const COUNT_TO = 10_000;
const DAY_MS = 86_400_000;

const count = z.object({ count: z.int(), isMore: z.boolean() });
const status = z.object({
  hostname: z.string(),
  now: z.string(),
  ready: z.boolean(),
  parts: z.array(z.object({ name: z.string(), trouble: z.string().nullable() })),
  missingEngines: z.array(z.string()),
  queue: count.extend({ oldestAt: z.string().nullable() }),
  held: count,
  /** Of the last 24 hours, by verdict. */
  verdicts: z.array(count.extend({ verdict: z.string() })),
});

export function statusRoutes(about: About): readonly Route[] {
  return [
    readRoute({
      path: '/status',
      summary: 'Tells how the gate is doing: its parts, what waits, what is held, what the last day brought.',
      permission: 'status.read',
      scope: 'tenant',
      rate: 'costly',
      reply: status,
      handle: async (_input, { db, tenant }) => {
        const asked = about.probes.map(async (p) => ({
          part: { name: p.name, trouble: (await askProbe(p)) ?? null },
          isAdvisory: p.isAdvisory === true,
        }));
        const answers = await Promise.all(asked);
        const nowMs = systemClock();
        return {
          hostname: about.hostname,
          now: new Date(nowMs).toISOString(),
          ready: answers.every((a) => a.part.trouble === null || a.isAdvisory),
          parts: answers.map((a) => a.part),
          missingEngines: [...about.missingEngines],
          queue: await readQueue(db, tenant),
          held: await readHeld(db, tenant),
          verdicts: await readVerdicts(db, tenant, nowMs),
        };
      },
    }),
  ];
}

type Count = z.input<typeof count>;
const counted = (n: number): Count => ({ count: Math.min(n, COUNT_TO), isMore: n > COUNT_TO });

async function readQueue(db: Reader, tenant: TenantId): Promise<Count & { oldestAt: string | null }> {
  const [row] = await db.query<Row & { n: number; oldest: Date | null }>(
    `select count(*) as n, min(queued_at) as oldest
     from (select queued_at from queue where tenant_id = $1 order by message_id limit ${COUNT_TO + 1}) q`,
    [tenant],
    'status.queue',
  );
  return { ...counted(row?.n ?? 0), oldestAt: row?.oldest?.toISOString() ?? null };
}

async function readHeld(db: Reader, tenant: TenantId): Promise<Count> {
  const [row] = await db.query<Row & { n: number }>(
    `select count(*) as n from
       (select 1 from recipient where tenant_id = $1 and state = 'held' limit ${COUNT_TO + 1}) h`,
    [tenant],
    'status.held',
  );
  return counted(row?.n ?? 0);
}

/** Each verdict by itself, so that a flood of one kind does not hide the others. */
async function readVerdicts(
  db: Reader,
  tenant: TenantId,
  nowMs: number,
): Promise<(Count & { verdict: string })[]> {
  const rows = await db.query<Row & { verdict: string; n: number }>(
    `select v.verdict, (select count(*) from (select 1 from message m
        where m.tenant_id = $1 and m.verdict = v.verdict and m.id >= $2 limit ${COUNT_TO + 1}) c) as n
     from unnest(array['accept', 'tag', 'hold', 'defer', 'reject']) with ordinality as v (verdict, place) order by v.place`,
    [tenant, firstIdAt(nowMs - DAY_MS)],
    'status.verdicts',
  );
  return rows.map((r) => ({ verdict: r.verdict, ...counted(r.n) }));
}
