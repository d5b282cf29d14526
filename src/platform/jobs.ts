/**
 * What happens by itself, every so often: a handful of named jobs of the installation. When each is due is written in the
 * database, so that a restart neither forgets nor repeats it; an advisory lock keeps it to one process at a time, and
 * PostgreSQL drops the lock the moment that process is gone. A job that failed comes again sooner, with growing waits.
 *
 * A job must bear to be cut anywhere and run again: each of its steps is a transaction of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorChain } from '#core/errors.ts';
import type { Database } from './db.ts';
import type { Logger } from './log.ts';
import { registry, SECONDS } from './metrics.ts';

const runs = registry.counter('gatehouse_job_runs_total', 'Runs of periodic jobs, by result.', [
  'job',
  'result',
]);
const seconds = registry.histogram(
  'gatehouse_job_seconds',
  'How long periodic jobs run.',
  [...SECONDS, 60, 300],
  ['job'],
);

export type PeriodicJob = {
  readonly name: string;
  readonly everyMs: number;
  /** What it did, for the log; undefined when there was nothing to do. */
  readonly run: (stopping: AbortSignal) => Promise<Readonly<Record<string, unknown>> | undefined>;
};

export type Jobs = {
  /** Runs the job soon, due or not: something happened that it waits for. */
  readonly wake: (name: string) => void;
  /** Waits until what runs has ended, for a while. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const FIRST_RETRY_MS = 30_000;
const MAX_RETRY_MS = 3_600_000;
/** How often a process looks whether another one's job has become due meanwhile. */
const MAX_SLEEP_MS = 60_000;
const STOP_MS = 10_000;

export function startJobs(db: Database, log: Logger, jobs: readonly PeriodicJob[]): Jobs {
  const stopping = new AbortController();
  const loops = jobs.map((job) => startLoop(db, log.child({ job: job.name }), job, stopping.signal));
  return {
    wake: (name) => loops[jobs.findIndex((j) => j.name === name)]?.wake(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      for (const loop of loops) loop.wake();
      const ended = Promise.all(loops.map((l) => l.ended));
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}

type Loop = { readonly wake: () => void; readonly ended: Promise<void> };

/** One job's life in this process: wait, try, wait. It never runs beside itself, since one loop runs it. */
function startLoop(db: Database, log: Logger, job: PeriodicJob, stopping: AbortSignal): Loop {
  let wakeUp: (() => void) | undefined;
  let isWanted = false;
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const live = async (): Promise<void> => {
    while (!stopping.aborted) {
      const wanted = isWanted;
      isWanted = false;
      const waitMs = await tryRun(db, log, job, stopping, wanted);
      if (!isWanted && !stopping.aborted) await wait(Math.min(waitMs, MAX_SLEEP_MS));
    }
  };
  return {
    wake: () => {
      isWanted = true;
      wakeUp?.();
    },
    ended: live(),
  };
}

/** Runs the job if it is due (or wanted) and nobody else runs it. Returns when to look again; never throws. */
async function tryRun(
  db: Database,
  log: Logger,
  job: PeriodicJob,
  stopping: AbortSignal,
  isWanted: boolean,
): Promise<number> {
  try {
    if (!isWanted) {
      const waitMs = await dueInMs(db, job.name);
      if (waitMs > 0) return waitMs;
    }
    const lock = await db.dedicated();
    try {
      const got = await lock.query<{ got: boolean }>('select pg_try_advisory_lock(2, hashtext($1)) as got', [
        job.name,
      ]);
      if (got.rows[0]?.got !== true) return Math.min(job.everyMs, MAX_SLEEP_MS);
      // Somebody may have run it between our look and our lock.
      const waitMs = isWanted ? 0 : await dueInMs(db, job.name);
      if (waitMs > 0) return waitMs;
      return await runLocked(db, log, job, stopping);
    } finally {
      await lock.end();
    }
  } catch (error) {
    log.warn('a job could not be looked after; trying again', { error: errorChain(error) });
    return FIRST_RETRY_MS;
  }
}

async function dueInMs(db: Database, name: string): Promise<number> {
  const [row] = await db.query<{ ms: number }>(
    `select greatest(0, ceil(extract(epoch from next_at - now()) * 1000))::bigint as ms from periodic_job where name = $1`,
    [name],
  );
  return row?.ms ?? 0;
}

async function runLocked(
  db: Database,
  log: Logger,
  job: PeriodicJob,
  stopping: AbortSignal,
): Promise<number> {
  const [row] = await db.query<{ failures: number }>(
    `insert into periodic_job (name, next_at, started_at) values ($1, now(), clock_timestamp())
     on conflict (name) do update set started_at = clock_timestamp() returning failures`,
    [job.name],
  );
  const startedMs = performance.now();
  let error: unknown;
  try {
    const did = await job.run(stopping);
    if (did === undefined) log.debug('nothing to do');
    else log.info('job done', { ...did, ms: Math.round(performance.now() - startedMs) });
  } catch (thrown) {
    error = thrown ?? new Error('thrown without a reason');
  }
  seconds.with(job.name).observe((performance.now() - startedMs) / 1000);
  const failures = error === undefined ? 0 : (row?.failures ?? 0) + 1;
  const waitMs = error === undefined ? job.everyMs : retryAfterMs(failures);
  runs.with(job.name, error === undefined ? 'ok' : 'failed').inc();
  if (error !== undefined)
    log.error('a job failed', { error: errorChain(error), failures, againInMs: waitMs });
  await db.query(
    `update periodic_job set ended_at = clock_timestamp(), failures = $2, last_error = $3,
       next_at = now() + $4 * interval '1 millisecond' where name = $1`,
    [job.name, failures, error === undefined ? null : errorChain(error), waitMs],
  );
  return waitMs;
}

/** The channel on which `jobSoon` asks whoever runs jobs. */
export const JOB_CHANNEL = 'job';

/**
 * Asks for a run now and waits for its end: true when it ended well, false when it failed, undefined when no process took
 * it up in time.
 */
export async function jobSoon(db: Database, name: string, timeoutMs: number): Promise<boolean | undefined> {
  const [before] = await db.query<{ at: string }>('select clock_timestamp()::text as at');
  await db.query('select pg_notify($1, $2)', [JOB_CHANNEL, name]);
  for (const endMs = performance.now() + timeoutMs; performance.now() < endMs; await sleep(200)) {
    const [row] = await db.query<{ failures: number }>(
      `select failures from periodic_job where name = $1 and started_at >= $2::timestamptz and ended_at >= started_at`,
      [name, before?.at],
    );
    if (row !== undefined) return row.failures === 0;
  }
  return undefined;
}

/** 30 s, 1 min, 2 min, … up to an hour: also for a daily job, and also for one that runs each minute. */
export function retryAfterMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(20, failures - 1), MAX_RETRY_MS);
}
