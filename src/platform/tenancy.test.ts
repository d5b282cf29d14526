/** Row-level security as the database keeps it: which table has it, what the product's roles see, what they may not. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, type TenantId } from '#core/id.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';

after(stopTestDatabases);

const OTHER = '00000000-0000-7000-8000-000000000002' as TenantId;

async function withTwoTenants(body: (db: TestDatabase) => Promise<void>): Promise<void> {
  await using db = await testDatabase();
  await db.query(`insert into tenant (id, name) values ($1, 'other')`, [OTHER]);
  for (const [tenant, name] of [
    [DEFAULT_TENANT, 'mine'],
    [OTHER, 'theirs'],
  ])
    await db.query(
      `insert into sender_network (tenant_id, name, network, may_use) values ($1, $2, '192.0.2.0/24', '{}')`,
      [tenant, name],
    );
  await body(db);
}

const NAMES = 'select name from sender_network order by name';

/** Tables of the installation, which belong to no tenant. Everything else must be protected. */
const OF_NO_TENANT = [
  'audit_sequencer',
  'directory_version',
  'instance',
  'migration',
  'periodic_job',
  'sts_policy',
];

test('every table is under row-level security, or is known to belong to no tenant', async () => {
  await using db = await testDatabase();
  const tables = await db.query<{ name: string; secured: boolean; policies: number }>(
    `select c.relname as name, c.relrowsecurity as secured, (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  assert.ok(tables.length > 20, 'the schema has tables');
  const open = tables.filter((t) => !t.secured || t.policies === 0).map((t) => t.name);
  assert.deepEqual(open.toSorted(), OF_NO_TENANT);
});

test('a partition cannot be asked past its table', async () => {
  await withTwoTenants(async (db) => {
    for (const role of ['app', 'system'] as const)
      await assert.rejects(db.as(role).query('select 1 from message_default'), /permission denied/);
  });
});

test('the application role sees the tenant it named, and no other', async () => {
  await withTwoTenants(async (db) => {
    const app = db.as('app');
    assert.deepEqual(await app.asTenant(DEFAULT_TENANT).query(NAMES), [{ name: 'mine' }]);
    assert.deepEqual(await app.asTenant(OTHER).query(NAMES), [{ name: 'theirs' }]);
    assert.deepEqual(await app.query(NAMES), [], 'no tenant named, nothing seen');
    assert.deepEqual(
      await app
        .asTenant(OTHER)
        .query(`update sender_network set name = 'x' where tenant_id = $1 returning name`, [DEFAULT_TENANT]),
      [],
    );
    const smuggle = `insert into sender_network (tenant_id, name, network, may_use) values ($1, 'x', '192.0.2.0/24', '{}')`;
    await assert.rejects(app.asTenant(OTHER).query(smuggle, [DEFAULT_TENANT]), /row-level security/);
    assert.deepEqual(await db.as('system').query(NAMES), [{ name: 'mine' }, { name: 'theirs' }]);
  });
});

test('a connection that comes back from one tenant is told of the next, also after a failure and a rollback', async () => {
  await withTwoTenants(async (db) => {
    const app = db.as('app');
    for (let i = 0; i < 20; i++) {
      await assert.rejects(app.asTenant(OTHER).query('select 1 / 0'));
      await assert.rejects(
        app.asTenant(OTHER).transact(async (tx) => {
          await tx.query(NAMES);
          throw new Error('undone');
        }),
      );
      const seen = await Promise.all(
        [DEFAULT_TENANT, OTHER, DEFAULT_TENANT].map((t) => app.asTenant(t).query<{ name: string }>(NAMES)),
      );
      assert.deepEqual(
        seen.map((rows) => rows.map((r) => r.name).join()),
        ['mine', 'theirs', 'mine'],
      );
      assert.deepEqual(await app.query(NAMES), []);
    }
  });
});

test('neither role owns anything, is a superuser, or may bypass row-level security', async () => {
  await using db = await testDatabase();
  const rows = await db.query(
    `select rolname as name from pg_roles r where rolname like 'gatehouse\\__%' and (rolsuper or rolbypassrls or rolcreaterole
       or exists (select from pg_class c where c.relowner = r.oid))`,
  );
  assert.deepEqual(rows, []);
  for (const role of ['app', 'system'] as const)
    for (const sql of [
      'alter table message disable row level security',
      'drop table queue',
      'set role gatehouse',
    ])
      await assert.rejects(db.as(role).query(sql), /must be owner|permission denied/, `${role}: ${sql}`);
  await assert.rejects(db.as('app').query('select 1 from tenant_key'), /permission denied/);
});
