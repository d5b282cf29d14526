/**
 * One transaction that touches two tenants: what an operator does is recorded in the log of the platform and in the log of
 * the tenant it was done to, and both or none. The database names a tenant at a time here as everywhere.
 */
import type { TenantId } from '#core/id.ts';
import type { Transaction } from '#platform/db.ts';

/** Runs `work` with the transaction in that tenant, and goes back to the one it was in. A failure ends the transaction anyway. */
export async function inTenant<T>(tx: Transaction, tenant: TenantId, work: () => Promise<T>): Promise<T> {
  const [row] = await tx.query<{ before: string | null }>('select current_tenant()::text as before');
  await tx.query(NAME, [tenant]);
  const value = await work();
  await tx.query(NAME, [row?.before ?? '']);
  return value;
}

/** For the rest of this transaction only: a commit or a rollback brings back what the connection was told. */
const NAME = `select set_config('gatehouse.tenant', $1, true)`;
