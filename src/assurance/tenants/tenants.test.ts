import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import type { Result } from '#core/result.ts';
import type { Database } from '#platform/db.ts';
import { openBlobDirectory } from '#platform/blob-directory.ts';
import { openPackedBlobs } from '#platform/packed-blobs.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { openFileKeys } from '../keys/file-keys.ts';
import { deletionOf, destroyDue } from './deletion.ts';
import { writeExports } from './export-files.ts';
import { askForExport, listExports, orderExport } from './exports.ts';
import { openKnownTenants } from './known-tenants.ts';
import * as tenants from './tenants.ts';
import { countTenants } from './usage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tenants-'));
after(stopTestDatabases);
after(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const operators = (db: TestDatabase): Database => db.as('app').asTenant(PLATFORM_TENANT);
const act = <T>(db: TestDatabase, work: (a: tenants.OperatorAct) => Promise<T>): Promise<T> =>
  operators(db).transact((tx) => work({ tx, actor: 'admin:test' }));

function must<T>(done: Result<T, { readonly text: string }>): T {
  if (!done.ok) assert.fail(done.error.text);
  return done.value;
}

const events = (db: TestDatabase, tenant: TenantId): Promise<string[]> =>
  db
    .query<{ what: string }>('select what from audit_event where tenant_id = $1 order by id', [tenant])
    .then((rows) => rows.map((r) => r.what));

async function addDomain(db: Database, tenant: TenantId, name: string): Promise<void> {
  await db.asTenant(tenant).query(
    `insert into domain (tenant_id, name, subdomains, hop_host, hop_port, hop_protocol, hop_tls, hop_fingerprints,
       recipient_source, subaddress, case_sensitive) values ($1, $2, false, 'h.example', 25, 'smtp', 'none', '{}', 'any', '', false)`,
    [tenant, name],
  );
}

test('a tenant is made, renamed, suspended, resumed, limited; both logs have each act', async () => {
  await using db = await testDatabase();
  const made = must(await act(db, (a) => tenants.createTenant(a, { name: 'acme' })));
  assert.equal(made.state, 'active');
  assert.equal((await act(db, (a) => tenants.createTenant(a, { name: 'acme' }))).ok, false);
  assert.equal((await act(db, (a) => tenants.createTenant(a, { name: 'platform' }))).ok, false);
  assert.equal(must(await act(db, (a) => tenants.renameTenant(a, made.id, 'acme-eu'))).name, 'acme-eu');
  assert.equal((await act(db, (a) => tenants.renameTenant(a, made.id, 'default'))).ok, false);
  assert.equal(must(await act(db, (a) => tenants.suspendTenant(a, made.id, 'unpaid'))).state, 'suspended');
  assert.equal((await act(db, (a) => tenants.suspendTenant(a, made.id, 'unpaid'))).ok, false);
  assert.equal(must(await act(db, (a) => tenants.resumeTenant(a, made.id))).state, 'active');
  const limited = must(await act(db, (a) => tenants.setQuotas(a, made.id, { domains: 1, storedBytes: 10 })));
  assert.deepEqual(limited.quotas, {
    domains: 1,
    storedBytes: 10,
    people: undefined,
    messagesPerDay: undefined,
  });
  const told = ['created', 'renamed', 'suspended', 'resumed', 'quota-changed'].map((w) => `tenant.${w}`);
  assert.deepEqual(await events(db, made.id), told);
  assert.deepEqual(await events(db, PLATFORM_TENANT), told);
  const missing = await act(db, (a) => tenants.suspendTenant(a, newId<'tenant'>(), 'x'));
  assert.equal(missing.ok ? '' : missing.error.kind, 'missing');
});

test('nobody but the platform may call what operators do, and the platform is no tenant to be changed', async () => {
  await using db = await testDatabase();
  const calls = [
    `tenant_create('${newId()}', 'x', null)`,
    `tenant_rename('${DEFAULT_TENANT}', 'x')`,
    `tenant_suspend('${DEFAULT_TENANT}')`,
    `tenant_resume('${DEFAULT_TENANT}')`,
    `tenant_mark_deleting('${DEFAULT_TENANT}', now())`,
    `tenant_set_quota('${DEFAULT_TENANT}', 1, 1, 1, 1)`,
    `tenant_set_location('${DEFAULT_TENANT}', 'de')`,
    `tenant_order_export('${DEFAULT_TENANT}', '${newId()}', 'admin:x')`,
    `tenant_exports('${DEFAULT_TENANT}')`,
    `tenant_deletion_report('${DEFAULT_TENANT}')`,
    `tenant_health()`,
  ];
  for (const call of calls) {
    await assert.rejects(
      db.as('app').asTenant(DEFAULT_TENANT).query(`select ${call}`),
      /only those who run/,
      call,
    );
    await assert.rejects(db.as('app').query(`select ${call}`), /only those who run/, call);
    await assert.rejects(db.as('system').query(`select ${call}`), /permission denied/, call);
  }
  await assert.rejects(
    operators(db).query(`select tenant_suspend('${PLATFORM_TENANT}')`),
    /the platform itself/,
  );
  for (const call of [`tenant_destroy('${DEFAULT_TENANT}', 1)`, `count_tenant('${DEFAULT_TENANT}')`])
    await assert.rejects(operators(db).query(`select ${call}`), /permission denied/, call);
  await assert.rejects(
    db.as('system').query(`select tenant_destroy('${DEFAULT_TENANT}', 1)`),
    /not to be deleted now/,
  );
});

test('a limit on domains holds also for two at once; a limit on mail is an event and is seen by operators', async () => {
  await using db = await testDatabase();
  const { id } = must(await act(db, (a) => tenants.createTenant(a, { name: 'acme' })));
  must(await act(db, (a) => tenants.setQuotas(a, id, { domains: 1, messagesPerDay: 0 })));
  const both = await Promise.allSettled([
    addDomain(db.as('app'), id, 'a.example'),
    addDomain(db.as('app'), id, 'b.example'),
  ]);
  assert.deepEqual(both.map((b) => b.status).toSorted(), ['fulfilled', 'rejected']);
  assert.equal(await countTenants(db.as('system'), never), 1);
  assert.equal(await countTenants(db.as('system'), never), 0, 'told once');
  const health = await tenants.findTenant(operators(db), id);
  assert.deepEqual(health?.usage.over, ['messages']);
  assert.equal(health.usage.domains, 1);
  assert.ok((await events(db, id)).includes('tenant.quota-reached'));
});

test('an export holds the tenant alone, no secrets, and its hashes fit; only its own order opens bodies', async () => {
  await using db = await testDatabase();
  const keys = await openFileKeys(join(folder, 'keys'), db);
  const blobs = await openPackedBlobs(join(folder, 'blobs'), await openBlobDirectory(join(folder, 'blobs')));
  const { id } = must(await act(db, (a) => tenants.createTenant(a, { name: 'acme' })));
  await addDomain(db, id, 'acme.example');
  await addDomain(db, DEFAULT_TENANT, 'foreign.example');
  await db.query(
    `insert into sender_login (tenant_id, name, password_hash, may_use) values ($1, 'ann', 'canary-hash', '{}')`,
    [id],
  );
  const [first, second] = [newId<'export'>(Date.now() - 1000), newId<'export'>()];
  assert.equal(await act(db, (a) => orderExport(a, id, first)), true);
  const app = db.as('app');
  await app.asTenant(id).transact((tx) => askForExport({ tx, actor: 'admin:acme' }, id, second, true));
  const deps = { app, system: db.as('system'), keys, blobs, folder: join(folder, 'out') };
  assert.equal(await writeExports(deps, never), 2);
  const done = await listExports(app.asTenant(id), id);
  assert.deepEqual(
    done.map((e) => [e.id, e.state, e.isOpen, e.trouble]),
    [
      [second, 'done', true, null],
      [first, 'done', false, null],
    ],
  );
  const at = join(folder, 'out', done[0]!.folder!);
  const manifest = readFileSync(join(at, 'manifest.json'), 'utf8');
  assert.equal(createHash('sha256').update(manifest).digest('hex'), done[0]!.manifestSha256);
  const { files, omitted } = JSON.parse(manifest) as {
    files: { name: string; sha256: string; rows?: number }[];
    omitted: string[];
  };
  assert.ok(omitted.includes('sender_login.password_hash'));
  assert.ok(files.length > 15);
  for (const file of files) {
    const bytes = readFileSync(join(at, file.name));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), file.sha256, file.name);
    assert.doesNotMatch(bytes.toString(), /foreign\.example|canary-hash/, file.name);
  }
  assert.equal(files.find((f) => f.name === 'domain.ndjson')?.rows, 1);
  assert.deepEqual(await listExports(app.asTenant(DEFAULT_TENANT), DEFAULT_TENANT), []);
});

test('a deletion waits, can be taken back, then destroys key and rows, and is reported', async () => {
  await using db = await testDatabase();
  const keys = await openFileKeys(join(folder, 'keys'), db);
  const { id } = must(await act(db, (a) => tenants.createTenant(a, { name: 'acme' })));
  await keys.ensureTenant(id);
  const sealed = keys.seal(id, 'x', new Uint8Array(4));
  await addDomain(db, id, 'acme.example');
  await addDomain(db, DEFAULT_TENANT, 'foreign.example');
  await db.query(
    `insert into address (tenant_id, domain, local, written) values ($1, 'acme.example', 'a', 'a')`,
    [id],
  );
  must(await act(db, (a) => tenants.markForDeletion(a, id, 3600)));
  assert.equal(await destroyDue(db.as('system'), never), 0);
  assert.equal(must(await act(db, (a) => tenants.resumeTenant(a, id))).state, 'active');
  must(await act(db, (a) => tenants.markForDeletion(a, id, 0)));
  assert.equal(await destroyDue(db.as('system'), never), 1);
  assert.equal(await destroyDue(db.as('system'), never), 0);
  const report = await deletionOf(operators(db), id);
  assert.equal(report?.rows['domain'], 1);
  assert.equal(report.rows['address'], 1);
  assert.ok(report.keyGoneAt !== null && report.endedAt !== null);
  const left = await db.query<{ name: string }>('select name from domain');
  assert.deepEqual(left, [{ name: 'foreign.example' }], 'nobody else lost anything');
  assert.equal((await tenants.findTenant(operators(db), id))?.state, 'deleted');
  const known = await openKnownTenants(db.as('system'), keys);
  await known.refresh();
  assert.throws(() => keys.open(id, 'x', sealed), /before ensureTenant/);
  await assert.rejects(keys.ensureTenant(id), /destroyed/);
  assert.ok((await events(db, PLATFORM_TENANT)).includes('tenant.deleted'));
  assert.equal(
    (await act(db, (a) => tenants.createTenant(a, { name: 'acme' }))).ok,
    true,
    'the name is free',
  );
});

test('a node without the label sees neither queue rows nor keys of a tenant that is pinned to a place', async () => {
  await using db = await testDatabase();
  const { id } = must(await act(db, (a) => tenants.createTenant(a, { name: 'acme', location: 'de' })));
  await db.query(
    `insert into queue (tenant_id, message_id, n, domain, next_at, queued_at) values ($1, $2, 0, 'x.example', now(), now())`,
    [id, newId()],
  );
  await db.query(
    `insert into tenant_key (tenant_id, version, wrapped, state) values ($1, 1, '\\x00', 'active')`,
    [id],
  );
  const system = db.as('system');
  const seen = (labels: string): Promise<unknown> =>
    system.transact(async (tx) => {
      await tx.query(`select set_config('gatehouse.labels', $1, true)`, [labels]);
      const [row] = await tx.query(
        'select (select count(*) from queue) as queue, (select count(*) from tenant_key where tenant_id = $1) as keys',
        [id],
      );
      return row;
    });
  assert.deepEqual(await seen(''), { queue: 0, keys: 0 });
  assert.deepEqual(await seen('nl,fr'), { queue: 0, keys: 0 });
  assert.deepEqual(await seen('nl,de'), { queue: 1, keys: 1 });
  await assert.rejects(
    system.query(
      `insert into queue (tenant_id, message_id, n, domain, next_at, queued_at) values ($1, $2, 0, 'x.example', now(), now())`,
      [id, newId()],
    ),
    /row-level security/,
  );
  const keys = await openFileKeys(join(folder, 'keys-elsewhere'), { ...system, query: system.query });
  await assert.rejects(keys.ensureTenant(id), /another place/);
});
