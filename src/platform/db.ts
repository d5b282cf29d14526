/**
 * PostgreSQL for every room: a pool, prepared statements, one way to read and one way to write.
 *
 * `transact` commits what `fn` did or nothing. An error from the pool (no database, too slow) is a TransientError, so that
 * the SMTP door answers 451 and the HTTP door 503.
 *
 * Which rows there are is decided by the database: row-level security shows the role of the API and the command line one
 * tenant, the one that `asTenant` names on the connection, or none (migrations/0005).
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { TransientError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';

export type Row = Record<string, unknown>;

export type Reader = {
  /** Runs one statement; `name` makes it a prepared one, which is what the hot path wants. */
  readonly query: <T extends Row>(sql: string, values?: readonly unknown[], name?: string) => Promise<T[]>;
};
/** A reader inside a transaction; functions that must be part of one ask for this type. */
export type Transaction = Reader & { readonly inTransaction: true };

export type Database = Reader & {
  readonly transact: <T>(fn: (tx: Transaction) => Promise<T>) => Promise<T>;
  /** The same connections, each told before its use that it works for this tenant: the one place where that is set. */
  readonly asTenant: (tenant: TenantId) => Database;
  /** A connection of its own, for LISTEN and advisory locks; the caller ends it. */
  readonly dedicated: () => Promise<pg.Client>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type DatabaseOptions = {
  readonly url: string;
  readonly maxConnections: number;
  /** Applies to each statement. The server keeps it; where it is silent we give up `PATIENCE_MS` later. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** How often a connection of one's own is asked whether it still lives. */
  readonly watchMs?: number;
};

/** Half of the time after which a process trusts its leases no more (mail/queue/instance.ts), so that a dead lock is seen before. */
const WATCH_MS = 15_000;
/** How much later than the server our own limit comes, so that a server that lives tells the reason itself. */
const PATIENCE_MS = 1_000;

// int8 as number: our counters and sizes stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export function openDatabase(options: DatabaseOptions): Database {
  const settings = {
    connectionString: options.url,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: 5_000,
  };
  const patienceMs = options.statementTimeoutMs + PATIENCE_MS;
  const pool = new pg.Pool({
    ...settings,
    max: options.maxConnections,
    idleTimeoutMillis: 60_000,
    // The server's limit is no help when the server itself stands still, or the network does.
    query_timeout: patienceMs,
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {});
  // One that breaks in use fails its statement; that it also says so by itself must not end the process either.
  pool.on('connect', (client) => void client.on('error', () => {}));

  /** What each connection was last told; a connection that was told nothing sees no tenant. */
  const told = new WeakMap<pg.PoolClient, TenantId>();

  const checkOut = async (tenant: TenantId | undefined): Promise<pg.PoolClient> => {
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw asRoomError(error);
    }
    if (told.get(client) === tenant) return client;
    try {
      // Not in a transaction, whose rollback would take it back.
      await client.query(NAME_TENANT, [tenant ?? '']);
    } catch (error) {
      client.release(true);
      throw asRoomError(error);
    }
    if (tenant === undefined) told.delete(client);
    else told.set(client, tenant);
    return client;
  };

  // All views share the connections, and any of them may be the last to be let go.
  let ended: Promise<void> | undefined;

  const view = (tenant: TenantId | undefined): Database => ({
    query: async (sql, values, name) => {
      const client = await checkOut(tenant);
      let broken = false;
      try {
        return await ask(client, sql, values, name);
      } catch (error) {
        // Also where the server answered: with the last thing it said before it closed.
        broken = error instanceof TransientError;
        throw error;
      } finally {
        client.release(broken);
      }
    },
    transact: async (fn) => await transactOn(await checkOut(tenant), fn),
    asTenant: (other) => view(other),
    dedicated: async () => {
      const socket = new Socket();
      const client = new pg.Client({ ...settings, query_timeout: patienceMs, stream: () => socket });
      client.on('error', () => {});
      watchOver(client, socket, options.watchMs ?? WATCH_MS);
      try {
        await client.connect();
        if (tenant !== undefined) await client.query(NAME_TENANT, [tenant]);
      } catch (error) {
        throw asRoomError(error);
      }
      return client;
    },
    [Symbol.asyncDispose]: () => (ended ??= pool.end()),
  });
  return view(undefined);
}

const NAME_TENANT = `select set_config('gatehouse.tenant', $1, false)`;

async function ask<T extends Row>(
  client: pg.PoolClient,
  sql: string,
  values: readonly unknown[] = [],
  name?: string,
): Promise<T[]> {
  try {
    const config = { text: sql, values: [...values], ...(name === undefined ? {} : { name }) };
    return (await client.query<T>(config)).rows;
  } catch (error) {
    throw asRoomError(error);
  }
}

async function transactOn<T>(client: pg.PoolClient, fn: (tx: Transaction) => Promise<T>): Promise<T> {
  // A connection on which a statement got no answer, or even rollback fails, must not go back into the pool: whatever
  // still comes on it would be taken for the answer to somebody else's question.
  let broken: Error | undefined;
  const query: Reader['query'] = async (sql, values, name) => {
    try {
      return await ask(client, sql, values, name);
    } catch (error) {
      if (isUnanswered(error)) broken = error;
      throw error;
    }
  };
  try {
    await query('begin');
    const value = await fn({ inTransaction: true, query });
    await query('commit');
    return value;
  } catch (error) {
    if (broken === undefined) await query('rollback').catch((e: unknown) => (broken = e as Error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether the connection itself failed, or the server stood still, so that an answer may still be under way. */
function isUnanswered(error: unknown): error is TransientError {
  return error instanceof TransientError && !isAnswer(error.cause);
}

/**
 * A connection that only listens or holds a lock says nothing, so that one whose server or network died silently would be
 * believed for ever. It is asked now and then, and cut when no answer comes: its owner then hears `end`.
 */
function watchOver(client: pg.Client, socket: Socket, everyMs: number): void {
  // as: rooms use the form that promises, alone. One question at a time, ours behind theirs and theirs behind ours.
  const ask = client.query.bind(client) as (...question: readonly unknown[]) => Promise<unknown>;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (...question: readonly unknown[]): Promise<unknown> => {
    const mine = last.catch(() => {}).then(() => ask(...question)); // whoever asked before has heard of it
    last = mine;
    return mine;
  };
  client.query = inTurn as typeof client.query;
  const timer = setInterval(() => void inTurn('select 1').catch(() => socket.destroy()), everyMs);
  timer.unref();
  client.once('end', () => clearInterval(timer));
}

/** SQLSTATE classes that say "not now" (PostgreSQL appendix A): connection, resources, intervention, serialization. */
const TRANSIENT = /^(08|53|57|40|25P03|55P03)/;

/** Whether the server said it, with an SQLSTATE; everything else is the connection's or our own. */
function isAnswer(error: unknown): error is { readonly code: string } {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
}

function asRoomError(error: unknown): unknown {
  if (isAnswer(error) && !TRANSIENT.test(error.code)) return error;
  return new TransientError('the database did not answer', { cause: error });
}
