/**
 * Who people and services are, what they prove it with, and what they are signed in with.
 *
 * Words: a *person* belongs to one tenant. A *factor* is what is proved: password, passkey, TOTP code, recovery code. A
 * *session* stands for a person that proved enough; one that still owes a factor is *enrolling* and may only add it. A *key*
 * stands for a *service account*. A *link* works once and starts what no factor can prove yet: joining, a lost password.
 *
 * A token names its tenant first (`tokens.ts`), so every look-up happens inside one tenant and there is none across them.
 * What only needs comparing is stored as a hash. Nothing here caches: a person that is suspended is out at the next request.
 * What may be done by whom is not decided here (`PermissionsOf`).
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Actor } from '#core/actor.ts';
import type { Id, TenantId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import type { Database, Reader, Transaction } from '#platform/db.ts';
import type { IsBreached } from './password-rules.ts';
import type { RelyingParty } from './relying-party.ts';

export type PersonId = Id<'person'>;
export type SessionId = Id<'session'>;

/** What somebody may do now: with the things of the own tenant, and with the installation. */
export type Granted = { readonly tenant: ReadonlySet<string>; readonly platform: ReadonlySet<string> };
/** Decided by the room of permissions; asked at each request, on a connection of the person's tenant. */
export type PermissionsOf = (
  reader: Reader,
  tenant: TenantId,
  person: PersonId,
  nowMs: number,
) => Promise<Granted>;

export type Identity = {
  /** As the role that sees the tenant it names. */
  readonly db: Database;
  readonly keys: KeyStore;
  readonly permissionsOf: PermissionsOf;
  /** Whether these rights are more than every employee has, so that a second factor is owed. */
  readonly isPrivileged: (granted: Granted) => boolean;
  readonly relyingParty: RelyingParty;
  /** Whether a password stands in the operator's list of leaked ones; absent where there is no list. */
  readonly isBreached?: IsBreached | undefined;
  readonly now: Clock;
};

/** Who changes something, and the transaction that also takes its audit event. */
export type Act = { readonly tx: Transaction; readonly tenant: TenantId; readonly actor: Actor };

/** Where a request comes from. */
export type From = { readonly ip: string; readonly userAgent: string };
