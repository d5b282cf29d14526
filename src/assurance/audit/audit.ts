/**
 * The record of every act. `append` demands the transaction of the act itself, so that neither can exist without the
 * other (DESIGN principle: the record is part of the act).
 */
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import type { Transaction } from '#platform/db.ts';

export type AuditEvent = {
  readonly tenant: TenantId;
  /** Dotted verb, e.g. `message.accepted`, `domain.added`. */
  readonly what: string;
  readonly actor: Actor;
  /** What it was done to: a message id, a domain name. */
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** Appends the events in the transaction of the act they record. */
export async function appendAudit(tx: Transaction, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `insert into audit_event (tenant_id, what, actor, subject, details)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[])`,
    [
      events.map((e) => e.tenant),
      events.map((e) => e.what),
      events.map((e) => e.actor),
      events.map((e) => e.subject),
      events.map((e) => JSON.stringify(e.details)),
    ],
    'audit.append',
  );
}
