import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { appendAudit } from '#assurance/audit/audit.ts';
import { followOnce } from '#assurance/audit/follow-log.ts';
import { openSubjectKeys } from '#assurance/audit/subject-keys.ts';
import { createWitnessing } from '#assurance/audit/witness.ts';
import { createWitness, openWitness } from '#assurance/audit/witness-state.ts';
import { fromUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { sha256, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { parsePolicy } from '#protocol/tlog/policy.ts';
import { checkProof } from '#protocol/tlog/tlog-proof.ts';
import { OTHER, TENANT, testLog, type TestLog } from '#test/support/audit.ts';
import { authenticateAll, authenticateAs } from '#test/support/caller.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { auditRoutes } from './audit.ts';
import { buildApi } from './server.ts';

after(stopTestDatabases);

type Body = Record<string, unknown>;
type Answer = { readonly status: number; readonly body: Body };
type Call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) => Promise<Answer>;

function serverOn(db: TestDatabase, log: TestLog, authenticate = authenticateAll) {
  return buildApi({
    routes: auditRoutes(openSubjectKeys(log.keys)),
    db: db.as('app'),
    authenticate,
    log: silentLog,
    metrics: createRegistry(),
    probes: [],
  });
}

function callerOn(app: ReturnType<typeof serverOn>): Call {
  return async (method, url, body) => {
    const reply = await app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { host: 'localhost:8080' },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: reply.statusCode, body: reply.statusCode === 204 ? {} : reply.json<Body>() };
  };
}

const insert = (db: TestDatabase, tenant: TenantId, what: string, actor: string, subject: string) =>
  db.query(
    `insert into audit_event (tenant_id, what, actor, subject, details) values ($1, $2, $3, $4, '{"n":1}')`,
    [tenant, what, actor, subject],
  );

const subjects = (a: Answer): unknown => (a.body['items'] as { subject: string }[]).map((i) => i.subject);

test('entries are found by who, what, to what and when, in pages, and never those of another tenant', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const api = callerOn(serverOn(db, log));
  assert.equal((await api('GET', '/audit/log')).status, 404);
  assert.deepEqual((await api('GET', '/audit/events')).body, { items: [] });
  for (let i = 0; i < 6; i++)
    await insert(db, TENANT, i < 3 ? 'domain.added' : 'delivery.failed', `admin:${i % 2}`, `s${i}`);
  await insert(db, OTHER, 'domain.added', 'admin:0', 'theirs');
  await log.catchUp();
  assert.deepEqual(subjects(await api('GET', '/audit/events')), ['s5', 's4', 's3', 's2', 's1', 's0']);
  assert.deepEqual(subjects(await api('GET', '/audit/events?what=domain.added&actor=admin:0')), ['s2', 's0']);
  assert.deepEqual(subjects(await api('GET', '/audit/events?what=delivery.*&limit=2')), ['s5', 's4']);
  assert.deepEqual(subjects(await api('GET', '/audit/events?subject=s3')), ['s3']);
  assert.deepEqual(subjects(await api('GET', '/audit/events?to=2020-01-01T00:00:00Z')), []);
  assert.equal((subjects(await api('GET', '/audit/events?from=2020-01-01T00:00:00Z')) as string[]).length, 6);
  const first = await api('GET', '/audit/events?limit=4');
  const second = await api('GET', `/audit/events?limit=4&cursor=${String(first.body['next'])}`);
  assert.deepEqual([subjects(second), second.body['next']], [['s1', 's0'], undefined]);
  for (const bad of ['cursor=xx', 'cursor=MA', 'from=yesterday', 'limit=0', 'limit=201', 'what=%25', 'x=1'])
    assert.ok([400, 422].includes((await api('GET', `/audit/events?${bad}`)).status), bad);
  const theirs = callerOn(serverOn(db, log, authenticateAs({ tenant: OTHER })));
  assert.deepEqual(subjects(await theirs('GET', '/audit/events')), ['theirs']);
  assert.equal((await theirs('GET', '/audit/events/5')).status, 404);
});

test('an entry comes with a proof that holds, and its personal fields only to those who may see them', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const people = openSubjectKeys(log.keys);
  const personal = { about: 'p-1', values: { name: 'Canary' } };
  await db.transact((tx) =>
    appendAudit(
      tx,
      [{ tenant: TENANT, what: 'person.added', actor: 'admin:1', subject: 'p-1', details: {}, personal }],
      people,
    ),
  );
  await insert(db, TENANT, 'a.b', 'system:x', 'plain');
  await log.catchUp();
  const api = callerOn(serverOn(db, log));
  const { body } = await api('GET', '/audit/events/0');
  assert.deepEqual(body['personal'], { name: 'Canary' });
  const state = await api('GET', '/audit/log');
  const policy = await parsePolicy(sha256, String(state.body['policy']));
  assert.ok(policy.ok);
  const check = { hash: sha256, verify: verifySignature, policy: policy.value };
  assert.ok((await checkProof(String(body['proof']), fromUtf8(String(body['entry'])), check)).ok);
  assert.ok(!(await checkProof(String(body['proof']), fromUtf8('forged'), check)).ok);
  const auditor = callerOn(
    serverOn(db, log, authenticateAs({ permissions: new Set(['audit.read'] as const) })),
  );
  assert.equal((await auditor('GET', '/audit/events/0')).body['personal'], 'sealed');
  assert.ok(!JSON.stringify((await auditor('GET', '/audit/events')).body).includes('Canary'));
  assert.equal((await auditor('PUT', '/audit/quorum', { count: 2 })).status, 403);
  assert.equal((await api('GET', '/audit/events/2')).status, 404);
  const none = callerOn(serverOn(db, log, authenticateAs({ permissions: new Set() })));
  assert.equal((await none('GET', '/audit/events')).status, 403);
});

test('the tail waits for the next entry and gives up in time', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const api = callerOn(serverOn(db, log));
  await insert(db, TENANT, 'a.b', 'system:x', 'old');
  await log.catchUp();
  assert.deepEqual((await api('GET', '/audit/tail?after=1')).body, { items: [], next: 1 });
  const waiting = api('GET', '/audit/tail?after=1&waitS=10');
  await insert(db, TENANT, 'a.b', 'system:x', 'new');
  await log.catchUp();
  const news = await waiting;
  assert.deepEqual([subjects(news), news.body['next']], [['new'], 2]);
  const empty = await api('GET', '/audit/tail?after=2&waitS=1');
  assert.deepEqual(empty.body, { items: [], next: 2 });
});

test('a witness follows the log over HTTP; its signatures are shown and carried by proofs', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  using folder = tempDir('witness');
  const app = serverOn(db, log);
  const api = callerOn(app);
  for (let i = 0; i < 300; i++) await insert(db, TENANT, 'a.b', 'system:x', `s${i}`);
  await log.catchUp();
  const vkeys = await createWitness(folder.path, 'witness.example/1');
  const state = await openWitness(folder.path);
  for (const line of String((await api('GET', '/audit/log')).body['policy']).split('\n'))
    if (line.startsWith('log ')) assert.equal(await state.trust(line.slice(4)), undefined);
  const origin = `gate.example/audit/${TENANT}`;
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/api/v1`;
  try {
    const options = { url, apiKey: undefined, origin, signal: new AbortController().signal };
    const go = () => followOnce(state, createWitnessing(state, Date.now), options);
    assert.deepEqual((await go()).kind, 'unreachable', 'not added yet');
    assert.equal((await api('POST', '/audit/witnesses', { name: 'w1', vkeys })).status, 201);
    assert.equal((await api('POST', '/audit/witnesses', { name: 'w2', vkeys })).status, 422, 'the same keys');
    assert.equal((await go()).kind, 'unchanged', 'it had signed this size, and brings the signature now');
    await log.catchUp();
    assert.deepEqual(await go(), { kind: 'signed', size: 301 });
    const shown = await api('GET', '/audit/log');
    assert.equal((shown.body['witnessed'] as { size: number }).size, 301);
    assert.ok((shown.body['witnessed'] as { ageS: number }).ageS <= 30);
    const { body } = await api('GET', '/audit/events/299');
    assert.equal(body['witnessed'], true);
    const policy = await parsePolicy(sha256, String(shown.body['policy']));
    assert.ok(policy.ok && policy.value.quorum === 'witnesses');
    const check = { hash: sha256, verify: verifySignature, policy: policy.value };
    assert.ok((await checkProof(String(body['proof']), fromUtf8(String(body['entry'])), check)).ok);
    await db.query('update audit_log set size = 200');
    const cut = await go();
    assert.ok(cut.kind === 'alarm' && /shorter than the 301/.test(cut.reason), JSON.stringify(cut));
    await db.query('update audit_log set size = 301');
    assert.equal((await api('DELETE', '/audit/witnesses/w1')).status, 204);
    assert.equal((await api('GET', '/audit/log')).body['witnessed'], null);
  } finally {
    await app.close();
  }
});

test('cosignatures of strangers, on other logs and other trees are refused', async () => {
  await using db = await testDatabase();
  using log = await testLog(db);
  const api = callerOn(serverOn(db, log));
  await insert(db, TENANT, 'a.b', 'system:x', 's');
  await insert(db, OTHER, 'a.b', 'system:x', 's');
  await log.catchUp();
  const notes = await db.query<{ checkpoint: string }>('select checkpoint from audit_log order by tenant_id');
  for (const note of ['x', 'x\n\n— a AAAAAAA=\n', ...notes.map((n) => n.checkpoint)])
    assert.equal((await api('POST', '/audit/cosignatures', { note })).status, 422);
  assert.deepEqual(await db.query('select 1 from audit_checkpoint'), []);
});
