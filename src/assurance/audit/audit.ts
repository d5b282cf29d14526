/**
 * The record of every act. `appendAudit` demands the transaction of the act itself, so that neither can exist without the
 * other (DESIGN principle: the record is part of the act). Within moments the sequencer gives each event its place in the
 * tenant's signed log (`sequencer.ts`); nothing in here waits for that.
 */
import type { Actor } from '#core/actor.ts';
import { InvariantError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Transaction } from '#platform/db.ts';
import type { PersonalFields, SubjectKeys } from './subject-keys.ts';

export type AuditEvent = {
  readonly tenant: TenantId;
  /** Dotted verb, e.g. `message.accepted`, `domain.added`. */
  readonly what: string;
  readonly actor: Actor;
  /** What it was done to: a message id, a domain name. */
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** What must be forgotten when the person asks for it: sealed under a key of theirs. `details` must not repeat it. */
  readonly personal?: PersonalFields;
};

/**
 * Appends the events in the transaction of the act they record. `people` is needed for events with personal fields: there is
 * no way to write those in the clear.
 */
export async function appendAudit(
  tx: Transaction,
  events: readonly AuditEvent[],
  people?: SubjectKeys,
): Promise<void> {
  if (events.length === 0) return;
  const details: string[] = [];
  for (const e of events) details.push(JSON.stringify(await detailsOf(tx, e, people)));
  await tx.query(
    `insert into audit_event (tenant_id, what, actor, subject, details)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[])`,
    [
      events.map((e) => e.tenant),
      events.map((e) => e.what),
      events.map((e) => e.actor),
      events.map((e) => e.subject),
      details,
    ],
    'audit.append',
  );
}

async function detailsOf(
  tx: Transaction,
  event: AuditEvent,
  people: SubjectKeys | undefined,
): Promise<AuditEvent['details']> {
  if (event.personal === undefined) return event.details;
  if (people === undefined)
    throw new InvariantError(`${event.what} has personal fields, but no keys to seal them with were given`);
  return { ...event.details, personal: await people.seal(tx, event, event.personal) };
}
