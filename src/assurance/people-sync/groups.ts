/** Groups as the directory has them, with those of its people whom we have. Groups within groups are not followed. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import type { Database, Transaction } from '#platform/db.ts';
import type { DirectoryGroup, DirectoryPerson } from './read-directory.ts';

type Who = { readonly tenant: TenantId; readonly actor: Actor };
type Known = { readonly id: Id<'group'>; readonly externalId: string; readonly name: string };

/** How many groups were added, changed or removed. A directory that suddenly shows no group at all changes nothing. */
export async function syncGroups(
  db: Database,
  who: Who,
  source: string,
  groups: readonly DirectoryGroup[],
  people: readonly DirectoryPerson[],
): Promise<number> {
  const { tenant } = who;
  const tag = `ldap/${source}`;
  const known = await db.query<Known>(
    `select g.id, d.external_id as "externalId", g.name from directory_group d
     join "group" g on g.tenant_id = d.tenant_id and g.id = d.group_id where d.tenant_id = $1 and d.source = $2`,
    [tenant, tag],
  );
  if (groups.length === 0) return 0;
  const ids = await personIds(db, tenant, source);
  const ours = new Map(known.map((k) => [k.externalId, k]));
  const byDn = new Map(people.map((p) => [p.dn, ids.get(p.externalId)]));
  let changed = 0;
  for (const group of groups) {
    const members = [...new Set(group.memberDns.flatMap((dn) => byDn.get(dn) ?? []))];
    if (await db.transact((tx) => syncOne(tx, who, tag, group, ours.get(group.externalId), members)))
      changed++;
  }
  const there = new Set(groups.map((g) => g.externalId));
  for (const gone of known.filter((k) => !there.has(k.externalId))) {
    await db.transact((tx) => removeGroup(tx, who, gone));
    changed++;
  }
  return changed;
}

async function personIds(
  db: Database,
  tenant: TenantId,
  source: string,
): Promise<ReadonlyMap<string, string>> {
  const prefix = `${source}/`;
  const rows = await db.query<{ id: string; externalId: string }>(
    `select id, substr(external_id, $3) as "externalId" from person
     where tenant_id = $1 and source = 'ldap' and starts_with(external_id, $2) and state <> 'left'`,
    [tenant, prefix, prefix.length + 1],
  );
  return new Map(rows.map((r) => [r.externalId, r.id]));
}

async function syncOne(
  tx: Transaction,
  who: Who,
  source: string,
  group: DirectoryGroup,
  known: Known | undefined,
  members: readonly string[],
): Promise<boolean> {
  const { tenant } = who;
  const id = known?.id ?? newId<'group'>();
  if (known === undefined) {
    await tx.query('insert into "group" (tenant_id, id, name) values ($1, $2, $3)', [tenant, id, group.name]);
    await tx.query(
      'insert into directory_group (tenant_id, group_id, source, external_id) values ($1, $2, $3, $4)',
      [tenant, id, source, group.externalId],
    );
    await record(tx, who, 'group.added', id, { source });
  } else if (known.name !== group.name) {
    await tx.query('update "group" set name = $3 where tenant_id = $1 and id = $2', [tenant, id, group.name]);
    await record(tx, who, 'group.changed', id, { source });
  }
  const gone = await tx.query<{ person: string }>(
    `delete from group_member where tenant_id = $1 and group_id = $2 and not person_id = any ($3::uuid[])
     returning person_id as person`,
    [tenant, id, members],
  );
  const come = await tx.query<{ person: string }>(
    `insert into group_member (tenant_id, group_id, person_id) select $1, $2, unnest($3::uuid[])
     on conflict do nothing returning person_id as person`,
    [tenant, id, members],
  );
  for (const { person } of gone) await record(tx, who, 'group.member-removed', id, { person });
  for (const { person } of come) await record(tx, who, 'group.member-added', id, { person });
  return known?.name !== group.name || gone.length + come.length > 0;
}

async function removeGroup(tx: Transaction, who: Who, { id }: Known): Promise<void> {
  const { tenant } = who;
  await tx.query('delete from group_member where tenant_id = $1 and group_id = $2', [tenant, id]);
  await tx.query('delete from "group" where tenant_id = $1 and id = $2', [tenant, id]);
  await record(tx, who, 'group.removed', id, {});
}

async function record(
  tx: Transaction,
  { tenant, actor }: Who,
  what: string,
  id: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, [{ tenant, actor, what, subject: `group:${id}`, details }]);
}
