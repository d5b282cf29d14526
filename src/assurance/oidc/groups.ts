/** Groups by claim: at each sign-in the person is in exactly those groups of the provider that its claims name and the tenant listed. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act, PersonId } from '#assurance/identity/identity.ts';
import { type Id, newId } from '#core/id.ts';
import type { Claims } from './people.ts';
import type { OpenProvider } from './providers.ts';

export async function setGroups(
  act: Act,
  { name, settings }: OpenProvider,
  claims: Claims,
  person: PersonId,
): Promise<void> {
  const { groupsClaim, groups } = settings;
  if (groupsClaim === undefined) return;
  const given = [claims[groupsClaim] ?? []].flat();
  // Only what the tenant listed counts: whatever else the provider says makes no group here.
  const wanted = Object.entries(groups).filter(([value]) => given.includes(value));
  const source = `oidc/${name}`;
  const ids: Id<'group'>[] = [];
  for (const [value, title] of wanted) ids.push(await groupOf(act, source, value, title));
  const { tx, tenant } = act;
  const gone = await tx.query<{ id: string }>(
    `delete from group_member where tenant_id = $1 and person_id = $2 and not group_id = any ($4::uuid[])
       and group_id in (select group_id from directory_group where tenant_id = $1 and source = $3)
     returning group_id as id`,
    [tenant, person, source, ids],
  );
  const come = await tx.query<{ id: string }>(
    `insert into group_member (tenant_id, group_id, person_id) select $1, unnest($3::uuid[]), $2
     on conflict do nothing returning group_id as id`,
    [tenant, person, ids],
  );
  for (const { id } of gone) await record(act, 'group.member-removed', id, { person });
  for (const { id } of come) await record(act, 'group.member-added', id, { person });
}

async function groupOf(act: Act, source: string, value: string, title: string): Promise<Id<'group'>> {
  const { tx, tenant } = act;
  // Two first sign-ins at once make one group.
  await tx.query('select pg_advisory_xact_lock(3, hashtext($1))', [`${tenant} ${source} ${value}`]);
  const [known] = await tx.query<{ id: Id<'group'> }>(
    'select group_id as id from directory_group where tenant_id = $1 and source = $2 and external_id = $3',
    [tenant, source, value],
  );
  if (known !== undefined) return known.id;
  const id = newId<'group'>();
  await tx.query('insert into "group" (tenant_id, id, name) values ($1, $2, $3)', [tenant, id, title]);
  await tx.query(
    'insert into directory_group (tenant_id, group_id, source, external_id) values ($1, $2, $3, $4)',
    [tenant, id, source, value],
  );
  await record(act, 'group.added', id, { source });
  return id;
}

async function record(
  { tx, tenant, actor }: Act,
  what: string,
  id: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, [{ tenant, actor, what, subject: `group:${id}`, details }]);
}
