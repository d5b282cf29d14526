import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authenticateAll } from '#test/support/caller.ts';
import { newId } from '#core/id.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseZoneText } from '#protocol/dns/zone-text.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleToCommit } from '#test/support/messages.ts';
import { directoryRoutes } from './index.ts';
import { domainCheckRoutes } from './domain-check.ts';
import { originRoutes } from './origins.ts';
import { queueRoutes } from './queue.ts';
import { buildApi } from './server.ts';
import { statusRoutes } from './status.ts';

after(stopTestDatabases);

const HOST = { host: 'localhost' };

test('status, the check of a domain and the origin of settings say what is there', async () => {
  await using db = await testDatabase();
  const zone = parseZoneText(
    '{"ours.example": [{"MX": [10, "gate.ours.example"]}], "gate.ours.example": [{"A": "192.0.2.5"}]}',
  );
  assert.ok(zone.ok);
  const probes = [
    { name: 'database', check: () => Promise.resolve(undefined) },
    { name: 'mail', check: () => Promise.reject(new Error('asleep')) },
  ];
  const app = buildApi({
    routes: [
      ...directoryRoutes(),
      ...queueRoutes(),
      ...statusRoutes({ hostname: 'gate.ours.example', probes, missingEngines: ['clamav'] }),
      ...originRoutes(() => ({ heloName: 'gate.ours.example' })),
      ...domainCheckRoutes({
        hostname: 'gate.ours.example',
        resolver: zoneResolver(zone.value),
        fetchStsPolicy: () => Promise.resolve({ ok: false, error: 'not here' }),
        tlsKeys: () => ({ current: ['ab'.repeat(32)], next: undefined }),
      }),
    ],
    db,
    authenticate: authenticateAll,
    log: silentLog,
    probes,
    metrics: createRegistry(),
  });
  const get = async (url: string): Promise<Record<string, unknown>> =>
    (await app.inject({ url: `/api/v1${url}`, headers: HOST })).json();

  await createCommitter(db, newId()).commit(sampleToCommit());
  const status = await get('/status');
  assert.equal(status['ready'], false);
  assert.deepEqual(status['parts'], [
    { name: 'database', trouble: null },
    { name: 'mail', trouble: 'Error: asleep' },
  ]);
  assert.deepEqual(status['missingEngines'], ['clamav']);
  const queue = status['queue'] as Record<string, unknown>;
  assert.equal(queue['count'], 1);
  assert.match(String(queue['oldestAt']), /^\d{4}-/);
  const verdicts = status['verdicts'] as { verdict: string; count: number }[];
  assert.deepEqual(
    verdicts.map((v) => `${v.verdict} ${v.count}`),
    ['accept 1', 'tag 0', 'hold 0', 'defer 0', 'reject 0'],
  );

  assert.equal((await get('/domains/ours.example/check'))['status'], 404); // ours first
  const added = await app.inject({
    method: 'POST',
    url: '/api/v1/domains',
    headers: HOST,
    payload: { name: 'ours.example', nextHop: { host: '192.0.2.1' } },
  });
  assert.equal(added.statusCode, 201);
  const check = await get('/domains/ours.example/check');
  const lines = check['lines'] as { area: string; outcome: string }[];
  assert.deepEqual(
    lines.filter((l) => l.area === 'mx').map((l) => l.outcome),
    ['good'],
  );
  assert.ok(lines.some((l) => l.area === 'spf' && l.outcome !== 'good'));

  await app.inject({
    method: 'PUT',
    url: '/api/v1/tenant-settings',
    headers: HOST,
    payload: { maxAgeS: 7200 },
  });
  const { items } = (await get('/tenant-settings/origins')) as {
    items: { name: string; origin: string; tenant: unknown; operator: unknown }[];
  };
  const origins = Object.fromEntries(items.map((i) => [i.name, i.origin]));
  assert.equal(origins['maxAgeS'], 'tenant');
  assert.equal(origins['heloName'], 'operator');
  assert.equal(origins['retryWaitsS'], 'default');
});
