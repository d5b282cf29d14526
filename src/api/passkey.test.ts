/** Passkeys against hostile browsers: every part of an answer that can be wrong, and everything that can be sent twice. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, newId } from '#core/id.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import { ADMIN, identityWorld, type Browser } from '#test/support/identity.ts';
import {
  softPasskey,
  type CreationOptions,
  type Lies,
  type RequestOptions,
  type SoftPasskey,
} from '#test/support/passkey.ts';

after(stopTestDatabases);

/**
 * The library reads signatures with a package that must be there once: two copies do not know each other's types. The lock
 * file sees to that; an older installation is told of, and fails where nobody would read it.
 */
const lockedSchema = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { overrides: Record<string, string> }
).overrides['@peculiar/asn1-schema'];
const schema = JSON.parse(readFileSync('node_modules/@peculiar/asn1-schema/package.json', 'utf8')) as {
  version: string;
};
const isOld = schema.version !== lockedSchema && process.env['CI'] !== 'true';
const skip = isOld ? 'the installed packages are older than the lock file: run npm ci' : false;

async function enrol(b: Browser, key: SoftPasskey): Promise<number> {
  const options = (await b.send('GET', '/account/passkeys/options')).json<CreationOptions>();
  return (await b.send('POST', '/account/passkeys', { name: 'laptop', passkey: key.create(options) }))
    .statusCode;
}

async function signIn(b: Browser, key: SoftPasskey, lies?: Lies): Promise<{ status: number; body: string }> {
  const options = (await b.send('POST', '/sign-in/passkey/options')).json<RequestOptions>();
  const reply = await b.send('POST', '/sign-in/passkey', { passkey: key.get(options, lies) });
  return { status: reply.statusCode, body: reply.body };
}

test(
  'an administrator enrols a passkey and from then on signs in with it alone, without a name',
  { skip },
  async () => {
    await using w = await identityWorld();
    const id = await w.person('admin@example.org');
    w.rights.set(id, ADMIN);
    const b = w.browser();
    assert.equal((await b.signIn('admin@example.org')).json<{ state: string }>().state, 'enrolling');
    const key = softPasskey();
    assert.equal(await enrol(b, key), 201);
    const other = w.browser({ ip: '203.0.113.9' });
    assert.deepEqual(await signIn(other, key), { status: 200, body: '{"state":"signed-in"}' });
    const me = (await other.send('GET', '/session')).json<{ person: { id: string }; state: string }>();
    assert.deepEqual([me.person.id, me.state], [id, 'signed-in']);
    const [, started] = await w.events('session.started');
    assert.deepEqual(started?.['details'], {
      session: (started?.['details'] as { session: string } | undefined)?.session,
      proofs: ['passkey'],
      enrolling: false,
    });
  },
);

test('an answer that lies about anything signs nobody in', { skip }, async () => {
  await using w = await identityWorld();
  const id = await w.person('mia@example.org');
  const b = w.browser();
  await b.signIn('mia@example.org');
  const key = softPasskey();
  assert.equal(await enrol(b, key), 201);
  const handle = (person: string): string =>
    Buffer.from((DEFAULT_TENANT + person).replaceAll('-', ''), 'hex').toString('base64url');
  const stranger = w.browser({ ip: '203.0.113.9' });
  const lies: readonly (readonly [string, Lies])[] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that looks like ours', { origin: 'http://localhost.evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['nobody looked at the person', { isVerified: false }],
    ['a person that does not exist', { userHandle: handle(newId()) }],
    ['a tenant that does not exist', { userHandle: 'f'.repeat(43) }],
    ['no person at all', { userHandle: '' }],
  ];
  for (const [what, lie] of lies) {
    const { status, body } = await signIn(stranger, key, lie);
    assert.equal(status, 401, what);
    assert.match(body, /sign-in-failed/, what);
  }
  assert.equal(
    (await signIn(stranger, softPasskey(), { userHandle: handle(id) })).status,
    401,
    'a passkey nobody knows',
  );
  assert.equal((await signIn(stranger, key, { counter: 9 })).status, 200);
  assert.equal((await signIn(stranger, key, { counter: 9 })).status, 401, 'a counter that stands still');
  assert.equal((await signIn(stranger, key, { counter: 10 })).status, 200);
  assert.ok((await w.events('sign-in.failed')).length >= 4, 'failures are on record');
});

test('an answer works once, for five minutes, for what it was asked for', { skip }, async () => {
  await using w = await identityWorld();
  await w.person('mia@example.org');
  const b = w.browser();
  await b.signIn('mia@example.org');
  const key = softPasskey();
  await enrol(b, key);
  const stranger = w.browser();
  const ask = async (): Promise<RequestOptions> =>
    (await stranger.send('POST', '/sign-in/passkey/options')).json<RequestOptions>();
  const give = async (passkey: unknown): Promise<number> =>
    (await stranger.send('POST', '/sign-in/passkey', { passkey })).statusCode;
  const answer = key.get(await ask());
  assert.deepEqual([await give(answer), await give(answer)], [200, 401], 'sent twice');
  const options = await ask();
  assert.deepEqual([await give(key.get(options)), await give(key.get(options))], [200, 401], 'signed twice');
  const late = key.get(await ask());
  w.later(5 * 60_000 + 1);
  assert.equal(await give(late), 401, 'too late');
  const stepUp = (await b.send('GET', '/session/proof')).json<{ passkey: RequestOptions }>().passkey;
  assert.equal(await give(key.get(stepUp)), 401, 'a challenge of another purpose');
  const elsewhere = key.get(await ask());
  assert.equal(
    (await b.send('POST', '/session/proof', { passkey: elsewhere })).statusCode,
    401,
    'the other way round',
  );
  const again = (await b.send('GET', '/session/proof')).json<{ passkey: RequestOptions }>().passkey;
  assert.equal((await b.send('POST', '/session/proof', { passkey: key.get(again) })).statusCode, 204);
});

test(
  'somebody else’s passkey does not pass for a second factor, nor a registration for another account',
  { skip },
  async () => {
    await using w = await identityWorld();
    const [mia, tom] = [w.browser(), w.browser()];
    for (const [b, email] of [
      [mia, 'mia@example.org'],
      [tom, 'tom@example.org'],
    ] as const) {
      await w.person(email);
      await b.signIn(email);
    }
    const [miasKey, tomsKey] = [softPasskey(), softPasskey()];
    await enrol(mia, miasKey);
    await enrol(tom, tomsKey);
    const half = w.browser();
    const { ticket, passkey } = (await half.signIn('mia@example.org')).json<{
      ticket: string;
      passkey: RequestOptions;
    }>();
    const second = async (key: SoftPasskey): Promise<number> =>
      (await half.send('POST', '/sign-in/second-factor', { ticket, passkey: key.get(passkey) })).statusCode;
    assert.equal(await second(tomsKey), 401);
    assert.equal(await second(miasKey), 200);
    const options = (await mia.send('GET', '/account/passkeys/options')).json<CreationOptions>();
    const planted = softPasskey().create(options);
    assert.equal(
      (await tom.send('POST', '/account/passkeys', { name: 'x', passkey: planted })).statusCode,
      422,
    );
  },
);

test('what is not an answer of a browser at all is refused in one sentence', { skip }, async () => {
  await using w = await identityWorld();
  const b = w.browser();
  const key = softPasskey();
  const good = key.get((await b.send('POST', '/sign-in/passkey/options')).json<RequestOptions>());
  const response = good['response'] as Record<string, string>;
  for (const passkey of [
    {},
    { ...good, response: { ...response, clientDataJSON: 'A'.repeat(10_000) } },
    { ...good, response: { ...response, clientDataJSON: '!!' } },
    { ...good, type: 'password' },
  ])
    assert.equal((await b.send('POST', '/sign-in/passkey', { passkey })).statusCode, 422);
  for (const clientDataJSON of [
    '',
    'AAAA',
    Buffer.from('null').toString('base64url'),
    Buffer.from('{"challenge":7}').toString('base64url'),
  ]) {
    const passkey = { ...good, response: { ...response, clientDataJSON } };
    assert.equal((await b.send('POST', '/sign-in/passkey', { passkey })).statusCode, 401);
  }
});
