/**
 * Recertification: grant by grant somebody says "keep" or "remove". Silence at the end removes. Nobody keeps a right of their
 * own, and keeping prolongs nothing: the grant still ends when it was to end.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { GRANT_COLUMNS, type Grant, type GrantId, revokeGrant } from './grants.ts';
import { tell } from './notices.ts';
import { conflict, forbidden, missing, type Refusal } from './refusal.ts';

export type CampaignId = Id<'campaign'>;
export type NewCampaign = {
  readonly tenant: TenantId;
  readonly name: string;
  /** Who is told, and answers for it. */
  readonly owner: Id<'person'>;
  /** Undefined: every privileged grant. */
  readonly roles: readonly string[] | undefined;
  readonly endsAtMs: number;
  readonly everyDays: number | undefined;
  readonly by: Actor;
  readonly nowMs: number;
};

/** Opens a campaign over the grants that count now. */
export async function openCampaign(tx: Transaction, c: NewCampaign): Promise<Result<CampaignId, Refusal>> {
  const DAY_MS = 86_400_000;
  if (c.endsAtMs <= c.nowMs) return conflict('The end must lie in the future.');
  if (c.everyDays !== undefined && c.endsAtMs - c.nowMs > c.everyDays * DAY_MS)
    return conflict('A campaign must end before the next one begins.');
  const owner = await tx.query('select from person where tenant_id = $1 and id = $2', [c.tenant, c.owner]);
  if (owner.length === 0) return missing('person');
  const id = newId<'campaign'>(c.nowMs);
  await tx.query(
    `insert into campaign (tenant_id, id, name, owner_id, roles, starts_at, ends_at, every_days)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      c.tenant,
      id,
      c.name,
      c.owner,
      c.roles ?? null,
      new Date(c.nowMs),
      new Date(c.endsAtMs),
      c.everyDays ?? null,
    ],
  );
  const items = await tx.query(
    `insert into campaign_item (tenant_id, campaign_id, grant_id)
     select $1, $2, id from role_grant
     where tenant_id = $1 and revoked_at is null and expires_at > $3 and role is distinct from 'employee'
       and role is distinct from 'guest' and ($4::text[] is null or role = any ($4::text[]))
     returning grant_id`,
    [c.tenant, id, new Date(c.nowMs), c.roles ?? null],
  );
  const details = { name: c.name, owner: c.owner, grants: items.length, endsAtMs: c.endsAtMs };
  await appendAudit(tx, [{ tenant: c.tenant, what: 'campaign.opened', actor: c.by, subject: id, details }]);
  await tell(tx, c.tenant, [c.owner], 'campaign-opened', { campaign: id, ...details }, c.nowMs);
  return ok(id);
}

export type Decision = {
  readonly tenant: TenantId;
  readonly campaign: CampaignId;
  readonly grant: GrantId;
  readonly person: Id<'person'>;
  readonly decision: 'keep' | 'remove';
  readonly by: Actor;
  readonly nowMs: number;
};

/** Decides one grant; "remove" takes effect at once. A decision can be changed until the end, a removal cannot. */
export async function decideGrant(tx: Transaction, d: Decision): Promise<Result<null, Refusal>> {
  // Held until commit against the job that closes the campaign.
  const [campaign] = await tx.query<{ over: boolean }>(
    `select closed_at is not null or ends_at <= $3 as over from campaign where tenant_id = $1 and id = $2 for share`,
    [d.tenant, d.campaign, new Date(d.nowMs)],
  );
  if (campaign === undefined) return missing('campaign');
  if (campaign.over) return conflict('The campaign has ended.');
  if (await holds(tx, d)) return forbidden('Nobody decides about a right of their own.');
  const rows = await tx.query(
    `update campaign_item set decision = $4, decided_by = $5, decided_at = $6
     where tenant_id = $1 and campaign_id = $2 and grant_id = $3 and decision is distinct from 'remove' returning grant_id`,
    [d.tenant, d.campaign, d.grant, d.decision, d.person, new Date(d.nowMs)],
  );
  if (rows.length === 0) return missing('open grant in this campaign');
  await appendAudit(tx, [
    {
      tenant: d.tenant,
      what: 'campaign.decided',
      actor: d.by,
      subject: d.campaign,
      details: { grant: d.grant, decision: d.decision },
    },
  ]);
  if (d.decision === 'remove') await remove(tx, d.tenant, d.grant, d.by, d.nowMs);
  return ok(null);
}

async function holds(on: Reader, d: Decision): Promise<boolean> {
  const rows = await on.query(
    `select from role_grant g where g.tenant_id = $1 and g.id = $2 and (g.person_id = $3 or exists (
       select from group_member b where b.tenant_id = $1 and b.group_id = g.group_id and b.person_id = $3))`,
    [d.tenant, d.grant, d.person],
  );
  return rows.length > 0;
}

/** Takes the grant away and tells its holder. */
export async function remove(
  tx: Transaction,
  tenant: TenantId,
  grant: GrantId,
  by: Actor,
  nowMs: number,
): Promise<void> {
  if (!(await revokeGrant(tx, tenant, grant, by, nowMs))) return; // ended by itself
  const [row] = await tx.query<{ person: Id<'person'> | null; role: string | null }>(
    `select person_id as person, coalesce(role, permission) as role from role_grant
     where tenant_id = $1 and id = $2 and person_tenant_id is not distinct from tenant_id`,
    [tenant, grant],
  );
  if (row !== undefined && row.person !== null)
    await tell(tx, tenant, [row.person], 'right-removed', { role: row.role }, nowMs);
}

export type Campaign = {
  readonly id: CampaignId;
  readonly name: string;
  readonly owner: Id<'person'>;
  readonly roles: readonly string[] | null;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly everyDays: number | null;
  readonly closed: boolean;
  readonly grants: number;
  readonly undecided: number;
};

const COLUMNS = `c.id, c.name, c.owner_id as owner, c.roles, (extract(epoch from c.starts_at) * 1000)::bigint as "startsAtMs",
  (extract(epoch from c.ends_at) * 1000)::bigint as "endsAtMs", c.every_days as "everyDays", c.closed_at is not null as closed,
  (select count(*)::int from campaign_item i where i.tenant_id = c.tenant_id and i.campaign_id = c.id) as grants,
  (select count(*)::int from campaign_item i where i.tenant_id = c.tenant_id and i.campaign_id = c.id and i.decision is null) as undecided`;

/** Newest first; or the one that is named. */
export async function listCampaigns(
  on: Reader,
  tenant: TenantId,
  page: { readonly limit: number; readonly before?: string | undefined; readonly id?: CampaignId },
): Promise<Campaign[]> {
  return await on.query<Campaign & Row>(
    `select ${COLUMNS} from campaign c where c.tenant_id = $1 and ($2::uuid is null or c.id < $2::uuid)
       and ($3::uuid is null or c.id = $3::uuid) order by c.id desc limit $4`,
    [tenant, page.before ?? null, page.id ?? null, page.limit],
  );
}

export type CampaignItem = Grant & { readonly decision: 'keep' | 'remove' | null };

export async function listItems(on: Reader, tenant: TenantId, id: CampaignId): Promise<CampaignItem[]> {
  return await on.query<CampaignItem & Row>(
    `select ${GRANT_COLUMNS}, i.decision from campaign_item i
     join role_grant g on g.tenant_id = i.tenant_id and g.id = i.grant_id
     where i.tenant_id = $1 and i.campaign_id = $2 order by g.id limit 10000`,
    [tenant, id],
  );
}
