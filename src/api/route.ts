/**
 * The shape of every API route. A file per resource exports a function that returns its routes, made by `readRoute` and
 * `writeRoute`; `server.ts` serves them and `openapi.ts` describes them. How to add one: copy a route of `domains.ts`.
 *
 * Each route declares its input schema, permission, tenant scope, audit event and rate class. The types demand them and
 * `checkRoutes` looks again at start, since an empty word satisfies a type.
 */
import type { Actor } from '#core/actor.ts';
import { z } from 'zod';
import type { Permission } from '#assurance/access/catalogue.ts';
import type { FourEyesAct } from '#assurance/approvals/acts.ts';
import { InvariantError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Database, Reader, Transaction } from '#platform/db.ts';
import type { Caller, CookieChange } from './caller.ts';
import type { Arrival } from './guards.ts';
import { BAD_CURSOR } from './paging.ts';
import type { Redirect } from './redirect.ts';
import { invalid, type Problem } from './problem.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';

/** What somebody must be allowed to do, as `resource.verb`; roles are lists of these. */
export type { Permission };
/**
 * `tenant`: the things of the caller's tenant. `installation`: the whole gateway, for operators. `person`: the caller's own
 * account. `public`: before sign-in; such a route finds out for itself which tenant is meant.
 */
export type Scope = 'tenant' | 'installation' | 'person' | 'public';
export type RateClass = 'read' | 'write' | 'costly' | 'sign-in';

type Shape = z.ZodObject;
type None = Record<string, never>;
type Common<P, Q, R> = {
  /** Below `/api/v1`, as OpenAPI writes it: `/domains/{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission;
  readonly scope: Scope;
  readonly rate: RateClass;
  /** A sensitive act: the caller must have proved both factors in the last minutes. */
  readonly stepUp?: boolean;
  /** Open to a session that still owes a factor: for what adds one, and for leaving. */
  readonly enrolment?: boolean;
  /** How replies and refusals look: our own, or those of RFC 7644. */
  readonly format?: 'scim';
  readonly params?: P;
  readonly query?: Q;
  readonly reply: R;
};
type Input<P, Q, B> = {
  readonly params: P extends Shape ? z.output<P> : None;
  readonly query: Q extends Shape ? z.output<Q> : None;
  readonly body: B extends z.ZodType ? z.output<B> : undefined;
};
/** What a request of nobody in particular has: a public route. */
export type PublicCall = {
  /** The whole database; it shows no tenant until `asTenant` names one. */
  readonly db: Database;
  readonly device: string | undefined;
  readonly ip: string;
  readonly userAgent: string;
  readonly setCookie: (change: CookieChange) => void;
  /** What the browser brought back from a provider, and the host it came to; see assurance/oidc. */
  readonly flow: string | undefined;
  readonly host: string;
  /** The query as it was sent. */
  readonly search: string;
  /** Sets the flow's cookie, or takes it away with `clear`. */
  readonly setFlow: (flow: string) => void;
};
export type ReadCall = {
  readonly tenant: TenantId;
  readonly actor: Actor;
  readonly caller: Caller;
  readonly db: Reader;
  /** Aborted when the client went away or the server stops; for those who wait for news. */
  readonly signal: AbortSignal;
};
export type WriteCall = {
  readonly tenant: TenantId;
  readonly actor: Actor;
  readonly caller: Caller;
  readonly device: string | undefined;
  readonly ip: string;
  readonly userAgent: string;
  readonly setCookie: (change: CookieChange) => void;
  /** Everything the request changes, and its audit event, goes through this; it is rolled back when a problem is returned. */
  readonly tx: Transaction;
  /** The version that the request expects to find. */
  readonly ifMatch: string | undefined;
  /** Said by a handler that found nothing to change, so that no audit event is expected of it. */
  readonly nothingChanged: () => void;
  /** Said by a handler whose refusal must stay on record: what it wrote is kept although it answers with a problem. */
  readonly keepRefusal: () => void;
};

export type ReadSpec<P, Q, R extends z.ZodType> = Common<P, Q, R> & {
  readonly scope: Exclude<Scope, 'public'>;
  /** Recorded, in a transaction of its own, before the first byte is given out: for what is nobody's daily business to read. */
  readonly audit?: string;
  readonly handle: (input: Input<P, Q, undefined>, call: ReadCall) => Promise<z.input<R> | Problem>;
};
export type WriteSpec<P, Q, B, R extends z.ZodType> = Common<P, Q, R> & {
  readonly scope: Exclude<Scope, 'public'>;
  readonly method: 'post' | 'put' | 'patch' | 'delete';
  readonly status: 200 | 201 | 202 | 204;
  readonly body?: B;
  /** `text/csv` hands the body over as bytes. */
  readonly bodyType?: 'application/json' | 'text/csv';
  /** The audit event that every success appends in the same transaction. */
  readonly audit: string;
  /** The reply is shown once and kept nowhere, so that an idempotency key cannot bring it back. */
  readonly secret?: boolean;
  /** What this is for the tenant's rules of four eyes: where one applies, the request is kept until others approved it. */
  readonly fourEyes?: (input: Input<P, Q, B>) => FourEyesAct | undefined;
  readonly handle: (input: Input<P, Q, B>, call: WriteCall) => Promise<z.input<R> | Problem>;
};
/** A route that needs no caller. It opens its own transactions, and what it changes it records in them itself. */
export type PublicSpec<P, Q, B, R extends z.ZodType> = Omit<
  Common<P, Q, R>,
  'permission' | 'scope' | 'stepUp' | 'enrolment' | 'format'
> & {
  readonly method: 'get' | 'post';
  readonly body?: B;
  /** Who comes here besides our own pages: `browser` on its way back from elsewhere, `server` with a form. */
  readonly comesFrom?: Arrival;
  readonly handle: (input: Input<P, Q, B>, call: PublicCall) => Promise<z.input<R> | Problem | Redirect>;
};

export type RawInput = { readonly params: unknown; readonly query: unknown; readonly body: unknown };
type Face = {
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission;
  readonly scope: Scope;
  readonly rate: RateClass;
  readonly stepUp: boolean;
  readonly enrolment: boolean;
  readonly format: 'scim' | undefined;
  readonly params: Shape | undefined;
  readonly query: Shape | undefined;
  readonly reply: z.ZodType;
};
/** A route with its types closed over: what the server and the description work with. */
export type Route =
  | (Face & {
      readonly kind: 'read';
      readonly method: 'get';
      readonly audit: string | undefined;
      readonly run: (raw: RawInput, call: ReadCall) => Promise<unknown>;
    })
  | (Face & {
      readonly kind: 'write';
      readonly method: 'post' | 'put' | 'patch' | 'delete';
      readonly status: 200 | 201 | 202 | 204;
      readonly body: z.ZodType | undefined;
      readonly bodyType: 'application/json' | 'text/csv';
      readonly audit: string;
      readonly secret: boolean;
      /** Undefined also for input that is not valid: running it says what is wrong with it. */
      readonly fourEyes: ((raw: RawInput) => FourEyesAct | undefined) | undefined;
      readonly run: (raw: RawInput, call: WriteCall) => Promise<unknown>;
    })
  | (Face & {
      readonly kind: 'public';
      readonly comesFrom: Arrival;
      readonly method: 'get' | 'post';
      readonly body: z.ZodType | undefined;
      readonly run: (raw: RawInput, call: PublicCall) => Promise<unknown>;
    });

export function readRoute<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
>(spec: ReadSpec<P, Q, R>): Route {
  return {
    ...face(spec),
    kind: 'read',
    method: 'get',
    audit: spec.audit,
    run: async (raw, call) => {
      const input = parseInput(raw, spec.params, spec.query, undefined);
      if ('problem' in input) return input.problem;
      // `as`: parseInput has just held each part against the schema its type is taken from.
      return await spec.handle(input.value as Input<P, Q, undefined>, call);
    },
  };
}

export function writeRoute<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: WriteSpec<P, Q, B, R>): Route {
  return {
    ...face(spec),
    kind: 'write',
    method: spec.method,
    status: spec.status,
    body: spec.body,
    bodyType: spec.bodyType ?? 'application/json',
    audit: spec.audit,
    secret: spec.secret ?? false,
    fourEyes:
      spec.fourEyes &&
      ((raw) => {
        const input = parseInput(raw, spec.params, spec.query, spec.body);
        // `as`: as below.
        return 'problem' in input ? undefined : spec.fourEyes?.(input.value as Input<P, Q, B>);
      }),
    run: async (raw, call) => {
      const input = parseInput(raw, spec.params, spec.query, spec.body);
      if ('problem' in input) return input.problem;
      // `as`: parseInput has just held each part against the schema its type is taken from.
      return await spec.handle(input.value as Input<P, Q, B>, call);
    },
  };
}

export function publicRoute<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: PublicSpec<P, Q, B, R>): Route {
  return {
    ...face({ ...spec, permission: 'nothing.read', scope: 'public' }),
    kind: 'public',
    comesFrom: spec.comesFrom ?? 'us',
    method: spec.method,
    body: spec.body,
    run: async (raw, call) => {
      const input = parseInput(raw, spec.params, spec.query, spec.body);
      if ('problem' in input) return input.problem;
      // `as`: parseInput has just held each part against the schema its type is taken from.
      return await spec.handle(input.value as Input<P, Q, B>, call);
    },
  };
}

function face<P extends Shape | undefined, Q extends Shape | undefined, R extends z.ZodType>(
  spec: Common<P, Q, R>,
): Face {
  const { path, summary, permission, scope, rate, params, query, reply } = spec;
  const { stepUp = false, enrolment = false, format } = spec;
  return { path, summary, permission, scope, rate, stepUp, enrolment, format, params, query, reply };
}

const NOTHING = z.strictObject({});

function parseInput(
  raw: RawInput,
  params: Shape | undefined,
  query: Shape | undefined,
  body: z.ZodType | undefined,
): { readonly value: unknown } | { readonly problem: Problem } {
  const p = (params ?? NOTHING).safeParse(raw.params ?? {});
  const q = (query ?? NOTHING).safeParse(raw.query ?? {});
  const b = (body ?? z.undefined()).safeParse(raw.body ?? undefined);
  const complaints = [
    ...(p.error ? zodComplaints(p.error, params ?? NOTHING, 'path') : []),
    ...(q.error ? zodComplaints(q.error, query ?? NOTHING, 'query') : []),
    ...(b.error ? zodComplaints(b.error, body ?? NOTHING, 'body') : []),
  ];
  if (complaints.length > 0 && complaints.every((c) => c.at === 'query.cursor'))
    return { problem: BAD_CURSOR };
  if (complaints.length > 0) return { problem: invalid(complaints) };
  return { value: { params: p.data, query: q.data, body: b.data } };
}

/** Throws when a route is declared twice or lacks one of the declarations; run at start and in a test. */
export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const r of routes) {
    const id = `${r.method.toUpperCase()} ${r.path}`;
    if (seen.has(id)) throw new InvariantError(`route ${id} is declared twice`);
    seen.add(id);
    const placeholders = [...r.path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
    const params = Object.keys(r.params?.shape ?? {});
    if (!/^(\/[A-Za-z][A-Za-z0-9-]*|\/\{\w+\})+$/.test(r.path))
      throw new InvariantError(`route ${id}: the path is malformed`);
    if (placeholders.toSorted().join() !== params.toSorted().join())
      throw new InvariantError(`route ${id}: the schema of its path parameters does not fit the path`);
    if (!/^[a-z-]+\.[a-z]+$/.test(r.permission))
      throw new InvariantError(`route ${id} declares no permission`);
    if (!['tenant', 'installation', 'person', 'public'].includes(r.scope))
      throw new InvariantError(`route ${id} declares no scope`);
    if (!['read', 'write', 'costly', 'sign-in'].includes(r.rate))
      throw new InvariantError(`route ${id} declares no rate class`);
    if (r.summary.trim() === '') throw new InvariantError(`route ${id} has no summary`);
    if (r.kind === 'write' && !/^[a-z-]+(\.[a-z-]+)+$/.test(r.audit))
      throw new InvariantError(`route ${id} declares no audit event`);
    if (r.kind === 'write' && r.fourEyes !== undefined && (r.bodyType !== 'application/json' || r.secret))
      throw new InvariantError(
        `route ${id} has a body that nobody could be shown for approval, or a reply for one person's eyes`,
      );
  }
}
