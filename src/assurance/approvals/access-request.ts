/** A request for a role or a permission, for a task and a time; and what follows approval of any kind of request. */
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Transaction } from '#platform/db.ts';
import { isGrantable } from '../access/catalogue.ts';
import { findCustomRole } from '../access/custom-roles.ts';
import { grant, type What } from '../access/grants.ts';
import { tell } from '../access/notices.ts';
import { conflict, forbidden, missing, type Refusal } from '../access/refusal.ts';
import { isRole } from '../access/roles.ts';
import { findAccessSettings } from '../access/settings.ts';
import { execute } from './approve.ts';
import { openContentAccess } from './content-access.ts';
import { type Demand, DEMAND_LIFE_MS, type DemandId, makeDemand, type PersonId } from './demand.ts';
import { ruleFor } from './rules.ts';

export type AccessRequest = {
  readonly tenant: TenantId;
  readonly requester: PersonId;
  readonly what: What;
  readonly durationMs: number;
  readonly reason: string;
  readonly ticket: string | null;
  readonly by: Actor;
  readonly nowMs: number;
};

export async function askAccess(tx: Transaction, r: AccessRequest): Promise<Result<Demand, Refusal>> {
  const { what, tenant } = r;
  if ('permission' in what && !isGrantable(what.permission))
    return forbidden(`Nobody gets ${what.permission} by a request.`);
  if ('role' in what && what.role === 'operator')
    return forbidden("Operators are named in the platform's tenant, by operators.");
  if ('role' in what && !isRole(what.role) && !(await findCustomRole(tx, tenant, what.role)))
    return missing('role');
  const { maxRequestS } = await findAccessSettings(tx, tenant);
  if (r.durationMs > maxRequestS * 1000)
    return conflict(`What is asked for lasts ${Math.floor(maxRequestS / 3600)} hours at most.`);
  const approval = await ruleFor(tx, tenant, 'access.request');
  if (approval === undefined) return conflict('Nobody could approve this.');
  const asked = 'role' in what ? { role: what.role } : { permission: what.permission };
  return await makeDemand(tx, {
    tenant,
    act: 'access.request',
    subject: 'role' in what ? what.role : what.permission,
    details: { ...asked, durationMs: r.durationMs },
    approval,
    requester: r.requester,
    reason: r.reason,
    ticket: r.ticket,
    expiresAtMs: r.nowMs + DEMAND_LIFE_MS,
    nowMs: r.nowMs,
    by: r.by,
  });
}

/** Acts that happen by themselves, in the transaction of the approval that was still missing. */
export function happensAtOnce(demand: Demand): boolean {
  return demand.act === 'access.request' || demand.act === 'content.access';
}

/** Executes such a demand; its time runs from now. */
export async function carryOut(
  tx: Transaction,
  w: { readonly tenant: TenantId; readonly id: DemandId; readonly by: Actor; readonly nowMs: number },
): Promise<Result<string, Refusal>> {
  return await execute<string>(tx, w, async (demand) => {
    const { id, act, subject } = demand;
    const told = { request: id, act, subject };
    await tell(tx, w.tenant, [demand.requester], 'request-executed', told, w.nowMs);
    if (act === 'content.access') return await openContentAccess(tx, demand, w.by, w.nowMs);
    if (act === 'access.request') return await giveWhatWasAsked(tx, demand, w.by, w.nowMs);
    return ok(id);
  });
}

async function giveWhatWasAsked(tx: Transaction, demand: Demand, by: Actor, nowMs: number) {
  const { durationMs, ...what } = JSON.parse(demand.details) as What & { durationMs: number }; // ours, hash checked
  return await grant(tx, {
    tenant: demand.tenant,
    holder: { person: demand.requester },
    what,
    source: 'requested',
    reason: demand.reason,
    ticket: demand.ticket ?? undefined,
    expiresAtMs: nowMs + durationMs,
    by,
    nowMs,
  });
}
