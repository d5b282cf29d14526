/**
 * Messages whose commit was not confirmed: their senders heard 451 and come again, so what may have got in after all is
 * taken out before anybody delivers it. The list is on disk before the 451 is said: should the process die first, whoever
 * takes over its leases takes its list over, too (instance.ts), and only then frees the rows.
 *
 * It is the disk of one machine. Where a machine dies whole, another one knows of no list and delivers what was committed,
 * as after a crash between commit and 250.
 */
import type { MessageId, TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import type { IdJournal } from '#platform/id-journal.ts';

export type DisownedMessage = { readonly tenant: TenantId; readonly id: MessageId };

export function writeDisowned(journal: IdJournal, owner: string, those: readonly DisownedMessage[]): void {
  journal.add(
    owner,
    those.map(({ tenant, id }) => `${tenant} ${id}`),
  );
}

const LINE = /^([0-9a-f-]{36}) ([0-9a-f-]{36})$/;

/** Takes out what this owner had disowned; how many messages there were. */
export async function removeDisownedOf(db: Database, journal: IdJournal, owner: string): Promise<number> {
  const those = journal.of(owner).flatMap((line): DisownedMessage[] => {
    const [, tenant, id] = LINE.exec(line) ?? [];
    // as: ids that this product wrote
    return tenant === undefined || id === undefined
      ? []
      : [{ tenant: tenant as TenantId, id: id as MessageId }];
  });
  return those.length === 0 ? 0 : await removeMessages(db, those);
}

export async function removeMessages(db: Database, those: readonly DisownedMessage[]): Promise<number> {
  const keys = [those.map((d) => d.tenant), those.map((d) => d.id)];
  const wanted = '(select * from unnest($1::uuid[], $2::uuid[]))';
  return await db.transact(async (tx) => {
    await tx.query(`delete from queue where (tenant_id, message_id) in ${wanted}`, keys);
    await tx.query(`delete from recipient where (tenant_id, message_id) in ${wanted}`, keys);
    const gone = await tx.query(
      `with gone as (delete from message where (tenant_id, id) in ${wanted} returning tenant_id, id)
       insert into audit_event (tenant_id, what, actor, subject, details)
       select tenant_id, 'message.disowned', 'system:worker', id::text, '{"because": "its commit was not confirmed, 451 was answered"}' from gone
       returning 1`,
      keys,
    );
    return gone.length;
  });
}
