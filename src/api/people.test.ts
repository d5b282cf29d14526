/** People looked after by others, the first administrator, and keys of services, each over HTTP on a real database. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { permissionsOf } from '#assurance/access/permissions.ts';
import type { Granted, Identity } from '#assurance/identity/identity.ts';
import { setUpLink } from '#assurance/identity/set-up.ts';
import { DEFAULT_TENANT, newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import {
  ADMIN,
  codeAt,
  identityWorld,
  PASSWORD,
  type Browser,
  type IdentityWorld,
} from '#test/support/identity.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { SESSION_COOKIE } from './caller.ts';
import { peopleRoutes } from './people.ts';
import { setUpRoutes } from './set-up.ts';

after(stopTestDatabases);

const routes = (identity: Identity) => [
  ...peopleRoutes(identity, () => 'http://localhost:8080'),
  ...apiKeyRoutes(identity),
  ...setUpRoutes(identity),
];
const HELPDESK: Granted = { tenant: new Set(['person.read', 'person.write']), platform: new Set() };

/** Signs somebody in with these rights, an authenticator app and all. */
async function signedIn(
  w: IdentityWorld,
  email: string,
  rights: Granted,
): Promise<{ b: Browser; id: string }> {
  const id = await w.person(email);
  w.rights.set(id, rights);
  const b = w.browser();
  await b.signIn(email);
  const { id: app, secret } = (await b.send('POST', '/account/totp', { name: 'phone' })).json<{
    id: string;
    secret: string;
  }>();
  const done = await b.send('POST', `/account/totp/${app}/confirm`, {
    code: codeAt(secret, w.identity.now()),
  });
  assert.equal(done.statusCode, 200, done.body);
  return { b, id };
}

const tokenIn = (url: string): string => url.split('#')[1] ?? '';
type Linked = { person: { id: string }; link: { url: string } };

test('an invitation is a link that works once, and the person chooses the password', async () => {
  await using w = await identityWorld(routes);
  const { b: admin } = await signedIn(w, 'admin@example.org', ADMIN);
  const invited = await admin.send('POST', '/people', {
    email: 'neu@example.org',
    name: 'Neu',
    language: 'de',
  });
  assert.equal(invited.statusCode, 201, invited.body);
  const { person, link } = invited.json<Linked>();
  assert.match(link.url, /^http:\/\/localhost:8080\/link#/);
  const guest = w.browser();
  const token = tokenIn(link.url);
  const look = await guest.send('POST', '/sign-in/link/look', { token });
  assert.deepEqual(
    [look.json<{ purpose: string }>().purpose, look.json<{ email: string }>().email],
    ['invite', 'neu@example.org'],
  );
  assert.equal(
    (await guest.send('POST', '/sign-in/link', { token, password: 'Passwort1!' })).statusCode,
    422,
    'a common one',
  );
  assert.deepEqual((await guest.send('POST', '/sign-in/link', { token, password: PASSWORD })).json(), {
    state: 'signed-in',
  });
  assert.equal(
    (await w.browser().send('POST', '/sign-in/link', { token, password: PASSWORD })).statusCode,
    404,
    'used',
  );
  assert.equal(
    (await admin.send('POST', '/people', { email: 'NEU@example.org', name: 'x' })).statusCode,
    409,
  );
  assert.equal((await admin.send('GET', `/people/${person.id}`)).json<{ state: string }>().state, 'active');
});

test('a suspended person is out at once, everywhere, and cannot come back in', async () => {
  await using w = await identityWorld(routes);
  const { b: admin, id: own } = await signedIn(w, 'admin@example.org', ADMIN);
  const id = await w.person('mia@example.org');
  const mia = w.browser();
  await mia.signIn('mia@example.org');
  assert.equal((await admin.send('POST', `/people/${id}/suspend`)).statusCode, 200);
  assert.equal((await mia.send('GET', '/session')).statusCode, 401);
  assert.equal((await mia.signIn('mia@example.org')).statusCode, 401);
  assert.equal((await admin.send('POST', `/people/${own}/suspend`)).statusCode, 409, 'not oneself');
  assert.equal((await admin.send('POST', `/people/${id}/reactivate`)).statusCode, 200);
  assert.equal((await mia.signIn('mia@example.org')).statusCode, 200);
  assert.equal((await admin.send('POST', `/people/${id}/leave`)).statusCode, 200);
  assert.equal((await mia.signIn('mia@example.org')).statusCode, 401);
});

test('nobody touches a person who may do more: not its state, its address, its factors or its sessions', async () => {
  await using w = await identityWorld(routes);
  const { id: boss } = await signedIn(w, 'boss@example.org', {
    ...ADMIN,
    tenant: new Set([...ADMIN.tenant, 'session.write']),
  });
  const { b: desk } = await signedIn(w, 'desk@example.org', HELPDESK);
  const tries = [
    await desk.send('POST', `/people/${boss}/suspend`),
    await desk.send('PATCH', `/people/${boss}`, { email: 'mine@example.org' }),
    await desk.send('POST', `/people/${boss}/reset-link`, { what: 'password' }),
    await desk.send('POST', `/people/${boss}/reset-link`, { what: 'factors' }),
    await desk.send('POST', `/people/${boss}/sessions/end`, {}),
  ];
  assert.deepEqual(
    tries.map((r) => r.statusCode),
    [403, 403, 403, 403, 403],
  );
  assert.equal((await w.db.query('select 1 from one_time_link')).length, 0);
});

test('a reset link gets around one factor, never both', async () => {
  await using w = await identityWorld(routes);
  const { b: admin } = await signedIn(w, 'admin@example.org', ADMIN);
  const { id } = await signedIn(w, 'mia@example.org', HELPDESK);
  const link = async (what: string): Promise<string> =>
    tokenIn((await admin.send('POST', `/people/${id}/reset-link`, { what })).json<Linked>().link.url);
  const thief = w.browser({ ip: '203.0.113.66' });
  const fresh = 'ein ganz anderer Satz';
  const reset = await thief.send('POST', '/sign-in/link', { token: await link('password'), password: fresh });
  assert.equal(reset.json<{ state: string }>().state, 'second-factor', 'the app is still asked for');
  assert.equal(thief.cookies.has(SESSION_COOKIE), false);
  const again = await admin.send('POST', `/people/${id}/reset-link`, { what: 'factors' });
  assert.equal(again.statusCode, 409, 'not both from one hand');
  const { b: second } = await signedIn(w, 'second@example.org', ADMIN);
  const other = await second.send('POST', `/people/${id}/reset-link`, { what: 'factors' });
  const token = tokenIn(other.json<Linked>().link.url);
  assert.equal(
    (await thief.send('POST', '/sign-in/link', { token, password: 'guess guess guess' })).statusCode,
    401,
  );
  const done = await thief.send('POST', '/sign-in/link', { token, password: fresh });
  assert.equal(
    done.json<{ state: string }>().state,
    'enrolling',
    'who knows the password may add new factors',
  );
  assert.equal((await w.events('person.reset-started')).length, 2);
  assert.equal((await w.events('account.factors-dropped')).length, 1);
});

test('people of another tenant answer exactly like people who do not exist', async () => {
  await using w = await identityWorld(routes);
  const OTHER = newId<'tenant'>() as TenantId;
  await w.db.query(`insert into tenant (id, name) values ($1, 'other')`, [OTHER]);
  await w.identity.keys.ensureTenant(OTHER);
  const theirs = await w.person('eva@example.org', { tenant: OTHER });
  const id = await w.person('admin@example.org');
  w.rights.set(id, ADMIN);
  const b = w.browser();
  const signIn = { organisation: 'default', email: 'admin@example.org', password: PASSWORD };
  await b.send('POST', '/sign-in/password', signIn);
  await w.db.query(`update session set is_enrolling = false, proofs = '{passkey}'`);
  const ask = async (who: string): Promise<unknown[]> => {
    const replies = [
      await b.send('GET', `/people/${who}`),
      await b.send('PATCH', `/people/${who}`, { name: 'x' }),
      await b.send('POST', `/people/${who}/suspend`),
      await b.send('POST', `/people/${who}/reset-link`, { what: 'password' }),
    ];
    return replies.map((r) => [r.statusCode, { ...r.json<object>(), instance: '' }]);
  };
  const answers = await ask(theirs);
  assert.deepEqual(answers, await ask(newId()));
  assert.deepEqual(
    answers.map((a) => (a as [number])[0]),
    [404, 404, 404, 404],
  );
});

test('the link of the first start makes one administrator and operator, once', async () => {
  await using w = await identityWorld(routes);
  const made = await setUpLink(w.identity.db, 'system:start', w.identity.now());
  assert.ok(made);
  const [one, two] = [w.browser(), w.browser()];
  const body = {
    token: made.token,
    name: 'Erste Person',
    email: 'first@example.org',
    language: 'de',
    organisation: 'bank',
  };
  const wrong = { ...body, token: `${made.token.slice(0, -3)}AAA` };
  assert.equal((await one.send('POST', '/setup', wrong)).statusCode, 404);
  const replies = await Promise.all([one.send('POST', '/setup', body), two.send('POST', '/setup', body)]);
  assert.deepEqual(replies.map((r) => r.statusCode).toSorted(), [200, 404]);
  assert.deepEqual(replies.find((r) => r.statusCode === 200)?.json(), { state: 'enrolling' });
  const [row] = await w.db.query<{ id: never; tenant: string; name: string }>(
    'select p.id, p.tenant_id as tenant, t.name from person p join tenant t on t.id = p.tenant_id',
  );
  assert.deepEqual([row?.tenant, row?.name], [DEFAULT_TENANT, 'bank']);
  const own = w.identity.db.asTenant(DEFAULT_TENANT);
  const rights = await permissionsOf(own, DEFAULT_TENANT, row?.id as never, w.identity.now());
  assert.ok(rights.tenant.has('person.write') && rights.platform.has('tenant.write'));
  assert.equal(await setUpLink(w.identity.db, 'system:start', w.identity.now()), undefined, 'never again');
  assert.equal((await w.events('set-up.offered', PLATFORM_TENANT)).length, 1);
});

test('a key does what it was made for until it ends, and nobody makes one mightier than oneself', async () => {
  await using w = await identityWorld(routes);
  const { b: admin } = await signedIn(w, 'admin@example.org', ADMIN);
  const make = (body: object) => admin.send('POST', '/api-keys', { service: 'backup', days: 30, ...body });
  assert.equal((await make({ permissions: ['domain.write'] })).statusCode, 403);
  assert.equal(
    (await make({ permissions: ['person.read'], platformPermissions: ['tenant.write'] })).statusCode,
    403,
  );
  assert.equal((await make({ permissions: ['no.such'] })).statusCode, 422);
  assert.equal((await make({ permissions: ['person.read'], days: 400 })).statusCode, 422);
  const made = await make({ permissions: ['person.read', 'api-key.write'] });
  assert.equal(made.statusCode, 201, made.body);
  const { id, key } = made.json<{ id: string; key: string }>();
  assert.match(key, /^gh_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
  const program = (method: 'GET' | 'POST', path: string, body?: unknown) =>
    w.browser().send(method, path, body, { authorization: `Bearer ${key}` });
  assert.equal((await program('GET', '/people')).statusCode, 200);
  assert.equal((await program('POST', '/people', { email: 'x@example.org', name: 'x' })).statusCode, 403);
  assert.equal((await program('GET', '/session')).statusCode, 403, 'a key is no person');
  const more = { service: 'more', permissions: ['person.read'], days: 1 };
  assert.equal((await program('POST', '/api-keys', more)).statusCode, 403, 'keys do not make keys');
  const [stored] = await w.db.query<{ text: string }>('select k::text as text from api_key k');
  assert.equal(stored?.text.includes(key.slice(36)), false);
  w.later(31 * 86_400_000);
  assert.equal((await program('GET', '/people')).statusCode, 401, 'after its end');
  w.later(-31 * 86_400_000);
  assert.equal((await admin.send('DELETE', `/api-keys/${id}`)).statusCode, 204);
  assert.equal((await program('GET', '/people')).statusCode, 401, 'revoked');
});
