/** GATEHOUSE_TEST_RENEW=1 rewrites the golden description; look at the difference before you commit it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { authenticateAs } from '#test/support/caller.ts';
import type { TenantId } from '#core/id.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { directoryRoutes } from './index.ts';
import { openapi } from './openapi.ts';
import { checkRoutes } from './route.ts';
import type { Caller } from './caller.ts';
import { buildApi } from './server.ts';

after(stopTestDatabases);

function client(db: TestDatabase, caller: Partial<Caller> = {}) {
  const app = buildApi({
    routes: directoryRoutes(),
    db: db.as('app'),
    authenticate: authenticateAs(caller),
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
  });
  return async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers = {},
  ) => {
    const isText = typeof body === 'string';
    const type = body === undefined ? {} : { 'content-type': isText ? 'text/csv' : 'application/json' };
    const payload = body === undefined ? {} : { payload: isText ? body : JSON.stringify(body) };
    const reply = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { host: 'localhost', ...type, ...headers },
      ...payload,
    });
    return {
      status: reply.statusCode,
      json: reply.body === '' ? null : reply.json(),
      headers: reply.headers,
    };
  };
}
const DOMAIN = { name: 'Example.org', nextHop: { host: 'store.example.org', tls: 'required' } };

test('every route declares what it needs', () => checkRoutes(directoryRoutes()));

test('the description is the one that was promised', () => {
  const file = join(import.meta.dirname, '../../test/golden/openapi-directory.json');
  const text = `${JSON.stringify(openapi(directoryRoutes()), null, 2)}\n`;
  if (process.env['GATEHOUSE_TEST_RENEW'] === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
});

test('a domain is added, read, replaced and removed, each with its event', async () => {
  await using db = await testDatabase();
  const call = client(db);
  const added = await call('POST', '/domains', DOMAIN);
  assert.equal(added.status, 201, JSON.stringify(added.json));
  assert.equal(added.json.name, 'example.org');
  assert.equal((await call('POST', '/domains', DOMAIN)).status, 409);
  assert.deepEqual((await call('GET', '/domains/example.org')).json, added.json);
  assert.equal(
    (await call('PUT', '/domains/example.org', { ...added.json, recipients: 'any' })).json.recipients,
    'any',
  );
  assert.equal((await call('PUT', '/domains/example.org', { ...added.json, name: 'b.example' })).status, 409);
  assert.equal((await call('DELETE', '/domains/example.org')).status, 204);
  assert.equal((await call('DELETE', '/domains/example.org')).status, 404);
  assert.equal((await call('GET', '/domains/example.org')).status, 404);
  const events = await db.query<{ what: string; actor: string }>(
    'select what, actor from audit_event order by id',
  );
  assert.deepEqual(
    events.map((e) => e.what),
    ['domain.added', 'domain.changed', 'domain.removed'],
  );
  assert.equal(events[0]?.actor, 'admin:test');
});

test('mistakes are named with their place and change nothing', async () => {
  await using db = await testDatabase();
  const call = client(db);
  const reply = await call('POST', '/domains', {
    name: 'no domain',
    nextHop: { host: 'h.example', prot: 25 },
  });
  assert.equal(reply.status, 422);
  assert.deepEqual(reply.json.complaints, [
    { at: 'body.name', text: '"no domain" is no domain name' },
    { at: 'body.nextHop.prot', text: 'unknown key; did you mean "port"?' },
  ]);
  assert.deepEqual((await call('GET', '/domains')).json, { items: [] });
});

test('a write with an idempotency key happens once', async () => {
  await using db = await testDatabase();
  const call = client(db);
  const key = { 'idempotency-key': 'k-1' };
  const both = await Promise.all([
    call('POST', '/domains', DOMAIN, key),
    call('POST', '/domains', DOMAIN, key),
  ]);
  assert.deepEqual(
    both.map((r) => r.status),
    [201, 201],
  );
  assert.deepEqual(both[0].json, both[1].json);
  assert.equal(both.filter((r) => r.headers['idempotency-replayed'] === 'true').length, 1);
  const another = await call('POST', '/domains', { ...DOMAIN, name: 'b.example' }, key);
  assert.equal(another.json.type, 'urn:gatehouse:problem:idempotency-key-reused');
  const refused = { 'idempotency-key': 'k-2' };
  assert.equal((await call('POST', '/domains', DOMAIN, refused)).status, 409);
  await call('DELETE', '/domains/example.org');
  assert.equal(
    (await call('POST', '/domains', DOMAIN, refused)).status,
    201,
    'a refusal does not use the key up',
  );
});

test('addresses are imported, listed in pages, changed', async () => {
  await using db = await testDatabase();
  const call = client(db);
  await call('POST', '/domains', DOMAIN);
  const csv = `address\n${Array.from({ length: 25 }, (_, i) => `p${String(i).padStart(2, '0')}@example.org`).join('\n')}\n`;
  const path = '/domains/example.org/addresses';
  assert.equal((await call('POST', `${path}/import?dryRun=true`, csv)).json.added.length, 25);
  assert.deepEqual((await call('GET', path)).json, { items: [] });
  assert.equal((await call('POST', `${path}/import`, csv)).json.added.length, 25);
  const wrong = await call('POST', `${path}/import?mode=replace`, 'a@example.org\nb@elsewhere.example\n');
  assert.deepEqual(wrong.json.complaints, [
    { at: 'line 2', text: '"b@elsewhere.example" is not in example.org.' },
  ]);
  const seen: string[] = [];
  let cursor = '';
  for (let i = 0; i < 5; i++) {
    const { json } = await call('GET', `${path}?limit=10${cursor}`);
    seen.push(...json.items);
    if (json.next === undefined) break;
    cursor = `&cursor=${json.next}`;
  }
  assert.equal(seen.length, 25);
  assert.equal(new Set(seen).size, 25);
  const changed = await call('PATCH', path, { add: ['New@example.org'], remove: ['p00@example.org'] });
  assert.deepEqual(changed.json, { added: ['New@example.org'], removed: ['p00@example.org'], unchanged: 0 });
  assert.equal((await call('PATCH', path, { add: ['x@other.example'] })).status, 422);
  assert.equal((await call('GET', '/domains/none.example/addresses')).status, 404);
});

test('secrets are taken and never given back; another tenant sees nothing', async () => {
  await using db = await testDatabase();
  await db.query(`insert into tenant (id, name) values ('00000000-0000-7000-8000-000000000002', 'other')`);
  const call = client(db);
  const passwordHash = `$argon2id$v=19$m=64,t=1,p=1$${'c'.repeat(22)}$${'c'.repeat(43)}`;
  const login = await call('POST', '/senders/logins', { name: 'ann', passwordHash });
  assert.deepEqual([login.status, login.json], [201, { name: 'ann', mayUse: [] }]);
  const pin = {
    name: 'm365',
    networks: ['40.92.0.0/15'],
    pin: { kind: 'header', name: 'X-Org', value: 'v'.repeat(32) },
  };
  const made = await call('POST', '/senders/pins', pin);
  assert.deepEqual(made.json.pin, { kind: 'header', name: 'X-Org' });
  const other = client(db, { tenant: '00000000-0000-7000-8000-000000000002' as TenantId });
  assert.deepEqual((await other('GET', '/senders/logins')).json, { items: [] });
  assert.equal((await other('GET', '/senders/pins/m365')).status, 404);
  assert.equal((await other('DELETE', '/senders/pins/m365')).status, 404);
});
