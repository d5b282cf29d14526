/**
 * What the first penetration test of the founding organisation found, each as a test that stays: sessions that outlived
 * their end, objects of others reached by their id, weak passwords. Against a real gateway, from outside.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway, type Gateway } from '#test/support/gateway.ts';
import { until } from '#test/support/until.ts';

const PASSWORD = 'vier graue Elefanten im Nebel';
let gateway: Gateway | undefined;
before(async () => {
  gateway = await startGateway({ listeners: ['mx'] });
});
after(async () => await gateway?.[Symbol.asyncDispose]());
const running = (): Gateway => gateway!; // `!`: before() has started it

type Reply = { readonly status: number; readonly body: string; readonly cookies: readonly string[] };
async function send(method: string, path: string, body?: unknown, cookie?: string): Promise<Reply> {
  const headers: Record<string, string> = { 'gatehouse-csrf': '1' };
  if (cookie !== undefined) headers['cookie'] = `__Host-gatehouse=${cookie}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const reply = await fetch(`http://127.0.0.1:${running().ports.http}/api/v1${path}`, init);
  return { status: reply.status, body: await reply.text(), cookies: reply.headers.getSetCookie() };
}
const sessionIn = ({ cookies }: Reply): string =>
  /^__Host-gatehouse=([^;]+)/.exec(cookies.find((c) => c.startsWith('__Host-gatehouse=')) ?? '')?.[1] ?? '';

async function join(email: string): Promise<{ id: string; session: string }> {
  const { id, url } = JSON.parse(await running().does('person', 'add', email, '--json')) as {
    id: string;
    url: string;
  };
  const token = url.split('#')[1];
  const joined = await send('POST', '/sign-in/link', { token, password: PASSWORD });
  assert.equal(joined.status, 200, joined.body);
  return { id, session: sessionIn(joined) };
}

test('the first start offers to set up; nothing of the API is open to a stranger', async () => {
  await until('the offer', () =>
    /Nobody has an account yet[^]*\/setup#[0-9a-f]{32}\./.test(running().output()),
  );
  const description = (await (await running().api('/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const open: string[] = [];
  let asked = 0;
  for (const [path, methods] of Object.entries(description.paths))
    for (const method of Object.keys(methods)) {
      const url = path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, '01909999-0000-7000-8000-000000000000');
      const { status } = await send(
        method.toUpperCase(),
        url,
        method === 'get' || method === 'delete' ? undefined : {},
      );
      asked++;
      if (status !== 401) open.push(`${method} ${url}`);
    }
  assert.ok(asked > 40, `${asked} routes`);
  assert.deepEqual(
    open.filter((route) => !/ \/(sign-in\/|setup$|oidc|scim)/.test(route)),
    [],
  );
});

test('session management: a session ends on our side, with sign-out, with its person, with its password', async () => {
  const { session } = await join('anna@example.org');
  assert.equal((await send('GET', '/session', undefined, session)).status, 200);
  assert.equal((await send('POST', '/sign-out', undefined, session)).status, 204);
  assert.equal((await send('GET', '/session', undefined, session)).status, 401);
  const again = await send('POST', '/sign-in/password', { email: 'anna@example.org', password: PASSWORD });
  assert.notEqual(sessionIn(again), session, 'new at each sign-in');
  const cookie = again.cookies.find((c) => c.startsWith('__Host-gatehouse=')) ?? '';
  for (const word of ['Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/'])
    assert.ok(cookie.includes(`; ${word}`), cookie);
  assert.equal(/Domain=/i.test(cookie), false);
  await running().does('person', 'suspend', 'anna@example.org');
  const startedMs = Date.now();
  assert.equal((await send('GET', '/session', undefined, sessionIn(again))).status, 401);
  assert.ok(Date.now() - startedMs < 5_000);
});

test('direct object reference: what belongs to somebody else is not there', async () => {
  const [ben, eve] = [await join('ben@example.org'), await join('eve@example.org')];
  const list = await send('GET', '/sessions', undefined, ben.session);
  const { items } = JSON.parse(list.body) as { items: { id: string }[] };
  const theirs = await send('DELETE', `/sessions/${items[0]?.id}`, undefined, eve.session);
  const nobodys = await send(
    'DELETE',
    '/sessions/01909999-0000-7000-8000-000000000000',
    undefined,
    eve.session,
  );
  const bare = ({ status, body }: Reply): unknown => [
    status,
    { ...(JSON.parse(body) as object), instance: '' },
  ];
  assert.deepEqual(bare(theirs), bare(nobodys));
  assert.equal(theirs.status, 404);
  for (const path of [
    '/people',
    `/people/${ben.id}`,
    '/domains',
    '/messages',
    '/held',
    '/api-keys',
    '/audit/events',
  ])
    assert.ok([403, 404].includes((await send('GET', path, undefined, eve.session)).status), path);
  assert.equal((await send('GET', '/session', undefined, ben.session)).status, 200, 'ben is still in');
});

test('weak passwords: short, common, personal ones are refused, a long plain one is not', async () => {
  const { session } = await join('carla.meier@example.org');
  for (const password of [
    'Ab1!',
    '12345678',
    'Passw0rd!',
    'Sommer2026!',
    'qwertz123',
    'CarlaMeier1',
    'default123',
    'aaaaaaaaaa',
  ]) {
    const reply = await send('PUT', '/account/password', { password }, session);
    assert.equal(reply.status, 422, `${password}: ${reply.body}`);
  }
  assert.equal(
    (await send('PUT', '/account/password', { password: 'nur kleine buchstaben' }, session)).status,
    204,
  );
});

test('guessing is slowed down, and the answer does not tell who exists', async () => {
  await join('dora@example.org');
  const tries = async (email: string): Promise<readonly number[]> => {
    const all: number[] = [];
    for (let i = 0; i < 7; i++)
      all.push((await send('POST', '/sign-in/password', { email, password: `guess number ${i}` })).status);
    return all;
  };
  const known = await tries('dora@example.org');
  assert.deepEqual(known, await tries('nobody@example.org'));
  assert.deepEqual(known.slice(0, 5), [401, 401, 401, 401, 401]);
  assert.equal(known[5], 429);
});
