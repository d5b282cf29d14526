/**
 * Mail runs in processes of its own, one per core, each with its own sockets on the same ports (SO_REUSEPORT lets the
 * kernel share out connections), its own deliveries and its own memory. One that dies takes only its open connections with
 * it: what it had accepted is in the database, its leases are taken over, and it is started again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ConfigError, InvariantError } from '#core/errors.ts';
import type { Logger } from '#platform/log.ts';
import { mergeMetrics } from '#platform/metrics-merge.ts';
import type { Config } from './config.ts';
import { systemClock } from '#core/time.ts';
import { type Ban, createLimitPool, type LimitPool } from '#mail/receive/limit-pool.ts';
import type { FromMail, ToMail } from './mail-ipc.ts';

export type BoundListener = {
  readonly name: string;
  readonly kind: string;
  readonly host: string;
  readonly port: number;
};

export type MailProcesses = {
  readonly listeners: readonly BoundListener[];
  /** A word on what is wrong, or undefined when every process is up. */
  readonly trouble: () => Promise<string | undefined>;
  /** The metrics of all processes, summed. */
  readonly metrics: () => Promise<string>;
  /** Has every process read policy and certificates again; each says in the log what it took over. */
  readonly reload: () => void;
  readonly stop: () => Promise<void>;
};

const START_MS = 30_000;
const STOP_MS = 40_000;
const MAX_DEFAULT = 4;
const MIN_RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;
/**
 * Most of what a message leaves behind dies young: the nursery has its size from the start, since one that grows moves what
 * is in work to the old space, and the old space is not searched for so little. MB.
 */
const HEAP = ['--min-semi-space-size=16', '--max-semi-space-size=16', '--initial-old-space-size=192'];

export async function startMailProcesses(config: Config, url: string, log: Logger): Promise<MailProcesses> {
  const count = config.workers.processes ?? Math.min(MAX_DEFAULT, availableParallelism());
  const shared: Shared = {
    processes: count,
    pool: createLimitPool(systemClock),
    ban: (ban, from) => {
      shared.pool.ban(ban);
      for (const p of all) if (p !== from) p.hearBan(ban);
    },
  };
  const all: MailProcess[] = [];
  const first = new MailProcess(0, url, log, shared);
  // The first one finds out which ports the zeros stand for; the others get the numbers.
  const listeners = await first.start(config);
  const settled: Config = {
    ...config,
    listeners: config.listeners.map((l) => ({
      ...l,
      port: listeners.find((b) => b.name === l.name)?.port ?? l.port,
    })),
  };
  first.restartWith(settled);
  const others = Array.from({ length: count - 1 }, (_, i) => new MailProcess(i + 1, url, log, shared));
  all.push(first, ...others);
  try {
    await Promise.all(others.map((p) => p.start(settled)));
  } catch (error) {
    await Promise.all(all.map((p) => p.stop()));
    throw error;
  }
  return {
    listeners,
    trouble: async () => {
      const down = all.filter((p) => !p.isUp());
      return down.length === 0 ? undefined : `${down.length} of ${all.length} mail processes are down`;
    },
    metrics: async () => mergeMetrics(await Promise.all(all.map((p) => p.metrics()))),
    reload: () => {
      for (const p of all) p.reload();
    },
    stop: async () => {
      await Promise.all(all.map((p) => p.stop()));
    },
  };
}

/** What the processes have in common: the limits, and who is banned. */
type Shared = {
  readonly processes: number;
  readonly pool: LimitPool;
  readonly ban: (ban: Ban, from: MailProcess) => void;
};

/** One child: started, watched, started again. Owns the child and the settings it is started with. */
class MailProcess {
  readonly #n: number;
  readonly #url: string;
  readonly #log: Logger;
  #config: Config | undefined;
  #child: ChildProcess | undefined;
  #isUp = false;
  #isStopping = false;
  #restartMs = MIN_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  readonly #shared: Shared;
  readonly #asked = new Map<number, (text: string) => void>();
  #questions = 0;

  constructor(n: number, url: string, log: Logger, shared: Shared) {
    this.#n = n;
    this.#shared = shared;
    this.#url = url;
    this.#log = log.child({ process: n });
  }

  isUp(): boolean {
    return this.#isUp;
  }

  restartWith(config: Config): void {
    this.#config = config;
  }

  async start(config: Config): Promise<readonly BoundListener[]> {
    this.#config = config;
    const child = fork(join(import.meta.dirname, 'mail-process.ts'), [], {
      execArgv: [...process.execArgv, ...HEAP],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Ctrl-C goes to the whole terminal group; the parent alone decides when its children stop.
      detached: true,
    });
    this.#child = child;
    this.#shared.pool.forget(this.#n);
    child.on('message', (message: FromMail) => this.#hear(message));
    const listeners = await this.#untilReady(child, config);
    this.#isUp = true;
    child.once('exit', (code, signal) => this.#ended(code, signal));
    return listeners;
  }

  #untilReady(child: ChildProcess, config: Config): Promise<readonly BoundListener[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        finish(() => reject(new InvariantError(`mail process ${this.#n} did not start in time`)));
      }, START_MS);
      const finish = (how: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        how();
      };
      const onMessage = (message: FromMail): void => {
        if (message.kind === 'ready') finish(() => resolve(message.listeners));
        if (message.kind === 'failed') finish(() => reject(restored(message)));
      };
      const onExit = (code: number | null): void =>
        finish(() =>
          reject(new InvariantError(`mail process ${this.#n} ended while starting (exit code ${code})`)),
        );
      child.on('message', onMessage);
      child.on('exit', onExit);
      const { processes, pool } = this.#shared;
      this.#say(child, { kind: 'start', config, url: this.#url, processes, bans: pool.bans() });
    });
  }

  /** One that is just ending hears no more, and needs to hear no more. */
  #say(child: ChildProcess | undefined, message: ToMail): void {
    if (child?.connected === true) child.send(message, () => {});
  }

  #hear(message: FromMail): void {
    const { pool, ban } = this.#shared;
    switch (message.kind) {
      case 'metrics':
        this.#asked.get(message.question)?.(message.text);
        this.#asked.delete(message.question);
        break;
      case 'limit-ask': {
        const granted = pool.take(this.#n, message.ask);
        this.#say(this.#child, { kind: 'limit-answer', question: message.question, granted });
        break;
      }
      case 'limit-back':
        pool.giveBack(this.#n, message.name);
        break;
      case 'ban':
        ban(message.ban, this);
        break;
      case 'ready':
      case 'failed':
        break; // for #untilReady
      default:
        message satisfies never;
    }
  }

  hearBan(ban: Ban): void {
    this.#say(this.#child, { kind: 'ban', ban });
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.#isUp = false;
    this.#shared.pool.forget(this.#n);
    for (const answer of this.#asked.values()) answer('');
    this.#asked.clear();
    if (this.#isStopping) return;
    this.#log.error('a mail process ended; starting it again', { code, signal, inMs: this.#restartMs });
    this.#restartTimer = setTimeout(() => this.#again(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, MAX_RESTART_MS);
  }

  #again(): void {
    if (this.#config === undefined) return;
    // A fault that a test asked for has happened; it must not happen again at every start.
    delete process.env['GATEHOUSE_FAULT'];
    this.start(this.#config).then(
      () => (this.#restartMs = MIN_RESTART_MS),
      (error: unknown) => {
        this.#log.error('a mail process could not be started again', { error });
        this.#ended(null, null);
      },
    );
  }

  metrics(): Promise<string> {
    const child = this.#child;
    if (!this.#isUp || child === undefined) return Promise.resolve('');
    const question = ++this.#questions;
    return new Promise((resolve) => {
      this.#asked.set(question, resolve);
      setTimeout(() => this.#hear({ kind: 'metrics', question, text: '' }), 1_000).unref();
      child.send({ kind: 'metrics', question } satisfies ToMail);
    });
  }

  /** One that is down reads them at its start. */
  reload(): void {
    if (this.#isUp) this.#child?.send({ kind: 'reload' } satisfies ToMail);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.connected) child.send({ kind: 'stop' } satisfies ToMail);
    else child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}

function restored(message: FromMail & { kind: 'failed' }): Error {
  return message.complaints.length > 0
    ? new ConfigError(message.complaints)
    : new InvariantError(message.text);
}
