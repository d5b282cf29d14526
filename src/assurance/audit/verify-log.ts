/**
 * The log in the database held against its own checkpoint, for `gatehouse verify`: no gap, every entry what the tree was made
 * of, every event still what its entry says, the signed root that of the tiles. An export is checked by `verify-export.ts`.
 */
import { equalBytes, fromUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';
import { HASH_BYTES, leafData } from '#protocol/tlog/hashing.ts';
import { sha256, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { openTrusted } from '#protocol/tlog/tlog-proof.ts';
import { rootFromTiles } from '#protocol/tlog/prove.ts';
import { TILE_WIDTH } from '#protocol/tlog/tiles.ts';
import { entryOf, type EventRow } from './entry.ts';
import { type LogHead, readHead, tilesOfLog } from './log.ts';
import { logPolicy } from './witnesses.ts';

export type LogBreach = { readonly subject: string; readonly detail: string };

/** Every log of the installation; `db` must see all tenants. */
export async function* verifyLogs(db: Reader): AsyncGenerator<LogBreach> {
  const tenants = await db.query<{ tenant: TenantId }>('select tenant_id as tenant from audit_log');
  for (const { tenant } of tenants) {
    const head = await readHead(db, tenant);
    if (head !== undefined && head.size > 0) yield* verifyLog(db, tenant, head);
  }
}

async function* verifyLog(db: Reader, tenant: TenantId, head: LogHead): AsyncGenerator<LogBreach> {
  for (let from = head.minimumIndex; from < head.size; from += TILE_WIDTH)
    yield* verifyTile(db, tenant, head, from);
  const opened = await openTrusted(
    fromUtf8(head.checkpoint),
    await logPolicy(db, tenant, 0),
    verifySignature,
  );
  if (!opened.ok) return yield { subject: head.origin, detail: `the checkpoint: ${opened.error}` };
  const { checkpoint } = opened.value;
  const root = await rootFromTiles(sha256, tilesOfLog(db, tenant), head.size).catch(() => undefined); // what is missing was told
  if (checkpoint.size !== head.size || root === undefined || !equalBytes(root, checkpoint.root))
    yield { subject: head.origin, detail: 'the checkpoint does not sign the tree that is there' };
}

type Row = Omit<EventRow, 'tenant' | 'what'> & {
  readonly index: number;
  readonly entry: Uint8Array;
  /** Null when the event is gone. */
  readonly what: string | null;
};

/** The entries of one tile; `from` is its first index. */
async function* verifyTile(
  db: Reader,
  tenant: TenantId,
  head: LogHead,
  from: number,
): AsyncGenerator<LogBreach> {
  const to = Math.min(head.size, from + TILE_WIDTH);
  const rows = await db.query<Row>(
    `select n.log_index as index, n.entry, e.id, e.what, e.actor, e.subject, e.details::text as details,
       to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from audit_entry n left join audit_event e on e.tenant_id = n.tenant_id and e.id = n.event_id
     where n.tenant_id = $1 and n.log_index >= $2 and n.log_index < $3 order by n.log_index`,
    [tenant, from, to],
    'audit.verify-tile',
  );
  if (rows.length !== to - from)
    yield { subject: head.origin, detail: `entries are missing between ${from} and ${to}` };
  const [tile] = await db.query<{ hashes: Uint8Array }>(
    'select hashes from audit_tile where tenant_id = $1 and level = 0 and n = $2',
    [tenant, Math.floor(from / TILE_WIDTH)],
    'audit.tile-0',
  );
  for (const row of rows) {
    const at = (row.index % TILE_WIDTH) * HASH_BYTES;
    const subject = `${head.origin} entry ${row.index}`;
    const isInTree =
      tile === undefined ||
      equalBytes(sha256(leafData(row.entry)), tile.hashes.subarray(at, at + HASH_BYTES));
    if (!isInTree) yield { subject, detail: 'it is not the one the tree was made of' };
    const { what } = row;
    if (what === null || !equalBytes(entryOf({ ...row, what, tenant }), row.entry))
      yield { subject, detail: 'its event was changed or removed' };
  }
}
