/** Signing in through OpenID providers: one that does everything right, and one that tries what a relying party must refuse. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { oidcRoutes } from '#api/oidc.ts';
import { addProvider, providerInput, refOf } from '#assurance/oidc/providers.ts';
import { DEFAULT_TENANT, newId, type TenantId } from '#core/id.ts';
import { newKeys, startFakeProvider, startProvider } from '#test/peers/openid-provider.ts';
import { type Browser, identityWorld, type IdentityWorld } from '#test/support/identity.ts';
import { stopTestDatabases } from '#test/support/database.ts';

after(stopTestDatabases);

const REACH = { isPrivateAllowed: true, isClearAllowed: true };
const REF = refOf(DEFAULT_TENANT, 'corp');
const BASE = `/sign-in/oidc/${REF}`;
const REDIRECT = `http://localhost:8080/api/v1${BASE}/callback`;

const world = (reach = REACH): Promise<IdentityWorld> =>
  identityWorld((identity) => oidcRoutes({ identity, reach, publicUrl: undefined }));

async function addCorp(
  w: IdentityWorld,
  issuer: string,
  settings: object = {},
  tenant = DEFAULT_TENANT,
): Promise<void> {
  const common = { label: 'Corp', allowedDomains: ['here.example'], createsPeople: true };
  const input = providerInput.parse({
    name: 'corp',
    issuer,
    clientId: 'gate',
    clientSecret: 'client-secret',
    settings: { ...common, ...settings },
  });
  await w.db.transact(async (tx) => {
    const done = await addProvider({ tx, tenant, actor: 'admin:test' }, w.identity.keys, input);
    assert.ok(done.ok);
  });
}

const NAVIGATION = {
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};

/** Sets out; where the browser is sent to. */
async function start(browser: Browser, path = `${BASE}/start`): Promise<URL> {
  const response = await browser.send('GET', path);
  assert.equal(response.statusCode, 303, response.body);
  assert.match(
    String(response.headers['set-cookie']),
    /^__Host-gatehouse-flow=.*Secure; HttpOnly; SameSite=Lax$/,
  );
  return new URL(String(response.headers.location));
}

const signedIn = async (browser: Browser): Promise<boolean> =>
  (await browser.send('GET', '/session')).statusCode === 200;

test('oidc-provider: a person is made once, found again by subject, and kept out when suspended', async () => {
  await using w = await world();
  await using provider = await startProvider(REDIRECT);
  await addCorp(w, provider.issuer);
  provider.account = {
    sub: 'u1',
    email: 'Ann@Here.example',
    email_verified: true,
    name: 'Ann',
    locale: 'nl-NL',
  };
  const browser = w.browser();
  const to = await start(browser);
  assert.equal(to.searchParams.get('code_challenge_method'), 'S256');
  const back = (await provider.walk(to.href)).replace('/api/v1', '');
  const arrived = await browser.send('GET', back, undefined, NAVIGATION);
  assert.deepEqual([arrived.statusCode, arrived.headers.location], [303, '/'], arrived.body);
  assert.ok(await signedIn(browser));
  assert.equal(browser.cookies.has('__Host-gatehouse-flow'), false);
  const people = await w.db.query(`select email, name, language, source, state from person`);
  assert.deepEqual(people, [
    { email: 'Ann@Here.example', name: 'Ann', language: 'nl', source: 'oidc', state: 'active' },
  ]);

  // The same answer again, in the same browser and in another one.
  assert.equal((await browser.send('GET', back, undefined, NAVIGATION)).statusCode, 401);
  const thief = w.browser();
  await start(thief);
  assert.equal((await thief.send('GET', back, undefined, NAVIGATION)).statusCode, 401);
  assert.equal(await signedIn(thief), false);

  // Under another address it is the same person.
  provider.account = { ...provider.account, email: 'ann.new@here.example' };
  const again = w.browser();
  const second = (await provider.walk((await start(again)).href)).replace('/api/v1', '');
  assert.equal((await again.send('GET', second, undefined, NAVIGATION)).statusCode, 303);
  assert.equal((await w.db.query('select 1 from person')).length, 1);

  await w.db.query(`update person set state = 'suspended'`);
  const late = w.browser();
  const third = (await provider.walk((await start(late)).href)).replace('/api/v1', '');
  assert.equal((await late.send('GET', third, undefined, NAVIGATION)).statusCode, 401);
  const reasons = (await w.events('sign-in.oidc-failed')).map(
    (e) => (e['details'] as { reason: string }).reason,
  );
  assert.equal(reasons.at(-1), 'the person is suspended');
  const stored = JSON.stringify(await w.db.query('select * from oidc_provider'));
  assert.equal(stored.includes('client-secret'), false, 'the secret is sealed');
});

test('what a provider may not do: each answer is refused in the same words, and nothing changes', async () => {
  await using w = await world();
  await using fake = await startFakeProvider();
  await addCorp(w, fake.issuer, { secondFactorAmr: ['otp'] });
  const stranger = await newKeys('first');
  const good = { keys: fake.keys, claims: fake.claims, document: fake.document };
  const nowS = Math.floor(Date.now() / 1000);
  const attack = async (
    change: (callback: URL) => void,
    between: (browser: Browser) => Promise<void> = () => Promise.resolve(),
  ): Promise<readonly [number, Browser]> => {
    const browser = w.browser();
    const to = await start(browser);
    fake.nonce = to.searchParams.get('nonce') ?? '';
    const callback = new URL(REDIRECT);
    callback.search = new URLSearchParams({
      code: 'c',
      state: to.searchParams.get('state') ?? '',
      iss: fake.issuer,
    }).toString();
    change(callback);
    await between(browser);
    const path = `${BASE}/callback${callback.search}`;
    const status = (await browser.send('GET', path, undefined, NAVIGATION)).statusCode;
    Object.assign(fake, good);
    return [status, browser];
  };
  const attacks: readonly (readonly [string, (callback: URL) => void])[] = [
    ['wrong state', (u) => u.searchParams.set('state', 'x')],
    ['no state', (u) => u.searchParams.delete('state')],
    ['two states', (u) => u.searchParams.append('state', 'x')],
    ['another issuer in the answer', (u) => u.searchParams.set('iss', 'https://evil.example')],
    ['no issuer in the answer', (u) => u.searchParams.delete('iss')],
    ['no code', (u) => u.searchParams.delete('code')],
    ['an error', (u) => u.searchParams.set('error', 'access_denied')],
    ['wrong nonce', () => (fake.claims = (c) => ({ ...c, nonce: 'x' }))],
    ['no nonce', () => (fake.claims = ({ nonce: _nonce, ...c }) => c)],
    ['wrong issuer in the token', () => (fake.claims = (c) => ({ ...c, iss: 'https://evil.example' }))],
    ['another audience', () => (fake.claims = (c) => ({ ...c, aud: 'other' }))],
    ['two audiences and no azp', () => (fake.claims = (c) => ({ ...c, aud: ['gate', 'other'] }))],
    ['expired', () => (fake.claims = (c) => ({ ...c, exp: nowS - 600, iat: nowS - 900 }))],
    ['no subject', () => (fake.claims = ({ sub: _sub, ...c }) => c)],
    ['an endless subject', () => (fake.claims = (c) => ({ ...c, sub: 'x'.repeat(300) }))],
    ['a key that is not published', () => (fake.keys = stranger)],
    [
      'a document of another issuer',
      () => (fake.document = (d) => ({ ...d, issuer: 'https://evil.example' })),
    ],
    ['an address that is not verified', () => (fake.claims = (c) => ({ ...c, email_verified: false }))],
    [
      'an address of elsewhere',
      () => (fake.claims = (c) => ({ ...c, email: 'p1@here.example.evil.example' })),
    ],
  ];
  for (const [name, change] of attacks) {
    const [status, browser] = await attack(change);
    assert.equal(status, 401, name);
    assert.equal(await signedIn(browser), false, name);
  }
  const [, forgot] = await attack(
    () => {},
    async (browser) => void browser.cookies.delete('__Host-gatehouse-flow'),
  );
  assert.equal(await signedIn(forgot), false, 'a browser that did not set out');
  const [late] = await attack(
    () => {},
    async () => w.later(301_000),
  );
  assert.equal(late, 401, 'after five minutes');
  assert.equal((await w.db.query('select 1 from person')).length, 0);
  const refusals = await w.events('sign-in.oidc-failed');
  assert.equal(refusals.length, attacks.length + 2, 'each is on record');

  // An address that somebody has does not link, however well the provider vouches for it.
  await w.person('p1@here.example');
  assert.equal((await attack(() => {}))[0], 401);

  // With everything right it works; and a new key counts from its first moment, the old one no more.
  await w.db.query(`delete from person`);
  assert.equal((await attack(() => {}))[0], 303);
  const rotated = await newKeys('second');
  fake.published = [rotated];
  assert.equal((await attack(() => {}))[0], 401, 'signed with a key that was rotated out');
  assert.equal((await attack(() => (fake.keys = rotated)))[0], 303);
  const proofs = await w.db.query<{ proofs: string[] }>('select proofs from session');
  assert.ok(proofs.every((p) => p.proofs.join() === 'oidc-first'));
  const otp = await attack(() => {
    fake.keys = rotated;
    fake.claims = (c) => ({ ...c, amr: ['pwd', 'otp'] });
  });
  assert.equal(otp[0], 303);
  assert.equal((await w.db.query(`select 1 from session where proofs = '{oidc}'`)).length, 1);
});

test('a provider of another tenant, an unknown one, one in a private network: one answer', async () => {
  await using w = await world({ isPrivateAllowed: false, isClearAllowed: true });
  await using fake = await startFakeProvider();
  const other = newId<'tenant'>() as TenantId;
  await w.db.query(`insert into tenant (id, name) values ($1, 'other')`, [other]);
  await addCorp(w, fake.issuer, {}, other);
  await addCorp(w, 'https://10.0.0.1');
  const browser = w.browser();
  const answers = [];
  for (const ref of [
    refOf(newId<'tenant'>(), 'corp'),
    refOf(other, 'none'),
    REF,
    'x',
    refOf(other, 'corp'),
  ]) {
    const response = await browser.send('GET', `/sign-in/oidc/${ref}/start`);
    const { instance: _, ...body } = response.json<Record<string, unknown>>();
    answers.push(JSON.stringify([response.statusCode, body]));
  }
  assert.equal(new Set(answers).size, 1, answers.join('\n'));
  assert.match(answers[0] ?? '', /provider-unavailable/);
});

test('a browser that set out to one tenant cannot arrive at another', async () => {
  await using w = await world();
  await using fake = await startFakeProvider();
  const other = newId<'tenant'>() as TenantId;
  await w.db.query(`insert into tenant (id, name) values ($1, 'other')`, [other]);
  await addCorp(w, fake.issuer);
  await addCorp(w, fake.issuer, {}, other);
  const browser = w.browser();
  const to = await start(browser);
  fake.nonce = to.searchParams.get('nonce') ?? '';
  const query = new URLSearchParams({
    code: 'c',
    state: to.searchParams.get('state') ?? '',
    iss: fake.issuer,
  });
  const path = `/sign-in/oidc/${refOf(other, 'corp')}/callback?${query.toString()}`;
  assert.equal((await browser.send('GET', path, undefined, NAVIGATION)).statusCode, 401);
  assert.equal((await w.db.query('select 1 from person')).length, 0);
});

test('the callback takes navigations only; other routes take nobody from elsewhere', async () => {
  await using w = await world();
  const browser = w.browser();
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
  assert.equal((await browser.send('GET', `${BASE}/callback?code=c`, undefined, headers)).statusCode, 403);
  assert.equal((await browser.send('GET', `${BASE}/start`, undefined, NAVIGATION)).statusCode, 403);
});

test('back-channel logout ends the sessions it names, by a signed token that counts once', async () => {
  await using w = await world();
  await using fake = await startFakeProvider();
  await addCorp(w, fake.issuer);
  const browser = w.browser();
  const to = await start(browser);
  fake.nonce = to.searchParams.get('nonce') ?? '';
  const query = new URLSearchParams({
    code: 'c',
    state: to.searchParams.get('state') ?? '',
    iss: fake.issuer,
  });
  await browser.send('GET', `${BASE}/callback?${query.toString()}`, undefined, NAVIGATION);
  assert.ok(await signedIn(browser));
  const nowS = Math.floor(Date.now() / 1000);
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const claims = { iss: fake.issuer, aud: 'gate', iat: nowS, exp: nowS + 120, jti: 'j1', sid: 's1', events };
  const send = async (token: string): Promise<number> =>
    (
      await w.app.inject({
        method: 'POST',
        url: `/api/v1${BASE}/logout`,
        headers: { host: 'localhost:8080', 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ logout_token: token }).toString(),
      })
    ).statusCode;
  const { events: _events, ...noEvents } = claims;
  const { sid: _sid, ...nobody } = claims;
  const stranger = await newKeys('first');
  const right = fake.keys;
  fake.keys = stranger;
  const forged = await fake.sign(claims);
  fake.keys = right;
  for (const [name, token] of [
    ['garbage', 'x.y.z'],
    ['forged', forged],
    ['no event', await fake.sign(noEvents)],
    ['a nonce', await fake.sign({ ...claims, nonce: 'n' })],
    ['nobody named', await fake.sign(nobody)],
    ['another audience', await fake.sign({ ...claims, aud: 'other' })],
    ['another issuer', await fake.sign({ ...claims, iss: 'https://evil.example' })],
    ['old', await fake.sign({ ...claims, iat: nowS - 4000, exp: nowS + 120 })],
  ] as const)
    assert.equal(await send(token), 400, name);
  assert.ok(await signedIn(browser));
  const token = await fake.sign(claims, 'logout+jwt');
  assert.equal(await send(token), 200);
  assert.equal(await signedIn(browser), false);
  assert.equal(await send(token), 400, 'a second time');
  const form = await w.app.inject({
    method: 'POST',
    url: '/api/v1/sign-in/password',
    headers: { host: 'localhost:8080', 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'email=a',
  });
  assert.equal(form.statusCode, 415, 'no other route takes forms');
});

test('somebody who is signed in links the own account', async () => {
  await using w = await world();
  await using fake = await startFakeProvider();
  await addCorp(w, fake.issuer, { createsPeople: false });
  const person = await w.person('p1@here.example');
  const go = async (browser: Browser, path?: string): Promise<number> => {
    const to = await start(browser, path);
    fake.nonce = to.searchParams.get('nonce') ?? '';
    const query = new URLSearchParams({
      code: 'c',
      state: to.searchParams.get('state') ?? '',
      iss: fake.issuer,
    });
    return (await browser.send('GET', `${BASE}/callback?${query.toString()}`, undefined, NAVIGATION))
      .statusCode;
  };
  assert.equal(await go(w.browser()), 401, 'nobody is linked yet');
  const browser = w.browser();
  await browser.signIn('p1@here.example');
  const begun = await browser.send('POST', '/account/oidc-links', { provider: 'corp' });
  assert.equal(begun.statusCode, 201, begun.body);
  const { start: path } = begun.json<{ start: string }>();
  assert.equal(await go(browser, path.replace('/api/v1', '')), 303);
  const links = await w.db.query('select person_id as person, subject from oidc_link');
  assert.deepEqual(links, [{ person, subject: 'p1' }]);
  const other = w.browser();
  assert.equal(await go(other), 303);
  assert.ok(await signedIn(other));
});

test('groups by claim: those the tenant listed, as they are at each sign-in, and no local ones', async () => {
  await using w = await world();
  await using fake = await startFakeProvider();
  await addCorp(w, fake.issuer, { groupsClaim: 'groups', groups: { g1: 'Board', g2: 'Staff' } });
  const come = async (groups: unknown): Promise<string[]> => {
    fake.claims = (c) => ({ ...c, groups });
    const browser = w.browser();
    const to = await start(browser);
    fake.nonce = to.searchParams.get('nonce') ?? '';
    const query = new URLSearchParams({
      code: 'c',
      state: to.searchParams.get('state') ?? '',
      iss: fake.issuer,
    });
    const path = `${BASE}/callback?${query.toString()}`;
    assert.equal((await browser.send('GET', path, undefined, NAVIGATION)).statusCode, 303);
    const rows = await w.db.query<{ name: string }>(
      'select g.name from group_member m join "group" g on g.tenant_id = m.tenant_id and g.id = m.group_id order by 1',
    );
    return rows.map((r) => r.name);
  };
  assert.deepEqual(await come(['g1', 'admins', 7]), ['Board']);
  const local = newId<'group'>();
  await w.db.query(`insert into "group" (tenant_id, id, name) values ($1, $2, 'Local')`, [
    DEFAULT_TENANT,
    local,
  ]);
  await w.db.query(`insert into group_member select tenant_id, $2, id from person where tenant_id = $1`, [
    DEFAULT_TENANT,
    local,
  ]);
  assert.deepEqual(await come(['g1', 'g2']), ['Board', 'Local', 'Staff']);
  assert.deepEqual(await come('g2'), ['Local', 'Staff']);
  assert.deepEqual(await come(undefined), ['Local']);
  assert.equal((await w.db.query('select 1 from "group"')).length, 3);
});
