import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { authenticateAs } from '#test/support/caller.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { applyRoutes } from './apply.ts';
import { domainRoutes } from './domains.ts';
import { ldapSourceRoutes } from './ldap-sources.ts';
import { checkRoutes } from './route.ts';
import { buildApi } from './server.ts';

after(stopTestDatabases);

async function client(db: TestDatabase, folder: string) {
  const keys = await openFileKeys(folder, db);
  const routes = [...ldapSourceRoutes(keys), ...applyRoutes(keys), ...domainRoutes()];
  checkRoutes(routes);
  const app = buildApi({
    routes,
    db: db.as('app'),
    authenticate: authenticateAs({}),
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
  });
  return async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => {
    const json = body === undefined ? {} : { payload: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const url = `/api/v1${path}`;
    const reply = await app.inject({ method, url, headers: { host: 'localhost', ...type }, ...json });
    return { status: reply.statusCode, text: reply.body };
  };
}

const SOURCE = {
  name: 'ad',
  url: 'ldaps://127.0.0.1:9',
  baseDn: 'dc=x',
  bindDn: 'cn=reader',
  timeoutMs: 500,
};
const stored = async (db: TestDatabase): Promise<string> =>
  (await db.query<{ s: string }>(`select encode(bind_password_sealed, 'hex') as s from ldap_source`))[0]?.s ??
  '';
const events = async (db: TestDatabase): Promise<string[]> =>
  (await db.query<{ what: string }>('select what from audit_event order by id')).map((e) => e.what);

test('an LDAP source takes a password, keeps it sealed, and gives it to no other server', async () => {
  await using db = await testDatabase();
  using temp = tempDir('ldap-api');
  const ask = await client(db, temp.in('keys'));
  assert.equal((await ask('POST', '/ldap-sources', SOURCE)).status, 422, 'a bind DN needs its password');
  const added = await ask('POST', '/ldap-sources', { ...SOURCE, bindPassword: 'very-secret' });
  assert.equal(added.status, 201, added.text);
  const before = await stored(db);
  assert.ok(before.length > 20 && !before.includes(Buffer.from('very-secret').toString('hex')));
  for (const path of ['/ldap-sources', '/ldap-sources/ad']) {
    const { status, text } = await ask('GET', path);
    assert.equal(status, 200, text);
    assert.ok(text.includes('"ad"') && !/secret|assword/.test(text), text);
  }
  assert.equal((await ask('PUT', '/ldap-sources/ad', { ...SOURCE, cacheS: 60 })).status, 200);
  assert.equal(await stored(db), before, 'the stored one stays');
  for (const change of [{ url: 'ldaps://elsewhere.example' }, { bindDn: 'cn=other' }])
    assert.equal((await ask('PUT', '/ldap-sources/ad', { ...SOURCE, ...change })).status, 422);
  assert.equal((await ask('PUT', '/ldap-sources/none', { ...SOURCE, name: 'none' })).status, 404);
  const away = await ask('GET', '/ldap-sources/ad/lookup?address=ann@here.example');
  assert.match(away.text, /"answer":"unavailable"/);
  assert.equal((await ask('GET', '/ldap-sources/none/lookup?address=ann@here.example')).status, 404);
  assert.equal((await ask('DELETE', '/ldap-sources/ad')).status, 204);
  assert.deepEqual(await events(db), ['ldap-source.added', 'ldap-source.changed', 'ldap-source.removed']);
});

test('apply shows its plan, does it as a whole or not at all, and reads no files', async () => {
  await using db = await testDatabase();
  using temp = tempDir('apply-api');
  const ask = await client(db, temp.in('keys'));
  const text =
    'domains: [{name: a.example, nextHop: {host: s.example}}, {name: b.example, nextHop: {host: s.example}}]';
  const count = async (): Promise<number> => JSON.parse((await ask('GET', '/domains')).text).items.length;
  const plan = await ask('POST', '/directory/apply', { text, dryRun: true });
  assert.equal(plan.status, 200, plan.text);
  assert.deepEqual([JSON.parse(plan.text).applied, JSON.parse(plan.text).steps.length], [false, 2]);
  assert.equal(await count(), 0);
  assert.deepEqual(await events(db), []);
  assert.equal((await ask('POST', '/directory/apply', { text })).status, 200);
  assert.equal(await count(), 2);
  assert.deepEqual(await events(db), ['domain.added', 'domain.added', 'directory.applied']);
  assert.match((await ask('POST', '/directory/apply', { text })).text, /"steps":\[\]/);
  const less = 'domains: [{name: a.example, nextHop: {host: s.example}}]';
  const refused = await ask('POST', '/directory/apply', { text: less });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /would remove the domain/);
  assert.equal((await ask('POST', '/directory/apply', { text: less, delete: true })).status, 200);
  assert.equal(await count(), 1);
  for (const bad of [
    'domains: [{name: c.example}]',
    'nothing: 1',
    ': : :',
    'ldap: [{name: l, url: ldaps://x.example, baseDn: dc=x, bindDn: cn=r, bindPasswordFile: /etc/passwd}]',
  ])
    assert.equal((await ask('POST', '/directory/apply', { text: bad })).status, 422, bad);
  assert.equal(await count(), 1);
});
