/**
 * Brings bodies to the place their tenant is pinned to: sealed as they are, so that no key is needed. Run by a job of its
 * own, and again until nothing is elsewhere. What was packed with others leaves its old segment with the next sweep.
 */
import type { BlobId, TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';

const BATCH = 500;

/** `move` brings one body to its tenant's place and says whether it was elsewhere. Returns how many were. */
export async function moveBodies(
  db: Database,
  move: (id: BlobId, tenant: TenantId) => Promise<boolean>,
  stopping: AbortSignal,
): Promise<number> {
  const tenants = await db.query<{ id: TenantId }>(
    `select id from tenant where location is not null and state <> 'deleted' and id <> all (tenants_elsewhere())`,
  );
  let moved = 0;
  for (const { id: tenant } of tenants)
    for (let after = '00000000-0000-0000-0000-000000000000'; !stopping.aborted;) {
      const bodies = await db.query<{ id: BlobId }>(
        `select distinct message_id as id from recipient where tenant_id = $1 and state in ('queued', 'held')
           and message_id > $2 order by message_id limit ${BATCH}`,
        [tenant, after],
      );
      for (const { id } of bodies) if (await move(id, tenant)) moved++;
      if (bodies.length < BATCH) break;
      after = bodies.at(-1)?.id ?? after;
    }
  return moved;
}
