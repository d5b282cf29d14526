/** The people of a tenant: added, found, changed, suspended, gone. Their factors have files of their own. */
import { appendAudit } from '#assurance/audit/audit.ts';
import { newId, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Row } from '#platform/db.ts';
import type { Act, PersonId } from './identity.ts';

export const PERSON_LANGUAGES = ['de', 'en', 'nl'] as const;
export type Language = (typeof PERSON_LANGUAGES)[number];
export type PersonState = 'invited' | 'active' | 'suspended' | 'left';
export type Person = {
  readonly id: PersonId;
  readonly email: string;
  readonly name: string;
  readonly language: Language;
  readonly state: PersonState;
  /** Where the person is looked after: here, or in a directory that is copied from. */
  readonly source: 'local' | 'scim' | 'ldap' | 'oidc';
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
};
export type NewPerson = {
  readonly id?: PersonId;
  readonly email: string;
  readonly name: string;
  readonly language: Language;
  readonly state?: 'invited' | 'active';
  readonly source?: Person['source'];
  readonly externalId?: string;
};
export type PersonRefusal = { readonly kind: 'missing' | 'taken' | 'state'; readonly text: string };

/** `alias` lets a statement that joins say which table it means. */
export const PERSON_COLUMNS = `p.id, p.email, p.name, p.language, p.state, p.source, p.created_at as "createdAt", p.last_sign_in_at as "lastSignInAt"`;
type PersonRow = Row & Person;

/** Who signs in may write the address in any case: two mailboxes that differ only there do not exist in practice. */
export function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

export async function addPerson(act: Act, given: NewPerson): Promise<Result<Person, PersonRefusal>> {
  const { tx, tenant } = act;
  const { id = newId<'person'>() } = given;
  const { email, name, language, state = 'invited', source = 'local', externalId = null } = given;
  const [row] = await tx.query<PersonRow>(
    `insert into person as p (tenant_id, id, email, email_key, name, language, state, source, external_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning ${PERSON_COLUMNS}`,
    [tenant, id, email, emailKey(email), name, language, state, source, externalId],
  );
  if (row === undefined) return err({ kind: 'taken', text: 'Somebody has this address already.' });
  await recordPerson(act, 'person.added', id, { state, source });
  return ok(row);
}

export async function findPerson(db: Reader, tenant: TenantId, id: PersonId): Promise<Person | undefined> {
  const [row] = await db.query<PersonRow>(
    `select ${PERSON_COLUMNS} from person p where p.tenant_id = $1 and p.id = $2`,
    [tenant, id],
  );
  return row;
}

export async function personByEmail(
  db: Reader,
  tenant: TenantId,
  email: string,
): Promise<Person | undefined> {
  const [row] = await db.query<PersonRow>(
    `select ${PERSON_COLUMNS} from person p where p.tenant_id = $1 and p.email_key = $2 and p.state <> 'left'`,
    [tenant, emailKey(email)],
  );
  return row;
}

export type PeopleAsked = {
  /** Part of the name or address. */
  readonly search?: string | undefined;
  /** Email key after which the page starts. */
  readonly after: string;
  readonly limit: number;
};

/** By address; those who left are not listed. */
export async function listPeople(
  db: Reader,
  tenant: TenantId,
  asked: PeopleAsked,
): Promise<readonly Person[]> {
  const like = asked.search === undefined ? null : `%${asked.search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return await db.query<PersonRow>(
    `select ${PERSON_COLUMNS} from person p
     where p.tenant_id = $1 and p.state <> 'left' and p.email_key > $2
       and ($3::text is null or p.email_key ilike $3 or p.name ilike $3)
     order by p.email_key limit $4`,
    [tenant, asked.after, like, asked.limit],
  );
}

export type PersonChange = {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly language?: Language | undefined;
};

export async function changePerson(
  act: Act,
  id: PersonId,
  change: PersonChange,
): Promise<Result<Person, PersonRefusal>> {
  const { tx, tenant } = act;
  const key = change.email === undefined ? null : emailKey(change.email);
  const [other] = await tx.query(
    `select 1 from person where tenant_id = $1 and email_key = $2 and id <> $3 and state <> 'left'`,
    [tenant, key, id],
  );
  if (other !== undefined) return err({ kind: 'taken', text: 'Somebody has this address already.' });
  const [row] = await tx.query<PersonRow>(
    `update person p set email = coalesce($3, email), email_key = coalesce($4, email_key), name = coalesce($5, name),
       language = coalesce($6, language), changed_at = now()
     where tenant_id = $1 and id = $2 and state <> 'left' returning ${PERSON_COLUMNS}`,
    [tenant, id, change.email ?? null, key, change.name ?? null, change.language ?? null],
  );
  if (row === undefined) return err(MISSING);
  const fields = Object.entries(change).filter(([, v]) => v !== undefined);
  await recordPerson(act, 'person.changed', id, { fields: fields.map(([name]) => name) });
  return ok(row);
}

/** Sessions and links end in the same transaction: whoever is suspended is out at the next request. */
export async function suspendPerson(act: Act, id: PersonId): Promise<Result<Person, PersonRefusal>> {
  const row = await moveState(act, id, ['invited', 'active'], 'suspended');
  if (row === undefined) return err(await whyNot(act, id, 'suspended'));
  await endAllSessions(act, id);
  await act.tx.query('delete from one_time_link where tenant_id = $1 and person_id = $2', [act.tenant, id]);
  await recordPerson(act, 'person.suspended', id, {});
  return ok(row);
}

export async function reactivatePerson(act: Act, id: PersonId): Promise<Result<Person, PersonRefusal>> {
  const row = await moveState(act, id, ['suspended'], 'active');
  if (row === undefined) return err(await whyNot(act, id, 'active'));
  await recordPerson(act, 'person.reactivated', id, {});
  return ok(row);
}

/** The person stays on record without any way in; the address is free for somebody else. */
export async function leavePerson(act: Act, id: PersonId): Promise<Result<Person, PersonRefusal>> {
  const row = await moveState(act, id, ['invited', 'active', 'suspended'], 'left');
  if (row === undefined) return err(await whyNot(act, id, 'left'));
  await endAllSessions(act, id);
  for (const table of ['person_password', 'passkey', 'totp', 'recovery_code', 'one_time_link'])
    await act.tx.query(`delete from ${table} where tenant_id = $1 and person_id = $2`, [act.tenant, id]);
  await recordPerson(act, 'person.left', id, {});
  return ok(row);
}

async function moveState(
  { tx, tenant }: Act,
  id: PersonId,
  from: readonly PersonState[],
  to: PersonState,
): Promise<Person | undefined> {
  const [row] = await tx.query<PersonRow>(
    `update person p set state = $4, changed_at = now() where tenant_id = $1 and id = $2 and state = any ($3)
     returning ${PERSON_COLUMNS}`,
    [tenant, id, from, to],
  );
  return row;
}

const MISSING: PersonRefusal = { kind: 'missing', text: 'There is no such person.' };

async function whyNot({ tx, tenant }: Act, id: PersonId, to: PersonState): Promise<PersonRefusal> {
  const found = await findPerson(tx, tenant, id);
  if (found === undefined) return MISSING;
  return { kind: 'state', text: `The person is ${found.state} and cannot become ${to}.` };
}

async function endAllSessions({ tx, tenant }: Act, id: PersonId): Promise<void> {
  await tx.query('delete from session where tenant_id = $1 and person_id = $2', [tenant, id]);
}

/** The record names people by id, so that it stays true and readable after their names are erased. */
export async function recordPerson(
  { tx, tenant, actor }: Act,
  what: string,
  id: PersonId,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(tx, [{ tenant, actor, what, subject: `person:${id}`, details }]);
}
