/**
 * Passkeys (Web Authentication Level 2): made with user verification, so that one passkey is both factors; discoverable,
 * with tenant and person as user handle, so that signing in needs no name. The challenge is a seal of ours (`seals.ts`).
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { type Id, newId, parseId, type TenantId } from '#core/id.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import type { Act, Identity, PersonId } from './identity.ts';
import { recordPerson } from './people.ts';
import { makeSeal, openSeal, SEAL_LIFE_MS, useOnce } from './seals.ts';
import { bare } from './tokens.ts';

export type PasskeyId = Id<'passkey'>;
export type Passkey = {
  readonly id: PasskeyId;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** Whether it is copied between devices, by whoever made them. */
  readonly isBackedUp: boolean;
};
/** What a challenge was made for; one made for one thing is no good for another. */
export type PasskeyUse = 'add' | 'sign-in' | 'second-factor' | 'step-up' | 'approval';

export const MAX_PASSKEYS = 20;

export async function passkeyCreation(
  identity: Identity,
  tenant: TenantId,
  person: { readonly id: PersonId; readonly email: string; readonly name: string },
  known: readonly string[],
): Promise<Awaited<ReturnType<typeof generateRegistrationOptions>>> {
  const { relyingParty, keys, now } = identity;
  return await generateRegistrationOptions({
    rpName: relyingParty.name,
    rpID: relyingParty.id,
    userName: person.email,
    userDisplayName: person.name,
    userID: userHandle(tenant, person.id),
    challenge: challengeBytes(makeSeal(keys, tenant, purpose('add', person.id), null, now())),
    timeout: SEAL_LIFE_MS,
    attestationType: 'none',
    excludeCredentials: known.map((id) => ({ id })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
}

/** Undefined for a response that proves nothing, or whose challenge is not (any more) good. */
export async function addPasskey(
  identity: Identity,
  act: Act,
  person: PersonId,
  given: { readonly name: string; readonly response: RegistrationResponseJSON },
): Promise<PasskeyId | undefined> {
  const { tx, tenant } = act;
  const client = clientData(identity, given.response.response.clientDataJSON);
  const seal =
    client && openSeal(identity.keys, tenant, purpose('add', person), client.challenge, identity.now());
  if (client === undefined || seal === undefined || !(await useOnce(tx, tenant, seal))) return undefined;
  const verified = await expected(
    verifyRegistrationResponse({
      response: given.response,
      expectedChallenge: client.challenge,
      expectedOrigin: client.origin,
      expectedRPID: identity.relyingParty.id,
      requireUserVerification: true,
    }),
  );
  if (verified?.verified !== true) return undefined;
  const { credential, credentialBackedUp } = verified.registrationInfo;
  const id = newId<'passkey'>();
  const rows = await tx.query(
    `insert into passkey (tenant_id, id, person_id, credential_id, public_key, counter, transports, is_backed_up, name)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id`,
    [
      tenant,
      id,
      person,
      credential.id,
      credential.publicKey,
      credential.counter,
      credential.transports ?? [],
      credentialBackedUp,
      given.name,
    ],
  );
  if (rows.length === 0) return undefined;
  await recordPerson(act, 'account.passkey-added', person, { passkey: id, backedUp: credentialBackedUp });
  return id;
}

/** What the browser is asked to sign. Without a person any passkey of ours will do. */
export async function passkeyRequest(
  identity: Identity,
  tenant: TenantId,
  use: PasskeyUse,
  subject: string,
  credentials: readonly string[] = [],
): Promise<Awaited<ReturnType<typeof generateAuthenticationOptions>>> {
  return await generateAuthenticationOptions({
    rpID: identity.relyingParty.id,
    challenge: challengeBytes(makeSeal(identity.keys, tenant, purpose(use, subject), null, identity.now())),
    timeout: SEAL_LIFE_MS,
    userVerification: 'required',
    allowCredentials: credentials.map((id) => ({ id })),
  });
}

export type Assertion = {
  /** Where the challenge was made, and what for. */
  readonly madeIn: TenantId;
  readonly use: PasskeyUse;
  readonly subject: string;
  /** Whose passkey it must be. */
  readonly tenant: TenantId;
  readonly person: PersonId;
  readonly response: AuthenticationResponseJSON;
};

/** The passkey that signed, or undefined: unknown, somebody else's, challenge used or too old, counter gone back. */
export async function usePasskey(
  identity: Identity,
  tx: Transaction,
  given: Assertion,
): Promise<PasskeyId | undefined> {
  const { tenant, person, response } = given;
  const client = clientData(identity, response.response.clientDataJSON);
  const seal =
    client &&
    openSeal(
      identity.keys,
      given.madeIn,
      purpose(given.use, given.subject),
      client.challenge,
      identity.now(),
    );
  if (client === undefined || seal === undefined || !(await useOnce(tx, tenant, seal))) return undefined;
  const stored = await credentialOf(tx, tenant, person, response.id);
  if (stored === undefined) return undefined;
  const verified = await expected(
    verifyAuthenticationResponse({
      response,
      expectedChallenge: client.challenge,
      expectedOrigin: client.origin,
      expectedRPID: identity.relyingParty.id,
      requireUserVerification: true,
      credential: { id: response.id, publicKey: new Uint8Array(stored.publicKey), counter: stored.counter },
    }),
  );
  if (verified?.verified !== true) return undefined;
  const { newCounter, credentialBackedUp } = verified.authenticationInfo;
  await tx.query(
    `update passkey set counter = $3, is_backed_up = $4, last_used_at = now() where tenant_id = $1 and id = $2`,
    [tenant, stored.id, newCounter, credentialBackedUp],
  );
  return stored.id;
}

type Stored = { readonly id: PasskeyId; readonly publicKey: Uint8Array; readonly counter: number };

async function credentialOf(
  tx: Transaction,
  tenant: TenantId,
  person: PersonId,
  credential: string,
): Promise<Stored | undefined> {
  // Locked, so that two uses of one counter cannot both pass.
  const [row] = await tx.query<Stored>(
    `select id, public_key as "publicKey", counter from passkey
     where tenant_id = $1 and person_id = $2 and credential_id = $3 for update`,
    [tenant, person, credential],
  );
  return row;
}

const purpose = (use: PasskeyUse, subject: string): string => `passkey/${use}/${subject}`;

/** Sixteen bytes of tenant, sixteen of person. */
function userHandle(tenant: TenantId, person: PersonId): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(bare(tenant) + bare(person), 'hex'));
}

/** Whose passkey answers, as it says itself; the signature decides. */
export function ownerOf(handle: string | undefined): { tenant: TenantId; person: PersonId } | undefined {
  const hex = Buffer.from(handle ?? '', 'base64url').toString('hex');
  if (hex.length !== 64) return undefined;
  const dashed = (h: string): string => h.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const tenant = parseId<'tenant'>(dashed(hex.slice(0, 32)));
  const person = parseId<'person'>(dashed(hex.slice(32)));
  return tenant === undefined || person === undefined ? undefined : { tenant, person };
}

function challengeBytes(seal: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(seal, 'base64url'));
}

/** Challenge and origin as the browser says it signed them; undefined where the page was not ours. */
function clientData(
  { relyingParty }: Identity,
  encoded: string,
): { readonly challenge: string; readonly origin: string } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    return undefined; // not JSON: nothing a browser signed
  }
  const { challenge, origin } = (parsed ?? {}) as { challenge?: unknown; origin?: unknown };
  if (typeof challenge !== 'string' || typeof origin !== 'string' || !relyingParty.isOurs(origin))
    return undefined;
  return { challenge, origin };
}

/** The library throws for every response that does not verify; to us that is an answer. */
async function expected<T>(verification: Promise<T>): Promise<T | undefined> {
  try {
    return await verification;
  } catch {
    return undefined; // hostile or broken input: it verifies nothing, which is all that counts
  }
}

export async function listPasskeys(
  db: Reader,
  tenant: TenantId,
  person: PersonId,
): Promise<readonly Passkey[]> {
  return await db.query<Passkey>(
    `select id, name, created_at as "createdAt", last_used_at as "lastUsedAt", is_backed_up as "isBackedUp"
     from passkey where tenant_id = $1 and person_id = $2 order by id`,
    [tenant, person],
  );
}

export async function credentialIds(
  db: Reader,
  tenant: TenantId,
  person: PersonId,
): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>(
    'select credential_id as id from passkey where tenant_id = $1 and person_id = $2 order by id',
    [tenant, person],
  );
  return rows.map((r) => r.id);
}

export async function renamePasskey(
  act: Act,
  person: PersonId,
  id: PasskeyId,
  name: string,
): Promise<boolean> {
  const rows = await act.tx.query(
    'update passkey set name = $4 where tenant_id = $1 and person_id = $2 and id = $3 returning id',
    [act.tenant, person, id, name],
  );
  if (rows.length === 1) await recordPerson(act, 'account.passkey-renamed', person, { passkey: id });
  return rows.length === 1;
}

export async function removePasskey(act: Act, person: PersonId, id: PasskeyId): Promise<boolean> {
  const gone = await act.tx.query(
    'delete from passkey where tenant_id = $1 and person_id = $2 and id = $3 returning id',
    [act.tenant, person, id],
  );
  if (gone.length === 1) await recordPerson(act, 'account.passkey-removed', person, { passkey: id });
  return gone.length === 1;
}
