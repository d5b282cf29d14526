import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TenantId } from '#core/id.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { openFileKeys } from './file-keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
after(stopTestDatabases);
after(() => rmSync(directory, { recursive: true }));
const tenant = '00000000-0000-7000-8000-000000000001' as TenantId;
const other = '00000000-0000-7000-8000-000000000002' as TenantId;

test('a wrapped key opens only for its tenant and its object, also after a restart', async () => {
  await using db = await testDatabase();
  await db.query(`insert into tenant (id, name) values ($1, 'other')`, [other]);
  const keys = await openFileKeys(directory, db);
  await keys.ensureTenant(tenant);
  await keys.ensureTenant(other);
  const { key, wrapped } = keys.newDataKey(tenant, 'message-1');
  const again = await openFileKeys(directory, db);
  await again.ensureTenant(tenant);
  await again.ensureTenant(other);
  assert.deepEqual(again.unwrapDataKey(tenant, 'message-1', wrapped), key);
  assert.throws(() => again.unwrapDataKey(tenant, 'message-2', wrapped), { name: 'PermanentError' });
  assert.throws(() => again.unwrapDataKey(other, 'message-1', wrapped), { name: 'PermanentError' });
  assert.throws(() => again.open(tenant, 'message-1', wrapped), { name: 'PermanentError' });
  assert.throws(() => again.unwrapDataKey(tenant, 'message-1', wrapped.subarray(0, 20)), {
    name: 'PermanentError',
  });
});

test('openFileKeys() refuses a missing, foreign or public root key', async () => {
  await using db = await testDatabase();
  const mine = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
  const keys = await openFileKeys(mine, db);
  await keys.ensureTenant(tenant);
  await assert.rejects(
    openFileKeys(join(mine, 'elsewhere'), db),
    /root\.key is missing, but this database holds 1 tenant key/,
  );
  const foreign = await openFileKeys(directory, db);
  await assert.rejects(foreign.ensureTenant(tenant), /not the one this database was made with/);
  chmodSync(join(mine, 'root.key'), 0o644);
  await assert.rejects(openFileKeys(mine, db), /can be read by others/);
  rmSync(mine, { recursive: true });
});
