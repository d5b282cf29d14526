/** Proving anew, inside a session, that it is still the same person: what sensitive acts ask for. */
import { appendAudit } from '#assurance/audit/audit.ts';
import { factorsOf, hasSecondFactor } from './factors.ts';
import type { Act, From, Identity, PersonId } from './identity.ts';
import { fitsPassword, passwordOf } from './passwords.ts';
import type { Proof } from './sessions.ts';
import { useSecond, type PasskeyResponse } from './sign-in.ts';
import { bucketsOf, forgive, knownDevice, takeTurn } from './throttle.ts';

export type AnewGiven = {
  readonly person: PersonId;
  readonly proof:
    | { readonly passkey: PasskeyResponse }
    | { readonly password: string; readonly code?: string | undefined };
  readonly device: string | undefined;
  readonly from: From;
};
export type Anew =
  | { readonly kind: 'proved'; readonly proofs: readonly Proof[] }
  | { readonly kind: 'failed' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** A failure is recorded in a transaction of its own: the one of the request is rolled back with it. */
export async function proveAnew(identity: Identity, act: Act, given: AnewGiven): Promise<Anew> {
  const { keys, now } = identity;
  const { tenant } = act;
  const { person } = given;
  const db = identity.db.asTenant(tenant);
  const device = knownDevice(keys, tenant, person, given.device, now());
  const buckets = bucketsOf(keys, { tenant, account: person, from: given.from, device }, 'factor');
  const seconds = 'passkey' in given.proof ? 0 : await takeTurn(db, tenant, buckets, now());
  if (seconds > 0) return { kind: 'wait', seconds };
  const proofs = await check(identity, act, given);
  if (proofs !== undefined) {
    await forgive(act.tx, tenant, buckets, now());
    return { kind: 'proved', proofs };
  }
  const event = {
    tenant,
    actor: act.actor,
    what: 'session.proof-failed',
    subject: `person:${person}`,
    details: {},
  };
  await db.transact((tx) => appendAudit(tx, [event]));
  return { kind: 'failed' };
}

async function check(
  identity: Identity,
  { tx, tenant }: Act,
  { person, proof }: AnewGiven,
): Promise<readonly Proof[] | undefined> {
  if ('passkey' in proof)
    return (await useSecond(identity, tx, tenant, person, proof, 'step-up')) === undefined
      ? undefined
      : ['passkey'];
  const fits = await fitsPassword(await passwordOf(tx, tenant, person), proof.password);
  const needsCode = hasSecondFactor(await factorsOf(tx, tenant, person));
  if (!fits) return undefined;
  if (!needsCode) return ['password'];
  const second = await useSecond(identity, tx, tenant, person, { code: proof.code ?? '' }, 'step-up');
  return second === undefined ? undefined : ['password', second];
}
