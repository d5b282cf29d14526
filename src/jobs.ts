/**
 * What happens by itself over time, wired: keys of domains, room in the tables, what nobody needs any more. Run by the
 * supervisor; of several supervisors on one database one runs a job at a time (platform/jobs.ts).
 */
import { startSequencer } from '#assurance/audit/sequencer.ts';
import { forgetCheckpoints } from '#assurance/audit/witnesses.ts';
import { destroyDue } from '#assurance/tenants/deletion.ts';
import { writeExports } from '#assurance/tenants/export-files.ts';
import { EXPORT_JOB } from '#assurance/tenants/exports.ts';
import { keepRefreshed } from '#assurance/tenants/known-tenants.ts';
import { moveBodies } from '#assurance/tenants/move-bodies.ts';
import { countTenants } from '#assurance/tenants/usage.ts';
import type { Database } from '#platform/db.ts';
import { runCampaigns } from '#assurance/access/campaign-job.ts';
import { parseServer } from '#platform/dns/resolv-conf.ts';
import { createWireResolver } from '#platform/dns/resolver.ts';
import { JOB_CHANNEL, type PeriodicJob, startJobs } from '#platform/jobs.ts';
import { listen } from '#platform/listen.ts';
import type { Logger } from '#platform/log.ts';
import { PEOPLE_SYNC_JOB, syncDueSources } from '#assurance/people-sync/sync.ts';
import { neededBlobs, sweepBlobs } from '#mail/queue/sweep.ts';
import { forgetGreylist } from '#mail/receive/greylist-store.ts';
import { makeMissingKeys } from '#mail/signing/dkim-keys.ts';
import { ROTATION_JOB, rotateDkimKeys } from '#mail/signing/rotate.ts';
import type { Config } from './config.ts';
import type { Stores } from './installation.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Months of room in the tracking tables beyond this one. */
const PARTITIONS_AHEAD = 2;
/** Cosigned checkpoints of each log that are kept beside one of each day. */
const CHECKPOINTS_KEPT = 100;

/** `app` is for what is done in the name of a tenant, seeing only that one. */
export async function openJobs(
  config: Config,
  stores: Stores,
  app: Database,
  log: Logger,
): Promise<AsyncDisposable> {
  const jobs = startJobs(stores.db, log, [
    ...periodicJobs(config, stores, app),
    ...tenantJobs(config, stores, app),
  ]);
  const renewing = keepRefreshed(stores.tenants, log);
  const sequencer = startSequencer(
    {
      db: stores.db,
      keys: stores.keys,
      originPrefix: `${config.hostname}/audit`,
      nowMs: () => Date.now(),
    },
    log.child({ job: 'audit-sequencer' }),
  );
  const listening = await listen(stores.db, log, {
    // A domain that was added wants its keys now.
    directory: () => jobs.wake(`dkim-keys${placeOf(config)}`),
    [JOB_CHANNEL]: (name) => {
      jobs.wake(name);
      jobs.wake(`${name}${placeOf(config)}`);
    },
    tenant: renewing.now,
  });
  return {
    [Symbol.asyncDispose]: async () => {
      renewing[Symbol.dispose]();
      await listening[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
      await sequencer[Symbol.asyncDispose]();
    },
  };
}

function periodicJobs(config: Config, stores: Stores, app: Database): readonly PeriodicJob[] {
  const { db, keys, blobs } = stores;
  return [
    {
      name: `dkim-keys${placeOf(config)}`,
      everyMs: MINUTE_MS,
      run: async () => done({ domains: await makeMissingKeys(db, keys, Date.now()) }),
    },
    {
      name: ROTATION_JOB,
      everyMs: 10 * MINUTE_MS,
      run: async (stopping) => {
        // A resolver of its own each time: a cached "no such record" would hide what was just published.
        using resolver = dnsOf(config);
        return done(await rotateDkimKeys({ db, keys, resolver, nowMs: Date.now() }, stopping));
      },
    },
    {
      name: PEOPLE_SYNC_JOB,
      everyMs: MINUTE_MS,
      run: (stopping) => syncDueSources(db, { db: app, keys, stopping }),
    },
    {
      name: 'partitions',
      everyMs: DAY_MS,
      run: async () => void (await db.query('select ensure_partitions($1)', [PARTITIONS_AHEAD])),
    },
    {
      name: 'sweep-bodies',
      everyMs: HOUR_MS,
      run: async () => done({ removed: await sweepBlobs(db, blobs, Date.now()) }),
    },
    {
      name: 'sweep-segments',
      everyMs: 10 * MINUTE_MS,
      run: async () =>
        done({ removed: await blobs.sweepSegments((ids) => neededBlobs(db, ids), Date.now()) }),
    },
    {
      name: 'forget-checkpoints',
      everyMs: HOUR_MS,
      run: async () => done({ removed: await forgetCheckpoints(db, CHECKPOINTS_KEPT) }),
    },
    {
      name: 'campaigns',
      everyMs: MINUTE_MS,
      run: async (stopping) => done({ ...(await runCampaigns(db, Date.now(), stopping)) }),
    },
    {
      name: 'forget-greylist',
      everyMs: DAY_MS,
      run: async () => {
        await forgetGreylist(db);
        return undefined;
      },
    },
  ];
}

/**
 * Jobs that need keys or bodies of tenants run at each place for the tenants that may be served there; elsewhere nobody
 * could do it for them.
 */
function placeOf({ node: { labels } }: Config): string {
  return labels.length === 0 ? '' : `@${labels.toSorted().join('+')}`;
}

/** What is done to and for tenants (src/assurance/tenants). */
function tenantJobs(config: Config, stores: Stores, app: Database): readonly PeriodicJob[] {
  const { db, keys, blobs } = stores;
  const folder = config.tenants.exports;
  return [
    {
      name: 'tenant-usage',
      everyMs: MINUTE_MS,
      run: async (stopping) => done({ limitsReached: await countTenants(db, stopping) }),
    },
    {
      name: `${EXPORT_JOB}${placeOf(config)}`,
      everyMs: 10 * MINUTE_MS,
      run: async (stopping) =>
        done({ exports: await writeExports({ app, system: db, keys, blobs, folder }, stopping) }),
    },
    {
      name: 'tenant-deletions',
      everyMs: MINUTE_MS,
      run: async (stopping) => done({ tenants: await destroyDue(db, stopping) }),
    },
    {
      name: `tenant-moves${placeOf(config)}`,
      everyMs: 10 * MINUTE_MS,
      run: async (stopping) => done({ bodies: await moveBodies(db, blobs.move, stopping) }),
    },
  ];
}

/** A job that did nothing says nothing. */
function done(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> | undefined {
  return Object.values(counts).some((n) => n > 0) ? counts : undefined;
}

function dnsOf(config: Config): ReturnType<typeof createWireResolver> {
  const { servers, validating, timeoutMs } = config.dns;
  return createWireResolver({
    ...(servers.length === 0 ? {} : { servers: servers.map((s) => parseServer(s)!) }), // `!`: the schema parsed it
    validating,
    timeoutMs,
  });
}
