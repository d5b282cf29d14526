import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { authenticateAll } from '#test/support/caller.ts';
import { TransientError } from '#core/errors.ts';
import type { Database, Row, Transaction } from '#platform/db.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { until } from '#test/support/until.ts';
import { afterKey, page, pageOf, pageQuery } from './paging.ts';
import { conflict } from './problem.ts';
import { checkRoutes, readRoute, writeRoute, type Route } from './route.ts';
import { buildApi, openApi } from './server.ts';

const TENANT = '00000000-0000-7000-8000-000000000001';
const HOST = { host: 'localhost:8080' };

/** A database that knows one tenant and remembers what was written and whether it was committed. */
function fakeDatabase(): { db: Database; committed: string[]; rolledBack: string[] } {
  const committed: string[] = [];
  const rolledBack: string[] = [];
  const rowsFor = (sql: string, values: readonly unknown[] = []): Row[] =>
    sql.startsWith('select state from tenant') && values[0] === TENANT ? [{ state: 'active' }] : [];
  const query = (async (sql, values) => rowsFor(sql, values)) as Transaction['query'];
  const db: Database = {
    query,
    asTenant: () => db,
    transact: async (fn) => {
      const log: string[] = [];
      try {
        const value = await fn({
          inTransaction: true,
          query: (async (sql, values, name) => {
            log.push(name ?? sql);
            return rowsFor(sql, values);
          }) as Transaction['query'],
        });
        committed.push(...log);
        return value;
      } catch (error) {
        rolledBack.push(...log);
        throw error;
      }
    },
    dedicated: () => Promise.reject(new Error('not here')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { db, committed, rolledBack };
}

/** Whether the last wait ended because the client went away. */
let wasAbandoned: boolean | undefined;
const waiting = readRoute({
  path: '/waiting',
  summary: 'Waits for what does not come.',
  permission: 'domain.read',
  scope: 'tenant',
  rate: 'read',
  reply: z.object({}),
  handle: async (_, { signal }) => {
    wasAbandoned = undefined;
    const after = AbortSignal.timeout(2_000);
    await new Promise<void>((resolve) => {
      AbortSignal.any([signal, after]).addEventListener('abort', () => resolve());
    });
    wasAbandoned = signal.aborted;
    return {};
  },
});
const thing = z.object({ name: z.string(), size: z.number() });
const names = ['a', 'b', 'c', 'd', 'e'];
const routes: readonly Route[] = [
  readRoute({
    path: '/things',
    summary: 'Lists things.',
    permission: 'domain.read',
    scope: 'tenant',
    rate: 'read',
    query: pageQuery,
    reply: pageOf(thing),
    handle: async ({ query }) => {
      const rows = names
        .filter((n) => n > afterKey(query.cursor))
        .slice(0, query.limit + 1)
        .map((name) => ({ name, size: 1, secret: 'x' }));
      return page(rows, query.limit, (r) => r.name);
    },
  }),
  writeRoute({
    method: 'put',
    path: '/things/{name}',
    status: 201,
    summary: 'Makes a thing.',
    permission: 'domain.write',
    scope: 'tenant',
    rate: 'write',
    audit: 'thing.made',
    params: z.strictObject({ name: z.string() }),
    body: z.strictObject({ size: z.number().int().min(1) }),
    reply: thing,
    handle: async ({ params, body }, { tx }) => {
      await tx.query('insert thing');
      if (params.name === 'taken') return conflict('There is one already.');
      if (params.name === 'down') throw new TransientError('the database is away at 10.0.0.1');
      if (params.name !== 'unrecorded') await tx.query('audit', ['', ['thing.made']], 'audit.append');
      return { name: params.name, size: body.size };
    },
  }),
];

function server(probe: () => Promise<string | undefined> = async () => undefined) {
  const fake = fakeDatabase();
  const app = buildApi({
    routes,
    db: fake.db,
    authenticate: authenticateAll,
    log: silentLog,
    probes: [{ name: 'part', check: probe }],
    metrics: createRegistry(),
  });
  const put = (name: string, payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'PUT',
      url: `/api/v1/things/${name}`,
      headers: { ...HOST, ...headers, 'content-type': 'application/json' },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  return {
    ...fake,
    app,
    put,
    get: (url: string, headers = {}) => app.inject({ url, headers: { ...HOST, ...headers } }),
  };
}

test('a list comes in pages, each row only with what is declared', async () => {
  const { get } = server();
  const seen: string[] = [];
  let url = '/api/v1/things?limit=2';
  for (let i = 0; i < 5; i++) {
    const body = (await get(url)).json();
    assert.ok(body.items.every((r: object) => !('secret' in r)));
    seen.push(...body.items.map((r: { name: string }) => r.name));
    if (body.next === undefined) break;
    url = `/api/v1/things?limit=2&cursor=${body.next}`;
  }
  assert.deepEqual(seen, names);
});

test('a write commits together with its audit event', async () => {
  const { put, committed } = server();
  const reply = await put('x', { size: 2 });
  assert.equal(reply.statusCode, 201);
  assert.deepEqual(reply.json(), { name: 'x', size: 2 });
  assert.deepEqual(committed, ['insert thing', 'audit.append']);
});

test('a problem, a crash and a write without its audit event are rolled back', async () => {
  for (const [name, status, type] of [
    ['taken', 409, 'conflict'],
    ['down', 503, 'unavailable'],
    ['unrecorded', 500, 'internal'],
  ] as const) {
    const { put, committed, rolledBack } = server();
    const reply = await put(name, { size: 2 });
    assert.equal(reply.statusCode, status);
    assert.match(String(reply.headers['content-type']), /^application\/problem\+json/);
    assert.equal(reply.json().type, `urn:gatehouse:problem:${type}`);
    assert.doesNotMatch(reply.body, /10\.0\.0\.1|thing\.made/);
    assert.deepEqual(committed, []);
    assert.equal(rolledBack[0], 'insert thing');
  }
});

test('every mistake of a request is named at once, with its place', async () => {
  const { put, get } = server();
  const reply = await put('x', { sise: 2 });
  assert.equal(reply.statusCode, 422);
  assert.deepEqual(reply.json().complaints, [
    { at: 'body.size', text: 'is missing' },
    { at: 'body.sise', text: 'unknown key; did you mean "size"?' },
  ]);
  assert.equal((await put('x', '{"size":')).statusCode, 400);
  assert.equal((await get('/api/v1/things?limit=0')).json().complaints[0].at, 'query.limit');
  assert.equal((await get('/api/v1/nothing')).statusCode, 404);
});

test('a known path asked the wrong way is 405 and says what it allows', async () => {
  const { app } = server();
  for (const [method, url, allow] of [
    ['PUT', '/api/v1/things', 'GET, HEAD'],
    ['GET', '/api/v1/things/x', 'PUT'],
    ['DELETE', '/api/v1/things/x', 'PUT'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/api/v1/openapi.json', 'GET, HEAD'],
  ] as const) {
    const reply = await app.inject({ method, url, headers: HOST });
    assert.equal(reply.statusCode, 405, `${method} ${url}`);
    assert.equal(reply.headers['allow'], allow);
    assert.equal(reply.json().type, 'urn:gatehouse:problem:wrong-method');
  }
  assert.equal((await app.inject({ method: 'PUT', url: '/api/v1/nothing', headers: HOST })).statusCode, 404);
});

test('what no client of ours would send is a problem of the client, never of ours', async () => {
  const { get, put } = server();
  for (const url of [
    '/api/v1/things?limit=%00',
    '/api/v1/things/a%00b',
    '/api/v1/things/%zz',
    '/api/v1/things?limit=%zz',
    '/api/v1/things?cursor=%00',
    '/api/v1/things?cursor=!!',
    '/api/v1/things?cursor=a',
    '/api/v1/things?cursor=AA',
    '/api/v1/things?cursor=_w',
  ]) {
    const reply = await get(url);
    assert.equal(reply.statusCode, 400, `${url}: ${reply.body}`);
    assert.match(String(reply.headers['content-type']), /^application\/problem\+json/, url);
    assert.match(reply.json().instance, /^urn:uuid:/, url);
  }
  assert.equal((await put('x', '{"size":1,"name":"a\\u0000"}')).statusCode, 400);
});

test('foreign Host and Origin are refused before anything is looked at', async () => {
  const { get } = server();
  for (const [headers, status] of [
    [{ host: 'evil.example' }, 403],
    [{ host: 'localhost.evil.example:8080' }, 403],
    [{ host: '127.0.0.1:8080' }, 200],
    [{ host: '[::1]:8080' }, 200],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'http://localhost:3000' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost:8080' }, 200],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
  ] as const)
    for (const url of ['/api/v1/things', '/metrics'])
      assert.equal((await get(url, headers)).statusCode, status, JSON.stringify(headers));
});

test('an unfit idempotency key is refused', async () => {
  const { put } = server();
  assert.equal((await put('x', { size: 1 }, { 'idempotency-key': 'a b' })).statusCode, 400);
  assert.equal((await put('x', { size: 1 }, { 'idempotency-key': 'x'.repeat(129) })).statusCode, 400);
});

test('readyz asks every part, and a part that throws or is silent is not ready', async () => {
  assert.equal((await server().get('/readyz')).statusCode, 200);
  const broken = await server(() => Promise.reject(new Error('gone'))).get('/readyz');
  assert.equal(broken.statusCode, 503);
  assert.deepEqual(broken.json(), { ready: false, parts: { part: 'Error: gone' } });
  assert.equal((await server().get('/healthz')).body, 'ok\n');
});

test('every reply carries the headers that keep a browser on our side, and HSTS where people reach us over TLS', async () => {
  for (const url of ['/api/v1/things', '/api/v1/nothing', '/healthz', '/%zz']) {
    const { headers } = await server().get(url);
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.match(String(headers['content-security-policy']), /^default-src 'none'/, url);
    assert.equal(headers['strict-transport-security'], undefined, url);
  }
  const { db } = fakeDatabase();
  const app = buildApi({
    routes,
    db,
    authenticate: authenticateAll,
    publicUrl: 'https://gate.example',
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
  });
  const reply = await app.inject({ url: '/healthz', headers: { host: 'gate.example' } });
  assert.equal(reply.headers['strict-transport-security'], 'max-age=31536000');
});

test('openApi() speaks in the clear to this machine only', async () => {
  const { db } = fakeDatabase();
  const options = {
    routes,
    db,
    authenticate: authenticateAll,
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
    port: 0,
  };
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'gate.example'])
    await assert.rejects(openApi({ ...options, host }), /must not travel in the clear/);
  const api = await openApi({ ...options, host: '127.0.0.1' });
  const reply = await fetch(`http://127.0.0.1:${api.port}/api/v1/things`);
  assert.equal(reply.status, 200);
  await api.close();
});

test('a handler that waits is told when its client went away, and not before', async () => {
  const { db } = fakeDatabase();
  const api = await openApi({
    routes: [waiting],
    db,
    authenticate: authenticateAll,
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
    host: '127.0.0.1',
    port: 0,
  });
  const url = `http://127.0.0.1:${api.port}/api/v1/waiting`;
  await assert.rejects(fetch(url, { signal: AbortSignal.timeout(300) }));
  await until('the handler to hear of it', async () => wasAbandoned === true);
  assert.equal((await fetch(url)).status, 200);
  assert.equal(wasAbandoned, false);
  await api.close();
});

test('checkRoutes() refuses a route that lacks a declaration', () => {
  const [list, put] = routes as [Route, Route];
  checkRoutes(routes);
  for (const [broken, want] of [
    [{ ...put, audit: '' } as Route, /no audit event/],
    [{ ...list, permission: '' as 'domain.read' }, /no permission/],
    [{ ...list, rate: '' as 'read' }, /no rate class/],
    [{ ...list, scope: '' as 'tenant' }, /no scope/],
    [{ ...put, params: undefined }, /path parameters/],
  ] as const)
    assert.throws(() => checkRoutes([broken]), want);
  assert.throws(() => checkRoutes([list, list]), /twice/);
});
