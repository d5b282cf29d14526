/** The SCIM server as its clients use it: by key, over two tenants, and with somebody signed in who is deactivated. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { makeKey } from '#assurance/identity/api-keys.ts';
import { setPassword } from '#assurance/identity/passwords.ts';
import { DEFAULT_TENANT, newId, type TenantId } from '#core/id.ts';
import { stopTestDatabases } from '#test/support/database.ts';
import { identityWorld, type IdentityWorld, PASSWORD } from '#test/support/identity.ts';
import { scimRoutes } from './scim.ts';

after(stopTestDatabases);

type Answer = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
};
type Client = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Answer>;

async function clientOf(
  w: IdentityWorld,
  tenant = DEFAULT_TENANT,
  permissions = ['scim.write'],
  actor: 'admin:test' | `admin:${string}` = 'admin:test',
): Promise<Client> {
  const key = {
    service: 'idp',
    purpose: 'test',
    permissions,
    platformPermissions: [],
    expiresAt: new Date(Date.now() + 86_400_000),
  };
  const { token } = await w.db.transact((tx) => makeKey({ tx, tenant, actor }, key));
  return async (method, path, body, headers = {}) => {
    const response = await w.app.inject({
      method,
      url: `/api/v1/scim/v2${path}`,
      headers: {
        host: 'localhost:8080',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const json: unknown = response.body === '' ? {} : response.json();
    return { status: response.statusCode, body: json as Record<string, unknown>, headers: response.headers };
  };
}

const USER = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'] };
const ann = {
  ...USER,
  userName: 'ann@here.example',
  externalId: 'x1',
  name: { givenName: 'Ann', familyName: 'Ames' },
  emails: [{ value: 'ann@here.example', type: 'work', primary: true }],
  active: true,
};
const patch = (...Operations: object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
});
const idOf = (a: Answer): string => String(a.body['id']);

test('users: added, found, listed by page and filter, replaced, removed', async () => {
  await using w = await identityWorld(() => scimRoutes());
  const scim = await clientOf(w);
  const made = await scim('POST', '/Users', ann);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.headers['content-type'], 'application/scim+json; charset=utf-8');
  assert.deepEqual(
    [made.headers['etag'], made.headers['location']],
    ['W/"1"', `/api/v1/scim/v2/Users/${idOf(made)}`],
  );
  const again = await scim('POST', '/Users', { ...ann, userName: 'ANN@here.example' });
  assert.deepEqual([again.status, again.body['scimType'], again.body['status']], [409, 'uniqueness', '409']);
  for (let i = 0; i < 5; i++) await scim('POST', '/Users', { ...USER, userName: `p${i}@here.example` });
  const total = async (filter: string) => {
    const listed = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    return listed.status === 200 ? listed.body['totalResults'] : listed.body['scimType'];
  };
  assert.equal(await total('userName eq "Ann@Here.example"'), 1);
  assert.equal(await total('externalId eq "x1"'), 1);
  assert.equal(await total('externalId eq "X1"'), 0);
  assert.equal(await total('userName sw "p" and active eq true'), 5);
  assert.equal(await total('userName sw "%"'), 0);
  assert.equal(await total('not (userName sw "p")'), 1);
  assert.equal(await total('emails[type eq "work" and value eq "p1@here.example"]'), 1);
  assert.equal(await total(`userName eq "x' or 'a'='a"`), 0);
  assert.equal(await total('password eq "x"'), 'invalidFilter');
  assert.equal(await total('userName eq'), 'invalidFilter');
  const page = await scim('GET', '/Users?startIndex=2&count=2&attributes=userName');
  assert.deepEqual(
    [page.body['totalResults'], page.body['itemsPerPage'], page.body['startIndex']],
    [6, 2, 2],
  );
  assert.deepEqual(Object.keys((page.body['Resources'] as object[])[0] ?? {}), [
    'schemas',
    'id',
    'userName',
    'meta',
  ]);

  const id = idOf(made);
  assert.equal(
    (await scim('PUT', `/Users/${id}`, { ...ann, displayName: 'Dr. Ames' }, { 'if-match': 'W/"7"' })).status,
    412,
  );
  const put = await scim('PUT', `/Users/${id}`, { ...ann, displayName: 'Dr. Ames' }, { 'if-match': 'W/"1"' });
  assert.deepEqual([put.status, put.body['displayName'], put.headers['etag']], [200, 'Dr. Ames', 'W/"2"']);
  assert.equal((await scim('POST', '/Users', { ...USER })).body['scimType'], 'invalidValue');
  assert.equal(
    (await scim('POST', '/Users', { ...USER, userName: 'no-address' })).body['scimType'],
    'invalidValue',
  );
  assert.equal((await scim('DELETE', `/Users/${id}`)).status, 204);
  assert.equal((await scim('GET', `/Users/${id}`)).status, 404);
  assert.equal((await scim('POST', '/Users', ann)).status, 201, 'may come back');
});

test('PATCH in the words of Entra ID and of Okta', async () => {
  await using w = await identityWorld(() => scimRoutes());
  const scim = await clientOf(w);
  const id = idOf(await scim('POST', '/Users', ann));
  const change = async (...operations: object[]): Promise<Record<string, unknown>> => {
    const done = await scim('PATCH', `/Users/${id}`, patch(...operations));
    assert.equal(done.status, 200, JSON.stringify(done.body));
    return done.body;
  };
  assert.equal((await change({ op: 'Replace', path: 'active', value: 'False' }))['active'], false);
  assert.equal((await change({ op: 'Replace', value: { active: 'True' } }))['active'], true);
  assert.equal((await change({ op: 'replace', value: { id, active: false } }))['active'], false);
  assert.equal((await change({ op: 'replace', value: { active: true } }))['active'], true);
  const mail = { op: 'Replace', path: 'emails[type eq "work"].value', value: 'ann.ames@here.example' };
  assert.deepEqual((await change(mail))['emails'], [
    { value: 'ann.ames@here.example', type: 'work', primary: true },
  ]);
  const named = await change({ op: 'Replace', path: 'name.familyName', value: 'Brown' });
  assert.deepEqual(
    [named['displayName'], named['name']],
    ['Ann Brown', { givenName: 'Ann', familyName: 'Brown', formatted: 'Ann Brown' }],
  );
  assert.equal(
    (await change({ op: 'Add', path: 'displayName', value: 'A. Brown' }))['displayName'],
    'A. Brown',
  );
  const bad = await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: 'perhaps' }));
  assert.deepEqual([bad.status, bad.body['scimType']], [400, 'invalidValue']);
});

test('AR-20: somebody who is deactivated is out at once: sessions, and the keys they had made', async () => {
  await using w = await identityWorld(() => scimRoutes());
  const scim = await clientOf(w);
  const id = idOf(await scim('POST', '/Users', ann));
  await w.db.transact((tx) =>
    setPassword({ tx, tenant: DEFAULT_TENANT, actor: 'admin:test' }, id as never, PASSWORD),
  );
  const browser = w.browser();
  assert.equal((await browser.signIn('ann@here.example')).statusCode, 200);
  const theirs = await clientOf(w, DEFAULT_TENANT, ['scim.write'], `admin:${id}`);
  assert.equal((await browser.send('GET', '/session')).statusCode, 200);
  assert.equal((await theirs('GET', '/Users')).status, 200);
  const fromMs = performance.now();
  assert.equal(
    (await scim('PATCH', `/Users/${id}`, patch({ op: 'replace', value: { active: false } }))).status,
    200,
  );
  assert.equal((await browser.send('GET', '/session')).statusCode, 401);
  assert.equal((await theirs('GET', '/Users')).status, 401);
  assert.ok(performance.now() - fromMs < 5000, 'within five seconds, the deactivation itself included');
  assert.notEqual((await browser.signIn('ann@here.example')).json()['kind'], 'signed-in');
  for (const what of ['person.suspended', 'api-key.revoked', 'scim.user-changed'])
    assert.equal((await w.events(what)).length, 1, what);
});

test('groups: members by add, filter and value; only users of the same client', async () => {
  await using w = await identityWorld(() => scimRoutes());
  const scim = await clientOf(w);
  const a = idOf(await scim('POST', '/Users', ann));
  const b = idOf(await scim('POST', '/Users', { ...USER, userName: 'bob@here.example' }));
  const made = await scim('POST', '/Groups', {
    displayName: 'Staff',
    externalId: 'g1',
    members: [{ value: a }],
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const g = idOf(made);
  const members = async (...operations: object[]): Promise<unknown> => {
    const done = await scim('PATCH', `/Groups/${g}`, patch(...operations));
    return done.status === 200
      ? (done.body['members'] as { value: string }[]).map((m) => m.value).toSorted()
      : done.body['scimType'];
  };
  assert.deepEqual(await members({ op: 'Add', path: 'members', value: [{ value: b }] }), [a, b].toSorted());
  assert.deepEqual(await members({ op: 'Remove', path: 'members', value: [{ value: a }] }), [b]);
  assert.deepEqual(await members({ op: 'remove', path: `members[value eq "${b}"]` }), []);
  const local = await w.person('local@here.example');
  assert.equal(await members({ op: 'add', path: 'members', value: [{ value: local }] }), 'invalidValue');
  assert.equal(await members({ op: 'add', path: 'members', value: [{ value: 'x' }] }), 'invalidValue');
  await members({ op: 'replace', path: 'members', value: [{ value: a }, { value: b }] });
  assert.deepEqual((await scim('GET', `/Users/${a}`)).body['groups'], [{ value: g, display: 'Staff' }]);
  const slim = await scim('GET', '/Groups?excludedAttributes=members&filter=displayName%20eq%20%22staff%22');
  assert.equal('members' in ((slim.body['Resources'] as object[])[0] ?? { members: 1 }), false);
  assert.equal((await w.events('group.member-added')).length, 4);
  assert.equal((await scim('DELETE', `/Groups/${g}`)).status, 204);
  assert.equal((await w.db.query('select 1 from group_member')).length, 0);
});

test('nobody else’s: another tenant, local people, keys without the permission, no key', async () => {
  await using w = await identityWorld(() => scimRoutes());
  const other = newId<'tenant'>() as TenantId;
  await w.db.query(`insert into tenant (id, name) values ($1, 'other')`, [other]);
  const [mine, theirs] = [await clientOf(w), await clientOf(w, other)];
  const id = idOf(await mine('POST', '/Users', ann));
  const g = idOf(await mine('POST', '/Groups', { displayName: 'Staff' }));
  const local = await w.person('local@here.example');
  const without = ({ status, body }: Answer) => JSON.stringify([status, body]);
  for (const [kind, own] of [
    ['Users', id],
    ['Groups', g],
  ] as const)
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const body =
        method === 'PUT'
          ? { ...ann, displayName: 'x' }
          : method === 'PATCH'
            ? patch({ op: 'replace', value: { displayName: 'x' } })
            : undefined;
      const unknown = await theirs(method, `/${kind}/${newId()}`, body);
      assert.equal(unknown.status, 404, `${method} ${kind}`);
      for (const foreign of [own, local, 'x'])
        assert.equal(
          without(await theirs(method, `/${kind}/${foreign}`, body)),
          without(unknown),
          `${method} ${kind} ${foreign}`,
        );
    }
  assert.equal((await theirs('GET', '/Users')).body['totalResults'], 0);
  assert.equal((await mine('GET', '/Users')).body['totalResults'], 1, 'local people are not seen');
  assert.equal(
    (await mine('PATCH', `/Users/${local}`, patch({ op: 'replace', value: { active: false } }))).status,
    404,
  );
  assert.equal(
    (await mine('POST', '/Users', { ...ann, userName: 'local@here.example', emails: [] })).status,
    409,
  );
  assert.equal(
    (await theirs('POST', '/Users', ann)).status,
    201,
    'the same name in another tenant is another person',
  );
  const weak = await clientOf(w, DEFAULT_TENANT, ['person.read']);
  const refused = await weak('GET', '/Users');
  assert.deepEqual(
    [refused.status, refused.body['schemas']],
    [403, ['urn:ietf:params:scim:api:messages:2.0:Error']],
  );
  assert.equal((await mine('GET', '/Users', undefined, { authorization: 'Bearer gh_x' })).status, 401);
});

test('what the service says of itself', async () => {
  await using w = await identityWorld(() => scimRoutes());
  const scim = await clientOf(w);
  assert.deepEqual((await scim('GET', '/ServiceProviderConfig')).body['patch'], { supported: true });
  assert.equal((await scim('GET', '/ResourceTypes')).body['totalResults'], 2);
  const schema = await scim('GET', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:User');
  assert.equal(schema.body['name'], 'User');
  assert.equal((await scim('GET', '/Schemas/urn:none')).status, 404);
});
