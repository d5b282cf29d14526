/** People and groups for tests that are not about signing in. */
import { giveRole } from '#assurance/access/grants.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';

/** An active person, made as the owner of the schema. */
export async function addPerson(owner: Database, tenant: TenantId, email?: string): Promise<Id<'person'>> {
  const id = newId<'person'>();
  const address = email ?? `${id}@example.org`;
  await owner.query(
    `insert into person (tenant_id, id, email, email_key, name, state) values ($1, $2, $3, lower($3), $3, 'active')`,
    [tenant, id, address],
  );
  return id;
}

/** A person with a role, for an hour after `nowMs`. */
export async function addPersonWith(
  owner: Database,
  tenant: TenantId,
  role: string,
  nowMs: number,
): Promise<Id<'person'>> {
  const person = await addPerson(owner, tenant);
  await give(owner.asTenant(tenant), tenant, person, role, nowMs);
  return person;
}

export async function give(
  db: Database,
  tenant: TenantId,
  person: Id<'person'>,
  role: string,
  nowMs: number,
): Promise<void> {
  const expiresAtMs = nowMs + 3_600_000;
  const done = await db.transact((tx) =>
    giveRole(tx, { tenant, person, role, expiresAtMs, by: 'admin:test', nowMs }),
  );
  if (!done.ok) throw new Error(done.error.text);
}

/** A group with these members. */
export async function addGroupOf(
  owner: Database,
  tenant: TenantId,
  name: string,
  people: readonly Id<'person'>[],
): Promise<Id<'group'>> {
  const id = newId<'group'>();
  await owner.query('insert into "group" (tenant_id, id, name) values ($1, $2, $3)', [tenant, id, name]);
  await owner.query(
    'insert into group_member (tenant_id, group_id, person_id) select $1, $2, unnest($3::uuid[])',
    [tenant, id, people],
  );
  return id;
}
