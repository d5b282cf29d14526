/**
 * Four eyes for any route: where the tenant has a rule for what a request would do, the request itself becomes a demand, is
 * answered 202 with the demand's id, and nothing happens. Once it is approved its requester has it executed, exactly as it was
 * sent (`requests.ts`).
 */
import { canonicalJson, type JsonValue } from '#protocol/jcs/canonical-json.ts';
import { DEMAND_LIFE_MS, makeDemand } from '#assurance/approvals/demand.ts';
import { ruleFor } from '#assurance/approvals/rules.ts';
import { problem, type Problem } from './problem.ts';
import { problemOfRefusal } from './refusals.ts';
import type { RawInput, Route, WriteCall } from './route.ts';

type WriteRoute = Route & { readonly kind: 'write' };
/** What a 202 says. */
export type Demanded = { readonly request: string; readonly approval: string };
/** A kept request, as the details of its demand. */
export type KeptRequest = { readonly method: string; readonly path: string } & RawInput;

/** Undefined where nobody else needs to approve. */
export async function demandInstead(
  route: WriteRoute,
  raw: RawInput,
  call: Omit<WriteCall, 'nothingChanged'>,
): Promise<Demanded | Problem | undefined> {
  const act = route.fourEyes?.(raw);
  if (act === undefined) return undefined;
  const { tx, tenant, caller, actor } = call;
  // The machine's own administrator, who has the database anyway.
  if (caller.permissions.has('*')) return undefined;
  const approval = await ruleFor(tx, tenant, act);
  if (approval === undefined) return undefined;
  if (caller.person === undefined) return NEEDS_PERSON;
  const { params, query, body } = raw;
  const kept = { method: route.method, path: route.path, params, query, body: body ?? null };
  const nowMs = Date.now();
  const made = await makeDemand(tx, {
    tenant,
    act,
    subject: subjectOf(route, params).slice(0, 500),
    details: kept as JsonValue, // what came as path, query and JSON is JSON
    approval,
    requester: caller.person,
    reason: '',
    ticket: null,
    expiresAtMs: nowMs + DEMAND_LIFE_MS,
    nowMs,
    by: actor,
  });
  return made.ok ? { request: made.value.id, approval } : problemOfRefusal(made.error);
}

function subjectOf(route: WriteRoute, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values.get(name)));
  return `${route.method.toUpperCase()} ${path}`;
}

/** Finds the route of a kept request among those that are served. */
export function routeOf(kept: KeptRequest, routes: readonly Route[]): WriteRoute | undefined {
  for (const r of routes)
    if (r.kind === 'write' && r.method === kept.method && r.path === kept.path) return r;
  return undefined;
}

/** What an approver is shown. */
export function shownDetails(details: string): unknown {
  const value: unknown = JSON.parse(details);
  // Spelt as it was hashed: an approver's own software can check it.
  return canonicalJson(value as JsonValue) === details ? value : null;
}

const NEEDS_PERSON = problem({
  status: 403,
  type: 'needs-person',
  title: 'Not allowed',
  detail: 'This needs the approval of others, and only a person can ask for it.',
});
