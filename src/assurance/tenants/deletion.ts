/**
 * The second step of a deletion: when the time of grace is over a periodic job destroys the tenant's key first, so that all
 * that is left is noise from then on, and then its rows, batch by batch. Bodies on disk lose their rows and are swept like
 * any other body that nobody needs. What was destroyed is reported, and the log of the platform has it.
 */
import { WORKER } from '#core/actor.ts';
import { PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import type { Database, Reader, Row } from '#platform/db.ts';
import { appendAudit } from '../audit/audit.ts';

export type Deletion = {
  readonly beganAt: Date;
  readonly keyGoneAt: Date | null;
  readonly endedAt: Date | null;
  /** Rows destroyed, by table. */
  readonly rows: Readonly<Record<string, number>>;
};

const COLUMNS = `began_at as "beganAt", key_gone_at as "keyGoneAt", ended_at as "endedAt", rows`;

/** For operators; undefined when nothing was destroyed yet. */
export async function deletionOf(on: Reader, tenant: TenantId): Promise<Deletion | undefined> {
  const [row] = await on.query<Deletion & Row>(`select ${COLUMNS} from tenant_deletion_report($1)`, [tenant]);
  return row;
}

const BATCH = 5_000;
/** Of one tenant in one run of the job, so that one whose rows cannot go does not keep the others waiting. */
const MAX_BATCHES = 500;

/** Destroys what is due, as the role of jobs. Returns how many tenants are gone for good. */
export async function destroyDue(db: Database, stopping: AbortSignal): Promise<number> {
  const due = await db.query<{ id: TenantId }>(
    `select id from tenant where state = 'deleting' and delete_after <= now() order by delete_after`,
  );
  let ended = 0;
  for (const { id } of due) {
    let isGone = false;
    for (let i = 0; i < MAX_BATCHES && !isGone && !stopping.aborted; i++) isGone = await destroyBatch(db, id);
    if (isGone) ended++;
  }
  return ended;
}

/** True when nothing is left; then the event is in the same transaction as the last of it. */
async function destroyBatch(db: Database, tenant: TenantId): Promise<boolean> {
  return await db.transact(async (tx) => {
    const [row] = await tx.query<{ clean: boolean }>('select tenant_destroy($1, $2) as clean', [
      tenant,
      BATCH,
    ]);
    if (row?.clean !== true) return false;
    const [report] = await tx.query<Deletion & Row>(
      `select ${COLUMNS} from tenant_deletion where tenant_id = $1`,
      [tenant],
    );
    const details = { rows: report?.rows ?? {}, keyGoneAt: report?.keyGoneAt ?? null };
    await appendAudit(tx, [
      { tenant: PLATFORM_TENANT, what: 'tenant.deleted', actor: WORKER, subject: tenant, details },
    ]);
    return true;
  });
}
