/**
 * Requests and approvals: asking for a right, a kept change, or access to content; saying yes, signed with a passkey over the
 * request's hash, or no; having it executed. And the tenant's rules of who approves what.
 */
import { z } from 'zod';
import { askAccess, carryOut, happensAtOnce } from '#assurance/approvals/access-request.ts';
import { ACT_NAMES, type FourEyesAct } from '#assurance/approvals/acts.ts';
import {
  type Answer,
  approve,
  execute,
  listAnswers,
  type Proof,
  refuse,
  withdraw,
} from '#assurance/approvals/approve.ts';
import { type Demand, type DemandId, findDemand, listDemands } from '#assurance/approvals/demand.ts';
import { isNamed, parseExpression } from '#assurance/approvals/expression.ts';
import { proveApproval, type Site } from '#assurance/approvals/passkey-proof.ts';
import { approversOf } from '#assurance/approvals/people.ts';
import { listRules, setRule } from '#assurance/approvals/rules.ts';
import { GRANTABLE } from '#assurance/access/catalogue.ts';
import type { Id, TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Refusal } from '#assurance/access/refusal.ts';
import type { Reader } from '#platform/db.ts';
import { type Caller, decide, STEP_UP_MS } from './caller.ts';
import { type KeptRequest, routeOf, shownDetails } from './four-eyes.ts';
import { BAD_CURSOR, pageOf, pageQuery } from './paging.ts';
import { conflict, isProblem, notFound, problem, type Problem } from './problem.ts';
import {
  anId,
  beforeId,
  durationS,
  orProblem,
  pageById,
  personOf,
  problemOfRefusal,
  reasonText,
  ticketText,
  timeOf,
} from './refusals.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';

const request = z.object({
  id: z.string(),
  act: z.string(),
  subject: z.string(),
  details: z.unknown(),
  /** The challenge that an approving passkey signs. */
  hash: z.string(),
  approval: z.string(),
  requester: z.string(),
  reason: z.string(),
  ticket: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
  state: z.enum(['open', 'executed', 'refused', 'withdrawn', 'expired']),
});
const answer = z.object({
  person: z.string(),
  word: z.enum(['approve', 'refuse']),
  method: z.enum(['passkey', 'step-up']),
  isWeaker: z.boolean(),
  evidence: z.unknown(),
  at: z.string(),
});
const b64 = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+={0,2}$/);
/** What a browser answers to `navigator.credentials.get` (WebAuthn Level 3, AuthenticationResponseJSON). */
const assertion = z.object({
  id: b64(2048),
  rawId: b64(2048),
  type: z.literal('public-key'),
  response: z.object({
    authenticatorData: b64(8192),
    clientDataJSON: b64(8192),
    signature: b64(8192),
    userHandle: b64(256).optional(),
  }),
  clientExtensionResults: z.object({}).default({}),
});
const ask = z
  .strictObject({
    role: z.string().min(1).max(63).optional(),
    permission: z.enum(GRANTABLE).optional(),
    durationS: durationS(366 * 86_400),
    reason: reasonText,
    ticket: ticketText.optional(),
  })
  .refine((b) => (b.role === undefined) !== (b.permission === undefined), 'Name a role or a permission.');
const params = z.strictObject({ id: anId<'demand'>() });
const act = z.enum(ACT_NAMES as readonly [FourEyesAct, ...FourEyesAct[]]); // not empty
const rule = z.object({ act: z.string(), approval: z.string(), isDefault: z.boolean() });
const mine = { scope: 'person', permission: 'request.write', rate: 'write' } as const;

export type RequestParts = {
  /** Where passkeys belong to. */
  readonly site: () => Site;
  /** Every route that is served, for those requests that were kept. */
  readonly routes: () => readonly Route[];
};

export function requestRoutes(parts: RequestParts): readonly Route[] {
  return [...readRoutes(), ...askRoutes(), ...answerRoutes(parts), ...ruleRoutes()];
}

function readRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/requests',
      summary: 'Lists requests, newest first: your own, or those that wait for your answer.',
      permission: 'request.read',
      scope: 'person',
      rate: 'read',
      query: pageQuery.extend({
        box: z.enum(['mine', 'waiting']).default('mine').describe('Your own, or for you to answer.'),
      }),
      reply: pageOf(request),
      handle: async ({ query }, { db, tenant, caller }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const { box, limit } = query;
        const nowMs = Date.now();
        if (box === 'waiting') return { items: (await waiting(db, tenant, person, nowMs)).map(show) };
        const own = { requester: person, state: 'all', limit: limit + 1, before, nowMs } as const;
        const { items, ...more } = pageById(await listDemands(db, tenant, own), limit);
        return { items: items.map(show), ...more };
      },
    }),
    readRoute({
      path: '/request-log',
      summary: 'Lists the requests of everybody, newest first.',
      permission: 'approval.read',
      scope: 'tenant',
      rate: 'read',
      query: pageQuery,
      reply: pageOf(request),
      handle: async ({ query }, { db, tenant }) => {
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const { limit } = query;
        const all = {
          requester: undefined,
          state: 'all',
          limit: limit + 1,
          before,
          nowMs: Date.now(),
        } as const;
        const { items, ...more } = pageById(await listDemands(db, tenant, all), limit);
        return { items: items.map(show), ...more };
      },
    }),
    readRoute({
      path: '/requests/{id}',
      summary:
        'Shows a request and what was answered, to who made it, who may answer it, and who may see all.',
      permission: 'request.read',
      scope: 'person',
      rate: 'read',
      params,
      reply: z.object({ request, answers: z.array(answer), mayAnswer: z.boolean() }),
      handle: async ({ params }, { db, tenant, caller }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        const demand = await findDemand(db, tenant, params.id);
        if (demand === undefined) return notFound('request');
        const mayAnswer = await isApprover(db, demand, person, Date.now());
        if (!mayAnswer && demand.requester !== person && !maySeeAll(caller)) return notFound('request');
        const answers = await listAnswers(db, tenant, params.id);
        return { request: show(demand), answers: answers.map(showAnswer), mayAnswer };
      },
    }),
  ];
}

function askRoutes(): readonly Route[] {
  return [
    writeRoute({
      ...mine,
      method: 'post',
      path: '/requests',
      status: 201,
      summary: 'Asks for a role or a permission, for a task and a time.',
      audit: 'request.made',
      body: ask,
      reply: z.object({ id: z.string() }),
      handle: async ({ body }, { tx, tenant, actor, caller }) => {
        const requester = personOf(caller);
        if (isProblem(requester)) return requester;
        const made = await askAccess(tx, {
          tenant,
          requester,
          // `??`: the schema has seen that one of the two is there
          what: body.permission === undefined ? { role: body.role ?? '' } : { permission: body.permission },
          durationMs: body.durationS * 1000,
          reason: body.reason,
          ticket: body.ticket ?? null,
          by: actor,
          nowMs: Date.now(),
        });
        return orProblem(made, ({ id }) => ({ id }));
      },
    }),
    writeRoute({
      ...mine,
      method: 'post',
      path: '/requests/{id}/withdraw',
      status: 204,
      summary: 'Takes back a request of yours.',
      audit: 'request.withdrawn',
      params,
      reply: z.null(),
      handle: async ({ params }, call) => {
        const person = personOf(call.caller);
        if (isProblem(person)) return person;
        return orProblem(await withdraw(call.tx, word(call, params.id, person)), () => null);
      },
    }),
  ];
}

const word = ({ tenant, actor }: WriteCall, id: DemandId, person: Id<'person'>) => ({
  tenant,
  id,
  person,
  by: actor,
  nowMs: Date.now(),
});

function answerRoutes({ site, routes }: RequestParts): readonly Route[] {
  return [
    writeRoute({
      ...mine,
      method: 'post',
      path: '/requests/{id}/approve',
      status: 200,
      summary:
        'Approves a request: with the passkey over its hash, or, weaker, after a fresh proof of both factors.',
      audit: 'request.approved',
      params,
      body: z.strictObject({ hash: b64(64), assertion: assertion.optional() }),
      reply: z.object({ state: z.enum(['open', 'approved', 'executed']) }),
      handle: async ({ params, body }, call) => {
        const person = personOf(call.caller);
        if (isProblem(person)) return person;
        const hash = Buffer.from(body.hash, 'base64url');
        const proof = await proofOf(call, site(), person, hash, body.assertion);
        if (isProblem(proof)) return proof;
        const said = await approve(call.tx, { ...word(call, params.id, person), hash, proof });
        if (!said.ok) return problemOfRefusal(said.error);
        if (!said.value.isEnough) return { state: 'open' as const };
        if (!happensAtOnce(said.value.demand)) return { state: 'approved' as const };
        return orProblem(await carryOut(call.tx, word(call, params.id, person)), () => ({
          state: 'executed' as const,
        }));
      },
    }),
    writeRoute({
      ...mine,
      method: 'post',
      path: '/requests/{id}/refuse',
      status: 204,
      summary: 'Refuses a request, which ends it.',
      audit: 'request.refused',
      params,
      reply: z.null(),
      handle: async ({ params }, call) => {
        const person = personOf(call.caller);
        if (isProblem(person)) return person;
        return orProblem(await refuse(call.tx, word(call, params.id, person)), () => null);
      },
    }),
    writeRoute({
      ...mine,
      method: 'post',
      path: '/requests/{id}/execute',
      status: 200,
      summary: 'Has a kept change of yours done, exactly as it was approved, once.',
      audit: 'request.executed',
      params,
      reply: z.object({ reply: z.unknown() }),
      handle: async ({ params }, call) => {
        const person = personOf(call.caller);
        if (isProblem(person)) return person;
        const done = await execute(call.tx, word(call, params.id, person), (demand) =>
          runKept(demand, person, call, routes()),
        );
        if (!done.ok) return problemOfRefusal(done.error);
        return isProblem(done.value) ? done.value : { reply: done.value ?? null };
      },
    }),
  ];
}

/** The requester must still be allowed what was asked; everything else was decided by the approvers. */
async function runKept(
  demand: Demand,
  person: Id<'person'>,
  call: WriteCall,
  routes: readonly Route[],
): Promise<Result<unknown, Refusal>> {
  if (demand.requester !== person) return ok(notFound('request'));
  const kept = JSON.parse(demand.details) as KeptRequest; // ours: its hash has just been checked
  const route = routeOf(kept, routes);
  if (route === undefined || route.fourEyes?.(kept) !== demand.act)
    return ok(conflict('This cannot be executed here; make the request anew.'));
  const decision = decide(call.caller, route, Date.now());
  if (decision !== 'allowed') return ok(decision === 'step-up' ? STEP_UP : NOT_ALLOWED);
  return ok(await route.run(kept, { ...call, nothingChanged: () => {}, keepRefusal: () => {} }));
}

async function proofOf(
  { tx, tenant, caller }: WriteCall,
  site: Site,
  person: Id<'person'>,
  hash: Uint8Array,
  given: z.output<typeof assertion> | undefined,
): Promise<Proof | Problem> {
  if (given === undefined) {
    if (caller.isSingleFactor === true) return SINGLE_FACTOR;
    const isFresh = caller.provedAtMs !== undefined && Date.now() - caller.provedAtMs <= STEP_UP_MS;
    return isFresh ? { method: 'step-up' } : STEP_UP;
  }
  const { userHandle, ...response } = given.response;
  const evidence = await proveApproval(tx, site, {
    tenant,
    person,
    hash,
    response: { ...given, response: { ...response, ...(userHandle === undefined ? {} : { userHandle }) } },
  });
  return evidence === undefined ? BAD_ASSERTION : { method: 'passkey', evidence };
}

function ruleRoutes(): readonly Route[] {
  return [
    readRoute({
      path: '/four-eyes',
      summary: 'Lists what needs approval and whose; `none` where nobody needs to approve.',
      permission: 'access.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(rule) }),
      handle: async (_input, { db, tenant }) => ({ items: await listRules(db, tenant) }),
    }),
    writeRoute({
      method: 'put',
      path: '/four-eyes/{act}',
      status: 200,
      summary: 'Sets who approves an act. Changing a rule is itself an act under that rule.',
      permission: 'access.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'four-eyes.changed',
      fourEyes: ({ params }) => params.act,
      params: z.strictObject({ act }),
      body: z.strictObject({ approval: z.string().min(1).max(1000) }),
      reply: rule,
      handle: async ({ params, body }, { tx, ...by }) =>
        orProblem(await setRule(tx, by, params.act, body.approval, Date.now()), (r) => r),
    }),
  ];
}

const maySeeAll = ({ permissions }: Caller): boolean =>
  permissions.has('*') || permissions.has('approval.read');

async function isApprover(on: Reader, demand: Demand, person: Id<'person'>, nowMs: number): Promise<boolean> {
  if (demand.requester === person) return false;
  const [me] = await approversOf(on, demand.tenant, [person], nowMs);
  const parsed = parseExpression(demand.approval);
  return me !== undefined && parsed.ok && isNamed(parsed.value, me);
}

/** The newest open requests of others that this person may answer and has not answered. */
async function waiting(
  on: Reader,
  tenant: TenantId,
  person: Id<'person'>,
  nowMs: number,
): Promise<readonly Demand[]> {
  const all = { requester: undefined, state: 'open', limit: 1000, before: undefined, nowMs } as const;
  const open = (await listDemands(on, tenant, all)).filter((d) => d.requester !== person);
  const [me] = await approversOf(on, tenant, [person], nowMs);
  if (me === undefined || open.length === 0) return [];
  const answered = await on.query<{ id: string }>(
    'select demand_id as id from approval where tenant_id = $1 and person_id = $2 and demand_id = any ($3::uuid[])',
    [tenant, person, open.map((d) => d.id)],
  );
  const done = new Set(answered.map((a) => a.id));
  return open.filter((d) => {
    const parsed = parseExpression(d.approval);
    return !done.has(d.id) && parsed.ok && isNamed(parsed.value, me);
  });
}

function show(d: Demand): z.input<typeof request> {
  const { id, act, subject, approval, requester, reason, ticket } = d;
  return {
    id,
    act,
    subject,
    details: shownDetails(d.details),
    hash: Buffer.from(d.hash).toString('base64url'),
    approval,
    requester,
    reason,
    ticket,
    createdAt: timeOf(d.createdAtMs),
    expiresAt: timeOf(d.expiresAtMs),
    state: d.state === 'open' && Date.now() >= d.expiresAtMs ? 'expired' : d.state,
  };
}

function showAnswer({ person, word, method, evidence, atMs }: Answer): z.input<typeof answer> {
  return { person, word, method, isWeaker: method !== 'passkey', evidence, at: timeOf(atMs) };
}

const STEP_UP = problem({
  status: 403,
  type: 'step-up-required',
  title: 'Prove that it is you',
  detail: 'This act needs a fresh proof of both factors; give it and send the request again.',
});
const SINGLE_FACTOR = problem({
  status: 403,
  type: 'second-factor-required',
  title: 'A second factor is needed',
  detail:
    'Others rely on an approval, so a password alone is not enough: add a passkey or an authenticator app.',
});
const NOT_ALLOWED = problem({
  status: 403,
  type: 'forbidden',
  title: 'Not allowed',
  detail: 'Your roles do not allow this (any more).',
});
const BAD_ASSERTION = problem({
  status: 403,
  type: 'bad-assertion',
  title: 'The passkey did not approve this',
  detail: 'The answer of the passkey is not a signature of yours over this request.',
});
