/** Groups of people, to be named by grants and by rules of approval. Where a directory keeps them, synchronisation calls this. */
import { appendAudit } from '#assurance/audit/audit.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import type { By } from './custom-roles.ts';
import { conflict, missing, type Refusal } from './refusal.ts';

export type GroupId = Id<'group'>;
export type Group = { readonly id: GroupId; readonly name: string; readonly members: number };

export async function listGroups(on: Reader, tenant: TenantId): Promise<Group[]> {
  return await on.query<Group & Row>(
    `select g.id, g.name, (select count(*)::int from group_member m where m.tenant_id = $1 and m.group_id = g.id) as members
     from "group" g where g.tenant_id = $1 order by g.name limit 10000`,
    [tenant],
  );
}

export async function listMembers(on: Reader, tenant: TenantId, group: GroupId): Promise<Id<'person'>[]> {
  const rows = await on.query<{ id: Id<'person'> }>(
    'select person_id as id from group_member where tenant_id = $1 and group_id = $2 order by person_id limit 10000',
    [tenant, group],
  );
  return rows.map((r) => r.id);
}

export async function addGroup(tx: Transaction, by: By, name: string): Promise<Result<Group, Refusal>> {
  const id = newId<'group'>();
  const rows = await tx.query(
    'insert into "group" (tenant_id, id, name) values ($1, $2, $3) on conflict do nothing returning id',
    [by.tenant, id, name],
  );
  if (rows.length === 0) return conflict('There is a group of this name.');
  await record(tx, by, 'group.added', id, { name });
  return ok({ id, name, members: 0 });
}

/** Grants to the group and rules that name it are met by nobody from then on. */
export async function removeGroup(tx: Transaction, by: By, id: GroupId): Promise<Result<null, Refusal>> {
  const rows = await tx.query('delete from "group" where tenant_id = $1 and id = $2 returning id', [
    by.tenant,
    id,
  ]);
  if (rows.length === 0) return missing('group');
  await record(tx, by, 'group.removed', id, {});
  return ok(null);
}

/** Puts a person in or out; says whether that changed anything. */
export async function setMember(
  tx: Transaction,
  by: By,
  member: { readonly group: GroupId; readonly person: Id<'person'>; readonly isIn: boolean },
): Promise<Result<boolean, Refusal>> {
  const { group, person, isIn } = member;
  const there = await tx.query('select from "group" where tenant_id = $1 and id = $2', [by.tenant, group]);
  if (there.length === 0) return missing('group');
  const known = await tx.query('select from person where tenant_id = $1 and id = $2', [by.tenant, person]);
  if (known.length === 0) return missing('person');
  const rows = await tx.query(
    isIn
      ? `insert into group_member (tenant_id, group_id, person_id) values ($1, $2, $3) on conflict do nothing returning person_id`
      : `delete from group_member where tenant_id = $1 and group_id = $2 and person_id = $3 returning person_id`,
    [by.tenant, group, person],
  );
  if (rows.length > 0)
    await record(tx, by, isIn ? 'group.member-added' : 'group.member-removed', group, { person });
  return ok(rows.length > 0);
}

async function record(
  tx: Transaction,
  { tenant, actor }: By,
  what: string,
  subject: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, [{ tenant, what, actor, subject, details }]);
}
