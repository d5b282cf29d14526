/** MTA-STS policies in the database, with what was asked lately in memory: every delivery to a domain asks. */
import type { Database } from '#platform/db.ts';
import type { PolicyStore, StoredPolicy } from '#platform/mta-sts/policies.ts';

const MAX_REMEMBERED = 10_000;
const REMEMBER_MS = 60_000;

export function databasePolicyStore(db: Database): PolicyStore {
  const remembered = new Map<
    string,
    { readonly untilMs: number; readonly stored: StoredPolicy | undefined }
  >();
  const remember = (domain: string, stored: StoredPolicy | undefined): void => {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(domain, { untilMs: Date.now() + REMEMBER_MS, stored });
  };
  return {
    get: async (domain) => {
      const known = remembered.get(domain);
      if (known !== undefined && known.untilMs > Date.now()) return known.stored;
      const [row] = await db.query<{ policy_id: string; policy: StoredPolicy['policy']; fetched: number }>(
        `select policy_id, policy, (extract(epoch from fetched_at) * 1000)::bigint as fetched from sts_policy where domain = $1`,
        [domain],
        'sts.get',
      );
      const stored =
        row === undefined ? undefined : { id: row.policy_id, policy: row.policy, fetchedMs: row.fetched };
      remember(domain, stored);
      return stored;
    },
    put: async (domain, stored) => {
      await db.query(
        `insert into sts_policy (domain, policy_id, policy, fetched_at) values ($1, $2, $3, $4)
         on conflict (domain) do update set policy_id = excluded.policy_id, policy = excluded.policy, fetched_at = excluded.fetched_at`,
        [domain, stored.id, JSON.stringify(stored.policy), new Date(stored.fetchedMs).toISOString()],
      );
      remember(domain, stored);
    },
  };
}
