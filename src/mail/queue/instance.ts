/**
 * This process among the others: it holds an advisory lock as long as it lives, so that leases of the dead can be told
 * from leases of the slow. PostgreSQL drops the lock with the connection, the moment the process is gone.
 */
import { hostname } from 'node:os';
import type pg from 'pg';
import { newId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';

export type Instance = {
  readonly id: string;
  /** False after the connection that holds the lock broke: another may now take our leases, so nothing new is begun. */
  readonly isAlive: () => boolean;
  /**
   * Whether what is under our lease is surely still ours: also false when no heartbeat got through for so long that the
   * leases may be running out, as after the process or its machine stood still.
   */
  readonly mayBegin: () => boolean;
  /** Takes the lock again on a new connection. */
  readonly revive: () => Promise<void>;
  readonly heartbeat: () => Promise<void>;
  /** Its place among those that live, as of the last heartbeat; limits of destinations are shared out by it. */
  readonly share: () => { readonly rank: number; readonly of: number };
  /** Frees the leases of instances that are gone; returns how many rows that were. */
  readonly reclaim: () => Promise<number>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Half of what a lease lasts. */
const SURE_MS = 60_000;

const LOCK = 'select pg_advisory_lock(1, hashtext($1))';

/** `now` runs evenly: no setting of the clock makes an old heartbeat young. */
export async function registerInstance(
  db: Database,
  now: () => number = () => performance.now(),
  /** Takes out what an owner of leases had disowned, before they are freed. */
  forget: (owner: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Instance> {
  const id = newId<'instance'>();
  const node = hostname();
  let client: pg.Client | undefined;
  const revive = async (): Promise<void> => {
    await client?.end().catch(() => {}); // it is broken or we would not be here
    const fresh = await db.dedicated();
    fresh.on('end', () => {
      if (client === fresh) client = undefined;
    });
    await fresh.query(LOCK, [id]);
    client = fresh;
  };
  await revive();
  await db.query('insert into instance (id, node, pid) values ($1, $2, $3)', [id, node, process.pid]);
  let share = await shareNow(db, id);
  let beatMs = now();
  return {
    id,
    share: () => share,
    isAlive: () => client !== undefined,
    mayBegin: () => client !== undefined && now() - beatMs < SURE_MS,
    revive,
    heartbeat: async () => {
      const startedMs = now();
      await db.query('update instance set heartbeat_at = now() where id = $1', [id]);
      await db.query(`update queue set leased_until = now() + interval '2 minutes' where lease_owner = $1`, [
        id,
      ]);
      beatMs = startedMs;
      share = await shareNow(db, id);
    },
    reclaim: () => (client === undefined ? Promise.resolve(0) : reclaim(client, id, node, forget)),
    [Symbol.asyncDispose]: async () => {
      await forget(id);
      await db.query('update queue set lease_owner = null, leased_until = null where lease_owner = $1', [id]);
      await db.query('delete from instance where id = $1', [id]);
      const mine = client;
      client = undefined;
      await mine?.end();
    },
  };
}

/** Those without a heartbeat for a minute are not counted; the dead of our own node are removed sooner, by `reclaim`. */
async function shareNow(db: Database, me: string): Promise<{ readonly rank: number; readonly of: number }> {
  const [row] = await db.query<{ rank: number; of: number }>(
    `select count(*) filter (where id < $1) as rank, count(*) filter (where id <> $1) + 1 as of
     from instance where heartbeat_at > now() - interval '1 minute' or id = $1`,
    [me],
    'instance.share',
  );
  return row ?? { rank: 0, of: 1 };
}

async function reclaim(
  client: pg.Client,
  me: string,
  node: string,
  forget: (owner: string) => Promise<unknown>,
): Promise<number> {
  const owners = await client.query<{ owner: string; pid: number | null; isFresh: boolean }>(
    // On our own node the death of a process is certain at once; of another node we also wait until the lease has run out,
    // since its connection may have broken while it still talks to a remote.
    `select distinct q.lease_owner as owner, i.pid, q.leased_until >= now() as "isFresh"
     from queue q left join instance i on i.id = q.lease_owner
     where q.lease_owner is not null and q.lease_owner <> $1 and (i.node = $2 or q.leased_until < now())
     union select id, null, false from instance where id <> $1 and heartbeat_at < now() - interval '10 minutes'`,
    [me, node],
  );
  let freed = 0;
  for (const { owner, pid, isFresh } of owners.rows) {
    // A database restart takes everybody's lock: a neighbour that still runs is then slow to lock again, not dead.
    if (isFresh && pid !== null && isRunning(pid)) continue;
    const lock = await client.query<{ got: boolean }>('select pg_try_advisory_lock(1, hashtext($1)) as got', [
      owner,
    ]);
    if (lock.rows[0]?.got !== true) continue;
    await forget(owner);
    const done = await client.query(
      `with freed as (update queue set lease_owner = null, leased_until = null where lease_owner = $1 returning tenant_id, message_id, n),
       gone as (delete from instance where id = $1)
       insert into audit_event (tenant_id, what, actor, subject, details)
       select tenant_id, 'delivery.interrupted', 'system:worker', message_id::text, jsonb_build_object('recipient', n, 'instance', $1::text) from freed`,
      [owner],
    );
    freed += done.rowCount ?? 0;
    await client.query('select pg_advisory_unlock(1, hashtext($1))', [owner]);
  }
  return freed;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
