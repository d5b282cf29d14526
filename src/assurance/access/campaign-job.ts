/**
 * Ends campaigns that are due, in all tenants: what nobody decided to keep is taken away; then opens the next of those that
 * repeat. Each campaign is a transaction of its own, so the job may be cut anywhere and run again.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import { type Actor, WORKER } from '#core/actor.ts';
import type { Id, TenantId } from '#core/id.ts';
import type { Database, Transaction } from '#platform/db.ts';
import { type CampaignId, openCampaign, remove } from './campaigns.ts';
import type { GrantId } from './grants.ts';

type Due = {
  readonly tenant: TenantId;
  readonly id: CampaignId;
  readonly name: string;
  readonly owner: Id<'person'>;
  readonly roles: string[] | null;
  readonly everyDays: number | null;
  readonly lengthMs: number;
};
const COLUMNS = `tenant_id as tenant, id, name, owner_id as owner, roles, every_days as "everyDays",
  (extract(epoch from ends_at - starts_at) * 1000)::bigint as "lengthMs"`;
const BY: Actor = WORKER;

/** `db` as the role `system`. */
export async function runCampaigns(
  db: Database,
  nowMs: number,
  stopping?: AbortSignal,
): Promise<{ readonly ended: number; readonly removed: number; readonly opened: number }> {
  const counts = { ended: 0, removed: 0, opened: 0 };
  while (stopping?.aborted !== true) {
    const removed = await db.transact((tx) => endOne(tx, nowMs));
    if (removed === undefined) break;
    counts.ended++;
    counts.removed += removed;
  }
  while (stopping?.aborted !== true && (await db.transact((tx) => repeatOne(tx, nowMs)))) counts.opened++;
  return counts;
}

async function endOne(tx: Transaction, nowMs: number): Promise<number | undefined> {
  const now = new Date(nowMs);
  const [due] = await tx.query<Due>(
    `select ${COLUMNS} from campaign where closed_at is null and ends_at <= $1 order by ends_at limit 1 for update skip locked`,
    [now],
  );
  if (due === undefined) return undefined;
  const { tenant, id } = due;
  const silent = await tx.query<{ grant: GrantId }>(
    `select grant_id as grant from campaign_item where tenant_id = $1 and campaign_id = $2 and decision is distinct from 'keep'
     order by grant_id`,
    [tenant, id],
  );
  for (const item of silent) await remove(tx, tenant, item.grant, BY, nowMs);
  await tx.query('update campaign set closed_at = $3 where tenant_id = $1 and id = $2', [tenant, id, now]);
  const details = { name: due.name, notKept: silent.length };
  await appendAudit(tx, [{ tenant, what: 'campaign.ended', actor: BY, subject: id, details }]);
  return silent.length;
}

async function repeatOne(tx: Transaction, nowMs: number): Promise<boolean> {
  const [due] = await tx.query<Due>(
    `select ${COLUMNS} from campaign
     where every_days is not null and closed_at is not null and repeated_at is null
       and starts_at + make_interval(days => every_days) <= $1
     order by starts_at limit 1 for update skip locked`,
    [new Date(nowMs)],
  );
  if (due === undefined) return false;
  const { tenant, name, owner, roles, everyDays, lengthMs } = due;
  await tx.query('update campaign set repeated_at = $3 where tenant_id = $1 and id = $2', [
    tenant,
    due.id,
    new Date(nowMs),
  ]);
  const opened = await openCampaign(tx, {
    tenant,
    name,
    owner,
    roles: roles ?? undefined,
    endsAtMs: nowMs + lengthMs,
    everyDays: everyDays ?? undefined,
    by: BY,
    nowMs,
  });
  return opened.ok;
}
