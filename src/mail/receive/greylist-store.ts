/** The memory of greylisting in the database, shared by every process. Keys are hashed: nobody needs to read them. */
import { createHash } from 'node:crypto';
import type { TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';

const KEEP_DAYS = 36;

/** When the key was first seen; notes it on the first call. Has the shape of GreylistStore (greylist.ts). */
export function databaseGreylistStore(db: Database, tenant: TenantId) {
  return async (key: string, nowMs: number): Promise<{ readonly firstSeenMs: number }> => {
    const triplet = createHash('sha256').update(key).digest();
    const rows = await db.query<{ first: number }>(
      `insert into greylist (tenant_id, triplet, first_seen, last_seen) values ($1, $2, $3, $3)
       on conflict (tenant_id, triplet) do update set last_seen = excluded.last_seen
       returning (extract(epoch from first_seen) * 1000)::bigint as first`,
      [tenant, triplet, new Date(nowMs).toISOString()],
      'greylist.see',
    );
    return { firstSeenMs: rows[0]?.first ?? nowMs };
  };
}

/** Forgets what has not come back for over a month (RFC 6647 §5 asks for at least a week). */
export async function forgetGreylist(db: Database): Promise<void> {
  await db.query(`delete from greylist where last_seen < now() - make_interval(days => ${KEEP_DAYS})`);
}
