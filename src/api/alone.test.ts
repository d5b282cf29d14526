/** One person alone: what somebody with rights tries in order to have more of them, or another's word, without anybody else. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT } from '#core/id.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import { type Browser, codeAt, identityWorld, type IdentityWorld } from '#test/support/identity.ts';
import { addGroupOf, give } from '#test/support/people.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { breakGlassRoutes } from './break-glass.ts';
import { grantRoutes } from './grants.ts';
import { groupRoutes } from './groups.ts';
import { directoryRoutes } from './index.ts';
import { peopleRoutes } from './people.ts';
import { requestRoutes } from './requests.ts';
import { roleRoutes } from './roles.ts';
import type { Route } from './route.ts';

after(stopTestDatabases);

const reason = 'because it has to be done';
const NEW_PASSWORD = 'sieben rote Kraniche fliegen';
const site = () => ({ id: 'localhost', isOurs: () => false });
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

const world = (): Promise<IdentityWorld> =>
  identityWorld((identity) => {
    const routes: Route[] = [
      ...peopleRoutes(identity, () => 'http://localhost:8080'),
      ...apiKeyRoutes(identity),
      ...breakGlassRoutes(),
      ...grantRoutes(),
      ...groupRoutes(),
      ...requestRoutes({ site, routes: () => routes }),
      ...roleRoutes(),
      ...directoryRoutes(),
    ];
    return routes;
  }, true);

type Somebody = { readonly id: Awaited<ReturnType<IdentityWorld['person']>>; readonly b: Browser };

/** Somebody with a role, a password and an authenticator app, signed in. */
async function holder(w: IdentityWorld, email: string, role = 'tenant-admin'): Promise<Somebody> {
  const id = await w.person(email);
  await give(w.db.asTenant(DEFAULT_TENANT), DEFAULT_TENANT, id, role, Date.now());
  const b = w.browser();
  await b.signIn(email);
  assert.equal(await addApp(w, b), 200);
  return { id, b };
}

async function addApp(w: IdentityWorld, b: Browser): Promise<number> {
  const { id, secret } = (await b.send('POST', '/account/totp', { name: 'app' })).json<{
    id: string;
    secret: string;
  }>();
  const code = codeAt(secret, w.identity.now());
  return (await b.send('POST', `/account/totp/${id}/confirm`, { code })).statusCode;
}

const status = async (reply: ReturnType<Browser['send']>): Promise<number> => (await reply).statusCode;
const resets = async (by: Somebody, of: Somebody, what: 'password' | 'factors') =>
  await by.b.send('POST', `/people/${of.id}/reset-link`, { what });
const tokenOf = (reply: Awaited<ReturnType<typeof resets>>): string =>
  reply.json<{ link: { url: string } }>().link.url.split('#')[1] ?? '';

test('a session of one factor is not worth the rights that come after it', async () => {
  await using w = await world();
  const admin = await holder(w, 'admin@example.org');
  const person = await w.person('eve@example.org');
  const b = w.browser();
  assert.equal((await b.signIn('eve@example.org')).json<{ state: string }>().state, 'signed-in');
  const given = { person, role: 'tenant-admin', reason, expiresAt: soon() };
  assert.equal(await status(admin.b.send('POST', '/grants', given)), 201);
  const refused = await b.send('GET', '/people');
  assert.deepEqual([refused.statusCode, /enrolment-required/.test(refused.body)], [403, true]);
  assert.equal(await addApp(w, b), 200);
  assert.equal(await status(b.send('GET', '/people')), 200);
});

test('nobody gives a right to themselves by way of a group, a key or a role of their own', async () => {
  await using w = await world();
  const [ann, bob] = [await holder(w, 'ann@example.org'), await holder(w, 'bob@example.org')];
  const group = (await ann.b.send('POST', '/groups', { name: 'night watch' })).json<{ id: string }>().id;
  const toGroup = { group, role: 'mail-admin', reason, expiresAt: soon() };
  assert.equal(await status(ann.b.send('POST', '/grants', toGroup)), 201);
  assert.equal(await status(ann.b.send('PUT', `/groups/${group}/members/${ann.id}`)), 403);

  const hourly = { service: 'night', permissions: ['grant.write'], days: 1 };
  assert.equal(await status(ann.b.send('POST', '/api-keys', hourly)), 403, 'outlasts her own right');
  await w.db.query(`update role_grant set expires_at = expires_at + interval '30 days'`);
  const ruling = { service: 'night', permissions: ['grant.write', 'group.write', 'person.write'], days: 1 };
  const { key } = (await ann.b.send('POST', '/api-keys', ruling)).json<{ key: string }>();
  const program = w.browser();
  const byKey = (method: 'POST' | 'PUT', path: string, body?: object) =>
    status(program.send(method, path, body, { authorization: `Bearer ${key}` }));
  assert.equal(
    await byKey('POST', '/grants', { person: ann.id, role: 'mail-admin', reason, expiresAt: soon() }),
    403,
  );
  assert.equal(await byKey('PUT', `/groups/${group}/members/${ann.id}`), 403);
  assert.equal(await byKey('POST', `/people/${bob.id}/reset-link`, { what: 'password' }), 403);

  const role = { name: 'reader', description: '', permissions: ['status.read'] };
  assert.equal(await status(ann.b.send('POST', '/roles', role)), 201);
  assert.equal(
    await status(
      bob.b.send('POST', '/grants', { person: ann.id, role: 'reader', reason, expiresAt: soon() }),
    ),
    201,
  );
  const wider = { ...role, permissions: ['status.read', 'held.release'] };
  assert.equal(await status(ann.b.send('PUT', '/roles/reader', wider)), 403);
  assert.equal(await status(bob.b.send('PUT', '/roles/reader', wider)), 200, 'somebody else does');
});

test('what was taken in an emergency does not outlast it', async () => {
  await using w = await world();
  const desk = await holder(w, 'desk@example.org', 'helpdesk');
  const taken = { role: 'tenant-admin', reason, durationS: 600 };
  assert.equal(await status(desk.b.send('POST', '/break-glass', taken)), 201);
  const key = { service: 'desk', permissions: ['person.read'], days: 365 };
  assert.equal(await status(desk.b.send('POST', '/api-keys', key)), 403);
  await w.db.query(
    `update role_grant set expires_at = now() - interval '1 minute' where source = 'break-glass'`,
  );
  assert.equal(await status(desk.b.send('POST', '/api-keys', key)), 403, 'the right is gone');
});

test('one administrator does not get into the account of another, with a password or without', async () => {
  await using w = await world();
  const ann = await holder(w, 'ann@example.org');
  const bob = await holder(w, 'bob@example.org');
  const cleo = await holder(w, 'cleo@example.org');
  const early = tokenOf(await resets(ann, bob, 'factors'));
  const evil = w.browser();
  const opened = await evil.send('POST', '/sign-in/link', {
    token: tokenOf(await resets(ann, bob, 'password')),
    password: NEW_PASSWORD,
  });
  assert.equal(opened.json<{ state: string }>().state, 'second-factor');
  assert.equal((await resets(ann, bob, 'factors')).statusCode, 409, 'the other half');
  const open = (token: string) =>
    status(evil.send('POST', '/sign-in/link', { token, password: NEW_PASSWORD }));
  assert.equal(await open(early), 404, 'nor with one made before');
  assert.equal(await open(tokenOf(await resets(cleo, bob, 'factors'))), 200, 'somebody else can help');

  await w.db.query('delete from person_password where person_id = $1', [cleo.id]);
  assert.equal((await resets(ann, cleo, 'factors')).statusCode, 409, 'who has only passkeys');
});

test('an approval takes two factors, and a group named like the id of another is not that other', async () => {
  await using w = await world();
  const ann = await holder(w, 'ann@example.org');
  const [member, stranger] = [await w.person('m@example.org'), await w.person('s@example.org')];
  const council = await addGroupOf(w.db, DEFAULT_TENANT, 'works council', [member]);
  await ann.b.send('POST', '/domains', {
    name: 'example.org',
    nextHop: { host: 'store.example.org', tls: 'required' },
  });
  await ann.b.send('PUT', '/four-eyes/domain.remove', { approval: `group:${council}` });
  const kept = await ann.b.send('DELETE', '/domains/example.org');
  const { request } = kept.json<{ request: string }>();
  const { hash } = (await ann.b.send('GET', `/requests/${request}`)).json<{ request: { hash: string } }>()
    .request;
  const approve = (b: Browser) => status(b.send('POST', `/requests/${request}/approve`, { hash }));

  const fake = (await ann.b.send('POST', '/groups', { name: council })).json<{ id: string }>().id;
  assert.equal(await status(ann.b.send('PUT', `/groups/${fake}/members/${stranger}`)), 204);
  const theirs = w.browser();
  await theirs.signIn('s@example.org');
  await addApp(w, theirs);
  assert.equal(await approve(theirs), 403);

  const b = w.browser();
  await b.signIn('m@example.org');
  assert.equal(await approve(b), 403, 'a password alone');
  assert.equal(await addApp(w, b), 200);
  assert.equal(await approve(b), 200);
});
