/**
 * What a one-time link leads to. A link for a new password does not get around the second factor, one for lost factors does
 * not get around the password: an administrator who sends one to himself holds half a sign-in, and it is on record. Of those
 * whose word counts, the other half is not to be had from the same hand.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import type { Act, From, Identity, PersonId } from './identity.ts';
import { findLink, takeLink, tenantOfLink, type Link } from './links.ts';
import { passwordFault, type PasswordFault } from './password-rules.ts';
import { fitsPassword, passwordOf, setPassword } from './passwords.ts';
import { findPerson, type Person } from './people.ts';
import { actorOf, endSessions, type Proof } from './sessions.ts';
import { afterProof, attempt, isTenant, type SignInOutcome } from './sign-in.ts';
import { bucketsOf, forgive, knownDevice, takeTurn } from './throttle.ts';

export type LinkGiven = {
  readonly token: string;
  readonly password?: string | undefined;
  readonly device: string | undefined;
  readonly from: From;
};
export type LinkOutcome =
  | SignInOutcome
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad-password'; readonly fault: PasswordFault };

type Purpose = Exclude<Link['purpose'], 'setup'>;
type Found = {
  readonly tenant: TenantId;
  readonly link: Link;
  readonly purpose: Purpose;
  readonly person: Person;
  readonly organisation: string;
};

async function find(identity: Identity, token: string): Promise<Found | undefined> {
  const tenant = tenantOfLink(token);
  if (tenant === undefined || !(await isTenant(identity.db, tenant))) return undefined;
  await identity.keys.ensureTenant(tenant);
  const db = identity.db.asTenant(tenant);
  const link = await findLink(db, tenant, token, identity.now());
  if (link === undefined || link.personId === null || link.purpose === 'setup') return undefined;
  const person = await findPerson(db, tenant, link.personId);
  if (person === undefined || (person.state !== 'active' && person.state !== 'invited')) return undefined;
  const { purpose } = link;
  return { tenant, link, purpose, person, organisation: await organisationOf(identity, tenant) };
}

/** What the tenant is called. */
export async function organisationOf({ db }: Identity, tenant: TenantId): Promise<string> {
  const sql = 'select name from tenant where id = $1';
  const [row] = await db.asTenant(tenant).query<{ name: string }>(sql, [tenant]);
  return row?.name ?? '';
}

export type LinkFace = {
  readonly purpose: Purpose;
  readonly email: string;
  readonly name: string;
  readonly language: string;
  readonly organisation: string;
  readonly hasPassword: boolean;
};

export async function lookAtLink(identity: Identity, token: string): Promise<LinkFace | undefined> {
  const found = await find(identity, token);
  if (found === undefined) return undefined;
  const { tenant, purpose, person, organisation } = found;
  const { email, name, language } = person;
  const hasPassword = (await passwordOf(identity.db.asTenant(tenant), tenant, person.id)) !== undefined;
  return { purpose, email, name, language, organisation, hasPassword };
}

export async function openLink(identity: Identity, given: LinkGiven): Promise<LinkOutcome> {
  const found = await find(identity, given.token);
  if (found === undefined) return { kind: 'missing' };
  const { tenant, link } = found;
  const db = identity.db.asTenant(tenant);
  const present = await passwordOf(db, tenant, found.person.id);
  if (
    found.purpose === 'factors' &&
    (await isBothHalves(identity, db, tenant, found.person.id, link.createdBy))
  )
    return { kind: 'missing' };
  if (found.purpose === 'factors' && present !== undefined)
    return await replaceFactors(identity, found, given, present);
  return await choosePassword(identity, found, given);
}

/**
 * Whether a link for new factors, made by `by`, would give whoever made it the whole of somebody else's way in: there is no
 * password that it would ask for, or the same hand has reset that too. It matters for people whose word counts, by a right or
 * as members of a group; the machine's own administrator, who has the database anyway, is held to nothing.
 */
export async function isBothHalves(
  identity: Identity,
  on: Reader,
  tenant: TenantId,
  person: PersonId,
  by: string,
): Promise<boolean> {
  const hand = PERSONAL.exec(by)?.[1];
  if (hand === undefined) return false;
  const [row] = await on.query<{ resetBy: string | null; isMember: boolean }>(
    `select w.reset_by as "resetBy", exists (select from group_member m where m.tenant_id = $1 and m.person_id = $2) as "isMember"
     from person_password w where w.tenant_id = $1 and w.person_id = $2
     union all
     select 'none', exists (select from group_member m where m.tenant_id = $1 and m.person_id = $2)
     where not exists (select from person_password w where w.tenant_id = $1 and w.person_id = $2)`,
    [tenant, person],
  );
  if (row === undefined || (row.resetBy !== 'none' && PERSONAL.exec(row.resetBy ?? '')?.[1] !== hand))
    return false;
  return (
    row.isMember || identity.isPrivileged(await identity.permissionsOf(on, tenant, person, identity.now()))
  );
}
/** An actor that is a person or a key of one, and not a place such as `admin:cli/root`. */
const PERSONAL = /^(?:admin|employee|service):([0-9a-f-]{36})$/;

/** An invitation may go without a password, and then ends in a session that has to add a passkey. */
async function choosePassword(identity: Identity, found: Found, given: LinkGiven): Promise<LinkOutcome> {
  const { tenant, purpose, person, organisation } = found;
  const { password } = given;
  if (password === undefined && purpose === 'password') return { kind: 'bad-password', fault: 'too-short' };
  const context = { email: person.email, name: person.name, organisation };
  const fault =
    password === undefined ? undefined : await passwordFault(password, context, identity.isBreached);
  if (fault !== undefined) return { kind: 'bad-password', fault };
  const outcome = await attempt(identity.db.asTenant(tenant), async (tx) => {
    const act = await taken(identity, tx, found);
    if (act === undefined) return undefined;
    if (password !== undefined)
      await setPassword(act, person.id, password, purpose === 'invite' ? null : found.link.createdBy);
    if (purpose === 'factors') await dropFactors(act, person.id);
    await endSessions(act, person.id, { except: undefined });
    const proofs: readonly Proof[] = password === undefined ? ['link'] : ['link', 'password'];
    return await afterProof(identity, tx, { tenant, person: person.id, from: given.from, proofs });
  });
  return outcome ?? { kind: 'missing' };
}

/** Lost factors go only for whoever also knows the password, which must not be guessed here either. */
async function replaceFactors(
  identity: Identity,
  found: Found,
  given: LinkGiven,
  phc: string,
): Promise<LinkOutcome> {
  const { keys, now } = identity;
  const { tenant, person } = found;
  const db = identity.db.asTenant(tenant);
  const device = knownDevice(keys, tenant, person.id, given.device, now());
  const buckets = bucketsOf(keys, { tenant, account: person.id, from: given.from, device }, 'factor');
  const seconds = await takeTurn(db, tenant, buckets, now());
  if (seconds > 0) return { kind: 'wait', seconds };
  if (!(await fitsPassword(phc, given.password ?? ''))) return { kind: 'failed' };
  const outcome = await attempt(db, async (tx) => {
    const act = await taken(identity, tx, found);
    if (act === undefined) return undefined;
    await forgive(tx, tenant, buckets, now());
    await dropFactors(act, person.id);
    await endSessions(act, person.id, { except: undefined });
    const proofs = ['link', 'password'] as const;
    return await afterProof(identity, tx, { tenant, person: person.id, from: given.from, proofs });
  });
  return outcome ?? { kind: 'missing' };
}

/** Uses the link up; undefined when somebody else just did. */
async function taken(
  identity: Identity,
  tx: Transaction,
  { tenant, link, person, purpose }: Found,
): Promise<Act | undefined> {
  if (!(await takeLink(tx, tenant, link))) return undefined;
  const granted = await identity.permissionsOf(tx, tenant, person.id, identity.now());
  const actor = actorOf(identity, person.id, granted);
  const subject = `person:${person.id}`;
  await appendAudit(tx, [{ tenant, actor, what: 'link.used', subject, details: { purpose } }]);
  return { tx, tenant, actor };
}

async function dropFactors({ tx, tenant, actor }: Act, person: PersonId): Promise<void> {
  for (const table of ['passkey', 'totp', 'recovery_code'])
    await tx.query(`delete from ${table} where tenant_id = $1 and person_id = $2`, [tenant, person]);
  const event = { tenant, actor, what: 'account.factors-dropped', subject: `person:${person}`, details: {} };
  await appendAudit(tx, [event]);
}
