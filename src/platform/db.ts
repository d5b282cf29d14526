/**
 * PostgreSQL for every room: a pool, prepared statements, one way to read and one way to write.
 *
 * `transact` commits what `fn` did or nothing. An error from the pool (no database, too slow) is a TransientError, so that
 * the SMTP door answers 451 and the HTTP door 503.
 */
import pg from 'pg';
import { TransientError } from '#core/errors.ts';

export type Row = Record<string, unknown>;

export type Reader = {
  /** Runs one statement; `name` makes it a prepared one, which is what the hot path wants. */
  readonly query: <T extends Row>(sql: string, values?: readonly unknown[], name?: string) => Promise<T[]>;
};
/** A reader inside a transaction; functions that must be part of one ask for this type. */
export type Transaction = Reader & { readonly inTransaction: true };

export type Database = Reader & {
  readonly transact: <T>(fn: (tx: Transaction) => Promise<T>) => Promise<T>;
  /** A connection of its own, for LISTEN and advisory locks; the caller ends it. */
  readonly dedicated: () => Promise<pg.Client>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type DatabaseOptions = {
  readonly url: string;
  readonly maxConnections: number;
  /** Applies to each statement. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
};

// int8 as number: our counters and sizes stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export function openDatabase(options: DatabaseOptions): Database {
  const settings = {
    connectionString: options.url,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: 5_000,
  };
  const pool = new pg.Pool({ ...settings, max: options.maxConnections, idleTimeoutMillis: 60_000 });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {});

  const run = async <T extends Row>(
    on: pg.Pool | pg.PoolClient,
    sql: string,
    values: readonly unknown[] = [],
    name?: string,
  ): Promise<T[]> => {
    try {
      const config = { text: sql, values: [...values], ...(name === undefined ? {} : { name }) };
      return (await on.query<T>(config)).rows;
    } catch (error) {
      throw asRoomError(error);
    }
  };

  return {
    query: (sql, values, name) => run(pool, sql, values, name),
    transact: async (fn) => {
      let client: pg.PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw asRoomError(error);
      }
      let broken: Error | undefined;
      try {
        await run(client, 'begin');
        const value = await fn({
          inTransaction: true,
          query: (sql, values, name) => run(client, sql, values, name),
        });
        await run(client, 'commit');
        return value;
      } catch (error) {
        // A connection on which even rollback fails must not go back into the pool.
        await run(client, 'rollback').catch((e: unknown) => (broken = e as Error));
        throw error;
      } finally {
        client.release(broken);
      }
    },
    dedicated: async () => {
      const client = new pg.Client(settings);
      client.on('error', () => {});
      try {
        await client.connect();
      } catch (error) {
        throw asRoomError(error);
      }
      return client;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** SQLSTATE classes that say "not now" (PostgreSQL appendix A): connection, resources, intervention, serialization. */
const TRANSIENT = /^(08|53|57|40|25P03|55P03)/;

function asRoomError(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && !TRANSIENT.test(code) && /^[0-9A-Z]{5}$/.test(code)) return error;
  return new TransientError('the database did not answer', { cause: error });
}
