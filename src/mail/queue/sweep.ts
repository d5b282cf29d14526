/**
 * Bodies that nobody waits for: left by a crash between file and row, or by two settlements that crossed. They are
 * encrypted rubbish, and old enough not to belong to a message that is arriving right now.
 */
import type { BlobId } from '#core/id.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database } from '#platform/db.ts';

const MIN_AGE_MS = 3_600_000;
const BATCH = 500;

/** Removes bodies older than an hour that no queued or held recipient needs; returns how many. */
export async function sweepBlobs(db: Database, blobs: BlobStore, nowMs: number): Promise<number> {
  let removed = 0;
  let batch: BlobId[] = [];
  const flush = async (): Promise<void> => {
    const wanted = await neededBlobs(db, batch);
    for (const id of batch) {
      if (wanted.has(id)) continue;
      await blobs.remove(id);
      removed++;
    }
    batch = [];
  };
  for await (const { id, modifiedMs } of blobs.list()) {
    if (nowMs - modifiedMs < MIN_AGE_MS) continue;
    batch.push(id);
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return removed;
}

/** Which of the bodies a queued or held recipient still needs. A blob's id is its message's id. */
export async function neededBlobs(db: Database, ids: readonly BlobId[]): Promise<ReadonlySet<BlobId>> {
  const rows = await db.query<{ id: BlobId }>(
    `select distinct message_id as id from recipient where message_id = any($1::uuid[]) and state in ('queued', 'held')`,
    [ids],
  );
  return new Set(rows.map((r) => r.id));
}
