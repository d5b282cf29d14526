/**
 * A real Gatehouse for a test: started by its launcher with a configuration file, on the embedded PostgreSQL, free ports and
 * a data folder of its own. Everything goes through doors that an operator has, too: command line, SMTP, HTTP.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runAside, startChild, type Child, type Ran } from './child.ts';
import { freePort } from './ports.ts';
import { tempDir, type TempDir } from './temp-dir.ts';
import { until } from './until.ts';

const LAUNCHER = resolve('bin/gatehouse');

export type GatewayOptions = {
  readonly hostname?: string;
  readonly dns?: { readonly servers: readonly string[]; readonly validating?: boolean };
  readonly listeners?: readonly ('mx' | 'submission' | 'relay')[];
  /** Fields that every listener gets. */
  readonly listenerFields?: Readonly<Record<string, unknown>>;
  /** Merged over the configuration, section by section. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the data folder is made; the default is a temp folder. */
  readonly dataIn?: string;
  readonly cgroupProcs?: string;
};

export type Gateway = {
  readonly ports: Readonly<Record<'mx' | 'submission' | 'relay' | 'http', number>>;
  readonly config: string;
  readonly data: string;
  readonly output: () => string;
  readonly pid: () => number;
  /** `gatehouse …` against this installation. */
  readonly cli: (...args: readonly string[]) => Promise<Ran>;
  readonly cliWith: (options: { readonly input: string }, ...args: readonly string[]) => Promise<Ran>;
  /** Like `cli`, for commands that have to succeed; their standard output. */
  readonly does: (...args: readonly string[]) => Promise<string>;
  /** The API with a key that may do everything, made by `gatehouse api-key create` on first use. */
  readonly api: (path: string, init?: RequestInit) => Promise<Response>;
  readonly apiKey: () => Promise<string>;
  /** `gatehouse verify`: throws with what it found. */
  readonly verify: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** SIGKILL for every process of it, the database's included: as near to a power cut as a process can come. */
  readonly kill9: () => Promise<void>;
  readonly start: (env?: Readonly<Record<string, string>>) => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

async function writeConfiguration(
  temp: TempDir,
  o: GatewayOptions,
): Promise<{ file: string; data: string; ports: Gateway['ports'] }> {
  const ports = {
    mx: await freePort(),
    submission: await freePort(),
    relay: await freePort(),
    http: await freePort(),
  };
  const data = o.dataIn ?? temp.in('data');
  // The database's unprivileged user has to reach its folder.
  mkdirSync(data, { recursive: true, mode: 0o755 });
  const listeners = (o.listeners ?? ['mx', 'submission', 'relay']).map((kind) => ({
    name: kind,
    kind,
    host: '127.0.0.1',
    port: ports[kind],
    ...o.listenerFields,
  }));
  const config = {
    data,
    keys: temp.in('keys'),
    hostname: o.hostname ?? 'gate.example',
    http: { host: '127.0.0.1', port: ports.http },
    listeners,
    database: { embedded: true },
    ...(o.dns === undefined ? {} : { dns: o.dns }),
    ...o.config,
  };
  const file = temp.in('gatehouse.yaml');
  writeFileSync(file, JSON.stringify(config, null, 2)); // JSON is YAML
  return { file, data, ports };
}

export async function startGateway(o: GatewayOptions = {}): Promise<Gateway> {
  const temp = tempDir('gateway');
  const { file, data, ports } = await writeConfiguration(temp, o);
  let child: Child | undefined;
  let said = '';
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    if (child !== undefined) said += child.output();
    child = await startChild({
      name: 'gatehouse',
      command: [LAUNCHER, '--config', file, 'up'],
      env: { ...o.env, ...env },
      ready: () => isReady(ports.http),
      timeoutMs: 60_000,
      ...(o.cgroupProcs === undefined ? {} : { cgroupProcs: o.cgroupProcs }),
    });
  };
  const cliWith: Gateway['cliWith'] = (options, ...args) =>
    runAside([LAUNCHER, '--config', file, ...args], options);
  const cli: Gateway['cli'] = (...args) => cliWith({ input: '' }, ...args);
  const does: Gateway['does'] = async (...args) => {
    const ran = await cli(...args);
    if (ran.code !== 0)
      throw new Error(`gatehouse ${args.join(' ')} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  let made: Promise<string> | undefined;
  const apiKey = (): Promise<string> =>
    (made ??= does('api-key', 'create', 'test', '--all', '--days', '1').then((text) => text.trim()));
  try {
    await start();
  } catch (error) {
    temp[Symbol.dispose]();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await child?.[Symbol.asyncDispose]();
  };
  return {
    ports,
    config: file,
    data,
    output: () => said + (child?.output() ?? ''),
    pid: () => child?.pid ?? 0,
    cli,
    cliWith,
    does,
    apiKey,
    api: async (path, init = {}) => {
      const headers = new Headers(init.headers);
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${await apiKey()}`);
      return await fetch(`http://127.0.0.1:${ports.http}/api/v1${path}`, { ...init, headers });
    },
    verify: async () => {
      const ran = await cli('verify');
      if (ran.code !== 0) throw new Error(`gatehouse verify found:\n${ran.stdout}${ran.stderr}`);
    },
    stop,
    kill9: async () => {
      if (child !== undefined) await killTree(child.pid);
      await child?.exited;
    },
    start,
    [Symbol.asyncDispose]: async () => {
      await stop();
      stopLeftDatabase(data);
      temp[Symbol.dispose]();
    },
  };
}

/** A gateway that died without stopping its database leaves it running for the next start; here there is none. */
function stopLeftDatabase(data: string): void {
  try {
    const [pid] = readFileSync(`${data}/postgres/cluster/postmaster.pid`, 'utf8').split('\n');
    process.kill(Number(pid), 'SIGQUIT');
  } catch {
    // It was stopped, as it should be, or it was never ours to start.
  }
}

async function isReady(httpPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`, {
      signal: AbortSignal.timeout(2_000),
    });
    // Its own parts; a small disk or a scanner that is away may be what a test is about.
    const { parts } = (await response.json()) as { parts: Readonly<Record<string, string>> };
    return parts['database'] === 'ok' && parts['mail'] === 'ok';
  } catch {
    return false; // not listening yet
  }
}

/** pid → parent of everything that runs, zombies left out. */
function processTable(): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') table.set(Number(name), Number(parent));
    } catch {
      // ended meanwhile
    }
  }
  return table;
}

function below(root: number, table: ReadonlyMap<number, number>): readonly number[] {
  const inside = new Set([root]);
  for (let before = 0; before < inside.size;) {
    before = inside.size;
    for (const [pid, parent] of table) if (inside.has(parent)) inside.add(pid);
  }
  return [...inside].filter((pid) => table.has(pid));
}

/**
 * Kills the whole tree within milliseconds, the root last: it is the parent of the database and so takes the dead away, which
 * PostgreSQL needs before it starts again (it takes a zombie for a running server) and not every init does in time.
 */
async function killTree(root: number): Promise<void> {
  const all = below(root, processTable()).filter((pid) => pid !== root);
  for (const pid of all) signalOne(pid, 'SIGKILL');
  await until(
    'the killed processes to be gone',
    () => all.every((pid) => !existsSync(`/proc/${pid}`)),
    400,
    5,
  ).catch(
    () => {}, // one that was started meanwhile is found by the second look
  );
  const rest = below(root, processTable());
  for (const pid of rest) signalOne(pid, 'SIGKILL');
  await until(
    'the killed processes to be gone',
    () => rest.every((pid) => !existsSync(`/proc/${pid}`)),
    30_000,
    5,
  );
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}

/** Pids below the gateway whose command line matches: its database, its mail processes. */
export function gatewayProcesses(gateway: Gateway, pattern: RegExp): readonly number[] {
  return below(gateway.pid(), processTable()).filter((pid) => {
    try {
      return pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '));
    } catch {
      return false;
    }
  });
}
