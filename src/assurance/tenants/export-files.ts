/**
 * Writes what a tenant takes with it: a file of JSON lines per table, the bodies of mail that waits or is held where the
 * tenant itself asked, and a manifest with the hash of each file. Rows are read as the tenant, under row-level security, in
 * one snapshot; what the tenant's own role may not read cannot get in.
 *
 * Left out: credentials and their hashes, and what is sealed under keys that stay here; the manifest names each column.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WORKER } from '#core/actor.ts';
import { errorChain } from '#core/errors.ts';
import type { BlobId, Id, TenantId } from '#core/id.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database, Row, Transaction } from '#platform/db.ts';
import { appendAudit } from '../audit/audit.ts';
import type { KeyStore } from '../keys/keys.ts';

export type ExportDeps = {
  /** As the application, which sees the tenant that is named. */
  readonly app: Database;
  /** As the jobs, which see all orders. */
  readonly system: Database;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
  /** Below it a folder for each tenant and order. */
  readonly folder: string;
};

type Order = { readonly tenant: TenantId; readonly id: Id<'export'>; readonly isOpen: boolean };
type File = {
  readonly name: string;
  readonly rows?: number;
  readonly bytes: number;
  readonly sha256: string;
};

/** Carries out what was ordered and not finished; an order that was cut short begins anew. Returns how many ended. */
export async function writeExports(deps: ExportDeps, stopping: AbortSignal): Promise<number> {
  const orders = await deps.system.query<Order & Row>(
    `select tenant_id as tenant, id, is_open as "isOpen" from tenant_export where state in ('waiting', 'running')
       and tenant_id <> all (tenants_elsewhere()) order by id`,
  );
  for (const order of orders) {
    if (stopping.aborted) break;
    await note(deps, order, `state = 'running'`, []);
    try {
      await carryOut(deps, order);
    } catch (error) {
      await note(deps, order, `state = 'failed', trouble = $3, ended_at = now()`, [errorChain(error)]);
    }
  }
  return orders.length;
}

async function note(
  { system }: ExportDeps,
  { tenant, id }: Order,
  set: string,
  values: readonly unknown[],
): Promise<void> {
  await system.query(`update tenant_export set ${set} where tenant_id = $1 and id = $2`, [
    tenant,
    id,
    ...values,
  ]);
}

async function carryOut(deps: ExportDeps, order: Order): Promise<void> {
  const folder = join(deps.folder, order.tenant, order.id);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const { files, omitted, bodies } = await deps.app
    .asTenant(order.tenant)
    .transact((tx) => writeAll(deps, order, tx, partial));
  const manifest = JSON.stringify(
    {
      format: 'gatehouse-export-1',
      tenant: order.tenant,
      export: order.id,
      isOpen: order.isOpen,
      omitted,
      files,
    },
    null,
    1,
  );
  await writeFile(join(partial, 'manifest.json'), manifest, { mode: 0o600, flush: true });
  await rename(partial, folder);
  const sha256 = createHash('sha256').update(manifest).digest('hex');
  const rows = files.reduce((sum, f) => sum + (f.rows ?? 0), 0);
  await deps.system.transact(async (tx) => {
    await tx.query(
      `update tenant_export set state = 'done', ended_at = now(), folder = $3, manifest = $4, tables = $5, rows = $6, bodies = $7
       where tenant_id = $1 and id = $2`,
      [
        order.tenant,
        order.id,
        join(order.tenant, order.id),
        sha256,
        files.filter((f) => f.rows !== undefined).length,
        rows,
        bodies,
      ],
    );
    const details = { export: order.id, manifestSha256: sha256, rows, bodies };
    await appendAudit(tx, [
      {
        tenant: order.tenant,
        what: 'tenant.export-written',
        actor: WORKER,
        subject: order.tenant,
        details,
      },
    ]);
  });
}

type Written = {
  readonly files: readonly File[];
  readonly omitted: readonly string[];
  readonly bodies: number;
};

async function writeAll(deps: ExportDeps, order: Order, tx: Transaction, folder: string): Promise<Written> {
  await tx.query('set transaction isolation level repeatable read, read only');
  const tables = await readableTables(tx);
  const files: File[] = [];
  for (const table of tables) files.push(await writeTable(tx, table, folder));
  const bodies = order.isOpen ? await writeBodies(deps, order, tx, folder) : [];
  return {
    files: [...files, ...bodies],
    omitted: tables.flatMap((t) => t.omitted.map((c) => `${t.name}.${c}`)),
    bodies: bodies.length,
  };
}

type Table = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly omitted: readonly string[];
};

/** By the marks of the migrations (`personal: credential …`), and by name what is only good together with our keys. */
const SECRET = /(^|_)(hash|sealed|wrapped|token|edits)$/;

async function readableTables(tx: Transaction): Promise<readonly Table[]> {
  const rows = await tx.query<{ name: string; column: string; comment: string | null }>(
    `select c.relname as name, a.attname as column, col_description(c.oid, a.attnum) as comment
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and has_column_privilege(c.oid, a.attnum, 'select')
       and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id')
     order by c.relname, a.attnum`,
  );
  const tables = new Map<string, { name: string; columns: string[]; omitted: string[] }>();
  for (const { name, column, comment } of rows) {
    const table = tables.get(name) ?? { name, columns: [], omitted: [] };
    tables.set(name, table);
    const isSecret = SECRET.test(column) || comment?.startsWith('personal: credential') === true;
    (isSecret ? table.omitted : table.columns).push(column);
  }
  return [...tables.values()];
}

const FETCH = 500;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function writeTable(tx: Transaction, { name, columns }: Table, folder: string): Promise<File> {
  let rows = 0;
  const lines = async function* (): AsyncGenerator<string> {
    await tx.query(
      `declare lines no scroll cursor for select row_to_json(t)::text as line
       from (select ${columns.map(identifier).join(', ')} from ${identifier(name)}) t`,
    );
    for (;;) {
      const batch = await tx.query<{ line: string }>(`fetch ${FETCH} from lines`);
      rows += batch.length;
      for (const { line } of batch) yield `${line}\n`;
      if (batch.length < FETCH) break;
    }
    await tx.query('close lines');
  };
  const file = await writeHashed(folder, `${name}.ndjson`, lines());
  return { ...file, rows };
}

/** Bodies exist as long as a recipient waits or is held. That they were opened is recorded before the first one is. */
async function writeBodies(
  deps: ExportDeps,
  { tenant, id }: Order,
  tx: Transaction,
  folder: string,
): Promise<readonly File[]> {
  const bodies = await tx.query<{ blob: BlobId; key: Uint8Array }>(
    `select blob, key_wrapped as key from message m where exists (select from recipient r
       where r.tenant_id = m.tenant_id and r.message_id = m.id and r.state in ('queued', 'held')) order by id`,
  );
  await deps.system.transact((own) =>
    appendAudit(own, [
      {
        tenant,
        what: 'tenant.bodies-opened',
        actor: WORKER,
        subject: tenant,
        details: { export: id, bodies: bodies.length },
      },
    ]),
  );
  await deps.keys.ensureTenant(tenant);
  await mkdir(join(folder, 'bodies'), { mode: 0o700 });
  const files: File[] = [];
  for (const { blob, key } of bodies) {
    const content = deps.blobs.read(blob, deps.keys.unwrapDataKey(tenant, blob, key));
    files.push(await writeHashed(folder, `bodies/${blob}.eml`, content));
  }
  return files;
}

async function writeHashed(
  folder: string,
  name: string,
  content: AsyncIterable<string | Uint8Array>,
): Promise<File> {
  const path = join(folder, name);
  await pipeline(Readable.from(content), createWriteStream(path, { mode: 0o600, flush: true }));
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array); // `as`: no encoding was set
  return { name, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
