/**
 * What people are told about rights: the console shows it at once, mail follows later. A row for each person, written in the
 * transaction of what it tells of, so nothing of the kind happens unseen.
 */
import { type Id, newId, type TenantId } from '#core/id.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { findAccessSettings } from './settings.ts';

export const NOTICE_KINDS = [
  'approval-asked',
  'request-refused',
  'request-executed',
  'break-glass',
  'break-glass-reviewed',
  'content-access',
  'content-opened',
  'campaign-opened',
  'right-removed',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];
export type Notice = {
  readonly id: Id<'notice'>;
  readonly kind: NoticeKind;
  readonly details: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  readonly seenAtMs: number | null;
};

/** Whoever holds a connection open for news of a tenant's people listens here. */
export const NOTICE_CHANNEL = 'notice';

export async function tell(
  tx: Transaction,
  tenant: TenantId,
  people: readonly Id<'person'>[],
  kind: NoticeKind,
  details: Readonly<Record<string, unknown>>,
  nowMs: number,
): Promise<void> {
  const all = [...new Set(people)];
  if (all.length === 0) return;
  await tx.query(
    `insert into notice (tenant_id, id, person_id, kind, details, at)
     select $1, id, person_id, $4, $5, $6 from unnest($2::uuid[], $3::uuid[]) as t (id, person_id)`,
    [tenant, all.map(() => newId(nowMs)), all, kind, JSON.stringify(details), new Date(nowMs)],
  );
  await tx.query(`select pg_notify('${NOTICE_CHANNEL}', $1)`, [tenant]);
}

/** Who must hear of emergencies and of access to content: the tenant's administrators and its security group. */
export async function watchersOf(on: Reader, tenant: TenantId, nowMs: number): Promise<Id<'person'>[]> {
  const { securityGroup } = await findAccessSettings(on, tenant);
  const rows = await on.query<{ id: Id<'person'> } & Row>(
    `with admin as (
       select person_id, group_id from role_grant
       where tenant_id = $1 and role = 'tenant-admin' and revoked_at is null and expires_at > $2
     )
     select person_id as id from admin where person_id is not null
     union select b.person_id from group_member b
       where b.tenant_id = $1 and (b.group_id = $3 or b.group_id in (select group_id from admin))`,
    [tenant, new Date(nowMs), securityGroup],
  );
  return rows.map((r) => r.id);
}

/** A person's own notices, newest first. */
export async function listNotices(
  on: Reader,
  tenant: TenantId,
  person: Id<'person'>,
  page: { readonly limit: number; readonly before: string | undefined; readonly unseenOnly: boolean },
): Promise<Notice[]> {
  return await on.query<Notice & Row>(
    `select id, kind, details, (extract(epoch from at) * 1000)::bigint as "atMs",
       (extract(epoch from seen_at) * 1000)::bigint as "seenAtMs"
     from notice where tenant_id = $1 and person_id = $2 and ($3::uuid is null or id < $3::uuid)
       and (not $4 or seen_at is null) order by id desc limit $5`,
    [tenant, person, page.before ?? null, page.unseenOnly, page.limit],
  );
}

/** False where the person has no such notice. */
export async function markSeen(
  tx: Transaction,
  tenant: TenantId,
  person: Id<'person'>,
  id: Id<'notice'>,
  nowMs: number,
): Promise<boolean> {
  const rows = await tx.query(
    `update notice set seen_at = coalesce(seen_at, $4) where tenant_id = $1 and person_id = $2 and id = $3 returning id`,
    [tenant, person, id, new Date(nowMs)],
  );
  return rows.length > 0;
}
