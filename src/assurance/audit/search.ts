/** Finding entries of a tenant's log by who, what, to what and when; every question has its index. */
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';
import type { LogEntry } from './log.ts';

export type EntryFilter = {
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  /** The whole verb, or its beginning with a star: `delivery.*`. */
  readonly what?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
};
export type EntryRange = {
  /** `newest`: downwards from below `before`. `oldest`: upwards from `from` on. */
  readonly order: 'newest' | 'oldest';
  readonly from?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
};

export async function findEntries(
  db: Reader,
  tenant: TenantId,
  filter: EntryFilter,
  range: EntryRange,
): Promise<LogEntry[]> {
  const values: unknown[] = [tenant];
  const conditions = ['tenant_id = $1'];
  const add = (sql: (placeholder: string) => string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(sql(`$${values.length}`));
  };
  add((p) => `actor = ${p}`, filter.actor);
  add((p) => `subject = ${p}`, filter.subject);
  if (filter.what?.endsWith('*') === true)
    add((p) => `what like ${p}`, `${filter.what.slice(0, -1).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  else add((p) => `what = ${p}`, filter.what);
  add((p) => `at >= to_timestamp(${p}::float8 / 1000)`, filter.fromMs);
  add((p) => `at < to_timestamp(${p}::float8 / 1000)`, filter.toMs);
  add((p) => `log_index >= ${p}`, range.from);
  add((p) => `log_index < ${p}`, range.before);
  values.push(range.limit);
  return await db.query<LogEntry>(
    `select log_index as index, event_id as "eventId", entry from audit_entry where ${conditions.join(' and ')}
     order by log_index ${range.order === 'newest' ? 'desc' : 'asc'} limit $${values.length}`,
    values,
  );
}
