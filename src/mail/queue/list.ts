/** The delivery queue as an operator looks at it: oldest first, with the next try and what the remote said last. */
import type { MessageId, TenantId } from '#core/id.ts';
import type { Reader, Row } from '#platform/db.ts';
import { ruleFits, ruleInForce } from './rule-fits.ts';

export type QueueItem = {
  readonly message: MessageId;
  readonly n: number;
  readonly recipient: string;
  readonly domain: string;
  readonly mailFrom: string;
  readonly subject: string | null;
  readonly size: number;
  readonly queuedAtMs: number;
  readonly nextAtMs: number;
  readonly attempts: number;
  readonly lastReply: string | null;
  /** A process works on it right now. */
  readonly isLeased: boolean;
  /** Its destination is paused, so that nothing is tried, and why the operator did it. */
  readonly isPaused: boolean;
  readonly pauseReason: string | null;
};
export type QueuePlace = { readonly queuedAtMs: number; readonly message: MessageId; readonly n: number };
export type QueuePage = { readonly items: readonly QueueItem[]; readonly next: QueuePlace | undefined };

const ITEM = `q.message_id as message, q.n, r.address as recipient, q.domain, m.mail_from as "mailFrom", m.subject, m.size,
  (extract(epoch from q.queued_at) * 1000)::bigint as "queuedAtMs", (extract(epoch from q.next_at) * 1000)::bigint as "nextAtMs",
  q.attempts, q.last_reply as "lastReply", q.lease_owner is not null as "isLeased",
  coalesce(rule.state = 'pause', false) as "isPaused", case when rule.state = 'pause' then rule.reason end as "pauseReason"`;
const JOINED = `join recipient r on r.tenant_id = q.tenant_id and r.message_id = q.message_id and r.n = q.n
  join message m on m.tenant_id = q.tenant_id and m.id = q.message_id
  left join lateral (${ruleInForce('q.tenant_id', 'q.domain')}) rule on true`;

/**
 * Oldest first. The queue has no index for this on purpose: it is small when things go well, and every index would cost
 * each message; a queue of a million rows is sorted in about a second.
 */
export async function listQueue(
  on: Reader,
  tenant: TenantId,
  options: {
    readonly limit: number;
    readonly rule?: string | undefined;
    readonly after?: QueuePlace | undefined;
  },
): Promise<QueuePage> {
  const after = options.after;
  const rows = await on.query<QueueItem & Row>(
    `select ${ITEM} from (
       select * from queue where tenant_id = $1 and ${ruleFits('queue.domain', '$3')}
         and ($4::bigint is null or ((extract(epoch from queued_at) * 1000)::bigint, message_id, n) > ($4::bigint, $5::uuid, $6::smallint))
       order by (extract(epoch from queued_at) * 1000)::bigint, message_id, n limit $2
     ) q ${JOINED} order by "queuedAtMs", q.message_id, q.n`,
    [
      tenant,
      options.limit + 1,
      options.rule ?? '*',
      after?.queuedAtMs ?? null,
      after?.message ?? null,
      after?.n ?? null,
    ],
  );
  const items = rows.slice(0, options.limit);
  const last = items.at(-1);
  const next =
    rows.length > options.limit && last !== undefined
      ? { queuedAtMs: last.queuedAtMs, message: last.message, n: last.n }
      : undefined;
  return { items, next };
}

/** What waits of one message; empty when nothing does. */
export async function showQueued(on: Reader, tenant: TenantId, message: MessageId): Promise<QueueItem[]> {
  return await on.query<QueueItem & Row>(
    `select ${ITEM} from queue q ${JOINED} where q.tenant_id = $1 and q.message_id = $2 order by q.n`,
    [tenant, message],
  );
}
