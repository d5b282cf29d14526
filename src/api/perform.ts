/**
 * What happens between a request that was read and its reply: who calls, may they, do it, record it.
 *
 * A write runs in one transaction that also holds its idempotency key and its audit event; a write that succeeds without the
 * event it declares is undone as a bug. Everything runs on the caller's tenant, or on the platform's for what operators do,
 * which is set here and nowhere else.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import { type QuotaReached, quotaReached } from '#assurance/tenants/quota.ts';
import { tenantState } from '#assurance/tenants/tenants.ts';
import type { Actor } from '#core/actor.ts';
import { InvariantError } from '#core/errors.ts';
import { PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import type { Database, Transaction } from '#platform/db.ts';
import { type Authenticate, type Caller, type CookieChange, type Credentials, decide } from './caller.ts';
import { demandInstead } from './four-eyes.ts';
import { claimKey, keepReply, requestDigest, validKey } from './idempotency.ts';
import { isProblem, problem, type Problem } from './problem.ts';
import { isRedirect } from './redirect.ts';
import type { RawInput, Route, WriteCall } from './route.ts';

export type Asked = {
  readonly raw: RawInput;
  readonly credentials: Credentials;
  /** Whether the request carries the header against forged requests. */
  readonly isDeliberate: boolean;
  readonly idempotencyKey: string | string[] | undefined;
  readonly signal: AbortSignal;
  readonly host: string;
  readonly ifMatch: string | undefined;
  readonly search: string;
};
export type Done = {
  readonly status: number;
  readonly value: unknown;
  readonly replayed: boolean;
  readonly cookie?: CookieChange | undefined;
  readonly flow?: string | undefined;
};
export type Parts = { readonly db: Database; readonly authenticate: Authenticate; readonly now: Clock };

export async function perform(route: Route, asked: Asked, parts: Parts): Promise<Done> {
  if (route.kind === 'public') return await performPublic(route, asked, parts.db);
  const caller = await parts.authenticate(asked.credentials);
  if (caller === undefined) return refused(SIGN_IN);
  if (caller.session !== undefined && route.kind === 'write' && !asked.isDeliberate) return refused(FORGED);
  if ((await tenantState(parts.db.asTenant(caller.tenant), caller.tenant)) !== 'active')
    return refused(SUSPENDED);
  const decision = decide(caller, route, parts.now());
  if (decision !== 'allowed') {
    await recordRefusal(route, caller, decision, parts.db);
    return refused(REFUSALS[decision]);
  }
  return route.kind === 'write'
    ? await performWrite(route, asked, caller, parts.db)
    : await performRead(route, asked, caller, parts.db);
}

async function performPublic(route: Route & { kind: 'public' }, asked: Asked, db: Database): Promise<Done> {
  let cookie: CookieChange | undefined;
  let flow: string | undefined;
  const value = await route.run(asked.raw, {
    db,
    device: asked.credentials.device,
    ip: asked.credentials.ip,
    userAgent: asked.credentials.userAgent,
    setCookie: (change) => (cookie = change),
    flow: asked.credentials.flow,
    host: asked.host,
    search: asked.search,
    setFlow: (value) => (flow = value),
  });
  if (isProblem(value)) return { ...refused(value), flow };
  if (isRedirect(value)) return { status: 303, value, replayed: false, cookie, flow };
  return { status: 200, value: shaped(route, value), replayed: false, cookie };
}

async function performRead(
  route: Route & { kind: 'read' },
  { raw, signal }: Asked,
  caller: Caller,
  database: Database,
): Promise<Done> {
  const { actor } = caller;
  const tenant = tenantOf(route, caller);
  const db = database.asTenant(tenant);
  const value = shaped(route, await route.run(raw, { tenant, actor, caller, db, signal }));
  if (isProblem(value)) return refused(value);
  const { audit } = route;
  if (audit !== undefined)
    await db.transact((tx) => appendAudit(tx, [{ tenant, actor, ...what(route, audit) }]));
  return { status: 200, value, replayed: false };
}

/** What operators do is done in the name of the platform, whose log has it; everything else in the caller's own tenant. */
const tenantOf = (route: Route, caller: Caller): TenantId =>
  route.scope === 'installation' ? PLATFORM_TENANT : caller.tenant;

const what = (route: Route, word: string) => ({
  what: word,
  subject: `${route.method.toUpperCase()} ${route.path}`,
  details: { permission: route.permission, scope: route.scope },
});

/** Every refusal of what needs a permission is an event of the caller's tenant. */
async function recordRefusal(
  route: Route,
  { tenant, actor }: Caller,
  decision: keyof typeof REFUSALS,
  db: Database,
): Promise<void> {
  const word = decision === 'step-up' ? 'access.step-up-asked' : 'access.refused';
  await db.asTenant(tenant).transact((tx) => appendAudit(tx, [{ tenant, actor, ...what(route, word) }]));
}

/** The act was undone; that it was tried is an event all the same. */
async function recordLimit(
  route: Route,
  { kind }: QuotaReached,
  tenant: TenantId,
  actor: Actor,
  db: Database,
): Promise<void> {
  const { subject } = what(route, '');
  const event = { tenant, actor, what: 'tenant.quota-reached', subject, details: { limit: kind } };
  await db.asTenant(tenant).transact((tx) => appendAudit(tx, [event]));
}

/** Carries a problem out of a transaction, so that what the handler had already written is rolled back. */
class Refused extends Error {
  readonly problem: Problem;
  constructor(refusal: Problem) {
    super(refusal.title);
    this.problem = refusal;
  }
}

async function performWrite(
  route: Route & { kind: 'write' },
  asked: Asked,
  caller: Caller,
  db: Database,
): Promise<Done> {
  const { raw, idempotencyKey: key, credentials } = asked;
  const { actor } = caller;
  const tenant = tenantOf(route, caller);
  if (key !== undefined && (typeof key !== 'string' || !validKey(key))) return refused(BAD_KEY);
  let cookie: CookieChange | undefined;
  let isKept = false;
  try {
    return await db.asTenant(tenant).transact(async (tx) => {
      if (key !== undefined) {
        const earlier = await claimKey(tx, tenant, `${actor} ${key}`, requestDigest(route, raw));
        if (earlier.kind === 'problem') throw new Refused(earlier.problem);
        if (earlier.kind === 'replay')
          return { status: earlier.status, value: earlier.reply, replayed: true };
      }
      const { ip, userAgent, device } = credentials;
      const setCookie = (change: CookieChange): void => void (cookie = change);
      const keepRefusal = (): void => void (isKept = true);
      const call = {
        tenant,
        actor,
        caller,
        tx,
        ip,
        userAgent,
        device,
        setCookie,
        keepRefusal,
        ifMatch: asked.ifMatch,
      };
      const demanded = await demandInstead(route, raw, call);
      const value = demanded ?? shaped(route, await runAudited(route, raw, call));
      if (isProblem(value) && isKept) return { ...refused(value), cookie };
      if (isProblem(value)) throw new Refused(value);
      const status = demanded === undefined ? route.status : 202;
      if (key !== undefined && !route.secret) await keepReply(tx, tenant, `${actor} ${key}`, status, value);
      return { status, value, replayed: false, cookie };
    });
  } catch (error) {
    if (error instanceof Refused) return refused(error.problem);
    const limit = quotaReached(error);
    if (limit === undefined) throw error;
    await recordLimit(route, limit, tenant, actor, db);
    return refused(problem({ ...LIMIT_REACHED, detail: limit.text }));
  }
}

/** Runs the handler and holds it to the audit event its route declares. */
async function runAudited(
  route: Route & { kind: 'write' },
  raw: RawInput,
  call: Omit<WriteCall, 'nothingChanged'>,
): Promise<unknown> {
  let recorded = false;
  const { tx } = call;
  const watched: Transaction = {
    inTransaction: true,
    query: (sql, values, name) => {
      if (name === 'audit.append' && Array.isArray(values?.[1]) && values[1].includes(route.audit))
        recorded = true;
      return tx.query(sql, values, name);
    },
  };
  const value = await route.run(raw, { ...call, tx: watched, nothingChanged: () => (recorded = true) });
  if (!recorded && !isProblem(value))
    throw new InvariantError(
      `${route.method} ${route.path} changed something without its event ${route.audit}`,
    );
  return value;
}

/** The reply as declared and nothing more: a column added later cannot leak by itself. */
function shaped(route: Route, value: unknown): unknown {
  if (isProblem(value) || (route.kind === 'write' && route.status === 204)) return value;
  const parsed = route.reply.safeParse(value);
  if (!parsed.success)
    throw new InvariantError(`${route.method} ${route.path} replied with what it does not declare`, {
      cause: parsed.error,
    });
  return parsed.data;
}

const refused = (value: Problem): Done => ({ status: value.status, value, replayed: false });

const LIMIT_REACHED = {
  status: 422,
  type: 'quota-reached',
  title: 'A limit is reached',
} as const;
const SUSPENDED = problem({
  status: 403,
  type: 'suspended',
  title: 'Suspended',
  detail: 'Your organisation is suspended here; ask those who run the gateway.',
});
const SIGN_IN = problem({
  status: 401,
  type: 'sign-in-required',
  title: 'Sign in first',
  detail: 'The request carries no session or key that is valid (any more).',
});
const FORBIDDEN = problem({
  status: 403,
  type: 'forbidden',
  title: 'Not allowed',
  detail: 'Your roles do not allow this; you can ask for the permission.',
});
const STEP_UP = problem({
  status: 403,
  type: 'step-up-required',
  title: 'Prove that it is you',
  detail: 'This act needs a fresh proof of both factors; give it and send the request again.',
});
const ENROL = problem({
  status: 403,
  type: 'enrolment-required',
  title: 'Add a factor first',
  detail: 'Your roles demand a passkey or an authenticator app; add one and go on.',
});
const REFUSALS = { forbidden: FORBIDDEN, 'step-up': STEP_UP, enrol: ENROL } as const;
const FORGED = problem({
  status: 403,
  type: 'csrf',
  title: 'Forbidden',
  detail: 'A request with a session that changes something must carry the header Gatehouse-Csrf: 1.',
});
const BAD_KEY = problem({
  status: 400,
  type: 'bad-idempotency-key',
  title: 'Bad idempotency key',
  detail: 'Idempotency-Key must be 1 to 128 visible ASCII characters.',
});
