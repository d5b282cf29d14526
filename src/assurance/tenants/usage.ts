/** The numbers that limits on mail are held against, counted each minute; a limit that was reached is an event of the tenant. */
import { WORKER } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import { appendAudit } from '../audit/audit.ts';

/** Counts every tenant that is not gone, as the role of jobs. Returns how many limits were newly reached. */
export async function countTenants(db: Database, stopping: AbortSignal): Promise<number> {
  const tenants = await db.query<{ id: TenantId }>(
    `select id from tenant where state <> 'deleted' and id <> platform_tenant()`,
  );
  let reached = 0;
  for (const { id } of tenants) {
    if (stopping.aborted) break;
    reached += await countOne(db, id);
  }
  return reached;
}

export async function countOne(db: Database, tenant: TenantId): Promise<number> {
  return await db.transact(async (tx) => {
    const [row] = await tx.query<{ reached: readonly string[] }>(
      'select count_tenant($1) as reached',
      [tenant],
      'tenant.count',
    );
    const reached = row?.reached ?? [];
    await appendAudit(
      tx,
      reached.map((limit) => ({
        tenant,
        what: 'tenant.quota-reached',
        actor: WORKER,
        subject: tenant,
        details: { limit },
      })),
    );
    return reached.length;
  });
}
