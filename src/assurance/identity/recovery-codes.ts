/** Ten codes for the day when every other factor is lost: shown once, stored as hashes, each good once. */
import { createHash, randomInt } from 'node:crypto';
import type { TenantId } from '#core/id.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import type { Act, PersonId } from './identity.ts';
import { recordPerson } from './people.ts';

const COUNT = 10;
/** Crockford's letters: none that is taken for another. 24 of 32 are 120 bits, so a plain hash is enough (ASVS 6.5.2). */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 24;

/** New codes take the place of all older ones. */
export async function makeRecoveryCodes(act: Act, person: PersonId): Promise<readonly string[]> {
  const { tx, tenant } = act;
  const codes = Array.from({ length: COUNT }, makeCode);
  await tx.query('delete from recovery_code where tenant_id = $1 and person_id = $2', [tenant, person]);
  await tx.query(
    'insert into recovery_code (tenant_id, person_id, hash) select $1, $2, unnest($3::bytea[])',
    [tenant, person, codes.map(hashOf)],
  );
  await recordPerson(act, 'account.recovery-codes-made', person, { count: COUNT });
  return codes;
}

/** Whether it is one of the person's codes that was never used, and uses it. */
export async function useRecoveryCode(
  tx: Transaction,
  tenant: TenantId,
  person: PersonId,
  code: string,
): Promise<boolean> {
  const used = await tx.query(
    `update recovery_code set used_at = now()
     where tenant_id = $1 and person_id = $2 and hash = $3 and used_at is null returning hash`,
    [tenant, person, hashOf(code)],
  );
  return used.length === 1;
}

export async function recoveryCodesLeft(db: Reader, tenant: TenantId, person: PersonId): Promise<number> {
  const [row] = await db.query<{ left: number }>(
    `select count(*)::int as left from recovery_code where tenant_id = $1 and person_id = $2 and used_at is null`,
    [tenant, person],
  );
  return row?.left ?? 0;
}

function makeCode(): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

/** As it was typed from paper: any case, with or without dashes. */
function hashOf(code: string): Uint8Array {
  return createHash('sha256')
    .update(code.toLowerCase().replaceAll(/[^0-9a-z]/g, ''))
    .digest();
}
