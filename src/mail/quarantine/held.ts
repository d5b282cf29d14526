/**
 * Messages that are held: listed, shown, released once, deleted. What is held is a recipient of a message, so that one may
 * get it while another does not.
 *
 * Release and deletion move the state only from `held`, and the queue row and the audit event come from the rows that
 * moved, in the same transaction. Two people who release at the same moment release once.
 */
import type { Actor } from '#core/actor.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import { firstIdAt, type MessageId, type TenantId } from '#core/id.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { wakeEngines } from '../queue/steer.ts';
import type { Finding, ThreatClass } from '../finding.ts';
import type { Reason } from '../verdict.ts';

export type HeldItem = {
  readonly message: MessageId;
  /** Place of the recipient in the message. */
  readonly n: number;
  readonly recipient: string;
  readonly heldAtMs: number;
  readonly mailFrom: string;
  readonly headerFrom: string | null;
  readonly subject: string | null;
  readonly size: number;
  readonly class: ThreatClass | 'none';
  readonly reasons: readonly Reason[];
};

export type HeldPage = { readonly items: readonly HeldItem[]; readonly next: HeldPlace | undefined };
/** Where the next page starts: after this item. */
export type HeldPlace = { readonly message: MessageId; readonly n: number };

const COLUMNS = `r.message_id as message, r.n, r.address as recipient, (extract(epoch from r.state_at) * 1000)::bigint as "heldAtMs",
  m.mail_from as "mailFrom", m.header_from as "headerFrom", m.subject, m.size, r.class, r.reasons`;

/** Newest first. */
export async function listHeld(
  on: Reader,
  tenant: TenantId,
  options: {
    readonly limit: number;
    readonly after?: HeldPlace | undefined;
    readonly recipient?: string | undefined;
  },
): Promise<HeldPage> {
  // Later than every id there can be.
  const after = options.after ?? { message: firstIdAt<'message'>(2 ** 48 - 1), n: -1 };
  const rows = await on.query<HeldItem & Row>(
    `select ${COLUMNS} from recipient r join message m on m.tenant_id = r.tenant_id and m.id = r.message_id
     where r.tenant_id = $1 and r.state = 'held' and r.message_id <= $2::uuid and (r.message_id < $2::uuid or r.n > $3)
       ${options.recipient === undefined ? '' : 'and r.address_lower = lower($5)'}
     order by r.message_id desc, r.n limit $4`,
    [
      tenant,
      after.message,
      after.n,
      options.limit + 1,
      ...(options.recipient === undefined ? [] : [options.recipient]),
    ],
  );
  const items = rows.slice(0, options.limit);
  const last = items.at(-1);
  return {
    items,
    next:
      rows.length > options.limit && last !== undefined ? { message: last.message, n: last.n } : undefined,
  };
}

export type HeldMessage = HeldItem & { readonly findings: readonly Finding[] };

/** The held recipients of one message; empty when there is none, for whatever reason. */
export async function showHeld(on: Reader, tenant: TenantId, message: MessageId): Promise<HeldMessage[]> {
  return await on.query<HeldMessage & Row>(
    `select ${COLUMNS}, m.findings from recipient r join message m on m.tenant_id = r.tenant_id and m.id = r.message_id
     where r.tenant_id = $1 and r.message_id = $2 and r.state = 'held' order by r.n`,
    [tenant, message],
  );
}

export type Moved = { readonly n: number; readonly recipient: string };
export type Who = { readonly tenant: TenantId; readonly actor: Actor };

/**
 * Puts the held recipients (all, or the one named by address) into the delivery queue and says which moved. Nothing moves
 * twice; an empty answer means there was nothing to release.
 */
export async function releaseHeld(
  tx: Transaction,
  who: Who,
  message: MessageId,
  recipient?: string,
): Promise<Moved[]> {
  const moved = await tx.query<Moved & Row>(
    `with moved as (${move('queued')}), queued as (
       insert into queue (tenant_id, message_id, n, domain, next_at, queued_at)
       select $1, $2, n, domain, now(), now() from moved
     )
     select n, address as recipient from moved order by n`,
    [who.tenant, message, recipient ?? null],
  );
  await record(tx, who, message, 'held.released', moved);
  await wakeEngines(tx);
  return moved;
}

/** Ends the waiting without delivery. The body goes with the next sweep, when no other recipient needs it. */
export async function deleteHeld(
  tx: Transaction,
  who: Who,
  message: MessageId,
  recipient?: string,
): Promise<Moved[]> {
  const moved = await tx.query<Moved & Row>(
    `with moved as (${move('deleted')}) select n, address as recipient from moved order by n`,
    [who.tenant, message, recipient ?? null],
  );
  await record(tx, who, message, 'held.deleted', moved);
  return moved;
}

/** The state moves only from `held`: whoever comes second finds nothing. */
function move(to: 'queued' | 'deleted'): string {
  return `update recipient set state = '${to}', state_at = clock_timestamp()
    where tenant_id = $1 and message_id = $2 and state = 'held' and ($3::text is null or address_lower = lower($3))
    returning n, address, domain`;
}

async function record(
  tx: Transaction,
  who: Who,
  message: MessageId,
  what: string,
  moved: readonly Moved[],
): Promise<void> {
  await appendAudit(
    tx,
    moved.map(({ n }) => ({
      tenant: who.tenant,
      what,
      actor: who.actor,
      subject: message,
      details: { recipient: n },
    })),
  );
}
