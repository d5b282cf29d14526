/**
 * Every route is called as every role, as nobody and with a token that is no good, through the real server and the real
 * permissions in PostgreSQL; how it answers is what the reviewed table test/golden/permissions.tsv says.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { Authenticate } from '#api/caller.ts';
import type { Route } from '#api/route.ts';
import { buildApi } from '#api/server.ts';
import { permissionsOf } from '#assurance/access/permissions.ts';
import { type Role, ROLES } from '#assurance/access/roles.ts';
import { giveRole } from '#assurance/access/grants.ts';
import { DEFAULT_TENANT, type Id, newId, PLATFORM_TENANT } from '#core/id.ts';
import { silentLog } from '#platform/log.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { addPerson, give } from '#test/support/people.ts';
import { apiRoutes } from '../../../src/api-routes.ts';

after(stopTestDatabases);

// Handlers that get as far as what is missing here fail inside, which is after the decision that is looked at.
const ROUTES = apiRoutes({ stores: {}, about: {}, identity: {} } as Parameters<typeof apiRoutes>[0]);

type Row = { readonly route: string; readonly of: ReadonlyMap<string, string> };
function reviewed(): Row[] {
  const [head = '', ...lines] = readFileSync('test/golden/permissions.tsv', 'utf8').trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return { route: cells[0]!, of: new Map(names.map((n, i) => [n, cells[i] ?? ''])) };
  });
}

async function people(owner: TestDatabase): Promise<ReadonlyMap<string, Id<'person'>>> {
  const nowMs = Date.now();
  const made = new Map<string, Id<'person'>>();
  for (const role of ROLES) {
    const person = await addPerson(owner, DEFAULT_TENANT);
    made.set(role, person);
    if (role !== 'operator') await give(owner.asTenant(DEFAULT_TENANT), DEFAULT_TENANT, person, role, nowMs);
  }
  const operator = made.get('operator')!; // just made
  const done = await owner.asTenant(PLATFORM_TENANT).transact((tx) =>
    giveRole(tx, {
      tenant: PLATFORM_TENANT,
      personTenant: DEFAULT_TENANT,
      person: operator,
      role: 'operator',
      expiresAtMs: nowMs + 3_600_000,
      by: 'admin:test',
      nowMs,
    }),
  );
  assert.ok(done.ok);
  return made;
}

/** `ROLE/fresh` or `ROLE/old`: the role, and how long ago both factors were proved. */
function authenticateFrom(owner: TestDatabase, made: ReadonlyMap<string, Id<'person'>>): Authenticate {
  const db = owner.as('app');
  return async ({ bearer }) => {
    const [role = '', age] = (bearer ?? '').split('/');
    const person = made.get(role);
    if (person === undefined) return undefined;
    const nowMs = Date.now();
    const granted = await permissionsOf(db.asTenant(DEFAULT_TENANT), DEFAULT_TENANT, person, nowMs);
    return {
      actor: `employee:${person}`,
      tenant: DEFAULT_TENANT,
      person,
      session: newId<'session'>(),
      permissions: granted.tenant,
      platform: granted.platform,
      provedAtMs: age === 'fresh' ? nowMs : 0,
    };
  };
}

const urlOf = (route: Route): string => `/api/v1${route.path.replaceAll(/\{\w+\}/g, () => newId())}`;

test('every route answers every role as the reviewed table says', { timeout: 300_000 }, async () => {
  await using owner = await testDatabase();
  const made = await people(owner);
  const app = buildApi({
    routes: ROUTES,
    db: owner.as('app'),
    authenticate: authenticateFrom(owner, made),
    log: silentLog,
    probes: [],
  });
  let peer = 0;
  const ask = async (route: Route, who: string | undefined): Promise<string> => {
    peer++;
    const stop = new AbortController();
    const reply = await app.inject({
      method: route.method,
      url: urlOf(route),
      // Another peer each time: limits of rate are not what is looked at.
      remoteAddress: `192.0.${(peer >> 8) & 255}.${peer & 255}`,
      headers: {
        host: 'localhost',
        'gatehouse-csrf': '1',
        ...(who === undefined ? {} : { authorization: `Bearer ${who}` }),
      },
      ...(route.method === 'get' || route.method === 'delete' ? {} : { payload: {} }),
      signal: stop.signal,
    });
    const said =
      reply.statusCode < 400 || reply.body === '' ? {} : reply.json<{ type?: string; detail?: string }>();
    const word = said.type?.split(':').at(-1);
    // SCIM has a form of its own for errors (RFC 7644 §3.12), without our word for it; its status and sentence say as much.
    const isPlain = word === undefined;
    if (reply.statusCode === 401 && (isPlain || word === 'sign-in-required')) return 'sign-in';
    if (word === 'step-up-required') return 'step-up';
    // Only the words of the permission check itself; a handler may refuse for reasons of its own.
    const isOfCheck = /you can ask for the permission/.test(said.detail ?? '');
    if (reply.statusCode === 403 && (isPlain || word === 'forbidden') && isOfCheck) return 'deny';
    return 'in';
  };
  const table = new Map(reviewed().map((r) => [r.route, r.of]));
  assert.equal(table.size, ROUTES.length, 'an entry for each route');
  const odd: string[] = [];
  for (const route of ROUTES) {
    const name = `${route.method.toUpperCase()} ${route.path}`;
    const row = table.get(name);
    if (row === undefined) odd.push(`${name} has no entry`);
    const expect = async (who: string | undefined, want: string): Promise<void> => {
      const got = await ask(route, who);
      if (got !== want) odd.push(`${name} as ${who ?? 'nobody'}: ${got}, not ${want}`);
    };
    const isOpen = route.scope === 'public';
    if (isOpen) {
      // Such a route finds out for itself what is meant; that it does not ask for a session is what counts.
      for (const role of ROLES) assert.equal(row?.get(role), 'open', name);
      continue;
    }
    await expect(undefined, 'sign-in');
    await expect('no-such-token/fresh', 'sign-in');
    for (const role of ROLES) {
      const word = row?.get(role) ?? '';
      if (word === 'deny') await expect(`${role}/fresh`, 'deny');
      else if (word.endsWith('+step-up')) {
        await expect(`${role}/old`, 'step-up');
        await expect(`${role}/fresh`, 'in');
      } else await expect(`${role}/old`, 'in');
    }
  }
  await app.close();
  assert.deepEqual(odd, []);
});

test('an expired grant opens nothing', async () => {
  await using owner = await testDatabase();
  const made = await people(owner);
  await owner.query(
    `update role_grant set expires_at = now() - interval '1 second' where expires_at is not null`,
  );
  const authenticate = authenticateFrom(owner, made);
  for (const role of ROLES as readonly Role[]) {
    const caller = await authenticate({
      bearer: `${role}/fresh`,
      cookie: undefined,
      device: undefined,
      ip: '',
      userAgent: '',
    });
    assert.ok(caller);
    assert.equal(caller.permissions.size + caller.platform.size, 0, role);
  }
});
