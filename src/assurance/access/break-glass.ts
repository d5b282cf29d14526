/**
 * Break-glass: rights in an emergency, at once and for hours, without asking. All who watch over the tenant are told in the
 * same transaction, and until somebody else has reviewed it the person cannot do it again. It never opens content.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { InvariantError } from '#core/errors.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { type GrantId, grant } from './grants.ts';
import { tell, watchersOf } from './notices.ts';
import { conflict, forbidden, missing, type Refusal } from './refusal.ts';
import { isPrivileged, isRole } from './roles.ts';

export type BreakGlassId = Id<'break-glass'>;
export const MAX_BREAK_GLASS_MS = 4 * 3_600_000;

export type Emergency = {
  readonly tenant: TenantId;
  readonly person: Id<'person'>;
  readonly role: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly durationMs: number;
  readonly by: Actor;
  readonly nowMs: number;
};

export async function breakGlass(tx: Transaction, e: Emergency): Promise<Result<BreakGlassId, Refusal>> {
  if (!isRole(e.role) || e.role === 'operator' || !isPrivileged(e.role)) return missing('role');
  if (e.durationMs > MAX_BREAK_GLASS_MS) return conflict('Break-glass lasts four hours at most.');
  // One at a time for each person, so that two at the same moment cannot both find nothing to review.
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('break-glass/' || $1 || $2, 0))`, [
    e.tenant,
    e.person,
  ]);
  const unreviewed = await tx.query(
    'select from break_glass where tenant_id = $1 and person_id = $2 and reviewed_at is null',
    [e.tenant, e.person],
  );
  if (unreviewed.length > 0) return forbidden('Your last break-glass has not been reviewed yet.');
  const given = await giveForEmergency(tx, e);
  if (!given.ok) return given;
  const id = newId<'break-glass'>(e.nowMs);
  await tx.query(
    `insert into break_glass (tenant_id, id, person_id, grant_id, reason, ticket, at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [e.tenant, id, e.person, given.value, e.reason, e.ticket, new Date(e.nowMs)],
  );
  const { role, reason, ticket, person } = e;
  const details = { role, reason, ticket, person };
  await appendAudit(tx, [{ tenant: e.tenant, what: 'break-glass.taken', actor: e.by, subject: id, details }]);
  const watchers = await watchersOf(tx, e.tenant, e.nowMs);
  await tell(tx, e.tenant, [...watchers, e.person], 'break-glass', { breakGlass: id, ...details }, e.nowMs);
  return ok(id);
}

async function giveForEmergency(tx: Transaction, e: Emergency): Promise<Result<GrantId, Refusal>> {
  return await grant(tx, {
    tenant: e.tenant,
    holder: { person: e.person },
    what: { role: e.role },
    source: 'break-glass',
    reason: e.reason,
    ticket: e.ticket ?? undefined,
    expiresAtMs: e.nowMs + e.durationMs,
    by: e.by,
    nowMs: e.nowMs,
  });
}

export type Review = {
  readonly tenant: TenantId;
  readonly id: BreakGlassId;
  readonly reviewer: Id<'person'>;
  readonly findings: string;
  readonly by: Actor;
  readonly nowMs: number;
};

/** Says what was found; once, and never by the person who took the right. */
export async function reviewBreakGlass(tx: Transaction, r: Review): Promise<Result<null, Refusal>> {
  const [row] = await tx.query<{ person: Id<'person'>; done: boolean }>(
    `select person_id as person, reviewed_at is not null as done from break_glass
     where tenant_id = $1 and id = $2 for update`,
    [r.tenant, r.id],
  );
  if (row === undefined) return missing('break-glass');
  if (row.person === r.reviewer) return forbidden('Nobody reviews their own break-glass.');
  if (row.done) return conflict('This was already reviewed.');
  const rows = await tx.query(
    `update break_glass set reviewed_at = $3, reviewed_by = $4, findings = $5
     where tenant_id = $1 and id = $2 and reviewed_at is null returning id`,
    [r.tenant, r.id, new Date(r.nowMs), r.reviewer, r.findings],
  );
  if (rows.length !== 1) throw new InvariantError(`break-glass ${r.id} was reviewed twice`);
  await appendAudit(tx, [
    {
      tenant: r.tenant,
      what: 'break-glass.reviewed',
      actor: r.by,
      subject: r.id,
      details: { findings: r.findings },
    },
  ]);
  await tell(tx, r.tenant, [row.person], 'break-glass-reviewed', { breakGlass: r.id }, r.nowMs);
  return ok(null);
}

export type BreakGlass = {
  readonly id: BreakGlassId;
  readonly person: Id<'person'>;
  readonly grant: GrantId;
  readonly role: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly atMs: number;
  readonly expiresAtMs: number;
  readonly reviewedAtMs: number | null;
  readonly reviewedBy: Id<'person'> | null;
  readonly findings: string | null;
};

/** Newest first. */
export async function listBreakGlass(
  on: Reader,
  tenant: TenantId,
  page: { readonly limit: number; readonly before: string | undefined },
): Promise<BreakGlass[]> {
  const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;
  return await on.query<BreakGlass & Row>(
    `select b.id, b.person_id as person, b.grant_id as grant, g.role, b.reason, b.ticket, ${ms('b.at')} as "atMs",
       ${ms('g.expires_at')} as "expiresAtMs", ${ms('b.reviewed_at')} as "reviewedAtMs", b.reviewed_by as "reviewedBy", b.findings
     from break_glass b join role_grant g on g.tenant_id = b.tenant_id and g.id = b.grant_id
     where b.tenant_id = $1 and ($2::uuid is null or b.id < $2::uuid) order by b.id desc limit $3`,
    [tenant, page.before ?? null, page.limit],
  );
}
