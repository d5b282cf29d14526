/**
 * Service accounts and their keys: what a program may do, for at most a year. A key is shown once; what is stored is a hash.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import type { Database, Reader } from '#platform/db.ts';
import type { Act } from './identity.ts';
import { hashToken, makeKeyToken, tenantOfKey } from './tokens.ts';

export const MAX_KEY_DAYS = 365;
/** `last_used_at` is written this often, not at each request. */
const USED_EVERY_MS = 60_000;

export type KeyId = Id<'api-key'>;
export type ServiceId = Id<'service'>;
export type NewKey = {
  readonly service: string;
  readonly purpose: string;
  readonly permissions: readonly string[];
  readonly platformPermissions: readonly string[];
  readonly expiresAt: Date;
};
export type ListedKey = {
  readonly id: KeyId;
  readonly service: string;
  readonly purpose: string;
  readonly permissions: readonly string[];
  readonly platformPermissions: readonly string[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
};

/** A key of the service account with that name, which is made when it is not there yet. */
export async function makeKey(
  act: Act,
  key: NewKey,
): Promise<{ readonly id: KeyId; readonly token: string }> {
  const { tx, tenant, actor } = act;
  const [service] = await tx.query<{ id: ServiceId }>(
    `insert into service_account (tenant_id, id, name, purpose, created_by) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, name) do update set purpose = case when $4 = '' then service_account.purpose else $4 end
     returning id`,
    [tenant, newId(), key.service, key.purpose, actor],
  );
  const token = makeKeyToken(tenant);
  const id = newId<'api-key'>();
  await tx.query(
    `insert into api_key (tenant_id, id, service_id, token_hash, permissions, platform_permissions, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      tenant,
      id,
      service?.id,
      hashToken(token),
      key.permissions,
      key.platformPermissions,
      actor,
      key.expiresAt,
    ],
  );
  const { permissions, platformPermissions, expiresAt } = key;
  await appendAudit(tx, [
    {
      tenant,
      actor,
      what: 'api-key.created',
      subject: `key:${id}`,
      details: { service: key.service, permissions, platformPermissions, expiresAt: expiresAt.toISOString() },
    },
  ]);
  return { id, token };
}

export async function listKeys(db: Reader, tenant: TenantId): Promise<readonly ListedKey[]> {
  return await db.query<ListedKey>(
    `select k.id, s.name as service, s.purpose, k.permissions, k.platform_permissions as "platformPermissions",
       k.created_at as "createdAt", k.created_by as "createdBy", k.expires_at as "expiresAt", k.last_used_at as "lastUsedAt"
     from api_key k join service_account s on s.tenant_id = k.tenant_id and s.id = k.service_id
     where k.tenant_id = $1 order by s.name, k.id limit 1000`,
    [tenant],
  );
}

export async function revokeKey({ tx, tenant, actor }: Act, id: KeyId): Promise<boolean> {
  const gone = await tx.query('delete from api_key where tenant_id = $1 and id = $2 returning id', [
    tenant,
    id,
  ]);
  if (gone.length === 1)
    await appendAudit(tx, [{ tenant, actor, what: 'api-key.revoked', subject: `key:${id}`, details: {} }]);
  return gone.length === 1;
}

export type UsedKey = {
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly service: ServiceId;
  readonly permissions: readonly string[];
  readonly platformPermissions: readonly string[];
};

export async function findKey(db: Database, token: string, nowMs: number): Promise<UsedKey | undefined> {
  const tenant = tenantOfKey(token);
  if (tenant === undefined) return undefined;
  const own = db.asTenant(tenant);
  const [row] = await own.query<UsedKey & { readonly lastUsedAt: Date | null }>(
    `select id, tenant_id as tenant, service_id as service, permissions, platform_permissions as "platformPermissions",
       last_used_at as "lastUsedAt"
     from api_key where tenant_id = $1 and token_hash = $2 and expires_at > $3`,
    [tenant, hashToken(token), new Date(nowMs)],
    'identity.key',
  );
  if (row === undefined) return undefined;
  if (nowMs - (row.lastUsedAt?.getTime() ?? 0) > USED_EVERY_MS)
    await own.query('update api_key set last_used_at = $3 where tenant_id = $1 and id = $2', [
      tenant,
      row.id,
      new Date(nowMs),
    ]);
  return row;
}
