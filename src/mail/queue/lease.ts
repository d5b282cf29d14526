/**
 * Taking due rows off the queue: a lease says which process works on a row, so that no two deliver it. `skip locked` lets
 * several processes take at once without waiting for each other.
 */
import type { BlobId, MessageId, TenantId } from '#core/id.ts';
import type { Database, Reader } from '#platform/db.ts';
import type { ReportTo } from './report-to.ts';

export type LeasedRow = {
  readonly tenant: TenantId;
  readonly message: MessageId;
  readonly n: number;
  readonly domain: string;
  readonly attempts: number;
  readonly queuedAtMs: number;
  readonly delayTold: boolean;
  readonly address: string;
  readonly notify: string | null;
  readonly orcpt: string | null;
  readonly mailFrom: string;
  readonly size: number;
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME';
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envid: string | null;
  readonly reportTo: ReportTo;
  readonly receivedAtMs: number;
  readonly blob: BlobId;
  readonly keyWrapped: Uint8Array;
  readonly variant: number;
  readonly edits: Uint8Array;
};

const LEASE = `
with due as (
  select tenant_id, message_id, n from queue
  where lease_owner is null and next_at <= now() and tenant_id <> all ((select tenants_inactive())::uuid[])
  order by next_at limit $2 for update skip locked
), taken as (
  update queue q set lease_owner = $1::uuid, leased_until = clock_timestamp() + interval '2 minutes'
  from due d where q.tenant_id = d.tenant_id and q.message_id = d.message_id and q.n = d.n
  returning q.*
)
select t.tenant_id as tenant, t.message_id as message, t.n, t.domain, t.attempts,
  (extract(epoch from t.queued_at) * 1000)::bigint as "queuedAtMs", t.delay_told as "delayTold",
  r.address, r.notify, r.orcpt, m.mail_from as "mailFrom", m.size, m.body, m.smtp_utf8 as "smtpUtf8",
  m.require_tls as "requireTls", m.ret, m.envid, m.report_to as "reportTo", (extract(epoch from m.received_at) * 1000)::bigint as "receivedAtMs",
  m.blob, m.key_wrapped as "keyWrapped", r.variant, m.edits[r.variant + 1] as edits
from taken t
join recipient r on r.tenant_id = t.tenant_id and r.message_id = t.message_id and r.n = t.n
join message m on m.tenant_id = t.tenant_id and m.id = t.message_id
order by t.message_id, t.n`;

/** Leases up to `limit` due rows for the instance, oldest first. */
export async function leaseDue(db: Database, instance: string, limit: number): Promise<LeasedRow[]> {
  return await db.query<LeasedRow>(LEASE, [instance, limit], 'queue.lease');
}

/**
 * Gives rows back untouched, due again at `nextAtMs`: a paused destination, a shutdown. Only those that `owner` still has:
 * who was too slow may find them with somebody else, and must not take them away.
 */
export async function giveBack(
  on: Reader,
  rows: readonly { readonly tenant: TenantId; readonly message: MessageId; readonly n: number }[],
  nextAtMs: number,
  owner: string,
): Promise<void> {
  if (rows.length === 0) return;
  await on.query(
    `update queue q set lease_owner = null, leased_until = null, next_at = $4
     from unnest($1::uuid[], $2::uuid[], $3::smallint[]) as r (tenant_id, message_id, n)
     where q.tenant_id = r.tenant_id and q.message_id = r.message_id and q.n = r.n and q.lease_owner = $5`,
    [
      rows.map((r) => r.tenant),
      rows.map((r) => r.message),
      rows.map((r) => r.n),
      new Date(nextAtMs).toISOString(),
      owner,
    ],
    'queue.give-back',
  );
}
