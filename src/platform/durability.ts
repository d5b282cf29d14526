/**
 * The database must keep what it says it keeps: settings that would make `250` a lie stop the start, each with its remedy.
 */
import { ConfigError } from '#core/errors.ts';
import type { Database } from './db.ts';

const MUST: readonly (readonly [string, readonly string[]])[] = [
  ['fsync', ['on']],
  ['full_page_writes', ['on']],
  ['synchronous_commit', ['on', 'remote_apply', 'remote_write']],
  ['data_checksums', ['on']],
  ['server_encoding', ['UTF8']],
];
/** PostgreSQL 15, Debian 12's, is the oldest we test with. */
const OLDEST = 150_000;

/** Throws ConfigError listing every setting that would lose or hide the loss of accepted mail. */
export async function assertDurable(db: Database): Promise<void> {
  const rows = await db.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [[...MUST.map(([name]) => name), 'server_version_num']],
  );
  const settings = new Map(rows.map((r) => [r.name, r.setting]));
  const complaints = MUST.filter(([name, good]) => !good.includes(settings.get(name) ?? '')).map(
    ([name, good]) =>
      `database: ${name} is ${settings.get(name) ?? 'unknown'} and must be ${good[0]}: without it accepted mail could be lost`,
  );
  const version = Number(settings.get('server_version_num') ?? 0);
  if (version < OLDEST)
    complaints.push(`database: PostgreSQL ${Math.floor(version / 10_000)} is too old; 15 or newer is needed`);
  if (complaints.length > 0) throw new ConfigError(complaints);
}
