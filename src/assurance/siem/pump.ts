/**
 * The stream: for each sink what comes next in its tenant's log, sent, and the cursor moved when it was taken. At least once
 * and in order, nothing skipped: a sink that does not take holds up its own cursor and nothing else.
 *
 * Acts never wait for this: they commit into the audit log, and this reads what is committed. A cursor is leased while its
 * batch is under way, so that of several processes one sends.
 */
import { readEntries, readHead } from '#assurance/audit/log.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { errorChain } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Database } from '#platform/db.ts';
import type { Logger } from '#platform/log.ts';
import { entryRecord, type SiemRecord } from './record.ts';
import { CAN_BE_LOST, sendBatch } from './send.ts';
import { secretOf, type SinkSettings, sinkInput } from './sinks.ts';

const MAX_RECORDS = 1000;
const SEND_TIMEOUT_MS = 30_000;
/** Longer than any batch can take. */
const LEASE_MS = 2 * SEND_TIMEOUT_MS;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** What a receiver took this long ago it has written down, also when it is killed. */
export const SETTLE_MS = 10_000;

export type Pump = {
  readonly db: Database;
  readonly keys: KeyStore;
  readonly log: Logger;
  readonly hostname: string;
  readonly version: string;
};
export type Due = { readonly tenant: TenantId; readonly name: string };

/** Sinks that have something to be sent and whose wait, if any, is over. */
export async function dueSinks(db: Database, limit: number): Promise<Due[]> {
  return await db.query<Due>(
    `select c.tenant_id as tenant, c.name from siem_cursor c join audit_log l using (tenant_id)
     where (l.size > c.next_index or l.size > c.checkpoint_size) and l.size > 0
       and c.next_try_at <= now() and c.leased_until < now()
     order by c.next_try_at limit $1`,
    [limit],
    'siem.due',
  );
}

type Cursor = { readonly nextIndex: number; readonly checkpointSize: number };
type Batch = { readonly records: readonly SiemRecord[]; readonly next: number; readonly checkpoint: number };

/** One batch of one sink. True when there may be more at once. */
export async function pumpOnce(pump: Pump, due: Due, signal: AbortSignal): Promise<boolean> {
  const cursor = await lease(pump.db, due);
  if (cursor === undefined) return false;
  let batch: Batch | undefined;
  let settings: SinkSettings | undefined;
  let sent: Result<undefined, string> = ok(undefined);
  try {
    const sink = await openSink(pump, due);
    if (sink === undefined) return false;
    ({ settings } = sink);
    batch = await nextBatch(pump.db, due.tenant, cursor);
    const { hostname, version } = pump;
    const options = { hostname, version, timeoutMs: SEND_TIMEOUT_MS, signal };
    if (batch.records.length > 0) sent = await sendBatch(settings, sink.secret, batch.records, options);
  } catch (error) {
    sent = err(errorChain(error));
  }
  if (sent.ok && batch !== undefined) {
    await advance(pump.db, due, batch);
    return batch.records.length >= MAX_RECORDS;
  }
  const failures = await fallBack(pump.db, due, settings, sent.ok ? 'nothing was sent' : sent.error);
  if (failures === 1)
    pump.log.warn('a SIEM does not take its stream; it waits', {
      sink: due.name,
      tenant: due.tenant,
      error: sent.ok ? '' : sent.error,
    });
  return false;
}

async function lease(db: Database, { tenant, name }: Due): Promise<Cursor | undefined> {
  const [row] = await db.query<Cursor>(
    `update siem_cursor set leased_until = now() + $3 * interval '1 millisecond'
     where tenant_id = $1 and name = $2 and leased_until < now()
     returning next_index as "nextIndex", checkpoint_size as "checkpointSize"`,
    [tenant, name, LEASE_MS],
    'siem.lease',
  );
  return row;
}

async function openSink(
  { db, keys }: Pump,
  { tenant, name }: Due,
): Promise<{ readonly settings: SinkSettings; readonly secret: string | undefined } | undefined> {
  const [row] = await db.query<{ settings: unknown; sealed: Uint8Array | null }>(
    'select settings, sealed from siem_sink where tenant_id = $1 and name = $2',
    [tenant, name],
    'siem.open',
  );
  if (row === undefined) return undefined;
  const settings = sinkInput.shape.settings.parse(row.settings);
  if (row.sealed === null) return { settings, secret: undefined };
  await keys.ensureTenant(tenant);
  return { settings, secret: Buffer.from(keys.open(tenant, secretOf(name), row.sealed)).toString('utf8') };
}

/** The head is read first: entries below its size are all there, and no later one is taken for them. */
export async function nextBatch(db: Database, tenant: TenantId, cursor: Cursor): Promise<Batch> {
  const head = await readHead(db, tenant);
  if (head === undefined) return { records: [], next: cursor.nextIndex, checkpoint: cursor.checkpointSize };
  const { origin, size, minimumIndex } = head;
  const at = new Date(head.signedAtMs ?? Date.now()).toISOString();
  const records: SiemRecord[] = [];
  const from = Math.max(cursor.nextIndex, minimumIndex);
  if (from > cursor.nextIndex) records.push({ kind: 'pruned', origin, from: cursor.nextIndex, to: from, at });
  const entries = await readEntries(db, tenant, from, Math.min(MAX_RECORDS, Math.max(0, size - from)));
  for (const [i, e] of entries.entries()) {
    // A hole is never passed over: the stream stands until somebody has looked.
    if (e.index !== from + i) throw new Error(`the log of ${origin} lacks entry ${from + i}`);
    records.push(entryRecord(origin, e.index, e.entry));
  }
  const next = from + entries.length;
  if (next < size || size <= cursor.checkpointSize || head.checkpoint === '')
    return { records, next, checkpoint: cursor.checkpointSize };
  records.push({ kind: 'checkpoint', origin, size, note: head.checkpoint, at });
  return { records, next, checkpoint: size };
}

/** Two marks follow the cursor: what was taken by `settling_at`, and what had been taken `SETTLE_MS` before that. */
async function advance(db: Database, { tenant, name }: Due, batch: Batch): Promise<void> {
  await db.query(
    `update siem_cursor set
       settled_index = case when settling_at < now() - $5 * interval '1 millisecond' then settling_index else settled_index end,
       settling_index = case when settling_at < now() - $5 * interval '1 millisecond' then $3 else settling_index end,
       settling_at = case when settling_at < now() - $5 * interval '1 millisecond' then now() else settling_at end,
       next_index = $3, checkpoint_size = $4, failures = 0, last_error = null, sent_at = now(),
       next_try_at = now(), leased_until = '-infinity'
     where tenant_id = $1 and name = $2`,
    [tenant, name, batch.next, batch.checkpoint, SETTLE_MS],
    'siem.advance',
  );
}

async function fallBack(
  db: Database,
  { tenant, name }: Due,
  settings: SinkSettings | undefined,
  why: string,
): Promise<number> {
  const goesBack = settings !== undefined && CAN_BE_LOST[settings.kind];
  const [row] = await db.query<{ failures: number }>(
    `update siem_cursor set
       next_index = case when $4 then settled_index else next_index end,
       settling_index = case when $4 then settled_index else settling_index end,
       checkpoint_size = case when $4 then least(checkpoint_size, settled_index) else checkpoint_size end,
       failures = failures + 1, last_error = left($3, 500), leased_until = '-infinity',
       next_try_at = now() + least($5 * 2 ^ least(failures, 16), $6) * interval '1 millisecond'
     where tenant_id = $1 and name = $2 returning failures`,
    [tenant, name, why, goesBack, FIRST_RETRY_MS, MAX_RETRY_MS],
    'siem.fall-back',
  );
  return row?.failures ?? 0;
}
