/**
 * A message that came to a place where its tenant's data may not be is refused, and that it came is an event of the tenant:
 * one a minute, since whoever sends it can send a thousand.
 */
import { WORKER } from '#core/actor.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import { errorChain } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import type { Logger } from '#platform/log.ts';

const QUIET_MS = 60_000;

export type Refusals = { readonly note: (tenant: TenantId) => void };

export function createRefusals(db: Database, log: Logger, clock: Clock): Refusals {
  const toldMs = new Map<TenantId, number>();
  return {
    note: (tenant) => {
      if (clock() - (toldMs.get(tenant) ?? -Infinity) < QUIET_MS) return;
      toldMs.set(tenant, clock());
      const event = { tenant, what: 'tenant.place-refused', actor: WORKER, subject: tenant, details: {} };
      // Nothing was done that the event would have to be part of: that it cannot be written must not take the mail.
      void db
        .transact((tx) => appendAudit(tx, [event]))
        .catch((error: unknown) => log.warn('a refusal was not recorded', { error: errorChain(error) }));
    },
  };
}
