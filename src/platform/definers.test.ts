/** Functions of the schema that run as its owner, against a connection that was taken over: nothing it makes may get in their way. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, PLATFORM_TENANT } from '#core/id.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';

after(stopTestDatabases);

test('a temporary table cannot stand in for one of ours and run its trigger as the owner', async () => {
  await using owner = await testDatabase();
  const ran = await owner
    .as('app')
    .asTenant(PLATFORM_TENANT)
    .transact(async (tx) => {
      await tx.query('create temp table tenant (id uuid, state text, state_at timestamptz)');
      await tx.query(`insert into pg_temp.tenant values ($1, 'active')`, [DEFAULT_TENANT]);
      await tx.query('create temp table ran (as_whom text)');
      await tx.query('grant all on pg_temp.ran, pg_temp.tenant to public');
      await tx.query(`create function pg_temp.evil() returns trigger language plpgsql as
        $$ begin insert into pg_temp.ran values (current_user); return new; end $$`);
      await tx.query(
        'create trigger evil before update on pg_temp.tenant for each row execute function pg_temp.evil()',
      );
      await tx.query('select tenant_suspend($1)', [DEFAULT_TENANT]);
      return await tx.query('select as_whom from pg_temp.ran');
    });
  assert.deepEqual(ran, []);
  const loose = await owner.query<{ name: string }>(
    `select proname as name from pg_proc p where pronamespace = 'public'::regnamespace and prosecdef
       and not coalesce('search_path=public, pg_temp' = any (proconfig), false)`,
  );
  assert.deepEqual(
    loose.map((f) => f.name),
    [],
  );
});

test('an event cannot say of itself that the log has it already', async () => {
  await using owner = await testDatabase();
  const app = owner.as('app').asTenant(DEFAULT_TENANT);
  const insert = `insert into audit_event (tenant_id, what, actor, subject, details, xid) values ($1, 'a.b', 'system:x', '', '{}', '4')`;
  await assert.rejects(app.query(insert, [DEFAULT_TENANT]), /permission denied/);
});
