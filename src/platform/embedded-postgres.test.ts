import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '#platform/db.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { embeddedUrl, startPostgres } from './embedded-postgres.ts';
import { ownFolder } from './own-folder.ts';

const isRoot = process.getuid?.() === 0;
const skip = isRoot ? false : 'only root can be somebody else';
const STRANGER = 54_321;
const refused = (what: RegExp) => (error: unknown) =>
  error instanceof Error && error.name === 'ConfigError' && what.test(error.message);

test('a folder is ours, or it is refused', () => {
  using dir = tempDir('own');
  const at = (name: string): string => join(dir.path, name);
  ownFolder(at('new/inner'), 0o700, undefined);
  assert.equal(statSync(at('new/inner')).mode & 0o7777, 0o700);
  chmodSync(at('new/inner'), 0o755);
  ownFolder(at('new/inner'), 0o711, undefined);
  assert.equal(statSync(at('new/inner')).mode & 0o7777, 0o711);

  mkdirSync(at('target'));
  symlinkSync(at('target'), at('link'));
  assert.throws(() => ownFolder(at('link'), 0o700, undefined), refused(/a link/));
  writeFileSync(at('file'), '');
  assert.throws(() => ownFolder(at('file'), 0o700, undefined), refused(/no folder/));
  mkdirSync(at('open'));
  chmodSync(at('open'), 0o777);
  assert.throws(() => ownFolder(at('open'), 0o700, undefined), refused(/mode 777/));
  assert.throws(() => ownFolder(at('open/inner'), 0o700, undefined), refused(/cannot be kept safe/));
  chmodSync(at('open'), 0o1777);
  ownFolder(at('open/inner'), 0o700, undefined);
});

test('a folder somebody else made is refused', { skip }, () => {
  using dir = tempDir('own');
  const account = { name: 'nobody', uid: 65_534, gid: 65_534 };
  const path = join(dir.path, 'theirs');
  mkdirSync(path);
  chownSync(path, STRANGER, STRANGER);
  assert.throws(() => ownFolder(path, 0o700, account), refused(/uid 54321/));
  assert.equal(statSync(path).uid, STRANGER, 'and left as it was');
  chownSync(path, account.uid, account.gid);
  ownFolder(path, 0o700, account);
  assert.throws(() => ownFolder(join(path, 'inner'), 0o700, account), refused(/cannot be kept safe/));
});

/** The first letter of the server's answer to somebody of that uid: R to go on, E for an error. */
function answerTo(uid: number, gid: number, socket: string): string {
  // It becomes that user only once it runs: the folder of Node itself may be closed to others.
  const script = `
    process.setgroups([]); process.setgid(${gid}); process.setuid(${uid});
    const text = Buffer.from('\\0\\x03\\0\\0user\\0gatehouse\\0database\\0postgres\\0\\0', 'latin1');
    const size = Buffer.alloc(4);
    size.writeInt32BE(text.length + 4);
    const s = require('net').connect(process.argv[1]);
    s.on('connect', () => s.write(Buffer.concat([size, text])));
    s.on('data', (d) => { process.stdout.write(d.toString('latin1')); process.exit(); });
    s.on('error', (e) => { process.stdout.write(e.code); process.exit(); });`;
  const done = spawnSync(process.execPath, ['-e', script, socket], { cwd: '/', env: {}, encoding: 'utf8' });
  return done.error === undefined ? done.stdout : String(done.error);
}

test('as root: nothing of ours in the account’s hands, and nobody else is let in', { skip }, async () => {
  using dir = tempDir('pg');
  const directory = join(dir.path, 'postgres');
  const server = await startPostgres(dir.path, 'npm');
  try {
    assert.deepEqual([server.directory, server.started], [directory, true]);
    const owner = (name: string): number => lstatSync(join(directory, name)).uid;
    const account = owner('cluster');
    assert.notEqual(account, 0);
    assert.deepEqual(
      ['', 'pg_hba.conf', 'pg_ident.conf', 'postgres.log'].map(owner),
      [0, 0, 0, 0],
      'what root writes is root’s',
    );
    assert.equal(owner('socket'), account);
    const socket = join(directory, 'socket', '.s.PGSQL.5432');
    assert.match(answerTo(0, 0, socket), /^R/);
    const isShared = !readFileSync('/etc/passwd', 'utf8').includes('\ngatehouse:');
    if (isShared) assert.match(answerTo(account, account, socket), /^E.*Peer authentication failed/s);
    assert.match(answerTo(STRANGER, STRANGER, socket), /^EACCES/);
    const again = await startPostgres(dir.path, 'npm');
    assert.equal(again.started, false, 'ours is adopted');
  } finally {
    await server.stop();
  }
});

test(
  'as root: the folder of an earlier version is taken back, and no trap in it is walked into',
  { skip },
  async () => {
    using dir = tempDir('pg');
    const directory = join(dir.path, 'postgres');
    const precious = join(dir.path, 'precious');
    writeFileSync(precious, 'untouched', { mode: 0o600 });
    mkdirSync(directory);
    for (const name of ['postgres.log', 'pg_hba.conf']) symlinkSync(precious, join(directory, name));
    chownSync(directory, 65_534, 65_534);
    const server = await startPostgres(dir.path, 'npm');
    try {
      assert.equal(lstatSync(directory).uid, 0);
      assert.equal(readFileSync(precious, 'utf8'), 'untouched');
      await using db = openDatabase({
        url: server.url,
        maxConnections: 1,
        statementTimeoutMs: 5_000,
        applicationName: 'test',
      });
      assert.deepEqual(await db.query('select 1 as one'), [{ one: 1 }]);
    } finally {
      await server.stop();
    }

    const other = join(dir.path, 'other');
    mkdirSync(join(other, 'postgres'), { recursive: true });
    symlinkSync('/etc', join(other, 'postgres', 'socket'));
    await assert.rejects(startPostgres(other, 'npm'), refused(/socket is a link/));
    assert.equal(statSync('/etc').uid, 0);
  },
);

test('a socket folder with a long name is made where nobody can take it first', { skip }, async () => {
  using dir = tempDir('pg');
  const data = join(dir.path, 'x'.repeat(100));
  mkdirSync(data);
  const socket = decodeURIComponent(embeddedUrl(data).split('host=')[1] ?? '');
  assert.match(socket, /^\/run\/gatehouse-0\/[0-9a-f]{16}$/);
  mkdirSync(socket, { recursive: true });
  chownSync(socket, STRANGER, STRANGER);
  try {
    assert.throws(() => embeddedUrl(data), refused(/uid 54321/));
    await assert.rejects(startPostgres(data, 'npm'), refused(/uid 54321/));
    rmSync(socket, { recursive: true });
    const server = await startPostgres(data, 'npm');
    await server.stop();
    assert.equal(statSync('/run/gatehouse-0').uid, 0);
  } finally {
    rmSync(socket, { recursive: true, force: true });
  }
});
