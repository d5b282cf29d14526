/**
 * A process of a test: started, waited for until it is ready, shown when it fails, and gone when its owner is.
 *
 * Each child leads a process group of its own and dies with us (`setpriv --pdeathsig`), so that a test run which is killed
 * leaves nothing behind. `privateFiles` are bind-mounted in a mount namespace of the child (root only): a peer that reads
 * /etc/resolv.conf gets one of its own while the machine keeps its.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { until } from './until.ts';

export type ChildOptions = {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** path seen by the child → file that it really is. */
  readonly privateFiles?: Readonly<Record<string, string>>;
  /** A cgroup's `cgroup.procs` file the child enters before it starts, so that its CPU can be accounted. */
  readonly cgroupProcs?: string;
  /** Asked until true; a child that ends before that is a failure with its output. */
  readonly ready?: (output: string) => boolean | Promise<boolean>;
  readonly timeoutMs?: number;
  /** Sent on dispose; SIGKILL follows after 5 s. */
  readonly stopSignal?: NodeJS.Signals;
};

export type Child = {
  readonly pid: number;
  /** The last 256 KB of stdout and stderr. */
  readonly output: () => string;
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly isRunning: () => boolean;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const SETPRIV = '/usr/bin/setpriv';
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function wrapped(o: ChildOptions): readonly string[] {
  const guard = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM'] : [];
  const steps: string[] = [];
  if (o.cgroupProcs !== undefined) steps.push(`echo $$ >${quote(o.cgroupProcs)}`);
  const mounts = Object.entries(o.privateFiles ?? {});
  for (const [path, real] of mounts) steps.push(`mount --bind ${quote(real)} ${quote(path)}`);
  if (steps.length === 0) return [...guard, ...o.command];
  const shell = ['/bin/sh', '-c', `${steps.join(' && ')} && exec "$@"`, 'sh', ...o.command];
  return [...guard, ...(mounts.length > 0 ? ['/usr/bin/unshare', '--mount'] : []), ...shell];
}

export async function startChild(o: ChildOptions): Promise<Child> {
  const [file, ...args] = wrapped(o);
  const child = spawn(file!, args, {
    // `!`: a command is never empty
    cwd: o.cwd,
    env: { ...process.env, ...o.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const collect = (text: string): void => void (output = (output + text).slice(-262_144));
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  let ended: number | NodeJS.Signals | undefined;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', (error) => {
      collect(`${error.message}\n`);
      resolve((ended = 127));
    });
    child.once('exit', (code, signal) => resolve((ended = code ?? signal ?? 0)));
  });
  const handle: Child = {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    isRunning: () => ended === undefined,
    kill: (signal) => signalGroup(child, signal),
    [Symbol.asyncDispose]: () => stop(child, exited, o.stopSignal ?? 'SIGTERM'),
  };
  try {
    await until(
      `${o.name} to be ready`,
      async () => {
        if (ended !== undefined) throw new Error(`${o.name} ended with ${ended}`);
        return o.ready === undefined || (await o.ready(output));
      },
      o.timeoutMs ?? 15_000,
    );
    return handle;
  } catch (error) {
    await handle[Symbol.asyncDispose]();
    throw new Error(`${o.name} did not start: ${o.command.join(' ')}\n${output}`, { cause: error });
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  // The leader itself too: Postfix's master(8) leaves the group for one of its own, and passes the signal on to that.
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already: what was asked for is so.
  }
}

async function stop(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  signalGroup(child, signal);
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
  // Grandchildren that outlived their leader; a group of which nobody is left is ESRCH.
  signalGroup(child, 'SIGKILL');
}

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a command to its end (bounded) and returns what it said; never throws for its exit code. */
export function run(
  command: readonly string[],
  options: {
    readonly input?: string | Uint8Array;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  } = {},
): Ran {
  const [file, ...args] = command;
  const done = spawnSync(file!, args, {
    // `!`: a command is never empty
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 30_000,
    maxBuffer: 64 * 1024 * 1024,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  return {
    code: done.status ?? 128,
    stdout: done.stdout?.toString('utf8') ?? '',
    stderr: `${done.stderr?.toString('utf8') ?? ''}${done.error === undefined ? '' : done.error.message}`,
  };
}

/** Like `run` without blocking: needed where this process serves what the command talks to. */
export async function runAside(
  command: readonly string[],
  options: {
    readonly input?: string | Uint8Array;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  } = {},
): Promise<Ran> {
  const [file, ...args] = command;
  const child = spawn(file!, args, { env: { ...process.env, ...options.env } }); // `!`: a command is never empty
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  child.stdin.on('error', () => {}); // a command that reads no input closes it; its exit code says how it went
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      stderr += error.message;
      resolve(127);
    });
    child.once('close', (status) => resolve(status ?? 128));
  });
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** Runs a command that has to succeed. */
export function must(command: readonly string[], options: Parameters<typeof run>[1] = {}): Ran {
  const ran = run(command, options);
  if (ran.code !== 0)
    throw new Error(`${command.join(' ')} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
  return ran;
}
