/** Signing in as a browser does it, on a real database: password, second factor, enrolment, sessions. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT } from '#core/id.ts';
import { SESSION_COOKIE, DEVICE_COOKIE } from './caller.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import {
  ADMIN,
  codeAt,
  identityWorld,
  PASSWORD,
  type Browser,
  type IdentityWorld,
} from '#test/support/identity.ts';

after(stopTestDatabases);

const SESSION_ROW = 'select count(*)::int as n from session';

/** Adds an authenticator app to whoever is signed in and gives its secret. */
async function addApp(w: IdentityWorld, b: Browser): Promise<string> {
  const begun = await b.send('POST', '/account/totp', { name: 'phone' });
  assert.equal(begun.statusCode, 201, begun.body);
  const { id, secret } = begun.json<{ id: string; secret: string }>();
  const confirmed = await b.send('POST', `/account/totp/${id}/confirm`, {
    code: codeAt(secret, w.identity.now()),
  });
  assert.equal(confirmed.statusCode, 200, confirmed.body);
  return secret;
}

test('an employee signs in with a password, sees itself, and signs out', async () => {
  await using w = await identityWorld();
  const id = await w.person('Mia@example.org');
  const b = w.browser();
  assert.equal((await b.send('GET', '/session')).statusCode, 401);
  const reply = await b.signIn('mia@EXAMPLE.org');
  assert.deepEqual([reply.statusCode, reply.json()], [200, { state: 'signed-in' }]);
  const cookie = [reply.headers['set-cookie'] ?? []].flat().find((l) => l.startsWith(`${SESSION_COOKIE}=`));
  assert.match(cookie ?? '', /; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict$/);
  const me = (await b.send('GET', '/session')).json<Record<string, unknown>>();
  assert.deepEqual(me['person'], { id, name: 'Somebody', email: 'Mia@example.org', language: 'de' });
  assert.deepEqual(me['factors'], { password: true, passkeys: 0, totp: 0, recoveryCodes: 0 });
  const old = b.cookies.get(SESSION_COOKIE);
  assert.equal((await b.send('POST', '/sign-out')).statusCode, 204);
  assert.equal(b.cookies.has(SESSION_COOKIE), false);
  b.cookies.set(SESSION_COOKIE, old ?? '');
  assert.equal((await b.send('GET', '/session')).statusCode, 401, 'the old token is dead on our side, too');
  assert.equal((await w.events('session.started')).length, 1);
  assert.equal((await w.events('session.ended')).length, 1);
});

test('what is stored of a session is no token', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const b = w.browser();
  await b.signIn('mia@example.org');
  const token = b.cookies.get(SESSION_COOKIE) ?? '';
  assert.match(token, /^[0-9a-f]{32}\.[A-Za-z0-9_-]{43}$/);
  const rows = await w.db.query<{ text: string }>('select session::text as text from session');
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.text.includes(token.slice(33)), false);
});

test('a wrong password, an unknown address and an unknown organisation get one answer, each on record', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const suspended = await w.person('sus@example.org');
  await w.db.query(`update person set state = 'suspended' where id = $1`, [suspended]);
  const b = w.browser();
  const tries = [
    { email: 'mia@example.org', password: 'not this one at all' },
    { email: 'nobody@example.org', password: PASSWORD },
    { email: 'sus@example.org', password: PASSWORD },
    { email: 'mia@example.org', password: PASSWORD, organisation: 'elsewhere' },
  ];
  const bodies = [];
  for (const body of tries) {
    const reply = await b.send('POST', '/sign-in/password', body);
    assert.equal(reply.statusCode, 401);
    assert.equal(reply.headers['set-cookie'], undefined);
    const { instance: _, ...rest } = reply.json<{ instance: string }>();
    bodies.push(JSON.stringify(rest));
  }
  assert.equal(new Set(bodies).size, 1);
  const events = await w.events('sign-in.failed');
  assert.equal(events.length, 3, 'the fourth is the platform’s, since nobody knows whose it is');
  assert.equal(JSON.stringify(events).includes('example.org'), false, 'no address in the record');
  assert.equal((await w.db.query(SESSION_ROW))[0]?.['n'], 0);
});

test('whoever may do more than an employee owes a second factor, and can do nothing else before', async () => {
  await using w = await identityWorld();
  const id = await w.person('admin@example.org');
  w.rights.set(id, ADMIN);
  const b = w.browser();
  assert.deepEqual((await b.signIn('admin@example.org')).json(), { state: 'enrolling' });
  const before = b.cookies.get(SESSION_COOKIE);
  const refused = await b.send('GET', '/session/proof');
  assert.match(refused.body, /enrolment-required/);
  const secret = await addApp(w, b);
  assert.notEqual(b.cookies.get(SESSION_COOKIE), before, 'a session that can do more has a new token');
  assert.equal((await b.send('GET', '/session')).json<{ state: string }>().state, 'signed-in');
  const other = w.browser();
  const second = (await other.signIn('admin@example.org')).json<{ state: string; ticket: string }>();
  assert.equal(second.state, 'second-factor');
  assert.equal(other.cookies.has(SESSION_COOKIE), false);
  w.later(30_000);
  const code = codeAt(secret, w.identity.now());
  const done = await other.send('POST', '/sign-in/second-factor', { ticket: second.ticket, code });
  assert.deepEqual([done.statusCode, done.json()], [200, { state: 'signed-in' }]);
});

test('a code, a ticket and a recovery code each work once', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const b = w.browser();
  await b.signIn('mia@example.org');
  const secret = await addApp(w, b);
  const { codes } = (await b.send('POST', '/account/recovery-codes')).json<{ codes: string[] }>();
  assert.equal(new Set(codes).size, 10);
  w.later(60_000);
  const other = w.browser();
  const ticket = async (): Promise<string> =>
    (await other.signIn('mia@example.org')).json<{ ticket: string }>().ticket;
  const use = async (t: string, code: string): Promise<number> =>
    (await other.send('POST', '/sign-in/second-factor', { ticket: t, code })).statusCode;
  const code = codeAt(secret, w.identity.now());
  const first = await ticket();
  assert.equal(await use(first, code), 200);
  assert.equal(await use(await ticket(), code), 401, 'the code again');
  assert.equal(await use(first, codes[0] ?? ''), 401, 'the ticket again');
  const recovery = (codes[1] ?? '').toUpperCase();
  assert.equal(await use(await ticket(), recovery), 200);
  assert.equal(await use(await ticket(), recovery), 401, 'the recovery code again');
  const late = await ticket();
  w.later(5 * 60_000 + 1);
  assert.equal(await use(late, codes[2] ?? ''), 401, 'a ticket after five minutes');
  assert.equal(await use(`${late.slice(0, -2)}AA`, codes[2] ?? ''), 401, 'a changed ticket');
});

test('failures slow down their own network; a known device and other networks go on', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const known = w.browser({ ip: '198.51.100.9' });
  await known.signIn('mia@example.org');
  assert.ok(known.cookies.has(DEVICE_COOKIE));
  const stranger = w.browser({ ip: '198.51.100.77' });
  const codes = [];
  for (let i = 0; i < 7; i++)
    codes.push((await stranger.signIn('mia@example.org', 'guess number one')).statusCode);
  assert.deepEqual(codes, [401, 401, 401, 401, 401, 429, 429]);
  const delayed = await stranger.signIn('mia@example.org');
  assert.equal(delayed.statusCode, 429, 'also the right password waits');
  assert.equal(delayed.headers['retry-after'], '1');
  assert.equal(
    (await known.signIn('mia@example.org')).statusCode,
    200,
    'the device that was here before, same network',
  );
  assert.equal(
    (await w.browser({ ip: '203.0.113.5' }).signIn('mia@example.org')).statusCode,
    200,
    'another network',
  );
  w.later(1_001);
  assert.equal((await stranger.signIn('mia@example.org')).statusCode, 200, 'after the wait');
});

test('tries that come all at once are counted one by one', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const stranger = w.browser();
  const replies = await Promise.all(
    Array.from({ length: 12 }, () => stranger.signIn('mia@example.org', 'guess number one')),
  );
  assert.equal(replies.filter((r) => r.statusCode === 401).length, 5);
  assert.equal(replies.filter((r) => r.statusCode === 429).length, 7);
});

test('a session ends by itself when idle, at its limit, and with its person', async () => {
  await using w = await identityWorld();
  const id = await w.person('mia@example.org');
  const status = async (b: Browser): Promise<number> => (await b.send('GET', '/session')).statusCode;
  const idle = w.browser();
  await idle.signIn('mia@example.org');
  w.later(29 * 60_000);
  assert.equal(await status(idle), 200);
  w.later(31 * 60_000);
  assert.equal(await status(idle), 401);
  const busy = w.browser();
  await busy.signIn('mia@example.org');
  for (let m = 0; m < 12 * 60; m += 25) {
    assert.equal(await status(busy), 200);
    w.later(25 * 60_000);
  }
  assert.equal(await status(busy), 401, 'twelve hours are over');
  assert.equal((await w.events('session.expired')).length, 2);
  const last = w.browser();
  await last.signIn('mia@example.org');
  assert.equal(await status(last), 200);
  await w.db.query(`update person set state = 'suspended' where tenant_id = $1 and id = $2`, [
    DEFAULT_TENANT,
    id,
  ]);
  assert.equal(await status(last), 401, 'at the very next request');
});

test('sensitive acts ask for a fresh proof, which gives the session a new token', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const b = w.browser();
  await b.signIn('mia@example.org');
  w.later(10 * 60_000 + 1);
  assert.match((await b.send('POST', '/account/recovery-codes')).body, /step-up-required/);
  const wrong = await b.send('POST', '/session/proof', { password: 'not this one at all' });
  assert.equal(wrong.statusCode, 401);
  assert.equal((await w.events('session.proof-failed')).length, 1);
  const before = b.cookies.get(SESSION_COOKIE) ?? '';
  assert.equal((await b.send('POST', '/session/proof', { password: PASSWORD })).statusCode, 204);
  assert.notEqual(b.cookies.get(SESSION_COOKIE), before);
  assert.equal((await b.send('POST', '/account/recovery-codes')).statusCode, 201);
  const thief = w.browser();
  thief.cookies.set(SESSION_COOKIE, before);
  assert.equal((await thief.send('GET', '/session')).statusCode, 401);
});

test('a session can be seen and ended from another one; nobody else’s can', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  await w.person('tom@example.org');
  const [one, two, tom] = [w.browser(), w.browser(), w.browser()];
  await one.signIn('mia@example.org');
  await two.signIn('mia@example.org');
  await tom.signIn('tom@example.org');
  const list = (await one.send('GET', '/sessions')).json<{ items: { id: string; isCurrent: boolean }[] }>()
    .items;
  assert.equal(list.length, 2);
  const other = list.find((s) => !s.isCurrent)?.id ?? '';
  assert.equal((await tom.send('DELETE', `/sessions/${other}`)).statusCode, 404);
  assert.equal((await two.send('GET', '/session')).statusCode, 200);
  assert.equal((await one.send('DELETE', `/sessions/${other}`)).statusCode, 204);
  assert.equal((await two.send('GET', '/session')).statusCode, 401);
  assert.equal((await one.send('GET', '/session')).statusCode, 200);
});

test('a write with a session needs the header that no form can send', async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const b = w.browser();
  await b.signIn('mia@example.org');
  const reply = await b.send('POST', '/sign-out', undefined, { 'gatehouse-csrf': '0' });
  assert.equal(reply.statusCode, 403);
  assert.equal((await b.send('GET', '/session')).statusCode, 200);
});

test('a new password is held against the rules and ends the other sessions', async () => {
  await using w = await identityWorld();
  await w.person('mia.muster@example.org');
  const [one, two] = [w.browser(), w.browser()];
  await one.signIn('mia.muster@example.org');
  await two.signIn('mia.muster@example.org');
  for (const [password, type] of [
    ['kurz', 'password-too-short'],
    ['Passwort2024!', 'password-common'],
    ['MiaMuster1234', 'password-personal'],
    ['x'.repeat(300), 'password-too-long'],
  ]) {
    const reply = await one.send('PUT', '/account/password', { password });
    assert.match(reply.body, new RegExp(`problem:${type}"`), password);
  }
  assert.equal(
    (await one.send('PUT', '/account/password', { password: 'ein ganz anderer Satz' })).statusCode,
    204,
  );
  assert.equal((await one.send('GET', '/session')).statusCode, 200);
  assert.equal((await two.send('GET', '/session')).statusCode, 401);
  assert.equal((await two.signIn('mia.muster@example.org')).statusCode, 401);
  assert.equal((await two.signIn('mia.muster@example.org', 'ein ganz anderer Satz')).statusCode, 200);
});

test('a token that is no good is one answer and, once a minute, one event', async () => {
  await using w = await identityWorld();
  const b = w.browser();
  const tenant = DEFAULT_TENANT.replaceAll('-', '');
  for (const token of [
    '',
    'x',
    `${tenant}.${'A'.repeat(43)}`,
    `${'f'.repeat(32)}.${'A'.repeat(43)}`,
    'A'.repeat(5000),
  ]) {
    b.cookies.set(SESSION_COOKIE, token);
    const reply = await b.send('GET', '/session');
    assert.equal(reply.statusCode, 401);
    assert.match(reply.body, /sign-in-required/);
  }
  assert.equal((await w.events('access.token-refused')).length, 1);
});
