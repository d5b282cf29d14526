/** What a person can prove itself with, and whether that is enough. */
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';
import type { PersonId } from './identity.ts';

export type Factors = {
  readonly password: boolean;
  readonly passkeys: number;
  readonly totp: number;
  readonly recoveryCodes: number;
};

export async function factorsOf(db: Reader, tenant: TenantId, person: PersonId): Promise<Factors> {
  const [row] = await db.query<Factors>(
    `select exists (select from person_password where tenant_id = $1 and person_id = $2) as password,
       (select count(*)::int from passkey where tenant_id = $1 and person_id = $2) as passkeys,
       (select count(*)::int from totp where tenant_id = $1 and person_id = $2 and confirmed_at is not null) as totp,
       (select count(*)::int from recovery_code where tenant_id = $1 and person_id = $2 and used_at is null) as "recoveryCodes"`,
    [tenant, person],
  );
  return row ?? { password: false, passkeys: 0, totp: 0, recoveryCodes: 0 };
}

/** Whether there is something besides the password; recovery codes are for emergencies and do not count. */
export function hasSecondFactor({ passkeys, totp }: Factors): boolean {
  return passkeys > 0 || totp > 0;
}

/** Whether the person can come back with what it has: a passkey, or a password and what is owed besides. */
export function isEnrolled(factors: Factors, isPrivileged: boolean): boolean {
  return factors.passkeys > 0 || (factors.password && (!isPrivileged || factors.totp > 0));
}
