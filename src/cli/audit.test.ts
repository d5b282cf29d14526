import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { openDatabase } from '#platform/db.ts';
import { TENANT, testLog } from '#test/support/audit.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { tempDir, type TempDir } from '#test/support/temp-dir.ts';
import { run as audit } from './audit.ts';
import type { CliContext } from './context.ts';

after(stopTestDatabases);

type Ran = { readonly code: number; readonly out: string; readonly err: string };
type Call = (...args: string[]) => Promise<Ran>;

/** Offline commands get a context whose database is a bug. */
function caller(url?: string): Call {
  return async (...args) => {
    let [out, err] = ['', ''];
    const context: CliContext = {
      stdout: (text) => (out += text),
      stderr: (text) => (err += text),
      openDatabase: () =>
        url === undefined
          ? Promise.reject(new Error('no database here'))
          : Promise.resolve(
              openDatabase({ url, maxConnections: 2, statementTimeoutMs: 30_000, applicationName: 'test' }),
            ),
      openStores: () => Promise.reject(new Error('no stores here')),
      globals: {},
    };
    return { code: await audit(args, context), out, err };
  };
}

const offline = caller();
const COUNT = 66_000;

/** One export of a log with three levels of tiles, and an older checkpoint of it. */
async function withExport(body: (folder: TempDir) => Promise<void>): Promise<void> {
  using folder = tempDir('audit');
  await using db = await testDatabase();
  using log = await testLog(db);
  const add = (from: number, to: number): Promise<unknown> =>
    db.query(
      `insert into audit_event (tenant_id, what, actor, subject, details)
       select $1, 'thing.done', 'system:worker', 'thing ' || i, '{"n":1}' from generate_series($2::int, $3::int) i`,
      [TENANT, from, to],
    );
  await add(1, 300);
  await log.catchUp();
  const [head] = await db.query<{ checkpoint: string }>('select checkpoint from audit_log');
  writeFileSync(folder.in('earlier'), head!.checkpoint);
  await add(301, COUNT - 7);
  await log.catchUp();
  const [later] = await db.query<{ checkpoint: string }>('select checkpoint from audit_log');
  writeFileSync(folder.in('later'), later!.checkpoint);
  await add(COUNT - 6, COUNT);
  await log.catchUp();
  const done = await caller(db.url)('export', folder.in('log'));
  assert.deepEqual([done.code, done.err], [0, '']);
  const again = await caller(db.url)('export', folder.in('log'));
  assert.deepEqual(
    [again.code, again.err],
    [1, `gatehouse audit export: ${folder.in('log')} is not empty\n`],
  );
  await body(folder);
}

test('an export is checked offline, proofs are made and checked from it, and tampering is found', async () => {
  await withExport(async (folder) => {
    const log = folder.in('log');
    const good = await offline(
      'verify',
      log,
      '--json',
      '--policy',
      `${log}/policy`,
      '--earlier',
      folder.in('earlier'),
    );
    assert.equal(good.code, 0, good.out + good.err);
    const said = JSON.parse(good.out) as Record<string, unknown>;
    assert.deepEqual(
      [said['ok'], said['size'], said['entries'], said['keysFrom'], said['problems']],
      [true, COUNT, COUNT, 'policy', []],
    );
    const later = await offline('verify', log, '--earlier', folder.in('later'));
    assert.equal(later.code, 0, 'an earlier tree that ended inside the same tiles');
    for (const index of [0, 255, 256, 65_535, COUNT - 1]) {
      const name = folder.in(`p${index}`);
      assert.equal((await offline('prove', log, String(index), '--out', name)).code, 0);
      const check = [`${name}.tlog-proof`, '--policy', `${log}/policy`, '--entry'];
      assert.equal((await offline('verify', ...check, `${name}.json`)).code, 0);
      writeFileSync(
        folder.in('forged'),
        readFileSync(`${name}.json`, 'utf8').replace('thing.done', 'thing.gone'),
      );
      const forged = await offline('verify', ...check, folder.in('forged'));
      assert.deepEqual([forged.code, /is not number/.test(forged.err)], [1, true]);
    }
    for (const [path, harm, complaint] of HARMS) {
      const file = `${log}/${path}`;
      const before = readFileSync(file);
      harm(file);
      const done = await offline('verify', log);
      assert.equal(done.code, 1, `${path}: ${done.out}`);
      assert.match(done.out + done.err, complaint);
      writeFileSync(file, before);
    }
  });
});

test('a pruned log is exported without what was let go, and everything else holds', async () => {
  using folder = tempDir('audit');
  await using db = await testDatabase();
  using log = await testLog(db);
  await db.query(
    `insert into audit_event (tenant_id, what, actor, subject, details) select $1, 'a.b', 'system:x', 's' || i, '{}' from generate_series(0, 1099) i`,
    [TENANT],
  );
  await log.catchUp();
  const full = folder.in('full');
  assert.equal((await caller(db.url)('export', full)).code, 0);
  const prune = 'select prune_audit_log($1, $2, $3) as border';
  for (const role of ['app', 'system'] as const)
    await assert.rejects(
      db.as(role).asTenant(TENANT).query(prune, [TENANT, 600, 'system:x']),
      /permission denied/,
    );
  assert.deepEqual(await db.query(prune, [TENANT, 600, 'system:retention']), [{ border: 512 }]);
  for (const wrong of [256, 2000])
    await assert.rejects(db.query(prune, [TENANT, wrong, 'system:x']), /cannot be pruned/);
  assert.equal(await log.catchUp(), 1, 'that it was pruned is recorded');
  const pruned = folder.in('pruned');
  assert.equal((await caller(db.url)('export', pruned)).code, 0);
  const check = await offline(
    'verify',
    pruned,
    '--policy',
    `${full}/policy`,
    '--earlier',
    `${full}/checkpoint`,
  );
  assert.equal(check.code, 0, check.out + check.err);
  assert.match(check.out, /589 of 1101 entries read; those before 512 were let go/);
  assert.equal((await offline('prove', pruned, '511')).code, 1);
  assert.equal((await offline('prove', pruned, '512', '--out', folder.in('p'))).code, 0);
  const proof = [folder.in('p.tlog-proof'), '--policy', `${full}/policy`, '--entry', folder.in('p.json')];
  assert.equal((await offline('verify', ...proof)).code, 0);
  assert.equal((await offline('prove', full, '0', '--out', folder.in('old'))).code, 0);
  const old = [folder.in('old.tlog-proof'), '--policy', `${full}/policy`, '--entry', folder.in('old.json')];
  assert.equal((await offline('verify', ...old)).code, 0, 'a proof from before still holds');
  const [left] = await db.query(
    'select (select count(*) from audit_event)::int as events, (select count(*) from audit_entry)::int as entries',
  );
  assert.deepEqual(left, { events: 589, entries: 589 });
});

/** Overwrites one byte in the middle. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}
function edit(from: string, to: string): (path: string) => void {
  return (path) => writeFileSync(path, readFileSync(path, 'latin1').replace(from, to), 'latin1');
}

const HARMS: readonly [string, (path: string) => void, RegExp][] = [
  ['tile/entries/000', edit('thing 7', 'thing 8'), /entry 6 is not the one/],
  ['tile/entries/257.p/208', flip, /entry|cut/],
  ['tile/entries/100', rmSync, /tile\/entries\/100 is missing/],
  ['tile/0/003', flip, /entry \d+ is not the one/],
  ['tile/0/009', rmSync, /tile\/0\/009 is missing/],
  ['tile/1/000', flip, /tile\/1\/000: hash 128 is not the root/],
  ['tile/1/000', rmSync, /tile\/1\/000 is missing/],
  ['tile/2/000.p/1', flip, /does not have the root|is not the root/],
  ['checkpoint', edit('\n66000\n', '\n65999\n'), /does not hold/],
  ['checkpoint', rmSync, /the export was cut/],
  ['about.json', edit('"size": 66000', '"size": 65000'), /about\.json says/],
  ['about.json', edit('{', '['), /no JSON/],
  [
    'about.json',
    edit('"tenant": "00000000-0000-7000-8000-000000000001"', '"tenant": "x"'),
    /no event of this tenant/,
  ],
  ['policy', edit('quorum none', 'quorum some'), /the policy: line \d+/],
  ['policy', (p) => writeFileSync(p, 'quorum none\n'), /no log that is known/],
];

test('bad usage is said in a sentence and exits 2', async () => {
  using folder = tempDir('audit');
  assert.equal((await offline('prove', folder.path, 'x')).code, 2);
  assert.equal((await offline('verify')).code, 2);
  assert.equal((await offline('forge')).code, 2);
  assert.match((await offline('verify', folder.in('nothing'))).err, /cannot be read \(ENOENT\)/);
  assert.match((await offline('verify', folder.path)).err, /is no export of an audit log/);
  assert.deepEqual(readdirSync(folder.path), []);
});
