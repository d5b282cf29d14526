/** A person's password: set, compared, made anew with today's parameters. Hashing is `platform/password-hash.ts`. */
import type { TenantId } from '#core/id.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import { hashPassword, isOutdated, verifyPassword } from '#platform/password-hash.ts';
import { type Act, type PersonId } from './identity.ts';
import { recordPerson } from './people.ts';

/** The password must have been held against the rules (`password-rules.ts`) by the caller. */
export async function setPassword(
  act: Act,
  person: PersonId,
  password: string,
  resetBy: string | null = null,
): Promise<void> {
  await act.tx.query(
    `insert into person_password (tenant_id, person_id, phc, reset_by) values ($1, $2, $3, $4)
     on conflict (tenant_id, person_id) do update set phc = $3, set_at = now(), reset_by = $4`,
    [act.tenant, person, await hashPassword(password), resetBy],
  );
  await recordPerson(act, 'account.password-set', person, {});
}

export async function removePassword(act: Act, person: PersonId): Promise<void> {
  await act.tx.query('delete from person_password where tenant_id = $1 and person_id = $2', [
    act.tenant,
    person,
  ]);
  await recordPerson(act, 'account.password-removed', person, {});
}

export async function passwordOf(
  db: Reader,
  tenant: TenantId,
  person: PersonId,
): Promise<string | undefined> {
  const [row] = await db.query<{ phc: string }>(
    'select phc from person_password where tenant_id = $1 and person_id = $2',
    [tenant, person],
  );
  return row?.phc;
}

/** Costs the same whether there is a password or not. */
export async function fitsPassword(phc: string | undefined, password: string): Promise<boolean> {
  return await verifyPassword(password, phc);
}

/** After a sign-in that had the password in its hands anyway. */
export async function renewHash(
  tx: Transaction,
  tenant: TenantId,
  person: PersonId,
  phc: string,
  password: string,
): Promise<void> {
  if (!isOutdated(phc)) return;
  await tx.query('update person_password set phc = $3 where tenant_id = $1 and person_id = $2', [
    tenant,
    person,
    await hashPassword(password),
  ]);
}
