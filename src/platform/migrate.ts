/**
 * Brings the database to the schema this version knows: plain SQL files, forward only, each once, in order, in its own
 * transaction. The first line of a file says `-- compatible` (an older version still runs beside it) or `-- breaking`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import type { Database } from './db.ts';

const folder = join(import.meta.dirname, '../../migrations');

/** Applies what is missing and returns the names applied. Refuses a database that a newer version has changed. */
export async function migrate(db: Database): Promise<string[]> {
  const files = readdirSync(folder)
    .filter((f) => f.endsWith('.sql'))
    .toSorted();
  await db.query(
    `create table if not exists migration (
       name text primary key, sha256 text not null, breaking boolean not null, applied_at timestamptz not null default now())`,
  );
  const applied: string[] = [];
  for (const name of files) {
    const sql = readFileSync(join(folder, name), 'utf8');
    if (await applyOnce(db, name, sql)) applied.push(name);
  }
  await refuseNewer(db, files);
  return applied;
}

async function applyOnce(db: Database, name: string, sql: string): Promise<boolean> {
  const kind = /^-- (compatible|breaking)\n/.exec(sql)?.[1];
  if (kind === undefined)
    throw new ConfigError([`migrations/${name}: the first line must be "-- compatible" or "-- breaking"`]);
  const sha256 = createHash('sha256').update(sql).digest('hex');
  return await db.transact(async (tx) => {
    // The row goes in first: of two that migrate at once, one waits here and then finds it done.
    const mine = await tx.query(
      'insert into migration (name, sha256, breaking) values ($1, $2, $3) on conflict (name) do nothing returning name',
      [name, sha256, kind === 'breaking'],
    );
    if (mine.length === 0) {
      const [row] = await tx.query<{ sha256: string }>('select sha256 from migration where name = $1', [
        name,
      ]);
      if (row !== undefined && row.sha256 !== sha256)
        throw new ConfigError([
          `migrations/${name}: this file was changed after it had been applied to this database`,
        ]);
      return false;
    }
    await tx.query(sql);
    return true;
  });
}

async function refuseNewer(db: Database, known: readonly string[]): Promise<void> {
  const rows = await db.query<{ name: string; breaking: boolean }>(
    'select name, breaking from migration order by name',
  );
  const unknown = rows.filter((r) => r.breaking && !known.includes(r.name));
  if (unknown.length > 0)
    throw new ConfigError([
      `the database was changed by a newer version of Gatehouse (${unknown.map((r) => r.name).join(', ')}): start that version`,
    ]);
}
