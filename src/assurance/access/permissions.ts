/**
 * What a person may do right now, in one statement: asked at every request, so a right that was taken away or has ended is
 * gone with the next one. Whatever is not granted is denied; a role nobody knows any more grants nothing.
 */
import type { Id, TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';
import { isGrantable, isPermission, type Permission } from './catalogue.ts';
import { isRole, RIGHTS } from './roles.ts';

export type PermissionSets = {
  readonly tenant: ReadonlySet<Permission>;
  readonly platform: ReadonlySet<Permission>;
};

type Right = {
  readonly role: string | null;
  readonly permissions: readonly string[] | null;
  readonly source: 'grant' | 'operator' | 'content';
};

const LIVE = `g.revoked_at is null and (g.expires_at is null or g.expires_at > at)`;
const STATEMENT = `
  with now as (select to_timestamp($3::double precision / 1000) as at),
  mine as (
    select g.tenant_id, g.role, g.permission from role_grant g, now
    where g.tenant_id = $1 and g.person_tenant_id = $1 and g.person_id = $2 and ${LIVE}
    union all
    select g.tenant_id, g.role, g.permission from now, group_member b
    join role_grant g on g.tenant_id = b.tenant_id and g.group_id = b.group_id
    where b.tenant_id = $1 and b.person_id = $2 and ${LIVE}
  )
  select m.role, coalesce(c.permissions, array[m.permission]) as permissions, 'grant' as source
  from mine m left join custom_role c on c.tenant_id = m.tenant_id and c.name = m.role
  union all
  select 'operator', null, 'operator' from now where is_operator($2, at)
  union all
  (select null, null, 'content' from content_access a, now
   where a.tenant_id = $1 and a.person_id = $2 and a.ended_at is null and a.starts_at <= at and a.expires_at > at limit 1)`;

/**
 * `reader` must be bound to `tenant` (`Database.asTenant`): where it is bound to another, the database shows nothing and the
 * answer is no rights at all.
 */
export async function permissionsOf(
  reader: Reader,
  tenant: TenantId,
  person: Id<'person'>,
  nowMs: number,
): Promise<PermissionSets> {
  const rights = await reader.query<Right>(STATEMENT, [tenant, person, nowMs], 'access.permissions-of');
  const ofTenant = new Set<Permission>();
  const ofPlatform = new Set<Permission>();
  for (const right of rights) {
    if (right.source === 'operator') addAll(ofPlatform, RIGHTS.operator.platform);
    // The right to try; which message it is about is looked at where the message is opened.
    else if (right.source === 'content') ofTenant.add('held.content');
    else addAll(ofTenant, rightsOfGrant(right));
  }
  return { tenant: ofTenant, platform: ofPlatform };
}

function rightsOfGrant({ role, permissions }: Right): readonly Permission[] {
  if (role !== null && isRole(role)) return RIGHTS[role].tenant;
  // Looked at again here, since the catalogue may have changed after the role was made.
  return (permissions ?? []).filter((p) => p !== null && isPermission(p)).filter(isGrantable);
}

function addAll(to: Set<Permission>, all: readonly Permission[]): void {
  for (const one of all) to.add(one);
}
