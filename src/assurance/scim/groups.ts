/** Groups of SCIM (RFC 7643 §4.2): those the client made, with members among the people it made. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act } from '#assurance/identity/identity.ts';
import { type Id, newId, parseId, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Row } from '#platform/db.ts';
import { applyPatch, type Json, type PatchOperation } from './patch.ts';
import { type Columns, conditionOf } from './query.ts';
import { type Asked, CHANGED, isVersion, type Listed, type ScimRefusal, sentenceOf } from './users.ts';

export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const MAX_MEMBERS = 10_000;
export const groupInput = z.object({
  externalId: z.string().max(255).nullish(),
  displayName: z.string().min(1).max(200),
  members: z
    .array(z.object({ value: z.string().max(64) }))
    .max(MAX_MEMBERS)
    .nullish(),
});
export type GroupInput = z.output<typeof groupInput>;
type GroupId = Id<'group'>;

type GroupRow = Row & {
  readonly id: GroupId;
  readonly name: string;
  readonly externalId: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly members: readonly { readonly value: string; readonly display: string }[];
};

const FROM = `from "group" g join directory_group d on d.tenant_id = g.tenant_id and d.group_id = g.id and d.source = 'scim'
  where g.tenant_id = $1`;
const MEMBERS = `coalesce((select json_agg(json_build_object('value', p.id, 'display', p.name, 'type', 'User') order by p.id)
  from group_member m join person p on p.tenant_id = m.tenant_id and p.id = m.person_id
  where m.tenant_id = g.tenant_id and m.group_id = g.id), '[]')`;
const select = (members: boolean): string => `select g.id, g.name, d.external_id as "externalId", d.version,
  d.created_at as "createdAt", d.changed_at as "changedAt", ${members ? MEMBERS : `'[]'::json`} as members ${FROM}`;
const COLUMNS: Columns = {
  id: { sql: 'g.id', type: 'exact' },
  externalid: { sql: 'd.external_id', type: 'exact' },
  displayname: { sql: 'g.name', type: 'text' },
  'meta.lastmodified': { sql: 'd.changed_at', type: 'time' },
};

/** `withMembers` is off where the client asked to leave them out, since a page of large groups is much. */
export async function listGroups(
  db: Reader,
  tenant: TenantId,
  asked: Asked,
  withMembers: boolean,
): Promise<Result<Listed, ScimRefusal>> {
  const where =
    asked.filter === undefined ? ok({ sql: 'true', values: [] }) : conditionOf(asked.filter, COLUMNS, 2);
  if (!where.ok) return err({ kind: 'invalidFilter', text: where.error });
  const { sql, values } = where.value;
  const [counted] = await db.query<{ n: number }>(`select count(*)::int as n ${FROM} and ${sql}`, [
    tenant,
    ...values,
  ]);
  const rows = await db.query<GroupRow>(
    `${select(withMembers)} and ${sql} order by g.id limit $${values.length + 2} offset $${values.length + 3}`,
    [tenant, ...values, asked.count, asked.startIndex - 1],
  );
  return ok({ total: counted?.n ?? 0, resources: rows.map(resourceOf) });
}

export async function findGroup(db: Reader, tenant: TenantId, id: string): Promise<Json | undefined> {
  const [row] = await db.query<GroupRow>(`${select(true)} and g.id = $2`, [tenant, id]);
  return row === undefined ? undefined : resourceOf(row);
}

function resourceOf(row: GroupRow): Json {
  return {
    schemas: [GROUP],
    id: row.id,
    ...(row.externalId === null ? {} : { externalId: row.externalId }),
    displayName: row.name,
    members: row.members,
    meta: {
      resourceType: 'Group',
      created: row.createdAt.toISOString(),
      lastModified: row.changedAt.toISOString(),
      version: `W/"${row.version}"`,
      location: `/api/v1/scim/v2/Groups/${row.id}`,
    },
  };
}

/** Whoever made it: rules of approval name groups by it. */
const NAME_TAKEN: ScimRefusal = { kind: 'uniqueness', text: 'There is a group of this name already.' };

export async function createGroup(act: Act, input: GroupInput): Promise<Result<string, ScimRefusal>> {
  const { tx, tenant } = act;
  const there = await tx.query(
    `select 1 from "group" g where g.tenant_id = $1 and lower(g.name) = lower($2)`,
    [tenant, input.displayName],
  );
  if (there.length > 0) return err(NAME_TAKEN);
  const id = newId<'group'>();
  await tx.query('insert into "group" (tenant_id, id, name) values ($1, $2, $3)', [
    tenant,
    id,
    input.displayName,
  ]);
  await tx.query(
    `insert into directory_group (tenant_id, group_id, source, external_id) values ($1, $2, 'scim', $3)`,
    [tenant, id, input.externalId ?? null],
  );
  const set = await setMembers(act, id, membersOf(input));
  if (!set.ok) return set;
  await record(act, 'group.added', id, { source: 'scim' });
  return ok(id);
}

export async function replaceGroup(
  act: Act,
  id: string,
  input: GroupInput,
  ifMatch: string | undefined,
): Promise<Result<undefined, ScimRefusal>> {
  const { tx, tenant } = act;
  const locked = await lockGroup(act, id, ifMatch);
  if (!locked.ok) return locked;
  const others = await tx.query('select from "group" where tenant_id = $1 and name = $3 and id <> $2', [
    tenant,
    id,
    input.displayName,
  ]);
  if (others.length > 0) return err(NAME_TAKEN);
  await tx.query('update "group" set name = $3 where tenant_id = $1 and id = $2', [
    tenant,
    id,
    input.displayName,
  ]);
  await tx.query(
    `update directory_group set external_id = $3, version = version + 1, changed_at = now()
     where tenant_id = $1 and group_id = $2`,
    [tenant, id, input.externalId ?? null],
  );
  const set = await setMembers(act, locked.value, membersOf(input));
  if (!set.ok) return set;
  await record(act, 'group.changed', id, { source: 'scim' });
  return ok(undefined);
}

export async function deleteGroup(
  act: Act,
  id: string,
  ifMatch: string | undefined,
): Promise<Result<undefined, ScimRefusal>> {
  const { tx, tenant } = act;
  const locked = await lockGroup(act, id, ifMatch);
  if (!locked.ok) return locked;
  await tx.query('delete from group_member where tenant_id = $1 and group_id = $2', [tenant, id]);
  await tx.query('delete from "group" where tenant_id = $1 and id = $2', [tenant, id]);
  await record(act, 'group.removed', id, { source: 'scim' });
  return ok(undefined);
}

async function lockGroup(
  { tx, tenant }: Act,
  id: string,
  ifMatch: string | undefined,
): Promise<Result<GroupId, ScimRefusal>> {
  const [row] = await tx.query<{ id: GroupId; version: number }>(
    `select group_id as id, version from directory_group where tenant_id = $1 and group_id = $2 and source = 'scim' for update`,
    [tenant, id],
  );
  if (row === undefined) return err({ kind: 'missing', text: 'There is no such group.' });
  return isVersion(ifMatch, row.version) ? ok(row.id) : err(CHANGED);
}

const membersOf = (input: GroupInput): readonly string[] =>
  (input.members ?? []).map((m) => m.value.toLowerCase());

/** Exactly these; each that came or went has its event. Somebody who is not the client's is refused like nobody. */
async function setMembers(
  act: Act,
  group: GroupId,
  wanted: readonly string[],
): Promise<Result<undefined, ScimRefusal>> {
  const { tx, tenant } = act;
  const ids = [...new Set(wanted)];
  const [known] = await tx.query<{ n: number }>(
    'select count(*)::int as n from scim_user where tenant_id = $1 and person_id::text = any ($2)',
    [tenant, ids],
  );
  if (ids.some((i) => parseId(i) === undefined) || known?.n !== ids.length)
    return err({ kind: 'invalidValue', text: 'A member is no user.' });
  const gone = await tx.query<{ id: string }>(
    `delete from group_member where tenant_id = $1 and group_id = $2 and not person_id::text = any ($3) returning person_id as id`,
    [tenant, group, ids],
  );
  const come = await tx.query<{ id: string }>(
    `insert into group_member (tenant_id, group_id, person_id) select $1, $2, unnest($3::uuid[])
     on conflict do nothing returning person_id as id`,
    [tenant, group, ids],
  );
  for (const { id } of gone) await record(act, 'group.member-removed', group, { person: id });
  for (const { id } of come) await record(act, 'group.member-added', group, { person: id });
  return ok(undefined);
}

async function record(
  { tx, tenant, actor }: Act,
  what: string,
  id: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, [{ tenant, actor, what, subject: `group:${id}`, details }]);
}

export async function patchGroup(
  act: Act,
  id: string,
  operations: readonly PatchOperation[],
  ifMatch: string | undefined,
): Promise<Result<undefined, ScimRefusal>> {
  const locked = await lockGroup(act, id, ifMatch);
  if (!locked.ok) return locked;
  const changed = applyPatch((await findGroup(act.tx, act.tenant, id)) ?? {}, operations);
  if (!changed.ok) return changed;
  const parsed = groupInput.safeParse(changed.value);
  if (!parsed.success) return err({ kind: 'invalidValue', text: sentenceOf(parsed.error) });
  return await replaceGroup(act, id, parsed.data, undefined);
}
