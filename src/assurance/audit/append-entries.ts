/**
 * Turns events into entries of their tenants' trees, in the transaction that is given: entries, full tiles, the tree's edge
 * and the signed checkpoint all become visible together, or none does.
 */
import { InvariantError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import { concat } from '#core/bytes.ts';
import type { Transaction } from '#platform/db.ts';
import { formatCheckpoint } from '#protocol/tlog/checkpoint.ts';
import { HASH_BYTES, leafData } from '#protocol/tlog/hashing.ts';
import { sha256, signCheckpoint, type SigningKey } from '#protocol/tlog/node-crypto.ts';
import { formatNote } from '#protocol/tlog/note.ts';
import { TILE_WIDTH } from '#protocol/tlog/tiles.ts';
import { growTree, perfectRoot } from '#protocol/tlog/tree.ts';
import { entryOf, type EventRow } from './entry.ts';
import type { LogKeys } from './log-keys.ts';

export type AppendContext = {
  readonly keys: LogKeys;
  /** `mail.example/audit`; a log's origin is this and the tenant's id. */
  readonly originPrefix: string;
  readonly nowMs: () => number;
};

type LogRow = { tenant: TenantId; origin: string; size: number; edge: Uint8Array };
type Leaf = { readonly event: EventRow; readonly entry: Uint8Array; readonly index: number };

export async function appendEntries(
  tx: Transaction,
  events: readonly EventRow[],
  context: AppendContext,
): Promise<void> {
  if (events.length === 0) return;
  const byTenant = Map.groupBy(events, (e) => e.tenant);
  const logs = await lockLogs(tx, [...byTenant.keys()], context.originPrefix);
  const origins = new Map(logs.map((l) => [l.tenant, l.origin]));
  const keys = await context.keys.of(tx, [...byTenant.keys()], (t) => origins.get(t)!); // `!`: lockLogs made them
  const leaves: Leaf[] = [];
  const grown: Grown[] = [];
  for (const log of logs) {
    const own = byTenant
      .get(log.tenant)!
      .map((event, i) => ({ event, entry: entryOf(event), index: log.size + i })); // `!`: a log for each
    leaves.push(...own);
    grown.push(await grow(tx, log, own));
  }
  await insertEntries(tx, leaves);
  for (const g of grown) await insertTiles(tx, g);
  const signed = await Promise.all(
    grown.map((g) => signHead(g, keys.get(g.log.tenant) ?? [], context.nowMs())),
  );
  await updateLogs(tx, grown, signed);
}

/** The logs, held until the transaction ends; a tenant's first event makes its log. */
async function lockLogs(
  tx: Transaction,
  tenants: readonly TenantId[],
  originPrefix: string,
): Promise<LogRow[]> {
  const read = (): Promise<LogRow[]> =>
    tx.query<LogRow>(
      `select tenant_id as tenant, origin, size, edge from audit_log where tenant_id = any($1::uuid[])
       order by tenant_id for update`,
      [tenants],
      'audit.lock-logs',
    );
  const known = await read();
  if (known.length === tenants.length) return known;
  await tx.query(
    `insert into audit_log (tenant_id, origin) select t, $2 || '/' || t from unnest($1::uuid[]) t on conflict do nothing`,
    [tenants, originPrefix],
  );
  return await read();
}

type Grown = {
  readonly log: LogRow;
  readonly size: number;
  readonly root: Uint8Array;
  readonly edge: Uint8Array;
  /** Full tiles of level 0. */
  readonly tiles: readonly Tile[];
};
type Tile = { readonly n: number; readonly hashes: Uint8Array; readonly root: Uint8Array };

async function grow(tx: Transaction, log: LogRow, leaves: readonly Leaf[]): Promise<Grown> {
  const tree = growTree(sha256, log.size, hashesIn(log.edge));
  const end = log.size + leaves.length;
  // Leaf hashes of the tile the log ends in are needed only when it becomes full now.
  const isFilled = Math.floor(end / TILE_WIDTH) > Math.floor(log.size / TILE_WIDTH);
  let open: Uint8Array[] = isFilled ? await openTile(tx, log) : [];
  const tiles: Tile[] = [];
  for (const { entry, index } of leaves) {
    const leafHash = sha256(leafData(entry));
    tree.append(leafHash);
    open.push(leafHash);
    if (!isFilled || (index + 1) % TILE_WIDTH !== 0) continue;
    const hashes = concat(open);
    tiles.push({ n: Math.floor(index / TILE_WIDTH), hashes, root: perfectRoot(sha256, hashes) });
    open = [];
  }
  return { log, size: end, root: tree.root(), edge: concat(tree.edge()), tiles };
}

async function openTile(tx: Transaction, log: LogRow): Promise<Uint8Array[]> {
  const from = log.size - (log.size % TILE_WIDTH);
  if (from === log.size) return [];
  const rows = await tx.query<{ entry: Uint8Array }>(
    `select entry from audit_entry where tenant_id = $1 and log_index >= $2 and log_index < $3 order by log_index`,
    [log.tenant, from, log.size],
    'audit.open-tile',
  );
  if (rows.length !== log.size - from)
    throw new InvariantError(`log ${log.origin} lacks entries between ${from} and ${log.size}`);
  return rows.map((r) => sha256(leafData(r.entry)));
}

/** All entries in one value and where each begins, since an array of byte strings costs twice their size in hex. */
async function insertEntries(tx: Transaction, leaves: readonly Leaf[]): Promise<void> {
  let at = 1;
  const starts = leaves.map(({ entry }) => (at += entry.length) - entry.length);
  const [row] = await tx.query<{ n: number }>(
    `with i as (
       insert into audit_entry (tenant_id, log_index, event_id, at, what, actor, subject, entry)
       select e.tenant_id, n.log_index, e.id, e.at, e.what, e.actor, e.subject, substring($6::bytea from n.start for n.length)
       from unnest($1::uuid[], $2::int8[], $3::int8[], $4::int[], $5::int[]) n (tenant_id, event_id, log_index, start, length)
       join audit_event e on e.tenant_id = n.tenant_id and e.id = n.event_id
       returning 1)
     select count(*)::int as n from i`,
    [
      leaves.map((l) => l.event.tenant),
      leaves.map((l) => l.event.id),
      leaves.map((l) => l.index),
      starts,
      leaves.map((l) => l.entry.length),
      Buffer.concat(leaves.map((l) => l.entry)),
    ],
    'audit.insert-entries',
  );
  if (row?.n !== leaves.length)
    throw new InvariantError(`of ${leaves.length} entries ${row?.n} were written`);
}

async function insertTiles(tx: Transaction, { log, tiles }: Grown): Promise<void> {
  for (const tile of tiles) {
    await insertTile(tx, log.tenant, 0, tile);
    // Every 256th tile fills one of the level above.
    for (let [level, n] = [1, tile.n]; (n + 1) % TILE_WIDTH === 0; level++) {
      n = Math.floor(n / TILE_WIDTH);
      await insertTile(tx, log.tenant, level, await tileAbove(tx, log.tenant, level, n));
    }
  }
}

async function tileAbove(tx: Transaction, tenant: TenantId, level: number, n: number): Promise<Tile> {
  const rows = await tx.query<{ root: Uint8Array }>(
    'select root from audit_tile where tenant_id = $1 and level = $2 and n >= $3 and n < $4 order by n',
    [tenant, level - 1, n * TILE_WIDTH, (n + 1) * TILE_WIDTH],
  );
  const hashes = concat(rows.map((r) => r.root));
  return { n, hashes, root: perfectRoot(sha256, hashes) };
}

async function insertTile(tx: Transaction, tenant: TenantId, level: number, tile: Tile): Promise<void> {
  await tx.query(
    'insert into audit_tile (tenant_id, level, n, hashes, root) values ($1, $2, $3, $4, $5)',
    [tenant, level, tile.n, Buffer.from(tile.hashes), Buffer.from(tile.root)],
    'audit.insert-tile',
  );
}

async function signHead(g: Grown, keys: readonly SigningKey[], nowMs: number): Promise<string> {
  const checkpoint = { origin: g.log.origin, size: g.size, root: g.root, extensions: [] };
  const timeS = Math.floor(nowMs / 1000);
  const signatures = await Promise.all(keys.map((key) => signCheckpoint(key, checkpoint, timeS)));
  return formatNote({ text: formatCheckpoint(checkpoint), signatures });
}

async function updateLogs(tx: Transaction, grown: readonly Grown[], notes: readonly string[]): Promise<void> {
  await tx.query(
    `update audit_log l set size = g.size, edge = decode(g.edge, 'base64'), checkpoint = g.checkpoint, signed_at = clock_timestamp()
     from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[]) g (tenant_id, size, edge, checkpoint)
     where l.tenant_id = g.tenant_id`,
    [
      grown.map((g) => g.log.tenant),
      grown.map((g) => g.size),
      grown.map((g) => Buffer.from(g.edge).toString('base64')),
      notes,
    ],
    'audit.update-logs',
  );
}

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
    bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}
