/** Roles of a tenant's own making: any of what a tenant may grant, so never an operator's rights and never content. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { isGrantable, type Permission } from './catalogue.ts';
import { conflict, forbidden, missing, type Refusal } from './refusal.ts';
import { isRole } from './roles.ts';

export type CustomRole = {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
};
export type By = { readonly tenant: TenantId; readonly actor: Actor };

export async function listCustomRoles(on: Reader, tenant: TenantId): Promise<CustomRole[]> {
  return await on.query<CustomRole & Row>(
    'select name, description, permissions from custom_role where tenant_id = $1 order by name',
    [tenant],
  );
}

export async function findCustomRole(on: Reader, tenant: TenantId, name: string): Promise<boolean> {
  const rows = await on.query('select from custom_role where tenant_id = $1 and name = $2', [tenant, name]);
  return rows.length > 0;
}

/** Makes a role, or gives one other permissions; those who hold it have them with their next request. */
export async function putCustomRole(
  tx: Transaction,
  by: By,
  role: CustomRole,
  mode: 'new' | 'existing',
): Promise<Result<CustomRole, Refusal>> {
  if (isRole(role.name)) return conflict('Built-in roles cannot be changed.');
  const refused = role.permissions.find((p) => !isGrantable(p));
  if (refused !== undefined) return forbidden(`A tenant's role cannot hold ${refused}.`);
  const values = [by.tenant, role.name, role.description, [...new Set(role.permissions)].toSorted()];
  const rows = await tx.query(
    mode === 'new'
      ? `insert into custom_role (tenant_id, name, description, permissions) values ($1, $2, $3, $4)
         on conflict do nothing returning name`
      : `update custom_role set description = $3, permissions = $4 where tenant_id = $1 and name = $2 returning name`,
    values,
  );
  if (rows.length === 0) return mode === 'new' ? conflict('There is a role of this name.') : missing('role');
  const what = mode === 'new' ? 'role.added' : 'role.changed';
  const { name: subject, permissions } = role;
  await appendAudit(tx, [{ tenant: by.tenant, what, actor: by.actor, subject, details: { permissions } }]);
  return ok(role);
}

/** Removes a role that nobody holds any more. */
export async function removeCustomRole(
  tx: Transaction,
  by: By,
  name: string,
  nowMs: number,
): Promise<Result<null, Refusal>> {
  const held = await tx.query(
    `select from role_grant where tenant_id = $1 and role = $2 and revoked_at is null and expires_at > $3 limit 1`,
    [by.tenant, name, new Date(nowMs)],
  );
  if (held.length > 0) return conflict('Somebody still holds this role; take it away first.');
  const rows = await tx.query('delete from custom_role where tenant_id = $1 and name = $2 returning name', [
    by.tenant,
    name,
  ]);
  if (rows.length === 0) return missing('role');
  await appendAudit(tx, [
    { tenant: by.tenant, what: 'role.removed', actor: by.actor, subject: name, details: {} },
  ]);
  return ok(null);
}
