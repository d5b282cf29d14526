/** The bytes of a held message as they arrived. Who reads them is recorded before the first byte is given out. */
import type { KeyStore } from '#assurance/keys/keys.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { BlobId, MessageId } from '#core/id.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database, Row } from '#platform/db.ts';
import type { Who } from './held.ts';

export type ContentStores = {
  readonly db: Pick<Database, 'query' | 'transact'>;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
};

/** Undefined where nothing of the message is held for this tenant. */
export async function openHeldContent(
  { db, keys, blobs }: ContentStores,
  who: Who,
  message: MessageId,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const [row] = await db.query<Row & { blob: BlobId; key: Uint8Array }>(
    `select blob, key_wrapped as key from message m where tenant_id = $1 and id = $2 and exists (
       select from recipient r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.state = 'held')`,
    [who.tenant, message],
  );
  if (row === undefined) return undefined;
  await keys.ensureTenant(who.tenant);
  const key = keys.unwrapDataKey(who.tenant, row.blob, row.key);
  await db.transact((tx) =>
    appendAudit(tx, [
      { tenant: who.tenant, what: 'held.content-read', actor: who.actor, subject: message, details: {} },
    ]),
  );
  return blobs.read(row.blob, key);
}
