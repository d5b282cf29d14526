/** GATEHOUSE_TEST_RENEW=1 rewrites the golden description; look at the difference before you commit it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { authenticateAll } from '#test/support/caller.ts';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit } from '#test/support/messages.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { insertMessages } from '#mail/queue/insert.ts';
import { openQueueMetrics } from '#mail/queue/queue-metrics.ts';
import { dkimRoutes } from './dkim.ts';
import { domainRoutes } from './domains.ts';
import { openapi } from './openapi.ts';
import { queueRoutes } from './queue.ts';
import { checkRoutes, type Route } from './route.ts';
import { buildApi } from './server.ts';

const folder = tempDir('steering-api');
after(async () => {
  folder[Symbol.dispose]();
  await stopTestDatabases();
});

async function routesOf(db: TestDatabase): Promise<readonly Route[]> {
  return [...queueRoutes(), ...dkimRoutes(await openFileKeys(folder.in('keys'), db))];
}

function client(db: TestDatabase, routes: readonly Route[]) {
  const app = buildApi({
    routes,
    db: db.as('app'),
    authenticate: authenticateAll,
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
  });
  return async (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) => {
    const sent = body === undefined ? {} : { payload: JSON.stringify(body) };
    const headers = {
      host: 'localhost',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const reply = await app.inject({ method, url: `/api/v1${path}`, headers, ...sent });
    return { status: reply.statusCode, json: reply.json<Record<string, unknown>>() };
  };
}

test('the routes declare what they need, and their description is the one that was promised', async () => {
  await using db = await testDatabase();
  const routes = await routesOf(db);
  checkRoutes(routes);
  const file = join(import.meta.dirname, '../../test/golden/openapi-steering.json');
  const text = `${JSON.stringify(openapi(routes), null, 2)}\n`;
  if (process.env['GATEHOUSE_TEST_RENEW'] === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
});

test('the queue is paged, shown, tried again; a destination is held and resumed', async () => {
  await using db = await testDatabase();
  const call = client(db, await routesOf(db));
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const message = sampleToCommit({ envelope: sampleEnvelope() });
    ids.push(message.envelope.id);
    await insertMessages(db, [message], undefined);
  }
  await db.query(`update queue set next_at = now() + interval '1 hour'`);
  const first = await call('GET', '/queue?limit=2&domain=ours.example');
  assert.equal((first.json['items'] as unknown[]).length, 2);
  const second = await call('GET', `/queue?limit=2&cursor=${String(first.json['next'])}`);
  assert.deepEqual(
    [
      ...(first.json['items'] as { message: string }[]),
      ...(second.json['items'] as { message: string }[]),
    ].map((i) => i.message),
    ids,
  );
  assert.equal(second.json['next'], undefined);
  assert.deepEqual((await call('POST', '/queue/retry', { message: ids[0] })).json, { recipients: 1 });
  assert.deepEqual((await call('POST', '/queue/retry', { message: ids[0] })).json, { recipients: 0 });
  assert.equal((await call('POST', '/queue/retry', { message: 'x' })).status, 422);
  assert.equal((await call('GET', `/queue/${ids[1]}`)).status, 200);

  await call('PUT', '/destinations/ours.example/state', { state: 'pause', reason: 'their wish' });
  const paused = await call('GET', `/queue/${ids[1]}`);
  const [item] = paused.json['items'] as { isPaused: boolean; pauseReason: string }[];
  assert.deepEqual([item?.isPaused, item?.pauseReason], [true, 'their wish']);

  const held = await call('PUT', '/destinations/ours.example/state', { state: 'hold', reason: 'asked to' });
  assert.deepEqual([held.status, held.json['messages']], [200, 3]);
  await openQueueMetrics(db)();
  assert.equal((await call('GET', `/queue/${ids[1]}`)).status, 404);
  assert.equal((await call('PUT', '/destinations/ours.example/state', { state: 'reroute' })).status, 422);
  const resumed = await call('PUT', '/destinations/ours.example/state', { state: 'normal' });
  assert.deepEqual([resumed.status, resumed.json['messages']], [200, 3]);
  assert.equal((await call('PUT', '/destinations/nobody.example/state', { state: 'normal' })).status, 404);
});

test("a tenant's settings are replaced as a whole", async () => {
  await using db = await testDatabase();
  const call = client(db, await routesOf(db));
  assert.deepEqual((await call('GET', '/tenant-settings')).json, {});
  assert.equal(
    (await call('PUT', '/tenant-settings', { maxAgeS: 3600, sourceIp6: '2001:db8::1' })).status,
    200,
  );
  assert.deepEqual((await call('GET', '/tenant-settings')).json, { maxAgeS: 3600, sourceIp6: '2001:db8::1' });
  assert.equal((await call('PUT', '/tenant-settings', { maxAgeS: -1 })).status, 422);
  assert.deepEqual((await call('PUT', '/tenant-settings', {})).json, {});
});

test('keys are made, used, retired and destroyed, and none is ever shown', async () => {
  await using db = await testDatabase();
  const call = client(db, [...(await routesOf(db)), ...domainRoutes()]);
  await call('POST', '/domains', { name: 'ours.example', nextHop: { host: 'store.example' } });
  const made = await call('POST', '/dkim-keys', { domain: 'ours.example' });
  const [key] = made.json['items'] as { selector: string; zoneLine: string }[];
  assert.ok(made.status === 201 && key !== undefined);
  assert.doesNotMatch(JSON.stringify(made.json), /PRIVATE|sealed/);
  const at = `/dkim-keys/ours.example/${key.selector}`;
  const verbs: [string, number][] = [
    ['use', 200],
    ['use', 404],
    ['retire', 200],
    ['retire', 404],
    ['destroy', 200],
    ['destroy', 404],
  ];
  for (const [verb, status] of verbs)
    assert.equal((await call('POST', `${at}/${verb}`)).status, status, verb);
  assert.equal((await call('POST', '/dkim-keys', { domain: 'other.example' })).status, 404);
  const list = await call('GET', '/dkim-keys?domain=ours.example');
  assert.equal((list.json['items'] as unknown[]).length, 2);
});
