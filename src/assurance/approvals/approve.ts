/**
 * The words of approvers, and what follows: an approval or a refusal, one for each person, never by who asked; withdrawal by
 * who asked; execution once, of exactly what was approved, in the transaction that records it. Each takes the demand's row
 * lock first, so of two that come at the same moment the second sees what the first has done.
 */
import type { Actor } from '#core/actor.ts';
import type { Id } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { tell } from '../access/notices.ts';
import { conflict, forbidden, missing, type Refusal } from '../access/refusal.ts';
import { type Demand, type DemandId, findDemand, type PersonId, record, setState } from './demand.ts';
import { type Expression, isNamed, isSatisfied, parseExpression } from './expression.ts';
import type { Evidence } from './passkey-proof.ts';
import { approversOf } from './people.ts';

/** How the approver showed who it is: by signing the hash, or, weaker and marked so, by a fresh proof of two factors. */
export type Proof =
  | { readonly method: 'passkey'; readonly evidence: Evidence }
  | { readonly method: 'step-up' };
export type Word = {
  readonly tenant: TenantId;
  readonly id: DemandId;
  readonly person: PersonId;
  readonly by: Actor;
  readonly nowMs: number;
};

/** Says yes. `isEnough` tells whether the demand now has the approvals it needs. */
export async function approve(
  tx: Transaction,
  w: Word & { readonly hash: Uint8Array; readonly proof: Proof },
): Promise<Result<{ readonly demand: Demand; readonly isEnough: boolean }, Refusal>> {
  const judged = await openFor(tx, w);
  if (!judged.ok) return judged;
  const demand = judged.value;
  if (!Buffer.from(demand.hash).equals(w.hash))
    return conflict('This is not the request that you were shown.');
  if (!(await addWord(tx, w, 'approve', demand.hash, w.proof))) return conflict('You have already answered.');
  const { method } = w.proof;
  await record(tx, demand, 'request.approved', w.by, { method, isWeaker: method !== 'passkey' });
  return ok({ demand, isEnough: await isEnough(tx, demand, w.nowMs) });
}

/** Says no, which ends the demand. */
export async function refuse(tx: Transaction, w: Word): Promise<Result<Demand, Refusal>> {
  const judged = await openFor(tx, w);
  if (!judged.ok) return judged;
  const demand = judged.value;
  if (!(await addWord(tx, w, 'refuse', demand.hash, { method: 'step-up' })))
    return conflict('You have already answered.');
  await setState(tx, demand, 'refused', w.nowMs);
  await record(tx, demand, 'request.refused', w.by, {});
  const { act, subject } = demand;
  await tell(tx, w.tenant, [demand.requester], 'request-refused', { request: w.id, act, subject }, w.nowMs);
  return ok({ ...demand, state: 'refused' });
}

/** Takes a demand back; only who made it can. */
export async function withdraw(tx: Transaction, w: Word): Promise<Result<Demand, Refusal>> {
  const demand = await findDemand(tx, w.tenant, w.id, 'for update');
  if (demand === undefined || demand.requester !== w.person) return missing('request');
  if (demand.state !== 'open') return conflict(`The request was already ${demand.state}.`);
  await setState(tx, demand, 'withdrawn', w.nowMs);
  await record(tx, demand, 'request.withdrawn', w.by, {});
  return ok({ ...demand, state: 'withdrawn' });
}

/**
 * Marks the demand executed and runs `effect` with exactly what was approved, all in this transaction. The approvals are
 * weighed again here: somebody who has meanwhile left the group, or the organisation, no longer counts. A refusal must undo the
 * transaction, since it may come from `effect` when the demand is already marked; the API does that with every problem.
 */
export async function execute<T>(
  tx: Transaction,
  w: Omit<Word, 'person'>,
  effect: (demand: Demand) => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  const demand = await findDemand(tx, w.tenant, w.id, 'for update');
  if (demand === undefined) return missing('request');
  const refusal = refusalOf(demand, w.nowMs);
  if (refusal !== undefined) return refusal;
  if (!(await isEnough(tx, demand, w.nowMs)))
    return conflict('The request is not approved by enough people.');
  await setState(tx, demand, 'executed', w.nowMs);
  await record(tx, demand, 'request.executed', w.by, {});
  return await effect(demand);
}

/** The demand, locked, if this person may answer it now. */
async function openFor(tx: Transaction, w: Word): Promise<Result<Demand, Refusal>> {
  const demand = await findDemand(tx, w.tenant, w.id, 'for update');
  if (demand === undefined) return missing('request');
  if (demand.requester === w.person) return forbidden('Nobody approves what they asked for themselves.');
  const [approver] = await approversOf(tx, w.tenant, [w.person], w.nowMs);
  if (approver === undefined || !isNamed(expressionOf(demand), approver))
    return forbidden('You are not among those who approve this.');
  return refusalOf(demand, w.nowMs) ?? ok(demand);
}

function refusalOf(demand: Demand, nowMs: number) {
  if (demand.state !== 'open') return conflict(`The request was already ${demand.state}.`);
  return nowMs >= demand.expiresAtMs ? conflict('The request has expired.') : undefined;
}

function expressionOf(demand: Demand): Expression {
  const parsed = parseExpression(demand.approval);
  // One that no longer parses, after an update of the product, is met by nobody.
  return parsed.ok ? parsed.value : { kind: 'or', parts: [] };
}

async function isEnough(tx: Transaction, demand: Demand, nowMs: number): Promise<boolean> {
  const rows = await tx.query<{ person: PersonId }>(
    `select person_id as person from approval
     where tenant_id = $1 and demand_id = $2 and word = 'approve' and hash = $3 and person_id <> $4`,
    [demand.tenant, demand.id, demand.hash, demand.requester],
  );
  const people = await approversOf(
    tx,
    demand.tenant,
    rows.map((r) => r.person),
    nowMs,
  );
  return isSatisfied(expressionOf(demand), people);
}

async function addWord(
  tx: Transaction,
  w: Word,
  word: 'approve' | 'refuse',
  hash: Uint8Array,
  proof: Proof,
): Promise<boolean> {
  const rows = await tx.query(
    `insert into approval (tenant_id, demand_id, person_id, word, hash, method, evidence, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning person_id`,
    [
      w.tenant,
      w.id,
      w.person,
      word,
      hash,
      proof.method,
      proof.method === 'passkey' ? JSON.stringify(proof.evidence) : null,
      new Date(w.nowMs),
    ],
  );
  return rows.length > 0;
}

export type Answer = {
  readonly person: Id<'person'>;
  readonly word: 'approve' | 'refuse';
  readonly method: 'passkey' | 'step-up';
  readonly evidence: Evidence | null;
  readonly atMs: number;
};

/** What was said about a demand, oldest first. */
export async function listAnswers(on: Reader, tenant: TenantId, id: DemandId): Promise<Answer[]> {
  return await on.query<Answer & Row>(
    `select person_id as person, word, method, evidence, (extract(epoch from at) * 1000)::bigint as "atMs"
     from approval where tenant_id = $1 and demand_id = $2 order by at, person_id`,
    [tenant, id],
  );
}
