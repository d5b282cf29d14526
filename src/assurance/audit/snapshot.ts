/**
 * What has become visible between two moments, exactly. PostgreSQL's snapshot names every transaction that was still running;
 * an event is new when its transaction was not done in the old snapshot and is done in the new one. So a transaction that
 * commits late is taken when it commits, and holds up nobody else.
 *
 * A counter would pass over an event whose number was drawn first and committed last; waiting for the oldest running
 * transaction would let one long import hold up the log of everybody.
 */
import type { Reader, Transaction } from '#platform/db.ts';
import { InvariantError } from '#core/errors.ts';
import type { EventRow } from './entry.ts';

/** `base`: done with all of it. `target`: what is being worked through, up to the event (`atXid`, `atId`). */
export type Position = {
  readonly cluster: string;
  readonly base: string;
  readonly target: string;
  readonly atXid: string;
  readonly atId: number;
};

export type NewEvent = EventRow & { readonly xid: string; readonly ageMs: number };

/** pg_snapshot as text: `xmin:xmax:xip,xip`. Everything below `xmax` is done, except the `running`. */
export function readSnapshot(text: string): { readonly xmax: string; readonly running: readonly string[] } {
  const [, xmax, running] = /^\d+:(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text) ?? [];
  if (xmax === undefined || running === undefined)
    throw new InvariantError(`"${text}" is no snapshot of PostgreSQL`);
  return { xmax, running: running === '' ? [] : running.split(',') };
}

const COLUMNS = `e.tenant_id as tenant, e.id, e.xid::text as xid,
  to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.what, e.actor, e.subject,
  e.details::text as details, (extract(epoch from clock_timestamp() - e.at) * 1000)::int8 as "ageMs"`;

/** Two ranges of one index, so that a transaction that runs for hours costs nothing. */
const NEW_EVENTS = `
select * from (
  (select ${COLUMNS} from audit_event e
   where e.xid = any($1::xid8[]) and pg_visible_in_snapshot(e.xid, $3::pg_snapshot) and (e.xid, e.id) > ($4::xid8, $5)
   order by e.xid, e.id limit $6)
  union all
  (select ${COLUMNS} from audit_event e
   where e.xid >= $2::xid8 and pg_visible_in_snapshot(e.xid, $3::pg_snapshot) and (e.xid, e.id) > ($4::xid8, $5)
   order by e.xid, e.id limit $6)
) n limit $6`;

/** The next events that `target` sees and `base` does not, in the order of their transactions. */
export async function eventsBetween(tx: Transaction, at: Position, limit: number): Promise<NewEvent[]> {
  const { xmax, running } = readSnapshot(at.base);
  return await tx.query<NewEvent>(
    NEW_EVENTS,
    [running, xmax, at.target, at.atXid, at.atId, limit],
    'audit.new-events',
  );
}

/** Events without an entry, whatever their transaction is called: slow, and needed only where `base` means nothing. */
export async function eventsWithoutEntry(tx: Transaction, limit: number): Promise<NewEvent[]> {
  return await tx.query<NewEvent>(
    `select ${COLUMNS} from audit_event e
     where not exists (select from audit_entry n where n.tenant_id = e.tenant_id and n.event_id = e.id)
     order by e.id limit $1`,
    [limit],
  );
}

/** How old the oldest committed event without an entry is; undefined when there is none. Cheap: no lock, one index. */
export async function backlogAgeMs(db: Reader, base: string): Promise<number | undefined> {
  const { xmax, running } = readSnapshot(base);
  const [row] = await db.query<{ ms: number | null }>(
    `select (extract(epoch from clock_timestamp() - least(
       (select at from audit_event where xid = any($1::xid8[]) order by xid, id limit 1),
       (select at from audit_event where xid >= $2::xid8 order by xid, id limit 1))) * 1000)::int8 as ms`,
    [running, xmax],
    'audit.backlog',
  );
  return row?.ms ?? undefined;
}

export async function readPosition(db: Reader): Promise<Position> {
  const [row] = await db.query<Position>(POSITION, [], 'audit.position');
  return known(row);
}

/** The same, held until the transaction ends: two runners at once cannot happen, even where the lock between them failed. */
export async function lockPosition(tx: Transaction): Promise<Position> {
  const [row] = await tx.query<Position>(`${POSITION} for update`, [], 'audit.lock-position');
  return known(row);
}

const POSITION = `select cluster, base, target, at_xid as "atXid", at_id as "atId" from audit_sequencer`;

function known(row: Position | undefined): Position {
  if (row === undefined) throw new InvariantError('the row of audit_sequencer is gone');
  return row;
}

export async function writePosition(tx: Transaction, p: Position): Promise<void> {
  await tx.query(
    'update audit_sequencer set cluster = $1, base = $2, target = $3, at_xid = $4, at_id = $5',
    [p.cluster, p.base, p.target, p.atXid, p.atId],
    'audit.write-position',
  );
}

/** What PostgreSQL sees now, and which cluster says so: transaction ids mean nothing in another one. */
export async function lookNow(tx: Reader): Promise<{ readonly snapshot: string; readonly cluster: string }> {
  const [row] = await tx.query<{ snapshot: string; cluster: string }>(
    `select pg_current_snapshot()::text as snapshot, system_identifier::text as cluster from pg_control_system()`,
    [],
    'audit.look',
  );
  if (row === undefined) throw new InvariantError('pg_control_system() says nothing');
  return row;
}

/**
 * After a restore into another cluster: events whose transactions are still to come there would be taken twice when those
 * ids are reached, so they get the id of a transaction that every snapshot has behind it.
 */
export async function forgetForeignIds(tx: Transaction): Promise<void> {
  await tx.query('select forget_foreign_transactions()');
}
