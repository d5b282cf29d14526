import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authenticateAll } from '#test/support/caller.ts';
import { newId } from '#core/id.ts';
import { createCommitter } from '#mail/queue/commit.ts';

import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit } from '#test/support/messages.ts';
import { heldRoutes } from './held.ts';
import { messageRoutes } from './messages.ts';
import { buildApi } from './server.ts';

after(stopTestDatabases);

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

function apiOn(
  db: TestDatabase,
): (method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) => Promise<Answer> {
  const app = buildApi({
    routes: [...heldRoutes(), ...messageRoutes()],
    db: db.as('app'),
    authenticate: authenticateAll,
    log: silentLog,
    metrics: createRegistry(),
    probes: [],
  });
  return async (method, url, body) => {
    const reply = await app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { host: 'localhost:8080' },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: reply.statusCode, body: reply.json() };
  };
}

async function hold(db: TestDatabase): Promise<string> {
  const envelope = sampleEnvelope();
  const sample = sampleToCommit({ envelope });
  const recipients = sample.verdict.recipients.map((r) => ({ ...r, action: 'hold' as const }));
  await createCommitter(db, newId()).commit({ ...sample, verdict: { ...sample.verdict, recipients } });
  return envelope.id;
}

test('held mail is listed in pages, shown, released once and not deleted after', async () => {
  await using db = await testDatabase();
  const api = apiOn(db);
  const ids = [await hold(db), await hold(db), await hold(db)];
  const seen: unknown[] = [];
  let cursor = '';
  for (let i = 0; i < 5; i++) {
    const { body } = await api('GET', `/held?limit=2${cursor}`);
    seen.push(...(body['items'] as { message: string }[]).map((r) => r.message));
    const next = body['next'];
    if (typeof next !== 'string') break;
    cursor = `&cursor=${next}`;
  }
  assert.deepEqual(seen.toSorted(), ids.toSorted());
  const shown = await api('GET', `/held/${ids[0]}?lang=de`);
  assert.equal(shown.status, 200);
  assert.equal((shown.body['items'] as unknown[]).length, 1);
  assert.equal((await api('POST', `/held/${ids[0]}/release`, {})).status, 200);
  assert.equal((await api('POST', `/held/${ids[0]}/release`, {})).status, 409);
  assert.equal((await api('DELETE', `/held/${ids[0]}`)).status, 409);
  assert.equal((await api('GET', `/held/${ids[0]}`)).status, 404);
  assert.equal((await api('DELETE', `/held/${ids[1]}?recipient=bob@ours.example`)).status, 200);
  const audit = await db.query(`select what from audit_event where what like 'held.%' order by id`);
  assert.deepEqual(audit, [{ what: 'held.released' }, { what: 'held.deleted' }]);
});

test('messages are found in pages and tell their story', async () => {
  await using db = await testDatabase();
  const api = apiOn(db);
  const ids = [await hold(db), await hold(db)];
  const first = await api('GET', '/messages?recipient=BOB@ours.example&limit=1');
  const second = await api(
    'GET',
    `/messages?recipient=BOB@ours.example&limit=1&cursor=${String(first.body['next'])}`,
  );
  const got = [first, second].map((r) => (r.body['items'] as { id: string }[])[0]?.id);
  assert.deepEqual(got.toSorted(), ids.toSorted());
  assert.equal(second.body['next'], undefined);
  assert.deepEqual((await api('GET', '/messages?verdict=tag')).body['items'], []);
  const story = await api('GET', `/messages/${ids[0]}?lang=nl`);
  assert.equal(story.status, 200);
  assert.match(String(story.body['text']), /Verbinding/);
  assert.equal((await api('GET', `/messages/${newId<'message'>()}`)).status, 404);
  const wrong = await api('GET', '/messages?from=yesterday&verdict=maybe');
  assert.equal(wrong.status, 422);
  assert.equal((wrong.body['complaints'] as unknown[]).length, 2);
});
