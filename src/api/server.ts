/**
 * The HTTP door: guards, then the declared routes, then one place where every failure becomes a problem document.
 *
 * A request passes: Host and Origin → rate class → caller → permission → input schema → handler (perform.ts).
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ConfigError, errorChain, InvariantError, TransientError } from '#core/errors.ts';
import { newId } from '#core/id.ts';
import { type Clock, systemClock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import type { Logger } from '#platform/log.ts';
import { registry, SECONDS, type Registry } from '#platform/metrics.ts';
import {
  type Authenticate,
  bearerOf,
  cookieLines,
  cookieOf,
  type Credentials,
  CSRF_HEADER,
  DEVICE_COOKIE,
  FLOW_COOKIE,
  flowLine,
} from './caller.ts';
import { answerConsole, type Console } from './console.ts';
import { type Arrival, createGuard, isLoopback } from './guards.ts';
import { securityHeaders } from './headers.ts';
import { openapi } from './openapi.ts';
import { addProbes, type OtherMetrics, type Probe, PROBE_PATHS } from './probes.ts';
import { isProblem, notFound, problem, problemBody, type Problem } from './problem.ts';
import { isRedirect } from './redirect.ts';
import { createRateLimiter, type RateLimiter } from './rate.ts';
import { type Asked, type Parts, perform } from './perform.ts';
import { checkRoutes, type Route } from './route.ts';
import { sendScim, sendScimError } from './scim-format.ts';

const requests = registry.counter(
  'gatehouse_http_requests_total',
  'API requests answered, by status class.',
  ['route', 'status'],
);
const seconds = registry.histogram('gatehouse_http_seconds', 'Time from request to reply.', SECONDS);

/** CSV imports are the largest thing sent; about a million addresses. */
const MAX_CSV_BYTES = 64 * 1024 * 1024;
const MAX_JSON_BYTES = 1024 * 1024;
/** Of a provider that ends sessions: one token. */
const MAX_FORM_BYTES = 64 * 1024;

export type ApiOptions = {
  readonly routes: readonly Route[];
  /** As the role that sees one tenant. */
  readonly db: Database;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Where people reach us, e.g. `https://gate.example`; absent where only this machine does. */
  readonly publicUrl?: string | undefined;
  /** Certificate chain and key in PEM, to speak TLS ourselves. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly probes: readonly Probe[];
  readonly metrics?: Registry;
  /** Printed with them at /metrics. */
  readonly otherMetrics?: OtherMetrics;
  /** Served at every path that is not the API's; absent where it was not built. */
  readonly console?: Console | undefined;
  readonly now?: Clock;
};
export type Api = {
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

/** Starts listening; port 0 takes a free one. Refuses to speak in the clear to other machines. */
export async function openApi(
  options: ApiOptions & { readonly host: string; readonly port: number },
): Promise<Api> {
  if (!isLoopback(options.host) && options.tls === undefined)
    throw new ConfigError([
      'http.host: must be 127.0.0.1, ::1 or localhost unless tls.certificate and tls.key are set: sessions must not travel in the clear (behind a proxy on this machine, loopback is right)',
    ]);
  const app = buildApi(options);
  await app.listen({ host: options.host, port: options.port });
  const address = app.addresses()[0];
  if (typeof address !== 'object') throw new InvariantError('the API listens but has no port');
  return { host: options.host, port: address.port, close: () => app.close() };
}

/** The server without a socket; tests send requests with `inject`. */
export function buildApi(options: ApiOptions): FastifyInstance {
  checkRoutes(options.routes);
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_JSON_BYTES,
    ...(options.tls === undefined ? {} : { https: { ...options.tls, minVersion: 'TLSv1.2' as const } }),
    // A proxy on this machine, which a public URL without our own certificate means, says who the client is.
    trustProxy: options.publicUrl !== undefined && options.tls === undefined ? 'loopback' : false,
    requestTimeout: 60_000,
    forceCloseConnections: true,
    genReqId: () => newId<'request'>(),
    routerOptions: { maxParamLength: 512 },
    // What the router itself refuses, such as a path with %zz in it, has not met any hook.
    frameworkErrors: (_error, request, reply) =>
      void sendProblem(request, reply.headers(securityHeaders(false)), BAD_URL),
  });
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(
    'text/csv',
    { parseAs: 'buffer', bodyLimit: MAX_CSV_BYTES },
    (_request, body, done) => done(null, body),
  );
  app.addContentTypeParser(
    'application/scim+json',
    { parseAs: 'string', bodyLimit: MAX_JSON_BYTES },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (request, body, done) =>
      arrivalOf(request) === 'server'
        ? done(null, Object.fromEntries(new URLSearchParams(String(body))))
        : done(Object.assign(new Error('no forms here'), { statusCode: 415 })),
  );
  const guard = createGuard(options.publicUrl);
  // RFC 6797 §7.2: over TLS only. A public URL is always one of TLS, ours or a proxy's.
  const headers = securityHeaders(options.tls !== undefined || options.publicUrl !== undefined);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    const isOurs = (request.raw.url ?? '').startsWith('/api') && arrivalOf(request) !== 'browser';
    const refusal = guard(request.headers, request.method === 'GET' && !isOurs);
    if (refusal !== undefined) return sendProblem(request, reply, refusal);
    return isReadable(request.raw.url ?? '') ? undefined : sendProblem(request, reply, BAD_URL);
  });
  app.setErrorHandler((error, request, reply) =>
    sendProblem(request, reply, problemOf(error, request, options.log)),
  );
  app.setNotFoundHandler(
    (request, reply) =>
      (options.console === undefined ? undefined : answerConsole(options.console, request, reply)) ??
      sendProblem(request, reply, notFound('path')),
  );
  addProbes(app, {
    probes: options.probes,
    metrics: options.metrics ?? registry,
    others: options.otherMetrics ?? (() => Promise.resolve('')),
    mayLookInside: (request) => mayLookInside(request, options),
  });
  const description = openapi(options.routes);
  app.get('/api/v1/openapi.json', () => description);
  const limiter = createRateLimiter(options.now ?? systemClock);
  for (const route of options.routes) serve(app, route, { ...options, limiter });
  refuseOtherMethods(app, options.routes);
  return app;
}

/**
 * This machine's own watchers, and whoever holds `metrics.read`. A proxy on this machine passes the public name on in Host,
 * so what comes through it does not count as local.
 */
async function mayLookInside(
  request: FastifyRequest,
  { authenticate, publicUrl }: ApiOptions,
): Promise<boolean> {
  const isPublicName =
    publicUrl !== undefined && request.headers.host?.toLowerCase() === new URL(publicUrl).host;
  const peer = request.socket.remoteAddress ?? '';
  const isForwarded =
    request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
  if (isLoopback(peer.replace(/^::ffff:/, '')) && !isPublicName && !isForwarded) return true;
  const caller = await authenticate(credentialsOf(request));
  return caller !== undefined && (caller.platform.has('*') || caller.platform.has('metrics.read'));
}

const urlOf = (route: Route): string => `/api/v1${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

/** A known path asked in a way it does not know is 405 with what it does know, not 404. */
function refuseOtherMethods(app: FastifyInstance, routes: readonly Route[]): void {
  const known = new Map<string, Set<Method>>([['/api/v1/openapi.json', new Set(['GET', 'HEAD'])]]);
  for (const path of PROBE_PATHS) known.set(path, new Set(['GET', 'HEAD']));
  for (const route of routes) {
    const methods = known.get(urlOf(route)) ?? new Set();
    known.set(urlOf(route), methods.add(METHODS[route.method]));
    if (route.method === 'get') methods.add('HEAD');
  }
  for (const [url, methods] of known) {
    const others = Object.values(METHODS).filter((m) => !methods.has(m));
    const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
      sendProblem(request, reply.header('allow', [...methods].join(', ')), WRONG_METHOD);
    // Answered before the body is read: nothing is done with it.
    const hook = (request: FastifyRequest, reply: FastifyReply): void => void refuse(request, reply);
    app.route({ method: others, url, onRequest: hook, handler: refuse });
  }
}

const METHODS = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;
type Method = (typeof METHODS)[keyof typeof METHODS] | 'HEAD';

/** Percent-encoding that decodes, and no NUL, which neither our names nor the database may hold. */
function isReadable(url: string): boolean {
  try {
    return !decodeURIComponent(url.replaceAll('+', ' ')).includes('\0');
  } catch {
    return false; // what does not decode is the expected outcome looked for
  }
}

type Serving = ApiOptions & { readonly limiter: RateLimiter };

function serve(app: FastifyInstance, route: Route, serving: Serving): void {
  const parts: Parts = {
    db: serving.db,
    authenticate: serving.authenticate,
    now: serving.now ?? systemClock,
  };
  app.route({
    method: route.method,
    url: urlOf(route),
    config: { comesFrom: route.kind === 'public' ? route.comesFrom : 'us', format: route.format },
    handler: async (request, reply) => {
      const waitS = serving.limiter(request.ip, route.rate);
      if (waitS > 0) return sendProblem(request, reply.header('retry-after', waitS), tooMany(waitS));
      if (holdsNul(request.body)) return sendProblem(request, reply, NUL_IN_BODY);
      const done = await perform(route, askedBy(request, reply), parts);
      requests.with(route.path, isProblem(done.value) ? String(done.value.status) : '2xx').inc();
      seconds.observe(reply.elapsedTime / 1000);
      // What belongs to somebody is in no cache.
      reply.header('cache-control', 'no-store');
      if (isProblem(done.value)) return sendProblem(request, reply, done.value);
      if (done.replayed) reply.header('idempotency-replayed', 'true');
      if (done.cookie !== undefined) reply.header('set-cookie', cookieLines(done.cookie));
      if (done.flow !== undefined)
        reply.header('set-cookie', flowLine(done.flow === 'clear' ? undefined : done.flow));
      // 303: whatever method brought somebody here, the next page is read.
      if (isRedirect(done.value)) return reply.redirect(done.value.location, 303);
      if (route.format === 'scim') return sendScim(reply, done.status, done.value);
      return reply.status(done.status).send(done.status === 204 ? undefined : done.value);
    },
  });
}

/** Routes that others send browsers or requests to say so; to all the rest only our own pages and programs may come. */
function arrivalOf(request: FastifyRequest): Arrival {
  const { comesFrom } = request.routeOptions.config as { comesFrom?: Arrival }; // `as`: set below, absent on the frame's own
  return comesFrom ?? 'us';
}

function askedBy(request: FastifyRequest, reply: FastifyReply): Asked {
  const { headers } = request;
  const gone = new AbortController();
  // Of the reply: the request closes as soon as it was read.
  reply.raw.once('close', () => gone.abort());
  return {
    raw: { params: request.params, query: request.query, body: request.body },
    credentials: credentialsOf(request),
    isDeliberate: headers[CSRF_HEADER] === '1',
    idempotencyKey: headers['idempotency-key'],
    signal: gone.signal,
    host: headers.host ?? '',
    ifMatch: headers['if-match'],
    search: (request.raw.url ?? '').split('?', 2)[1] ?? '',
  };
}

function credentialsOf({ headers, ip }: FastifyRequest): Credentials {
  return {
    cookie: cookieOf(headers.cookie),
    bearer: bearerOf(headers.authorization),
    device: cookieOf(headers.cookie, DEVICE_COOKIE),
    flow: cookieOf(headers.cookie, FLOW_COOKIE),
    ip,
    userAgent: (headers['user-agent'] ?? '').slice(0, 512),
  };
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, p: Problem): FastifyReply {
  if (p.retryAfterS !== undefined) reply.header('retry-after', p.retryAfterS);
  const { format } = request.routeOptions.config as { format?: 'scim' }; // `as`: set where routes are served
  if (format === 'scim') return sendScimError(reply, p);
  return reply.status(p.status).type('application/problem+json').send(problemBody(p, request.id));
}

function problemOf(error: unknown, request: FastifyRequest, log: Logger): Problem {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return clientMistake(status);
  const transient = error instanceof TransientError;
  log.error('request failed', { request: request.id, path: request.url, error: errorChain(error) });
  if (transient) return UNAVAILABLE;
  return problem({
    status: 500,
    type: 'internal',
    title: 'Something went wrong inside',
    detail: 'The log has the details under the id in "instance".',
  });
}

function clientMistake(status: number): Problem {
  if (status === 413)
    return problem({
      status,
      type: 'too-large',
      title: 'Too large',
      detail: 'The body is larger than is allowed here.',
    });
  if (status === 415)
    return problem({
      status,
      type: 'media-type',
      title: 'Unsupported media type',
      detail: 'Send application/json, or text/csv where an import is meant.',
    });
  return problem({
    status: 400,
    type: 'malformed',
    title: 'Malformed request',
    detail: 'The body is not valid JSON.',
  });
}

function tooMany(waitS: number): Problem {
  return problem({
    status: 429,
    type: 'too-many-requests',
    title: 'Too many requests',
    detail: `Try again in ${waitS} seconds.`,
  });
}

/** The database refuses text with NUL in it (`\\u0000` in JSON); bytes of an import have a reader of their own. */
function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.entries(value).some(([key, inner]) => key.includes('\0') || holdsNul(inner));
}

const BAD_URL = problem({
  status: 400,
  type: 'malformed',
  title: 'Malformed request',
  detail: 'The path or query is not percent-encoded text without NUL.',
});
const NUL_IN_BODY = problem({
  status: 400,
  type: 'malformed',
  title: 'Malformed request',
  detail: 'A text in the body holds NUL.',
});
const WRONG_METHOD = problem({
  status: 405,
  type: 'wrong-method',
  title: 'Wrong method',
  detail: 'The header Allow names what can be done with this path.',
});
const UNAVAILABLE = problem({
  status: 503,
  type: 'unavailable',
  title: 'Not available now',
  detail: 'The database did not answer in time; try again.',
});
