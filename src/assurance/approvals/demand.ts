/**
 * A demand: one change that needs more than one person. Its content is hashed in one spelling (RFC 8785) and never changes:
 * whoever wants something else withdraws it and asks anew, with a new hash and no approvals. That hash is what approvers sign.
 */
import { createHash } from 'node:crypto';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { InvariantError } from '#core/errors.ts';
import { type Id, newId, type TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { canonicalJson, type JsonValue } from '#protocol/jcs/canonical-json.ts';
import { conflict, type Refusal } from '../access/refusal.ts';
import { tell } from '../access/notices.ts';
import type { FourEyesAct } from './acts.ts';
import { isNamed, parseExpression } from './expression.ts';
import { approversOf } from './people.ts';

export type DemandId = Id<'demand'>;
export type PersonId = Id<'person'>;
export type DemandState = 'open' | 'executed' | 'refused' | 'withdrawn';
export type NewDemand = {
  readonly tenant: TenantId;
  readonly act: FourEyesAct;
  readonly subject: string;
  readonly details: JsonValue;
  readonly approval: string;
  readonly requester: PersonId;
  readonly reason: string;
  readonly ticket: string | null;
  readonly expiresAtMs: number;
  readonly nowMs: number;
  readonly by: Actor;
};
export type Demand = Omit<NewDemand, 'nowMs' | 'by' | 'details'> & {
  readonly id: DemandId;
  /** Canonical JSON. */
  readonly details: string;
  readonly hash: Uint8Array;
  readonly createdAtMs: number;
  readonly state: DemandState;
  readonly stateAtMs: number;
};

/** How long a demand waits, unless it says so itself. */
export const DEMAND_LIFE_MS = 7 * 24 * 3_600_000;
const MAX_OPEN_OF_ONE = 50;
const MAX_TOLD = 100;

/** The hash over everything that an approver consents to; the first line keeps it from being any other signed thing. */
export function demandHash(d: Omit<Demand, 'hash' | 'state' | 'stateAtMs'>): Uint8Array {
  const { tenant, id, act, subject, details, approval, requester, reason, ticket, expiresAtMs, createdAtMs } =
    d;
  const all = {
    tenant,
    id,
    act,
    subject,
    details,
    approval,
    requester,
    reason,
    ticket,
    expiresAtMs,
    createdAtMs,
  };
  return createHash('sha256')
    .update(`gatehouse demand v1\n${canonicalJson(all)}`)
    .digest();
}

export async function makeDemand(tx: Transaction, d: NewDemand): Promise<Result<Demand, Refusal>> {
  const parsed = parseExpression(d.approval);
  if (!parsed.ok) throw new InvariantError(`the rule of ${d.act} does not parse`);
  const [open] = await tx.query<{ n: number }>(
    `select count(*)::int as n from demand where tenant_id = $1 and requester_id = $2 and state = 'open' and expires_at > $3`,
    [d.tenant, d.requester, new Date(d.nowMs)],
  );
  if ((open?.n ?? 0) >= MAX_OPEN_OF_ONE) return conflict('You have too many open requests; withdraw some.');
  const { nowMs, by, ...rest } = d;
  const unsigned = {
    ...rest,
    id: newId<'demand'>(nowMs),
    details: canonicalJson(d.details),
    createdAtMs: nowMs,
  };
  const demand: Demand = { ...unsigned, hash: demandHash(unsigned), state: 'open', stateAtMs: nowMs };
  await insert(tx, demand);
  await record(tx, demand, 'request.made', by, { approval: d.approval, reason: d.reason, ticket: d.ticket });
  const people = await approversOf(tx, d.tenant, undefined, nowMs);
  const named = people.filter((p) => p.id !== d.requester && isNamed(parsed.value, p)).slice(0, MAX_TOLD);
  const told = named.map((p) => p.id as PersonId); // ids of rows of ours
  await tell(
    tx,
    d.tenant,
    told,
    'approval-asked',
    { request: demand.id, act: d.act, subject: d.subject },
    nowMs,
  );
  return ok(demand);
}

async function insert(tx: Transaction, d: Demand): Promise<void> {
  await tx.query(
    `insert into demand (tenant_id, id, act, subject, details, hash, approval, requester_tenant_id, requester_id, reason,
       ticket, created_at, expires_at, state, state_at)
     values ($1, $2, $3, $4, $5, $6, $7, $1, $8, $9, $10, $11, $12, 'open', $11)`,
    [
      d.tenant,
      d.id,
      d.act,
      d.subject,
      d.details,
      d.hash,
      d.approval,
      d.requester,
      d.reason,
      d.ticket,
      new Date(d.createdAtMs),
      new Date(d.expiresAtMs),
    ],
  );
}

const COLUMNS = `tenant_id as tenant, id, act, subject, details, hash, approval, requester_id as requester, reason, ticket,
  (extract(epoch from created_at) * 1000)::bigint as "createdAtMs",
  (extract(epoch from expires_at) * 1000)::bigint as "expiresAtMs", state,
  (extract(epoch from state_at) * 1000)::bigint as "stateAtMs"`;

export async function findDemand(
  on: Reader,
  tenant: TenantId,
  id: DemandId,
  lock: '' | 'for update' = '',
): Promise<Demand | undefined> {
  const [row] = await on.query<Demand & Row>(
    `select ${COLUMNS} from demand where tenant_id = $1 and id = $2 ${lock}`,
    [tenant, id],
  );
  if (row !== undefined && !Buffer.from(demandHash(row)).equals(row.hash))
    throw new InvariantError(`request ${id} is not what it was when it was made`);
  return row;
}

export type DemandFilter = {
  /** Only this person's. */
  readonly requester: PersonId | undefined;
  readonly state: 'open' | 'all';
  readonly limit: number;
  readonly before: string | undefined;
  readonly nowMs: number;
};

/** Newest first. */
export async function listDemands(on: Reader, tenant: TenantId, f: DemandFilter): Promise<Demand[]> {
  return await on.query<Demand & Row>(
    `select ${COLUMNS} from demand where tenant_id = $1 and ($2::uuid is null or requester_id = $2::uuid)
       and ($3 = 'all' or (state = 'open' and expires_at > $4)) and ($5::uuid is null or id < $5::uuid)
     order by id desc limit $6`,
    [tenant, f.requester ?? null, f.state, new Date(f.nowMs), f.before ?? null, f.limit],
  );
}

/** Moves an open, locked demand on; the caller holds the lock, so nobody else has moved it meanwhile. */
export async function setState(tx: Transaction, d: Demand, state: DemandState, nowMs: number): Promise<void> {
  const rows = await tx.query(
    `update demand set state = $3, state_at = $4 where tenant_id = $1 and id = $2 and state = 'open' returning id`,
    [d.tenant, d.id, state, new Date(nowMs)],
  );
  if (rows.length !== 1) throw new InvariantError(`request ${d.id} moved on twice`);
}

export async function record(
  tx: Transaction,
  d: Demand,
  what: string,
  actor: Actor,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const hash = Buffer.from(d.hash).toString('base64url');
  await appendAudit(tx, [
    {
      tenant: d.tenant,
      what,
      actor,
      subject: d.id,
      details: { act: d.act, of: d.subject, hash, ...details },
    },
  ]);
}
