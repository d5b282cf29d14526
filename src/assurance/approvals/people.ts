/**
 * Who counts as what when something is approved: groups by id and name, roles that are held right now. A role taken by
 * break-glass does not count: an emergency of one person must not become the consent of another.
 */
import type { Id, TenantId } from '#core/id.ts';
import type { Reader, Row } from '#platform/db.ts';
import type { Approver } from './expression.ts';

/** More people than this are not looked at; a tenant's approvers are few. */
const MAX_PEOPLE = 5000;
/** A name like an id counts for nothing: else a group could be named as the id of another, and pass for it. */
const ID_LIKE = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/** The given people as they are now, or all who are in any group or hold any role. */
export async function approversOf(
  on: Reader,
  tenant: TenantId,
  people: readonly Id<'person'>[] | undefined,
  nowMs: number,
): Promise<Approver[]> {
  const rows = await on.query<{ id: string; groups: string[]; roles: string[] } & Row>(
    `with live as (
       select person_id, group_id, role from role_grant
       where tenant_id = $1 and revoked_at is null and role is not null and source <> 'break-glass'
         and (person_tenant_id is null or person_tenant_id = $1) and (expires_at is null or expires_at > $3)
     ),
     facts as (
       select person_id, null::uuid as group_id, role from live where person_id is not null
       union all select b.person_id, null, l.role from live l
         join group_member b on b.tenant_id = $1 and b.group_id = l.group_id
       union all select person_id, group_id, null from group_member where tenant_id = $1
     )
     select f.person_id as id,
       coalesce(array_agg(distinct g.id::text) filter (where g.id is not null), '{}')
         || coalesce(array_agg(distinct g.name) filter (where g.id is not null and g.name !~* $5), '{}') as groups,
       coalesce(array_agg(distinct f.role) filter (where f.role is not null), '{}') as roles
     from facts f join person p on p.tenant_id = $1 and p.id = f.person_id and p.state = 'active'
       left join "group" g on g.tenant_id = $1 and g.id = f.group_id
     where $2::uuid[] is null or f.person_id = any ($2::uuid[])
     group by f.person_id order by f.person_id limit $4`,
    [tenant, people ?? null, new Date(nowMs), MAX_PEOPLE, ID_LIKE],
  );
  return rows.map(({ id, groups, roles }) => ({ id, groups: new Set(groups), roles: new Set(roles) }));
}
