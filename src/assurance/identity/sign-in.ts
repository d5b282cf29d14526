/**
 * The way into a session: password, then the second factor; or a passkey alone; or a one-time link.
 *
 * Nobody learns from it who has an account: an unknown organisation or address takes the same statements, the same hashing
 * and gets the same answer as a wrong password, and is recorded under a keyed hash of what was typed. Each try is counted as
 * failed before it is looked at (`throttle.ts`).
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import { fromUtf8 } from '#core/bytes.ts';
import { parseId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import type { Database, Transaction } from '#platform/db.ts';
import { factorsOf, hasSecondFactor, isEnrolled, type Factors } from './factors.ts';
import type { From, Granted, Identity, PersonId } from './identity.ts';
import { emailKey } from './people.ts';
import { credentialIds, ownerOf, passkeyRequest, usePasskey, type PasskeyUse } from './passkeys.ts';
import { fitsPassword, renewHash } from './passwords.ts';
import { useRecoveryCode } from './recovery-codes.ts';
import { makeSeal, openSeal, useOnce, type Opened } from './seals.ts';
import { actorOf, startSession, type NewSession, type Proof } from './sessions.ts';
import {
  bucketsOf,
  forgive,
  knownDevice,
  makeDevice,
  takeTurn,
  type Bucket,
  type Meant,
} from './throttle.ts';
import { bare } from './tokens.ts';
import { useTotp } from './totp.ts';

export type PasskeyResponse = Parameters<typeof usePasskey>[2]['response'];
export type SignedIn = NewSession & {
  readonly kind: 'signed-in';
  readonly isEnrolling: boolean;
  /** For the browser to keep, so that what strangers do to the account does not slow it down. */
  readonly device: string;
};
export type SecondStep = {
  readonly kind: 'second-factor';
  readonly ticket: string;
  readonly factors: Factors;
  /** What a passkey of the person is asked to sign, where there is one. */
  readonly passkey: Awaited<ReturnType<typeof passkeyRequest>> | undefined;
};
export type SignInOutcome =
  | SignedIn
  | SecondStep
  | { readonly kind: 'failed' }
  | { readonly kind: 'wait'; readonly seconds: number };

const FAILED = { kind: 'failed' } as const;

/** The tenant that is meant: by name, or the only one there is. */
export async function tenantMeant(db: Database, name: string | undefined): Promise<TenantId | undefined> {
  const [row] = await db.query<{ id: TenantId | null }>(
    'select case when $1::text is null then sole_tenant() else tenant_named($1) end as id',
    [name ?? null],
  );
  return row?.id ?? undefined;
}

export type PasswordGiven = {
  readonly tenant: TenantId | undefined;
  readonly email: string;
  readonly password: string;
  readonly device: string | undefined;
  readonly from: From;
};

type Candidate = { readonly id: PersonId; readonly state: string; readonly phc: string | null };
/** Stands where nobody was found, so that the rest of the way is the same. */
const NOBODY = '00000000-0000-7000-8000-000000000000' as PersonId;

export async function signInWithPassword(identity: Identity, given: PasswordGiven): Promise<SignInOutcome> {
  const { keys, now } = identity;
  // An unknown organisation is looked for where nobody has such an address.
  const tenant = given.tenant ?? PLATFORM_TENANT;
  const email = given.tenant === undefined ? `\u{1}${emailKey(given.email)}` : emailKey(given.email);
  await keys.ensureTenant(tenant);
  const db = identity.db.asTenant(tenant);
  const [found] = await db.query<Candidate>(
    `select p.id, p.state, w.phc from person p
     left join person_password w on w.tenant_id = p.tenant_id and w.person_id = p.id
     where p.tenant_id = $1 and p.email_key = $2 and p.state <> 'left'`,
    [tenant, email],
    'identity.candidate',
  );
  const person = found?.id ?? NOBODY;
  const device = knownDevice(keys, tenant, person, given.device, now());
  const meant: Meant = { tenant, account: email, from: given.from, device };
  const buckets = bucketsOf(keys, meant, 'password');
  const seconds = await takeTurn(db, tenant, buckets, now());
  if (seconds > 0) return { kind: 'wait', seconds };
  const fits = await fitsPassword(found?.phc ?? undefined, given.password);
  if (!fits || found?.phc == null || found.state !== 'active') {
    await recordFailure(identity, meant, 'password');
    return FAILED;
  }
  const { phc } = found;
  return await db.transact(async (tx) => {
    await forgive(tx, tenant, buckets, now());
    await renewHash(tx, tenant, person, phc, given.password);
    return await afterProof(identity, tx, { tenant, person, from: given.from, proofs: ['password'] });
  });
}

type Proved = {
  readonly tenant: TenantId;
  readonly person: PersonId;
  readonly from: From;
  readonly proofs: readonly Proof[];
};

/** What one proof that is not a passkey leads to: the second step, or a session that may have to enrol first. */
export async function afterProof(
  identity: Identity,
  tx: Transaction,
  proved: Proved,
): Promise<SignedIn | SecondStep> {
  const { tenant, person } = proved;
  const factors = await factorsOf(tx, tenant, person);
  if (hasSecondFactor(factors)) return await secondStep(identity, tx, proved, factors);
  return await openSession(identity, tx, proved);
}

async function secondStep(
  identity: Identity,
  tx: Transaction,
  proved: Proved,
  factors: Factors,
): Promise<SecondStep> {
  const { tenant, person, proofs } = proved;
  const ticket = makeSeal(identity.keys, tenant, TICKET, { person, proofs }, identity.now());
  const ids = await credentialIds(tx, tenant, person);
  const passkey =
    ids.length === 0 ? undefined : await passkeyRequest(identity, tenant, 'second-factor', person, ids);
  return { kind: 'second-factor', ticket: `${bare(tenant)}.${ticket}`, factors, passkey };
}

const TICKET = 'sign-in-ticket';

/** Starts the session; one that owes a factor may only enrol. */
export async function openSession(identity: Identity, tx: Transaction, proved: Proved): Promise<SignedIn> {
  const { tenant, person, proofs, from } = proved;
  const nowMs = identity.now();
  const granted = await identity.permissionsOf(tx, tenant, person, nowMs);
  const isEnrolling = !(await isEnough(identity, tx, proved, granted));
  const actor = actorOf(identity, person, granted);
  const session = await startSession(tx, { tenant, person, actor, proofs, isEnrolling, from, nowMs });
  return {
    kind: 'signed-in',
    ...session,
    isEnrolling,
    device: makeDevice(identity.keys, tenant, person, nowMs),
  };
}

async function isEnough(
  identity: Identity,
  tx: Transaction,
  proved: Proved,
  granted: Granted,
): Promise<boolean> {
  if (proved.proofs.includes('passkey') || proved.proofs.includes('oidc')) return true;
  // A provider that showed no second factor stands for a password.
  if (proved.proofs.includes('oidc-first') && !identity.isPrivileged(granted)) return true;
  return isEnrolled(await factorsOf(tx, proved.tenant, proved.person), identity.isPrivileged(granted));
}

export type SecondGiven = {
  readonly ticket: string;
  readonly proof: { readonly code: string } | { readonly passkey: PasskeyResponse };
  readonly device: string | undefined;
  readonly from: From;
};

/** The second factor after a password or a link. */
export async function signInWithSecondFactor(identity: Identity, given: SecondGiven): Promise<SignInOutcome> {
  const ticket = await openTicket(identity, given.ticket);
  if (ticket === undefined) return FAILED;
  const { tenant, person, proofs, seal } = ticket;
  const db = identity.db.asTenant(tenant);
  const device = knownDevice(identity.keys, tenant, person, given.device, identity.now());
  const meant: Meant = { tenant, account: person, from: given.from, device };
  const buckets = bucketsOf(identity.keys, meant, 'factor');
  // A passkey cannot be guessed, so nobody's guesses delay it.
  const seconds = 'code' in given.proof ? await takeTurn(db, tenant, buckets, identity.now()) : 0;
  if (seconds > 0) return { kind: 'wait', seconds };
  const signedIn = await attempt(db, async (tx) => {
    if (!(await isActive(tx, tenant, person))) return undefined;
    const proof = await useSecond(identity, tx, tenant, person, given.proof, 'second-factor');
    if (proof === undefined || !(await useOnce(tx, tenant, seal))) return undefined;
    await forgive(tx, tenant, buckets, identity.now());
    return await openSession(identity, tx, { tenant, person, from: given.from, proofs: [...proofs, proof] });
  });
  if (signedIn !== undefined) return signedIn;
  await recordFailure(identity, meant, 'second-factor');
  return FAILED;
}

/** A code of an app, a recovery code or a passkey; taken, so that it never counts again. */
export async function useSecond(
  identity: Identity,
  tx: Transaction,
  tenant: TenantId,
  person: PersonId,
  proof: SecondGiven['proof'],
  use: PasskeyUse,
): Promise<Proof | undefined> {
  if ('passkey' in proof) {
    const { passkey: response } = proof;
    const key = await usePasskey(identity, tx, {
      madeIn: tenant,
      use,
      subject: person,
      tenant,
      person,
      response,
    });
    return key === undefined ? undefined : 'passkey';
  }
  if (/^\d{6}$/.test(proof.code))
    return (await useTotp(tx, identity.keys, tenant, person, proof.code, identity.now()))
      ? 'totp'
      : undefined;
  return (await useRecoveryCode(tx, tenant, person, proof.code)) ? 'recovery-code' : undefined;
}

type Ticket = {
  readonly tenant: TenantId;
  readonly person: PersonId;
  readonly proofs: readonly Proof[];
  readonly seal: Opened;
};

async function openTicket(identity: Identity, text: string): Promise<Ticket | undefined> {
  const [, hex, sealed] = /^([0-9a-f]{32})\.([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  const tenant = parseId<'tenant'>(
    (hex ?? '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  );
  if (tenant === undefined || sealed === undefined || !(await isTenant(identity.db, tenant)))
    return undefined;
  await identity.keys.ensureTenant(tenant);
  const seal = openSeal(identity.keys, tenant, TICKET, sealed, identity.now());
  if (seal === undefined) return undefined;
  const { person, proofs } = seal.value as { person: PersonId; proofs: readonly Proof[] }; // `as`: we sealed it so
  return { tenant, person, proofs, seal };
}

/** Whether there is such a tenant: no key may be made for one that somebody only thought up. */
export async function isTenant(db: Database, tenant: TenantId): Promise<boolean> {
  const rows = await db.asTenant(tenant).query('select 1 from tenant where id = $1', [tenant]);
  return rows.length === 1;
}

/** The challenge for signing in with any passkey of ours, before anybody said who they are. */
export async function passkeySignInRequest(
  identity: Identity,
): Promise<Awaited<ReturnType<typeof passkeyRequest>>> {
  await identity.keys.ensureTenant(PLATFORM_TENANT);
  return await passkeyRequest(identity, PLATFORM_TENANT, 'sign-in', '');
}

/** A passkey is both factors, so it leads straight into a session. */
export async function signInWithPasskey(
  identity: Identity,
  given: { readonly response: PasskeyResponse; readonly from: From },
): Promise<SignInOutcome> {
  const owner = ownerOf(given.response.response.userHandle);
  if (owner === undefined || !(await isTenant(identity.db, owner.tenant))) return FAILED;
  const { tenant, person } = owner;
  await identity.keys.ensureTenant(tenant);
  const db = identity.db.asTenant(tenant);
  const signedIn = await attempt(db, async (tx) => {
    if (!(await isActive(tx, tenant, person))) return undefined;
    const { response } = given;
    const assertion = {
      madeIn: PLATFORM_TENANT,
      use: 'sign-in',
      subject: '',
      tenant,
      person,
      response,
    } as const;
    if ((await usePasskey(identity, tx, assertion)) === undefined) return undefined;
    return await openSession(identity, tx, { tenant, person, from: given.from, proofs: ['passkey'] });
  });
  if (signedIn !== undefined) return signedIn;
  await recordFailure(identity, { tenant, account: person, from: given.from, device: undefined }, 'passkey');
  return FAILED;
}

async function isActive(tx: Transaction, tenant: TenantId, person: PersonId): Promise<boolean> {
  // Locked, so that a suspension and a sign-in at the same moment come one after the other.
  const rows = await tx.query(
    `select 1 from person where tenant_id = $1 and id = $2 and state in ('active', 'invited') for share`,
    [tenant, person],
  );
  return rows.length === 1;
}

class Undone extends Error {}

/** Runs `work` in a transaction that leaves nothing behind when the answer is undefined. */
export async function attempt<T>(
  db: Database,
  work: (tx: Transaction) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await db.transact(async (tx) => {
      const value = await work(tx);
      if (value === undefined) throw new Undone();
      return value;
    });
  } catch (error) {
    if (error instanceof Undone) return undefined;
    throw error;
  }
}

/** On record without the address itself: whoever reads the log must not learn what people typed by mistake. */
async function recordFailure(identity: Identity, meant: Meant, step: string): Promise<void> {
  const { tenant, account, from } = meant;
  const hash = Buffer.from(identity.keys.mac(tenant, 'audit/account', fromUtf8(account)))
    .toString('hex')
    .slice(0, 32);
  await identity.db.asTenant(tenant).transact((tx) =>
    appendAudit(tx, [
      {
        tenant,
        actor: `system:sign-in/${from.ip}`,
        what: 'sign-in.failed',
        subject: `account:${hash}`,
        details: { step, knownDevice: meant.device !== undefined },
      },
    ]),
  );
}

export type { Bucket };
