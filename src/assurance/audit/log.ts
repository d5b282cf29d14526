/**
 * Reading a tenant's log: entries, tiles, proofs. Everything here works inside the tenant's own row-level security and
 * believes nobody but the tables; whoever distrusts those has the checkpoint and `gatehouse audit verify`.
 */
import { concat } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';
import { leafData } from '#protocol/tlog/hashing.ts';
import { sha256 } from '#protocol/tlog/node-crypto.ts';
import { proveInclusion, type TileReader } from '#protocol/tlog/prove.ts';
import { encodeBundle, TILE_WIDTH, type TileName } from '#protocol/tlog/tiles.ts';
import { formatProof } from '#protocol/tlog/tlog-proof.ts';

export type LogEntry = {
  readonly index: number;
  /** Of the event in `audit_event`. */
  readonly eventId: number;
  /** The leaf: canonical JSON in UTF-8. */
  readonly entry: Uint8Array;
};

/** Entries from `fromIndex` on, without gaps; fewer than `limit` at the log's end. */
export async function readEntries(
  db: Reader,
  tenant: TenantId,
  fromIndex: number,
  limit: number,
): Promise<LogEntry[]> {
  return await db.query<LogEntry>(
    `select log_index as index, event_id as "eventId", entry from audit_entry
     where tenant_id = $1 and log_index >= $2 order by log_index limit $3`,
    [tenant, fromIndex, limit],
    'audit.read-entries',
  );
}

export type LogHead = {
  readonly origin: string;
  readonly size: number;
  /** The signed note; empty while the log is. */
  readonly checkpoint: string;
  readonly signedAtMs: number | null;
  readonly minimumIndex: number;
  /** How many witnesses must have signed. */
  readonly quorum: number;
};

/** Undefined until the tenant's first event has its place. */
export async function readHead(db: Reader, tenant: TenantId): Promise<LogHead | undefined> {
  const [row] = await db.query<LogHead>(
    `select origin, size, checkpoint, (extract(epoch from signed_at) * 1000)::int8 as "signedAtMs",
       minimum_index as "minimumIndex", quorum from audit_log where tenant_id = $1`,
    [tenant],
    'audit.read-head',
  );
  return row;
}

/** Tiles of the tenant's tree: full ones as they are stored, partial ones made from what they stand for. */
export function tilesOfLog(db: Reader, tenant: TenantId): TileReader {
  return async (tile) => {
    if (tile.level === 'entries') return encodeBundle(await entriesOf(db, tenant, tile));
    const [full] = await db.query<{ hashes: Uint8Array }>(
      'select hashes from audit_tile where tenant_id = $1 and level = $2 and n = $3',
      [tenant, tile.level, tile.n],
      'audit.tile',
    );
    if (full !== undefined) return full.hashes.subarray(0, tile.width * 32);
    const hashes = await hashesOf(db, tenant, tile.level, tile);
    if (hashes.length !== tile.width)
      throw new InvariantError(`the log of ${tenant} lacks tile ${tile.level}/${tile.n}`);
    return concat(hashes);
  };
}

async function entriesOf(db: Reader, tenant: TenantId, { n, width }: TileName): Promise<Uint8Array[]> {
  const entries = await readEntries(db, tenant, n * TILE_WIDTH, width);
  if (entries.length !== width || entries.some((e, i) => e.index !== n * TILE_WIDTH + i))
    throw new InvariantError(`the log of ${tenant} lacks entries of bundle ${n}`);
  return entries.map((e) => e.entry);
}

async function hashesOf(db: Reader, tenant: TenantId, level: number, tile: TileName): Promise<Uint8Array[]> {
  if (level === 0) return (await entriesOf(db, tenant, tile)).map((e) => sha256(leafData(e)));
  const from = tile.n * TILE_WIDTH;
  const rows = await db.query<{ root: Uint8Array }>(
    'select root from audit_tile where tenant_id = $1 and level = $2 and n >= $3 and n < $4 order by n',
    [tenant, level - 1, from, from + tile.width],
    'audit.tile-roots',
  );
  return rows.map((r) => r.root);
}

/** A .tlog-proof of the entry against a checkpoint of `size` leaves. */
export async function proveEntry(
  db: Reader,
  tenant: TenantId,
  index: number,
  head: { readonly size: number; readonly checkpoint: string },
): Promise<string> {
  const path = await proveInclusion(sha256, tilesOfLog(db, tenant), index, head.size);
  return formatProof({ index, path, extra: undefined, checkpoint: head.checkpoint });
}
