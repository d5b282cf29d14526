/** A tenant's limits on rights: how long one may last, and which group hears of emergencies. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import type { Id, TenantId } from '#core/id.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';

export type AccessSettings = {
  readonly maxGrantS: number;
  readonly maxRequestS: number;
  readonly securityGroup: Id<'group'> | null;
};

const DAY_S = 86_400;
/** Half a year for a grant (rights of critical functions are reviewed six-monthly), a month for what was asked for. */
export const DEFAULTS: AccessSettings = {
  maxGrantS: 183 * DAY_S,
  maxRequestS: 30 * DAY_S,
  securityGroup: null,
};

export async function findAccessSettings(on: Reader, tenant: TenantId): Promise<AccessSettings> {
  const [row] = await on.query<AccessSettings & Row>(
    `select max_grant_s as "maxGrantS", max_request_s as "maxRequestS", security_group as "securityGroup"
     from access_settings where tenant_id = $1`,
    [tenant],
  );
  return row ?? DEFAULTS;
}

export async function setAccessSettings(
  tx: Transaction,
  tenant: TenantId,
  by: Actor,
  s: AccessSettings,
): Promise<void> {
  await tx.query(
    `insert into access_settings (tenant_id, max_grant_s, max_request_s, security_group) values ($1, $2, $3, $4)
     on conflict (tenant_id) do update set max_grant_s = $2, max_request_s = $3, security_group = $4`,
    [tenant, s.maxGrantS, s.maxRequestS, s.securityGroup],
  );
  await appendAudit(tx, [
    { tenant, what: 'access.settings-changed', actor: by, subject: 'access', details: s },
  ]);
}
