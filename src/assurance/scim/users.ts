/**
 * Users of SCIM (RFC 7643 §4.1): people of ours that a directory looks after. A client sees the people it made and no other:
 * neither local accounts nor those of LDAP can be found, taken over or changed through it.
 */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act, PersonId } from '#assurance/identity/identity.ts';
import { addPerson, changePerson, type Language, reactivatePerson } from '#assurance/identity/people.ts';
import type { Id, TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Row } from '#platform/db.ts';
import { deactivatePerson } from './deactivate.ts';
import { applyPatch, type Json, type PatchOperation } from './patch.ts';
import { type Columns, conditionOf } from './query.ts';
import type { Filter } from './filter.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export type ScimRefusal = {
  readonly kind:
    | 'uniqueness'
    | 'invalidValue'
    | 'invalidFilter'
    | 'invalidPath'
    | 'noTarget'
    | 'missing'
    | 'version';
  readonly text: string;
};

const text = z.string().max(255);
const address = z
  .string()
  .max(320)
  .regex(/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u, 'is no e-mail address');
/** Entra ID sends booleans as text in some operations. */
const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })]);
/** Attributes that we do not keep are taken and left out, as RFC 7644 §3.3 lets a service do. */
export const userInput = z.object({
  externalId: text.nullish(),
  userName: text.min(1),
  displayName: text.nullish(),
  name: z
    .object({ formatted: text.nullish(), givenName: text.nullish(), familyName: text.nullish() })
    .nullish(),
  active: flag.default(true),
  emails: z
    .array(z.object({ value: address, primary: flag.nullish(), type: text.nullish() }))
    .max(20)
    .nullish(),
  preferredLanguage: text.nullish(),
});
export type UserInput = z.output<typeof userInput>;

type UserRow = Row & {
  readonly id: PersonId;
  readonly userName: string;
  readonly externalId: string | null;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly email: string;
  readonly name: string;
  readonly language: Language;
  readonly state: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly groups: readonly { readonly value: Id<'group'>; readonly display: string }[];
};

const FROM = `from scim_user u join person p on p.tenant_id = u.tenant_id and p.id = u.person_id
  where u.tenant_id = $1 and p.state <> 'left'`;
const SELECT = `select p.id, u.user_name as "userName", u.external_id as "externalId", u.given_name as "givenName",
  u.family_name as "familyName", p.email, p.name, p.language, p.state, u.version, u.created_at as "createdAt",
  greatest(u.changed_at, p.changed_at) as "changedAt",
  coalesce((select json_agg(json_build_object('value', g.id, 'display', g.name) order by g.id) from group_member m
    join "group" g on g.tenant_id = m.tenant_id and g.id = m.group_id
    join directory_group d on d.tenant_id = g.tenant_id and d.group_id = g.id and d.source = 'scim'
    where m.tenant_id = u.tenant_id and m.person_id = u.person_id), '[]') as groups ${FROM}`;
const COLUMNS: Columns = {
  id: { sql: 'p.id', type: 'exact' },
  externalid: { sql: 'u.external_id', type: 'exact' },
  username: { sql: 'u.user_name', type: 'text' },
  displayname: { sql: 'p.name', type: 'text' },
  'name.formatted': { sql: 'p.name', type: 'text' },
  'name.givenname': { sql: 'u.given_name', type: 'text' },
  'name.familyname': { sql: 'u.family_name', type: 'text' },
  emails: { sql: 'p.email', type: 'text' },
  'emails.value': { sql: 'p.email', type: 'text' },
  'emails.type': { sql: `'work'`, type: 'text' },
  active: { sql: `(p.state in ('active', 'invited'))`, type: 'boolean' },
  'meta.lastmodified': { sql: 'greatest(u.changed_at, p.changed_at)', type: 'time' },
  'meta.created': { sql: 'u.created_at', type: 'time' },
};

export type Asked = {
  readonly filter: Filter | undefined;
  readonly startIndex: number;
  readonly count: number;
};
export type Listed = { readonly total: number; readonly resources: readonly Json[] };

export async function listUsers(
  db: Reader,
  tenant: TenantId,
  asked: Asked,
): Promise<Result<Listed, ScimRefusal>> {
  const where =
    asked.filter === undefined ? ok({ sql: 'true', values: [] }) : conditionOf(asked.filter, COLUMNS, 2);
  if (!where.ok) return err({ kind: 'invalidFilter', text: where.error });
  const { sql, values } = where.value;
  const [counted] = await db.query<{ n: number }>(`select count(*)::int as n ${FROM} and ${sql}`, [
    tenant,
    ...values,
  ]);
  const page = [tenant, ...values, asked.count, asked.startIndex - 1];
  const rows = await db.query<UserRow>(
    `${SELECT} and ${sql} order by p.id limit $${values.length + 2} offset $${values.length + 3}`,
    page,
  );
  return ok({ total: counted?.n ?? 0, resources: rows.map(resourceOf) });
}

export async function findUser(db: Reader, tenant: TenantId, id: string): Promise<Json | undefined> {
  const [row] = await db.query<UserRow>(`${SELECT} and u.person_id = $2`, [tenant, id]);
  return row === undefined ? undefined : resourceOf(row);
}

function resourceOf(row: UserRow): Json {
  const { id, externalId, givenName, familyName, name, email } = row;
  const parts = { givenName, familyName, formatted: name };
  return {
    schemas: [USER],
    id,
    ...(externalId === null ? {} : { externalId }),
    userName: row.userName,
    name: Object.fromEntries(Object.entries(parts).filter(([, v]) => v !== null)),
    displayName: name,
    active: row.state === 'active' || row.state === 'invited',
    emails: [{ value: email, type: 'work', primary: true }],
    preferredLanguage: row.language,
    groups: row.groups,
    meta: {
      resourceType: 'User',
      created: row.createdAt.toISOString(),
      lastModified: row.changedAt.toISOString(),
      version: `W/"${row.version}"`,
      location: `/api/v1/scim/v2/Users/${id}`,
    },
  };
}

type Kept = {
  readonly email: string;
  readonly name: string;
  readonly language: Language;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly externalId: string | null;
};

function keptOf(input: UserInput): Result<Kept, ScimRefusal> {
  const emails = input.emails ?? [];
  const email = (emails.find((e) => e.primary === true) ?? emails[0])?.value ?? input.userName;
  if (!address.safeParse(email).success)
    return err({ kind: 'invalidValue', text: 'Neither emails nor userName holds an e-mail address.' });
  const { givenName = null, familyName = null, formatted = null } = input.name ?? {};
  const both = [givenName, familyName].filter((part) => part !== null && part !== '').join(' ');
  const name = [input.displayName, formatted, both, email].find(
    (n) => n !== undefined && n !== null && n.trim() !== '',
  );
  const language = /^(de|nl)/i.exec(input.preferredLanguage ?? '')?.[1]?.toLowerCase();
  return ok({
    email,
    name: name ?? email,
    language: language === 'de' || language === 'nl' ? language : 'en',
    givenName,
    familyName,
    externalId: input.externalId ?? null,
  });
}

const key = (userName: string): string => userName.normalize('NFC').toLowerCase();
const TAKEN: ScimRefusal = {
  kind: 'uniqueness',
  text: 'The userName or the address belongs to somebody already.',
};

export async function createUser(act: Act, input: UserInput): Promise<Result<string, ScimRefusal>> {
  const { tx, tenant } = act;
  const kept = keptOf(input);
  if (!kept.ok) return kept;
  const { email, name, language, givenName, familyName, externalId } = kept.value;
  const there = await tx.query('select 1 from scim_user where tenant_id = $1 and user_name_key = $2', [
    tenant,
    key(input.userName),
  ]);
  if (there.length > 0) return err(TAKEN);
  const made = await addPerson(act, { email, name, language, state: 'active', source: 'scim' });
  if (!made.ok) return err(TAKEN);
  const { id } = made.value;
  await tx.query(
    `insert into scim_user (tenant_id, person_id, user_name, user_name_key, external_id, given_name, family_name)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [tenant, id, input.userName, key(input.userName), externalId, givenName, familyName],
  );
  if (!input.active) await deactivatePerson(act, id, 'suspend');
  await record(act, 'scim.user-added', id);
  return ok(id);
}

/** The resource as a whole, also after a PATCH; only what differs is written. */
export async function replaceUser(
  act: Act,
  id: string,
  input: UserInput,
  ifMatch: string | undefined,
): Promise<Result<undefined, ScimRefusal>> {
  const { tx, tenant } = act;
  const locked = await lockUser(act, id, ifMatch);
  if (!locked.ok) return locked;
  const person = locked.value;
  const kept = keptOf(input);
  if (!kept.ok) return kept;
  const { email, name, language, givenName, familyName, externalId } = kept.value;
  const others = await tx.query(
    'select 1 from scim_user where tenant_id = $1 and user_name_key = $2 and person_id <> $3',
    [tenant, key(input.userName), id],
  );
  if (others.length > 0) return err(TAKEN);
  const before = await findUser(tx, tenant, id);
  const wasActive = before?.['active'] === true;
  const changed = await changePerson(act, person, { email, name, language });
  if (!changed.ok) return err(TAKEN);
  await tx.query(
    `update scim_user set user_name = $3, user_name_key = $4, external_id = $5, given_name = $6, family_name = $7,
       version = version + 1, changed_at = now() where tenant_id = $1 and person_id = $2`,
    [tenant, id, input.userName, key(input.userName), externalId, givenName, familyName],
  );
  if (wasActive && !input.active) await deactivatePerson(act, person, 'suspend');
  if (!wasActive && input.active) await reactivatePerson(act, person);
  await record(act, 'scim.user-changed', person);
  return ok(undefined);
}

/** RFC 7644 §3.6: gone for the client; the person stays on our record without any way in. */
export async function deleteUser(
  act: Act,
  id: string,
  ifMatch: string | undefined,
): Promise<Result<undefined, ScimRefusal>> {
  const locked = await lockUser(act, id, ifMatch);
  if (!locked.ok) return locked;
  await deactivatePerson(act, locked.value, 'leave');
  const { tx, tenant } = act;
  await tx.query('delete from group_member where tenant_id = $1 and person_id = $2', [tenant, id]);
  await tx.query('delete from scim_user where tenant_id = $1 and person_id = $2', [tenant, id]);
  await record(act, 'scim.user-removed', locked.value);
  return ok(undefined);
}

async function lockUser(
  { tx, tenant }: Act,
  id: string,
  ifMatch: string | undefined,
): Promise<Result<PersonId, ScimRefusal>> {
  const [row] = await tx.query<{ id: PersonId; version: number }>(
    `select u.person_id as id, u.version from scim_user u join person p on p.tenant_id = u.tenant_id and p.id = u.person_id
     where u.tenant_id = $1 and u.person_id = $2 and p.state <> 'left' for update of u`,
    [tenant, id],
  );
  if (row === undefined) return err({ kind: 'missing', text: 'There is no such user.' });
  return isVersion(ifMatch, row.version) ? ok(row.id) : err(CHANGED);
}

export const CHANGED: ScimRefusal = { kind: 'version', text: 'It has changed since that version.' };

/** RFC 7644 §3.14, RFC 9110 §13.1.1. */
export function isVersion(ifMatch: string | undefined, version: number): boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${version}"`);
}

async function record({ tx, tenant, actor }: Act, what: string, id: string): Promise<void> {
  await appendAudit(tx, [{ tenant, actor, what, subject: `person:${id}`, details: {} }]);
}

/** The operations on the resource as it is now; what they leave is then held against the same rules as for PUT. */
export async function patchUser(
  act: Act,
  id: string,
  operations: readonly PatchOperation[],
  ifMatch: string | undefined,
): Promise<Result<undefined, ScimRefusal>> {
  const locked = await lockUser(act, id, ifMatch);
  if (!locked.ok) return locked;
  const before = await findUser(act.tx, act.tenant, id);
  const changed = applyPatch(before ?? {}, operations);
  if (!changed.ok) return changed;
  const parsed = userInput.safeParse(changed.value);
  if (!parsed.success) return err({ kind: 'invalidValue', text: sentenceOf(parsed.error) });
  return await replaceUser(act, id, withNewName(before, parsed.data), undefined);
}

/** We keep one name. Which of its forms was meant shows in what changed: a new part makes the old whole forms stale. */
function withNewName(before: Json | undefined, input: UserInput): UserInput {
  const was = userInput.shape.name.parse(before?.['name']) ?? {};
  const now = input.name ?? {};
  if (input.displayName !== before?.['displayName']) return input;
  if (now.formatted !== was.formatted) return { ...input, displayName: null };
  const isSame = now.givenName === was.givenName && now.familyName === was.familyName;
  return isSame ? input : { ...input, displayName: null, name: { ...now, formatted: null } };
}

export function sentenceOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined
    ? 'The value does not fit.'
    : `${issue.path.join('.')}: ${issue.message}`.slice(0, 200);
}
