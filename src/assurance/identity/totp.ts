/**
 * Codes of an authenticator app (RFC 6238): six digits, thirty seconds, SHA-1, which is what every app understands. The
 * secret is sealed under the tenant's key. A code of the step before or after is taken, each one once.
 */
import { Secret, TOTP } from 'otpauth';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import type { Act, PersonId } from './identity.ts';
import { recordPerson } from './people.ts';

const STEP_S = 30;
const SECRET_BYTES = 20;
/** More than anybody has; bounds what one sign-in compares. */
export const MAX_TOTP = 5;
/** Of a registration that was begun and not confirmed. */
const UNCONFIRMED_LIFE = '15 minutes';

export type TotpId = Id<'totp'>;
export type NewTotp = {
  readonly id: TotpId;
  /** For typing by hand, base32. */
  readonly secret: string;
  /** For the QR code. */
  readonly uri: string;
};

const context = (id: TotpId): string => `totp/${id}`;
const totpOf = (secret: Uint8Array, label = ''): TOTP =>
  new TOTP({
    issuer: 'Gatehouse',
    label,
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    period: STEP_S,
  });

/** Begins a registration; it counts for nothing until `confirmTotp`. */
export async function beginTotp(
  act: Act,
  keys: KeyStore,
  person: { readonly id: PersonId; readonly email: string },
  name: string,
): Promise<NewTotp> {
  const { tx, tenant } = act;
  await tx.query(`delete from totp where tenant_id = $1 and person_id = $2 and confirmed_at is null`, [
    tenant,
    person.id,
  ]);
  const id = newId<'totp'>();
  const secret = new Secret({ size: SECRET_BYTES });
  const sealed = keys.seal(tenant, context(id), new Uint8Array(secret.buffer));
  await tx.query('insert into totp (tenant_id, id, person_id, name, sealed) values ($1, $2, $3, $4, $5)', [
    tenant,
    id,
    person.id,
    name,
    sealed,
  ]);
  await recordPerson(act, 'account.totp-begun', person.id, { totp: id });
  const uri = totpOf(new Uint8Array(secret.buffer), person.email).toString();
  return { id, secret: secret.base32, uri };
}

/** False for a wrong code, or a registration that is not there (any more). */
export async function confirmTotp(
  act: Act,
  keys: KeyStore,
  person: PersonId,
  which: { readonly id: TotpId; readonly code: string },
  nowMs: number,
): Promise<boolean> {
  const { tx, tenant } = act;
  const rows = await tx.query<SealedTotp>(
    `select id, sealed from totp where tenant_id = $1 and person_id = $2 and id = $3 and confirmed_at is null
       and created_at > now() - $4::interval`,
    [tenant, person, which.id, UNCONFIRMED_LIFE],
  );
  if (!(await takeCode(tx, keys, tenant, rows, which.code, nowMs))) return false;
  await tx.query('update totp set confirmed_at = now() where tenant_id = $1 and id = $2', [tenant, which.id]);
  await recordPerson(act, 'account.totp-added', person, { totp: which.id });
  return true;
}

/** Whether the code is right now, and takes it: it is never right again. */
export async function useTotp(
  tx: Transaction,
  keys: KeyStore,
  tenant: TenantId,
  person: PersonId,
  code: string,
  nowMs: number,
): Promise<boolean> {
  const rows = await tx.query<SealedTotp>(
    `select id, sealed from totp where tenant_id = $1 and person_id = $2 and confirmed_at is not null limit ${MAX_TOTP}`,
    [tenant, person],
  );
  return await takeCode(tx, keys, tenant, rows, code, nowMs);
}

type SealedTotp = { readonly id: TotpId; readonly sealed: Uint8Array };

async function takeCode(
  tx: Transaction,
  keys: KeyStore,
  tenant: TenantId,
  rows: readonly SealedTotp[],
  code: string,
  nowMs: number,
): Promise<boolean> {
  for (const { id, sealed } of rows) {
    const totp = totpOf(keys.open(tenant, context(id), sealed));
    const delta = totp.validate({ token: code, timestamp: nowMs, window: 1 });
    if (delta === null) continue;
    const step = Math.floor(nowMs / 1000 / STEP_S) + delta;
    // RFC 6238 §5.2: a code that was taken must not be taken again.
    const taken = await tx.query(
      `update totp set last_step = $3 where tenant_id = $1 and id = $2 and (last_step is null or last_step < $3) returning id`,
      [tenant, id, step],
    );
    if (taken.length === 1) return true;
  }
  return false;
}

export async function removeTotp(act: Act, person: PersonId, id: TotpId): Promise<boolean> {
  const gone = await act.tx.query(
    'delete from totp where tenant_id = $1 and person_id = $2 and id = $3 returning id',
    [act.tenant, person, id],
  );
  if (gone.length === 1) await recordPerson(act, 'account.totp-removed', person, { totp: id });
  return gone.length === 1;
}

export type KnownTotp = { readonly id: TotpId; readonly name: string; readonly createdAt: Date };

export async function listTotp(
  db: Reader,
  tenant: TenantId,
  person: PersonId,
): Promise<readonly KnownTotp[]> {
  return await db.query<KnownTotp>(
    `select id, name, created_at as "createdAt" from totp
     where tenant_id = $1 and person_id = $2 and confirmed_at is not null order by id`,
    [tenant, person],
  );
}
