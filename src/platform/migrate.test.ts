import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { migrate } from './migrate.ts';

after(stopTestDatabases);

test('migrate() applies each file once and refuses a newer or changed schema', async () => {
  await using db = await testDatabase();
  assert.deepEqual(await migrate(db), []);
  await db.query(`insert into migration (name, sha256, breaking) values ('9999_future.sql', 'x', false)`);
  assert.deepEqual(await migrate(db), []);
  await db.query(`update migration set breaking = true where name = '9999_future.sql'`);
  await assert.rejects(migrate(db), /newer version of Gatehouse \(9999_future\.sql\)/);
  await db.query(`delete from migration where name = '9999_future.sql'`);
  await db.query(`update migration set sha256 = 'x' where name = '0001_base.sql'`);
  await assert.rejects(migrate(db), /changed after it had been applied/);
});

test('ensure_partitions() gives each month its own partition', async () => {
  await using db = await testDatabase();
  const [row] = await db.query<{ n: number }>(
    `select count(*)::int as n from pg_inherits where inhparent = 'message'::regclass`,
  );
  assert.equal(row?.n, 4);
});

test('transact() keeps all or nothing, and a dead database is a TransientError', async () => {
  await using db = await testDatabase();
  await assert.rejects(
    db.transact(async (tx) => {
      await tx.query(`insert into tenant (id, name) values (gen_random_uuid(), 'gone')`);
      throw new Error('no');
    }),
    /no/,
  );
  assert.deepEqual(await db.query(`select 1 from tenant where name = 'gone'`), []);
  await assert.rejects(db.query('select pg_terminate_backend(pg_backend_pid())'), { name: 'TransientError' });
});
