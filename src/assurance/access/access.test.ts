import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, type Id, newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import { addPerson } from '#test/support/people.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { CATALOGUE, PERMISSIONS } from './catalogue.ts';
import { putCustomRole, removeCustomRole } from './custom-roles.ts';
import { giveRole, grant, listGrants, type NewGrant, revokeGrant } from './grants.ts';
import { permissionsOf } from './permissions.ts';
import { RIGHTS, ROLES } from './roles.ts';
import { setAccessSettings } from './settings.ts';

after(stopTestDatabases);

const NOW = Date.UTC(2026, 10, 21);
const HOUR = 3_600_000;
const by = 'admin:test' as const;
const OTHER = '00000000-0000-7000-8000-000000000002' as TenantId;

async function world(
  body: (w: { owner: TestDatabase; db: Database; person: Id<'person'> }) => Promise<void>,
): Promise<void> {
  await using owner = await testDatabase();
  await owner.query(`insert into tenant (id, name) values ($1, 'other')`, [OTHER]);
  const db = owner.as('app').asTenant(DEFAULT_TENANT);
  await body({ owner, db, person: await addPerson(owner, DEFAULT_TENANT) });
}

const give = (
  db: Database,
  person: Id<'person'>,
  role: string,
  expiresAtMs: number | undefined,
  rest: Partial<Parameters<typeof giveRole>[1]> = {},
) =>
  db.transact((tx) =>
    giveRole(tx, { tenant: DEFAULT_TENANT, person, role, expiresAtMs, by, nowMs: NOW, ...rest }),
  );
const rights = async (db: Database, person: Id<'person'>, nowMs = NOW) => {
  const { tenant, platform } = await permissionsOf(db, DEFAULT_TENANT, person, nowMs);
  return { tenant: [...tenant].toSorted(), platform: [...platform].toSorted() };
};
const NONE = { tenant: [], platform: [] };

test('a role counts until its grant ends, to the millisecond, and not after it was taken away', async () => {
  await world(async ({ db, person }) => {
    assert.deepEqual(await rights(db, person), NONE);
    const given = await give(db, person, 'quarantine-manager', NOW + HOUR);
    assert.ok(given.ok);
    const want = { tenant: RIGHTS['quarantine-manager'].tenant.toSorted(), platform: [] };
    assert.deepEqual(await rights(db, person), want);
    assert.deepEqual(await rights(db, person, NOW + HOUR - 1), want);
    assert.deepEqual(await rights(db, person, NOW + HOUR), NONE);
    const revoke = () => db.transact((tx) => revokeGrant(tx, DEFAULT_TENANT, given.value, by, NOW + 1));
    assert.equal(await revoke(), true);
    assert.equal(await revoke(), false);
    assert.deepEqual(await rights(db, person), NONE);
    assert.deepEqual(await listGrants(db, DEFAULT_TENANT, { limit: 9, before: undefined, nowMs: NOW }), []);
  });
});

test('privileged grants end, within the limit of the tenant; the database insists', async () => {
  await world(async ({ owner, db, person }) => {
    const outcome = async (role: string, ends: number | undefined) => (await give(db, person, role, ends)).ok;
    assert.equal(await outcome('helpdesk', undefined), false);
    assert.equal(await outcome('helpdesk', NOW), false);
    assert.equal(await outcome('helpdesk', NOW + 184 * 24 * HOUR), false);
    assert.equal(await outcome('helpdesk', NOW + 183 * 24 * HOUR), true);
    assert.equal(await outcome('employee', undefined), true);
    assert.equal(await outcome('no-such-role', NOW + HOUR), false);
    await db.transact((tx) =>
      setAccessSettings(tx, DEFAULT_TENANT, by, { maxGrantS: 3600, maxRequestS: 3600, securityGroup: null }),
    );
    assert.equal(await outcome('helpdesk', NOW + HOUR + 1), false);
    assert.equal(await outcome('helpdesk', NOW + HOUR), true);
    const smuggle = (columns: string, values: string) =>
      owner.query(
        `insert into role_grant (tenant_id, id, person_tenant_id, person_id, source, reason, given_by, ${columns})
         values ($1, $2, $1, $3, 'given', '', 'admin:x', ${values})`,
        [DEFAULT_TENANT, newId(), person],
      );
    for (const [columns, values] of [
      ['role', `'helpdesk'`],
      ['permission, expires_at', `'held.content', now() + interval '1 hour'`],
      ['role, expires_at', `'operator', now() + interval '1 hour'`],
      ['role, permission, expires_at', `'helpdesk', 'held.read', now()`],
    ] as const)
      await assert.rejects(smuggle(columns, values), /check constraint/, values);
  });
});

test('a group gives its members what it holds, for as long as they are in it', async () => {
  await world(async ({ owner, db, person }) => {
    const group = newId<'group'>();
    await owner.query(`insert into "group" (tenant_id, id, name) values ($1, $2, 'desk')`, [
      DEFAULT_TENANT,
      group,
    ]);
    const give: NewGrant = {
      tenant: DEFAULT_TENANT,
      holder: { group },
      what: { role: 'helpdesk' },
      source: 'given',
      reason: '',
      expiresAtMs: NOW + HOUR,
      by,
      nowMs: NOW,
    };
    assert.ok((await db.transact((tx) => grant(tx, give))).ok);
    assert.deepEqual(await rights(db, person), NONE);
    await owner.query('insert into group_member (tenant_id, group_id, person_id) values ($1, $2, $3)', [
      DEFAULT_TENANT,
      group,
      person,
    ]);
    assert.deepEqual((await rights(db, person)).tenant, RIGHTS.helpdesk.tenant.toSorted());
    assert.deepEqual(await rights(db, person, NOW + HOUR), NONE);
    await owner.query('delete from group_member');
    assert.deepEqual(await rights(db, person), NONE);
    const stranger = { ...give, holder: { group: newId<'group'>() } };
    assert.equal((await db.transact((tx) => grant(tx, stranger))).ok, false);
  });
});

test("operators are named in the platform's tenant, whichever tenant they are of", async () => {
  await world(async ({ owner, db, person }) => {
    const refused = await give(db, person, 'operator', NOW + HOUR);
    assert.ok(!refused.ok);
    assert.equal(refused.error.kind, 'forbidden');
    const platform = owner.as('app').asTenant(PLATFORM_TENANT);
    const named = { tenant: PLATFORM_TENANT, personTenant: DEFAULT_TENANT };
    assert.ok((await give(platform, person, 'operator', NOW + HOUR, named)).ok);
    assert.equal((await give(platform, person, 'helpdesk', NOW + HOUR, named)).ok, false);
    assert.deepEqual(await rights(db, person), {
      tenant: [],
      platform: RIGHTS.operator.platform.toSorted(),
    });
    assert.deepEqual(await rights(db, person, NOW + HOUR), NONE);
    // Somebody of another tenant who happens to have the same id is not meant.
    assert.deepEqual(await permissionsOf(db.asTenant(OTHER), OTHER, person, NOW), {
      tenant: new Set(),
      platform: new Set(),
    });
  });
});

test('a reader of another tenant sees no rights', async () => {
  await world(async ({ owner, db, person }) => {
    await give(db, person, 'mail-admin', NOW + HOUR);
    for (const reader of [owner.as('app'), owner.as('app').asTenant(OTHER)])
      assert.deepEqual(await rights(reader, person), NONE);
  });
});

test("a tenant's own role holds what a tenant may grant, never an operator's rights or content", async () => {
  await world(async ({ db, person }) => {
    const me = { tenant: DEFAULT_TENANT, actor: by };
    const put = (name: string, permissions: (typeof PERMISSIONS)[number][], mode: 'new' | 'existing') =>
      db.transact((tx) => putCustomRole(tx, me, { name, description: '', permissions }, mode));
    for (const p of PERMISSIONS)
      assert.equal((await put(`r-${p.replace('.', '-')}`, [p], 'new')).ok, CATALOGUE[p].of === 'tenant', p);
    assert.equal((await put('helpdesk', ['held.read'], 'new')).ok, false, 'built-in');
    assert.equal((await put('absent', ['held.read'], 'existing')).ok, false);
    assert.ok((await put('desk-two', ['held.read'], 'new')).ok);
    assert.equal((await put('desk-two', ['held.read'], 'new')).ok, false, 'twice');
    assert.ok((await give(db, person, 'desk-two', NOW + HOUR)).ok);
    assert.deepEqual((await rights(db, person)).tenant, ['held.read']);
    assert.ok((await put('desk-two', ['domain.read', 'address.read'], 'existing')).ok);
    assert.deepEqual((await rights(db, person)).tenant, ['address.read', 'domain.read']);
    const remove = (nowMs: number) =>
      db.transact((tx) => removeCustomRole(tx, me, 'desk-two', nowMs)).then((r) => r.ok);
    assert.equal(await remove(NOW), false, 'somebody holds it');
    assert.equal(await remove(NOW + HOUR), true);
    assert.equal(await remove(NOW + HOUR), false);
  });
});

test('no role reads content, and the auditor changes nothing', () => {
  for (const role of ROLES)
    for (const p of [...RIGHTS[role].tenant, ...RIGHTS[role].platform])
      assert.ok(['tenant', 'installation', 'vetted'].includes(CATALOGUE[p].of), `${role}: ${p}`);
  assert.deepEqual(
    RIGHTS.auditor.tenant.filter((p) => !p.endsWith('.read')),
    ['audit.content'],
  );
  assert.ok(RIGHTS.auditor.tenant.length > 10);
  for (const role of ROLES)
    assert.equal(RIGHTS[role].platform.length > 0, role === 'operator', `${role} and the installation`);
});

test('the statement goes by indexes where a tenant has many grants', async () => {
  await world(async ({ owner, db, person }) => {
    await owner.query(
      `with people as (
         insert into person (tenant_id, id, email, email_key, name, state)
         select $1, gen_random_uuid(), n || '@x.example', n || '@x.example', 'n', 'active' from generate_series(1, 5000) n
         returning id
       )
       insert into role_grant (tenant_id, id, person_tenant_id, person_id, role, source, reason, given_by, expires_at)
       select $1, gen_random_uuid(), $1, id, 'helpdesk', 'given', '', 'admin:x', now() + interval '1 year' from people`,
      [DEFAULT_TENANT],
    );
    await owner.query('analyze role_grant');
    const plan = await db.query<{ 'QUERY PLAN': string }>(
      `explain select from role_grant g where g.tenant_id = $1 and g.person_tenant_id = $1 and g.person_id = $2
         and g.revoked_at is null and (g.expires_at is null or g.expires_at > now())`,
      [DEFAULT_TENANT, person],
    );
    assert.match(plan.map((r) => r['QUERY PLAN']).join('\n'), /role_grant_person/);
  });
});
