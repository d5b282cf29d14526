/**
 * Grants: a person or a group gets a role, or a single permission, until a time. A privileged one always ends, at most
 * `maxGrantS` from now. Nothing is ever deleted, so that who had what when stays known.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { type Id, newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { isGrantable, type Permission } from './catalogue.ts';
import { findCustomRole } from './custom-roles.ts';
import { conflict, forbidden, missing, type Refusal } from './refusal.ts';
import { isPrivileged, isRole } from './roles.ts';
import { findAccessSettings } from './settings.ts';

export type GrantId = Id<'grant'>;
export type Holder =
  | { readonly person: Id<'person'>; readonly personTenant?: TenantId }
  | { readonly group: Id<'group'> };
export type What = { readonly role: string } | { readonly permission: Permission };
export type Source = 'given' | 'requested' | 'break-glass' | 'directory' | 'set-up';
export type NewGrant = {
  readonly tenant: TenantId;
  readonly holder: Holder;
  readonly what: What;
  readonly source: Source;
  readonly reason: string;
  readonly ticket?: string | undefined;
  /** Undefined only for what is not privileged. */
  readonly expiresAtMs: number | undefined;
  readonly by: Actor;
  readonly nowMs: number;
};

/** Gives a person a role; what set-up, synchronisation and the command line call. */
export async function giveRole(
  tx: Transaction,
  give: {
    readonly tenant: TenantId;
    readonly person: Id<'person'>;
    readonly personTenant?: TenantId;
    readonly role: string;
    readonly expiresAtMs: number | undefined;
    readonly by: Actor;
    readonly source?: Source;
    readonly nowMs?: number;
  },
): Promise<Result<GrantId, Refusal>> {
  const { tenant, person, personTenant = tenant, role, expiresAtMs, by } = give;
  const { source = 'given', nowMs = Date.now() } = give;
  const holder = { person, personTenant };
  return await grant(tx, { tenant, holder, what: { role }, source, reason: '', expiresAtMs, by, nowMs });
}

export async function grant(tx: Transaction, g: NewGrant): Promise<Result<GrantId, Refusal>> {
  const refusal = await refuse(tx, g);
  if (refusal !== undefined) return refusal;
  const id = newId<'grant'>(g.nowMs);
  const holder = holderColumns(g);
  const role = 'role' in g.what ? g.what.role : null;
  const permission = 'permission' in g.what ? g.what.permission : null;
  await tx.query(
    `insert into role_grant (tenant_id, id, person_tenant_id, person_id, group_id, role, permission, source, reason, ticket,
       given_by, given_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      g.tenant,
      id,
      holder.personTenant,
      holder.person,
      holder.group,
      role,
      permission,
      g.source,
      g.reason,
      g.ticket ?? null,
      g.by,
      new Date(g.nowMs),
      g.expiresAtMs === undefined ? null : new Date(g.expiresAtMs),
    ],
  );
  const details = { ...holder, role, permission, source: g.source, expiresAtMs: g.expiresAtMs ?? null };
  await appendAudit(tx, [{ tenant: g.tenant, what: 'grant.given', actor: g.by, subject: id, details }]);
  return ok(id);
}

function holderColumns({ holder, tenant }: NewGrant) {
  return 'group' in holder
    ? { personTenant: null, person: null, group: holder.group }
    : { personTenant: holder.personTenant ?? tenant, person: holder.person, group: null };
}

async function refuse(
  on: Reader,
  g: NewGrant,
): Promise<{ readonly ok: false; readonly error: Refusal } | undefined> {
  const { what, tenant, holder } = g;
  if ('permission' in what && !isGrantable(what.permission))
    return forbidden(`Nobody gets ${what.permission} by a grant.`);
  if ('role' in what && !isRole(what.role) && !(await findCustomRole(on, tenant, what.role)))
    return missing('role');
  const isOperator = 'role' in what && what.role === 'operator';
  if (isOperator && tenant !== PLATFORM_TENANT)
    return forbidden("Operators are named in the platform's tenant, by operators.");
  const isElsewhere = 'person' in holder && (holder.personTenant ?? tenant) !== tenant;
  if (isElsewhere && !isOperator) return missing('person');
  if (!isElsewhere && !(await isHolderThere(on, tenant, holder))) return missing('person or group');
  return await refuseSpan(on, g);
}

async function refuseSpan(on: Reader, { what, tenant, expiresAtMs, nowMs }: NewGrant) {
  const mustEnd = !('role' in what) || isPrivileged(what.role);
  if (expiresAtMs === undefined) return mustEnd ? conflict('A privileged right needs an end.') : undefined;
  if (expiresAtMs <= nowMs) return conflict('The end must lie in the future.');
  const { maxGrantS } = await findAccessSettings(on, tenant);
  if (mustEnd && expiresAtMs > nowMs + maxGrantS * 1000)
    return conflict(`A right lasts ${Math.floor(maxGrantS / 86_400)} days at most.`);
  return undefined;
}

/** Whether the holder is one of this tenant's; its rows are all that the connection can see. */
async function isHolderThere(on: Reader, tenant: TenantId, holder: Holder): Promise<boolean> {
  const rows =
    'group' in holder
      ? await on.query('select from "group" where tenant_id = $1 and id = $2', [tenant, holder.group])
      : await on.query(`select from person where tenant_id = $1 and id = $2 and state <> 'left'`, [
          tenant,
          holder.person,
        ]);
  return rows.length > 0;
}

/** Takes a grant away; false where there is none (any more). */
export async function revokeGrant(
  tx: Transaction,
  tenant: TenantId,
  id: GrantId,
  by: Actor,
  nowMs: number,
): Promise<boolean> {
  const rows = await tx.query(
    `update role_grant set revoked_at = $3, revoked_by = $4
     where tenant_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > $3) returning id`,
    [tenant, id, new Date(nowMs), by],
  );
  if (rows.length > 0)
    await appendAudit(tx, [{ tenant, what: 'grant.revoked', actor: by, subject: id, details: {} }]);
  return rows.length > 0;
}

export type Grant = {
  readonly id: GrantId;
  readonly person: Id<'person'> | null;
  readonly personTenant: TenantId | null;
  readonly group: Id<'group'> | null;
  readonly role: string | null;
  readonly permission: string | null;
  readonly source: Source;
  readonly reason: string;
  readonly ticket: string | null;
  readonly by: string;
  readonly atMs: number;
  readonly expiresAtMs: number | null;
};

export const GRANT_COLUMNS = `g.id, g.person_id as person, g.person_tenant_id as "personTenant", g.group_id as group, g.role,
  g.permission, g.source, g.reason, g.ticket, g.given_by as by, (extract(epoch from g.given_at) * 1000)::bigint as "atMs",
  (extract(epoch from g.expires_at) * 1000)::bigint as "expiresAtMs"`;

/** The grants that count now, newest first. */
export async function listGrants(
  on: Reader,
  tenant: TenantId,
  page: { readonly limit: number; readonly before: string | undefined; readonly nowMs: number },
): Promise<Grant[]> {
  return await on.query<Grant & Row>(
    `select ${GRANT_COLUMNS} from role_grant g
     where g.tenant_id = $1 and g.revoked_at is null and (g.expires_at is null or g.expires_at > $2)
       and ($3::uuid is null or g.id < $3::uuid) order by g.id desc limit $4`,
    [tenant, new Date(page.nowMs), page.before ?? null, page.limit],
  );
}

export async function findGrant(on: Reader, tenant: TenantId, id: GrantId): Promise<Grant | undefined> {
  const [row] = await on.query<Grant & Row>(
    `select ${GRANT_COLUMNS} from role_grant g where g.tenant_id = $1 and g.id = $2`,
    [tenant, id],
  );
  return row;
}
