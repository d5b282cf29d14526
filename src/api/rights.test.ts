import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { permissionsOf } from '#assurance/access/permissions.ts';
import { DEFAULT_TENANT, type Id, newId, type TenantId } from '#core/id.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { addPerson, addPersonWith } from '#test/support/people.ts';
import { breakGlassRoutes } from './break-glass.ts';
import { campaignRoutes } from './campaigns.ts';
import { contentRoutes } from './content.ts';
import { grantRoutes } from './grants.ts';
import { groupRoutes } from './groups.ts';
import { directoryRoutes } from './index.ts';
import { noticeRoutes } from './notices.ts';
import { requestRoutes } from './requests.ts';
import { roleRoutes } from './roles.ts';
import { checkRoutes, type Route } from './route.ts';
import { buildApi } from './server.ts';

after(stopTestDatabases);

type Person = Id<'person'>;
const OTHER = '00000000-0000-7000-8000-000000000002' as TenantId;
const site = () => ({ id: 'localhost', isOurs: () => false });
const routes: readonly Route[] = [
  ...directoryRoutes(),
  ...roleRoutes(),
  ...grantRoutes(),
  ...groupRoutes(),
  ...requestRoutes({ site, routes: () => routes }),
  ...breakGlassRoutes(),
  ...campaignRoutes(),
  // Of what is held the tests of mail tell; here nothing gets that far.
  ...contentRoutes({} as Parameters<typeof contentRoutes>[0]),
  ...noticeRoutes(),
];

function api(owner: TestDatabase) {
  const db = owner.as('app');
  const app = buildApi({
    routes,
    db,
    authenticate: async ({ bearer = '' }) => {
      const [tenant, person] = bearer.split('/') as [TenantId, Person];
      const { tenant: permissions, platform } = await permissionsOf(
        db.asTenant(tenant),
        tenant,
        person,
        Date.now(),
      );
      const provedAtMs = Date.now();
      const session = newId<'session'>();
      return { actor: `admin:${person}`, tenant, person, session, permissions, platform, provedAtMs };
    },
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
  });
  return async (
    who: Person,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    tenant = DEFAULT_TENANT,
  ) => {
    const reply = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { host: 'localhost', 'gatehouse-csrf': '1', authorization: `Bearer ${tenant}/${who}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    const json: unknown = reply.body === '' ? {} : reply.json();
    return {
      status: reply.statusCode,
      json: json as Record<string, never> & { items: Record<string, never>[] },
    };
  };
}

const DOMAIN = { name: 'example.org', nextHop: { host: 'store.example.org', tls: 'required' } };
const REASON = 'because it has to be done';

test('the routes about rights declare what they need', () => checkRoutes(routes));

test('a change under four eyes is kept, approved by another, and executed once as it was sent', async () => {
  await using owner = await testDatabase();
  const admin = () => addPersonWith(owner, DEFAULT_TENANT, 'tenant-admin', Date.now());
  const [ann, bob] = [await admin(), await admin()];
  const ask = api(owner);
  assert.equal((await ask(ann, 'POST', '/domains', DOMAIN)).status, 201);
  const rule = { approval: 'role:tenant-admin' };
  assert.equal((await ask(ann, 'PUT', '/four-eyes/domain.remove', rule)).status, 200);

  const kept = await ask(ann, 'DELETE', '/domains/example.org');
  assert.equal(kept.status, 202);
  const id = String(kept.json['request']);
  assert.equal((await ask(ann, 'GET', '/domains/example.org')).status, 200, 'nothing happened');
  const shown = await ask(bob, 'GET', `/requests/${id}`);
  const { hash } = shown.json['request'] as unknown as { hash: string };
  assert.equal((await ask(bob, 'GET', '/requests?box=waiting')).json.items.length, 1);
  assert.equal((await ask(bob, 'GET', '/notices?unseen=true')).json.items[0]?.['kind'], 'approval-asked');

  assert.equal((await ask(ann, 'POST', `/requests/${id}/execute`)).status, 409, 'not approved');
  assert.equal((await ask(ann, 'POST', `/requests/${id}/approve`, { hash })).status, 403, 'her own');
  assert.equal((await ask(bob, 'POST', `/requests/${id}/approve`, { hash: 'AAAA' })).status, 409);
  assert.deepEqual((await ask(bob, 'POST', `/requests/${id}/approve`, { hash })).json, { state: 'approved' });
  assert.equal((await ask(bob, 'POST', `/requests/${id}/execute`)).status, 404, 'not his to execute');
  assert.equal((await ask(ann, 'POST', `/requests/${id}/execute`)).status, 200);
  assert.equal((await ask(ann, 'GET', '/domains/example.org')).status, 404, 'gone');
  assert.equal((await ask(ann, 'POST', `/requests/${id}/execute`)).status, 409, 'once');

  const off = await ask(ann, 'PUT', '/four-eyes/domain.remove', { approval: 'none' });
  assert.equal(off.status, 202, 'turning it off needs the same approval');
  const events = await owner.query<{ what: string }>(
    `select what from audit_event where subject = $1 order by id`,
    [id],
  );
  assert.deepEqual(
    events.map((e) => e.what),
    ['request.made', 'request.approved', 'request.executed'],
  );
});

test('a requested right is given with the last approval; nobody gives one to themselves', async () => {
  await using owner = await testDatabase();
  const ann = await addPersonWith(owner, DEFAULT_TENANT, 'tenant-admin', Date.now());
  const eve = await addPerson(owner, DEFAULT_TENANT);
  const ask = api(owner);
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const give = (to: Person) =>
    ask(ann, 'POST', '/grants', { person: to, role: 'auditor', reason: REASON, expiresAt });
  assert.equal((await give(ann)).status, 403);
  const wish = { role: 'mail-admin', durationS: 600, reason: REASON, ticket: 'T-7' };
  const made = await ask(eve, 'POST', '/requests', wish);
  assert.equal(made.status, 201);
  const id = String(made.json['id']);
  const { hash } = (await ask(eve, 'GET', `/requests/${id}`)).json['request'] as unknown as { hash: string };
  assert.equal((await ask(eve, 'GET', '/domains')).status, 403);
  assert.deepEqual((await ask(ann, 'POST', `/requests/${id}/approve`, { hash })).json, { state: 'executed' });
  assert.equal((await ask(eve, 'GET', '/domains')).status, 200, 'with the next request');
  assert.equal((await ask(eve, 'POST', '/requests', { ...wish, role: 'operator' })).status, 403);
});

test('break-glass works at once, is told, and is not had again before somebody else reviewed it', async () => {
  await using owner = await testDatabase();
  const ann = await addPersonWith(owner, DEFAULT_TENANT, 'tenant-admin', Date.now());
  const eve = await addPersonWith(owner, DEFAULT_TENANT, 'helpdesk', Date.now());
  const ask = api(owner);
  const taken = { role: 'mail-admin', reason: REASON, durationS: 600 };
  assert.equal((await ask(eve, 'GET', '/senders/logins')).status, 403);
  const both = await Promise.all([
    ask(eve, 'POST', '/break-glass', taken),
    ask(eve, 'POST', '/break-glass', taken),
  ]);
  assert.deepEqual(both.map((r) => r.status).toSorted(), [201, 403]);
  assert.equal((await ask(eve, 'GET', '/senders/logins')).status, 200);
  assert.deepEqual(
    (await ask(ann, 'GET', '/notices')).json.items.map((n) => n['kind']),
    ['break-glass'],
  );
  const id = String((await ask(ann, 'GET', '/break-glass')).json.items[0]?.['id']);
  const review = { findings: 'it was needed and short' };
  assert.equal((await ask(eve, 'POST', `/break-glass/${id}/review`, review)).status, 403);
  assert.equal((await ask(ann, 'POST', `/break-glass/${id}/review`, review)).status, 204);
  assert.equal((await ask(ann, 'POST', `/break-glass/${id}/review`, review)).status, 409);
  assert.equal((await ask(eve, 'POST', '/break-glass', taken)).status, 201);
});

test('content is closed to everybody until the tenant consents, and then open to one, here, for a while', async () => {
  await using owner = await testDatabase();
  const ann = await addPersonWith(owner, DEFAULT_TENANT, 'tenant-admin', Date.now());
  const eve = await addPersonWith(owner, DEFAULT_TENANT, 'quarantine-manager', Date.now());
  const ask = api(owner);
  const message = newId<'message'>();
  const read = (who: Person, of: string = message) => ask(who, 'POST', `/held/${of}/content`, undefined);
  assert.equal((await read(eve)).status, 403);
  assert.equal((await read(ann)).status, 403);
  const wish = { message, durationS: 600, reason: REASON };
  assert.equal((await ask(eve, 'POST', '/content-requests', { ...wish, durationS: 3601 })).status, 422);
  const id = String((await ask(eve, 'POST', '/content-requests', wish)).json['id']);
  const { hash } = (await ask(eve, 'GET', `/requests/${id}`)).json['request'] as unknown as { hash: string };
  assert.equal((await ask(eve, 'POST', `/requests/${id}/approve`, { hash })).status, 403);
  assert.deepEqual((await ask(ann, 'POST', `/requests/${id}/approve`, { hash })).json, { state: 'executed' });
  assert.equal((await read(eve)).status, 404, 'open, but no such message is held');
  assert.equal((await read(eve, newId())).status, 404, 'not for another message');
  assert.equal((await read(ann)).status, 403, 'not for who consented');
  assert.ok(
    (await ask(ann, 'GET', '/notices')).json.items.some((n) => n['kind'] === ('content-access' as never)),
  );
  const access = String((await ask(ann, 'GET', '/content-access')).json.items[0]?.['id']);
  assert.equal((await ask(ann, 'DELETE', `/content-access/${access}`)).status, 204);
  assert.equal((await read(eve)).status, 403, 'closed at once');
});

test("another tenant's grants, requests, groups and campaigns do not exist", async () => {
  await using owner = await testDatabase();
  await owner.query(`insert into tenant (id, name) values ($1, 'other')`, [OTHER]);
  const ann = await addPersonWith(owner, DEFAULT_TENANT, 'tenant-admin', Date.now());
  const eve = await addPersonWith(owner, OTHER, 'tenant-admin', Date.now());
  const ask = api(owner);
  const group = String((await ask(ann, 'POST', '/groups', { name: 'Desk' })).json['id']);
  const grant = String((await ask(ann, 'GET', '/grants')).json.items[0]?.['id']);
  const endsAt = new Date(Date.now() + 60_000).toISOString();
  const campaign = String(
    (await ask(ann, 'POST', '/campaigns', { name: 'x', owner: ann, endsAt })).json['id'],
  );
  const request = String(
    (await ask(ann, 'POST', '/requests', { role: 'auditor', durationS: 60, reason: REASON })).json['id'],
  );
  for (const [method, path, body] of [
    ['GET', `/requests/ID`],
    ['POST', `/requests/ID/withdraw`],
    ['POST', `/requests/ID/refuse`],
    ['POST', `/requests/ID/execute`],
    ['GET', `/campaigns/ID`],
    ['POST', `/campaigns/ID/decisions`, { grant, decision: 'remove' }],
    ['DELETE', `/grants/ID`],
    ['DELETE', `/groups/ID`],
    ['PUT', `/groups/ID/members/${eve}`],
  ] as const) {
    const ids = { requests: request, campaigns: campaign, grants: grant, groups: group };
    const real = ids[path.split('/')[1] as keyof typeof ids];
    const [theirs, nobodys] = [
      await ask(eve, method, path.replace('ID', real), body, OTHER),
      await ask(eve, method, path.replace('ID', newId()), body, OTHER),
    ];
    assert.equal(theirs.status, 404, `${method} ${path}`);
    assert.deepEqual({ ...theirs.json, instance: '' }, { ...nobodys.json, instance: '' });
  }
});
