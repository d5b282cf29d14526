/**
 * Connections kept open for the next message (RFC 5321 §4.5.4.1 asks for few connections, speed asks for old ones), and
 * how many of them a destination may have.
 */
import type { Connection } from './transport.ts';

export type PoolOptions = {
  /** An unused connection is given back after this. Default 15 000: below the patience of common servers. */
  readonly idleMs: number;
  /** Default 200. */
  readonly maxMessagesPerConnection: number;
  /** Idle connections in all. Default 500. */
  readonly maxIdle: number;
};

const DEFAULTS: PoolOptions = { idleMs: 15_000, maxMessagesPerConnection: 200, maxIdle: 500 };

type Idle = { readonly connection: Connection; readonly sinceMs: number };

export class ConnectionPool {
  readonly counters = { opened: 0, reused: 0, expired: 0, lost: 0 };
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, Idle[]>();
  #count = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: Partial<PoolOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** The most recently used connection under that key; the caller owns it until `release`. */
  take(key: string): Connection | undefined {
    const idle = this.#idle.get(key);
    const found = idle?.pop();
    if (idle === undefined || found === undefined) return undefined;
    if (idle.length === 0) this.#idle.delete(key);
    this.#count--;
    found.connection.onIdleEnd = undefined;
    this.counters.reused++;
    return found.connection;
  }

  /** Keeps the connection for the next message, or ends it politely. */
  release(key: string, connection: Connection): void {
    const worn = connection.uses >= this.#options.maxMessagesPerConnection;
    if (!connection.alive || worn || this.#closed || this.#count >= this.#options.maxIdle)
      return connection.quit();
    const idle = this.#idle.get(key);
    const entry: Idle = { connection, sinceMs: Date.now() };
    if (idle === undefined) this.#idle.set(key, [entry]);
    else idle.push(entry);
    this.#count++;
    connection.onIdleEnd = () => this.#forget(key, entry);
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.max(50, this.#options.idleMs / 4)).unref();
    return undefined;
  }

  get idle(): number {
    return this.#count;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const [key, entries] of this.#idle) for (const entry of entries.slice()) this.#drop(key, entry);
    clearInterval(this.#sweeper);
  }

  #forget(key: string, entry: Idle): void {
    const idle = this.#idle.get(key);
    const at = idle?.indexOf(entry) ?? -1;
    if (idle === undefined || at === -1) return;
    idle.splice(at, 1);
    if (idle.length === 0) this.#idle.delete(key);
    this.#count--;
    this.counters.lost++;
  }

  #drop(key: string, entry: Idle): void {
    this.#forget(key, entry);
    this.counters.lost--;
    this.counters.expired++;
    entry.connection.quit();
  }

  #sweep(): void {
    const before = Date.now() - this.#options.idleMs;
    for (const [key, entries] of this.#idle)
      for (const entry of entries.filter((e) => e.sinceMs < before)) this.#drop(key, entry);
    if (this.#count > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
