/**
 * A database for a test file: one embedded server per test process, one fresh and migrated database per call, made from a
 * template so that it takes milliseconds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '#platform/db.ts';
import { type EmbeddedPostgres, startPostgres } from '#platform/embedded-postgres.ts';
import { migrate } from '#platform/migrate.ts';

/** Open as the owner, whom row-level security does not bind; `as` gives what the product's own roles see. */
export type TestDatabase = Database & {
  readonly url: string;
  readonly as: (role: 'app' | 'system') => Database;
};

let server: Promise<{ postgres: EmbeddedPostgres; directory: string }> | undefined;
let made = 0;

const options = (url: string) => ({
  url,
  maxConnections: 8,
  statementTimeoutMs: 30_000,
  applicationName: 'gatehouse-test',
});

async function startOnce(): Promise<{ postgres: EmbeddedPostgres; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-db-'));
  const postgres = await startPostgres(directory, 'npm');
  const template = openDatabase(options(postgres.url));
  await migrate(template);
  await template[Symbol.asyncDispose]();
  return { postgres, directory };
}

/** A fresh, migrated database. Dispose it with `await using`, and call `stopTestDatabases` in the file's `after`. */
export async function testDatabase(): Promise<TestDatabase> {
  server ??= startOnce();
  const { postgres } = await server;
  const name = `test_${++made}`;
  const admin = openDatabase(options(postgres.url.replace('/gatehouse?', '/postgres?')));
  await admin.query(`create database ${name} template gatehouse`);
  await admin[Symbol.asyncDispose]();
  const url = postgres.url.replace('/gatehouse?', `/${name}?`);
  return withRoles(openDatabase(options(url)), url);
}

function withRoles(owner: Database, url: string): TestDatabase {
  const opened = new Map<string, Database>();
  return {
    ...owner,
    url,
    as: (role) => {
      const known = opened.get(role);
      if (known !== undefined) return known;
      const made = openDatabase(options(url.replace('//gatehouse@', `//gatehouse_${role}@`)));
      opened.set(role, made);
      return made;
    },
    [Symbol.asyncDispose]: async () => {
      for (const db of opened.values()) await db[Symbol.asyncDispose]();
      await owner[Symbol.asyncDispose]();
    },
  };
}

export async function stopTestDatabases(): Promise<void> {
  const running = await server;
  server = undefined;
  if (running === undefined) return;
  await running.postgres.stop();
  rmSync(running.directory, { recursive: true, force: true });
}
