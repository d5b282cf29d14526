/**
 * Orders to write everything of a tenant into a folder. Who orders decides what is in it: an operator's order leaves bodies
 * out, and the database would not take another from it; the tenant's own has them opened (export-files.ts writes).
 */
import type { Actor } from '#core/actor.ts';
import type { Id, TenantId } from '#core/id.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { appendAudit } from '../audit/audit.ts';
import { type OperatorAct, recordOfBoth } from './tenants.ts';

export type Export = {
  readonly id: Id<'export'>;
  readonly askedAt: Date;
  readonly isOpen: boolean;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly tables: number;
  readonly rows: number;
  readonly bodies: number;
  readonly folder: string | null;
  readonly manifestSha256: string | null;
  readonly trouble: string | null;
  readonly endedAt: Date | null;
};

const COLUMNS = `id, asked_at as "askedAt", is_open as "isOpen", state, tables, rows, bodies, folder,
  manifest as "manifestSha256", trouble, ended_at as "endedAt"`;

/** What the periodic job is called that carries orders out. */
export const EXPORT_JOB = 'tenant-exports';

/** An operator's order; false when there is no such tenant. */
export async function orderExport(act: OperatorAct, tenant: TenantId, id: Id<'export'>): Promise<boolean> {
  const [row] = await act.tx.query<{ done: boolean }>('select tenant_order_export($1, $2, $3) as done', [
    tenant,
    id,
    act.actor,
  ]);
  if (row?.done !== true) return false;
  await recordOfBoth(act, tenant, 'tenant.export-asked', { export: id, isOpen: false });
  await wakeJob(act.tx);
  return true;
}

export async function ordersOf(on: Reader, tenant: TenantId): Promise<readonly Export[]> {
  return await on.query<Export & Row>(`select ${COLUMNS} from tenant_exports($1)`, [tenant]);
}

/** The tenant's own order; `tx` works on that tenant. */
export async function askForExport(
  { tx, actor }: { readonly tx: Transaction; readonly actor: Actor },
  tenant: TenantId,
  id: Id<'export'>,
  isOpen: boolean,
): Promise<void> {
  await tx.query('insert into tenant_export (tenant_id, id, asked_by, is_open) values ($1, $2, $3, $4)', [
    tenant,
    id,
    actor,
    isOpen,
  ]);
  await appendAudit(tx, [
    { tenant, what: 'tenant.export-asked', actor, subject: tenant, details: { export: id, isOpen } },
  ]);
  await wakeJob(tx);
}

const wakeJob = (tx: Transaction): Promise<Row[]> =>
  tx.query('select pg_notify($1, $2)', ['job', EXPORT_JOB]);

export async function listExports(on: Reader, tenant: TenantId): Promise<readonly Export[]> {
  return await on.query<Export & Row>(
    `select ${COLUMNS} from tenant_export where tenant_id = $1 order by id desc limit 200`,
    [tenant],
  );
}
