/** People and groups for tests that are not about signing in. */
import { type Id, newId, type TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';

/** An active person, made as the owner of the schema. */
export async function addPerson(owner: Database, tenant: TenantId, email?: string): Promise<Id<'person'>> {
  const id = newId<'person'>();
  const address = email ?? `${id}@example.org`;
  const there = await owner.query(`select to_regclass('person') as t`);
  if (there[0]?.['t'] !== null)
    await owner.query(
      `insert into person (tenant_id, id, email, email_key, name, state) values ($1, $2, $3, lower($3), $3, 'active')`,
      [tenant, id, address],
    );
  return id;
}
