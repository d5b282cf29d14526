/**
 * Access to what messages say. There is no right to it, only a request with cause, scope and place; the tenant's own people
 * consent; then it is open to that person, from that place, for that scope, an hour at most, and each reading is recorded and
 * told before the bytes leave.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { type Id, type MessageId, newId, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { tell, watchersOf } from '../access/notices.ts';
import { conflict, missing, type Refusal } from '../access/refusal.ts';
import { type Demand, DEMAND_LIFE_MS, makeDemand, type PersonId } from './demand.ts';
import { ruleFor } from './rules.ts';

export type ContentAccessId = Id<'content-access'>;
/** All that is given must fit; addresses compare without case. */
export type Search = {
  readonly sender?: string;
  readonly recipient?: string;
  readonly sinceMs: number;
  readonly untilMs: number;
};
export type ContentScope = { readonly message: MessageId } | { readonly search: Search };
export const MAX_CONTENT_MS = 3_600_000;

export type ContentRequest = {
  readonly tenant: TenantId;
  readonly requester: PersonId;
  readonly scope: ContentScope;
  /** The network address that it will be read from. */
  readonly place: string;
  readonly durationMs: number;
  readonly reason: string;
  readonly ticket: string | null;
  readonly by: Actor;
  readonly nowMs: number;
};

export async function askContent(tx: Transaction, r: ContentRequest): Promise<Result<Demand, Refusal>> {
  if (r.durationMs > MAX_CONTENT_MS) return conflict('Content is open for an hour at most.');
  const approval = await ruleFor(tx, r.tenant, 'content.access');
  if (approval === undefined) return conflict('Nobody could consent to this.');
  return await makeDemand(tx, {
    tenant: r.tenant,
    act: 'content.access',
    subject: 'message' in r.scope ? r.scope.message : 'search',
    details: { scope: plain(r.scope), place: r.place, durationMs: r.durationMs },
    approval,
    requester: r.requester,
    reason: r.reason,
    ticket: r.ticket,
    expiresAtMs: r.nowMs + DEMAND_LIFE_MS,
    nowMs: r.nowMs,
    by: r.by,
  });
}

/** Absent fields left out, since JSON has no undefined. */
function plain(scope: ContentScope) {
  if ('message' in scope) return { message: scope.message };
  const { sender, recipient, sinceMs, untilMs } = scope.search;
  const search = {
    ...(sender === undefined ? {} : { sender }),
    ...(recipient === undefined ? {} : { recipient }),
    sinceMs,
    untilMs,
  };
  return { search };
}

type Details = { readonly scope: ContentScope; readonly place: string; readonly durationMs: number };

/** What follows consent. */
export async function openContentAccess(
  tx: Transaction,
  demand: Demand,
  by: Actor,
  nowMs: number,
): Promise<Result<ContentAccessId, Refusal>> {
  const { scope, place, durationMs } = JSON.parse(demand.details) as Details; // ours: its hash has just been checked
  const id = newId<'content-access'>(nowMs);
  const expiresAtMs = nowMs + Math.min(durationMs, MAX_CONTENT_MS);
  await tx.query(
    `insert into content_access (tenant_id, id, demand_id, person_id, message_id, search, place, starts_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      demand.tenant,
      id,
      demand.id,
      demand.requester,
      'message' in scope ? scope.message : null,
      'search' in scope ? JSON.stringify(scope.search) : null,
      place,
      new Date(nowMs),
      new Date(expiresAtMs),
    ],
  );
  const details = { request: demand.id, person: demand.requester, scope, expiresAtMs };
  await appendAudit(tx, [
    { tenant: demand.tenant, what: 'content.access-given', actor: by, subject: id, details },
  ]);
  const people = await watchersOf(tx, demand.tenant, nowMs);
  const told = { access: id, ...details, reason: demand.reason };
  await tell(tx, demand.tenant, [...people, demand.requester], 'content-access', told, nowMs);
  return ok(id);
}

export type Reading = {
  readonly tenant: TenantId;
  readonly person: PersonId;
  readonly message: MessageId;
  readonly place: string;
  readonly by: Actor;
  readonly nowMs: number;
};

/**
 * The access that lets this person read this message from here now, with the reading recorded and told in the transaction;
 * missing where there is none, whatever the reason.
 */
export async function takeContent(tx: Transaction, r: Reading): Promise<Result<ContentAccessId, Refusal>> {
  const rows = await tx.query<{ id: ContentAccessId; search: Search | null } & Row>(
    `select id, search from content_access
     where tenant_id = $1 and person_id = $2 and place = $3 and ended_at is null and starts_at <= $4 and expires_at > $4
       and (message_id = $5 or search is not null) order by id limit 100 for share`,
    [r.tenant, r.person, r.place, new Date(r.nowMs), r.message],
  );
  for (const { id, search } of rows) {
    if (search !== null && !(await isFound(tx, r, search))) continue;
    await appendAudit(tx, [
      { tenant: r.tenant, what: 'content.opened', actor: r.by, subject: r.message, details: { access: id } },
    ]);
    const people = [
      ...(await watchersOf(tx, r.tenant, r.nowMs)),
      ...(await ownersOf(tx, r.tenant, r.message)),
    ];
    await tell(
      tx,
      r.tenant,
      people,
      'content-opened',
      { access: id, message: r.message, person: r.person },
      r.nowMs,
    );
    return ok(id);
  }
  return missing('open access to this message');
}

async function isFound(on: Reader, r: Reading, s: Search): Promise<boolean> {
  const rows = await on.query(
    `select from message m where m.tenant_id = $1 and m.id = $2 and m.received_at >= $3 and m.received_at < $4
       and ($5::text is null or lower(m.mail_from) = lower($5) or lower(m.header_from) = lower($5))
       and ($6::text is null or exists (select from recipient c
         where c.tenant_id = $1 and c.message_id = m.id and lower(c.address) = lower($6)))`,
    [r.tenant, r.message, new Date(s.sinceMs), new Date(s.untilMs), s.sender ?? null, s.recipient ?? null],
  );
  return rows.length > 0;
}

/** The people of the tenant whose mail it is. */
async function ownersOf(on: Reader, tenant: TenantId, message: MessageId): Promise<PersonId[]> {
  const rows = await on.query<{ id: PersonId }>(
    `select p.id from recipient c join person p on p.tenant_id = c.tenant_id and p.email_key = lower(c.address)
     where c.tenant_id = $1 and c.message_id = $2 and p.state = 'active' limit 1000`,
    [tenant, message],
  );
  return rows.map((r) => r.id);
}

/** Ends an access at once; the tenant may at any time. */
export async function endContentAccess(
  tx: Transaction,
  tenant: TenantId,
  id: ContentAccessId,
  by: Actor,
  nowMs: number,
): Promise<Result<null, Refusal>> {
  const rows = await tx.query(
    `update content_access set ended_at = $3 where tenant_id = $1 and id = $2 and ended_at is null and expires_at > $3
     returning id`,
    [tenant, id, new Date(nowMs)],
  );
  if (rows.length === 0) return missing('open access');
  await appendAudit(tx, [{ tenant, what: 'content.access-ended', actor: by, subject: id, details: {} }]);
  return ok(null);
}

export type ContentAccess = {
  readonly id: ContentAccessId;
  readonly request: string;
  readonly person: PersonId;
  readonly message: MessageId | null;
  readonly search: Search | null;
  readonly place: string;
  readonly startsAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
};

/** Newest first, also those that are over. */
export async function listContentAccess(
  on: Reader,
  tenant: TenantId,
  page: { readonly limit: number; readonly before: string | undefined },
): Promise<ContentAccess[]> {
  const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;
  return await on.query<ContentAccess & Row>(
    `select id, demand_id as request, person_id as person, message_id as message, search, place,
       ${ms('starts_at')} as "startsAtMs", ${ms('expires_at')} as "expiresAtMs", ${ms('ended_at')} as "endedAtMs"
     from content_access where tenant_id = $1 and ($2::uuid is null or id < $2::uuid) order by id desc limit $3`,
    [tenant, page.before ?? null, page.limit],
  );
}
