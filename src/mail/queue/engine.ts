/**
 * The delivery engine: takes jobs from the commit station (from memory, at once) and from the table (due rows under a
 * lease), runs a bounded number of them, and settles what became of each.
 *
 * Owner of everything it holds is this process: a row under its lease is in one job at most. It takes and begins nothing when
 * the lock behind its leases is gone or they may have run out, and finishes what it began.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorChain } from '#core/errors.ts';
import type { BlobId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database } from '#platform/db.ts';
import { faultPoint } from '#platform/fault-point.ts';
import type { Logger } from '#platform/log.ts';
import { insertMessages } from './insert.ts';
import type { Instance } from './instance.ts';
import type { QueueJob } from './job.ts';
import { giveBack, leaseDue, type LeasedRow } from './lease.ts';
import type { MessageToCommit, QueueKey } from './rows.ts';
import { settle, type Settlement, type Settler } from './settle.ts';
import { type NotNow, standAside } from './steer.ts';

/** What one try did for each recipient of a job, ready to be written down. */
export type JobOutcome = {
  readonly settlements: readonly Settlement[];
  /** Delivery reports that belong to these settlements: committed with them or not at all. Their bodies are durable. */
  readonly reports: readonly MessageToCommit[];
  /** Nothing was tried, since the destination is at its limit; the job goes back until then. */
  readonly notBeforeMs?: number;
};

export type Permit = { readonly kind: 'go' } | NotNow;

export type EngineDeps = {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly instance: Instance;
  readonly settler: Settler;
  readonly log: Logger;
  readonly clock: Clock;
  /** One attempt. Never throws for what a remote does; a throw is a bug and defers the job. */
  readonly attempt: (job: QueueJob) => Promise<JobOutcome>;
  /** Groups leased rows into jobs: one per message, destination and variant. */
  readonly jobsOf: (rows: readonly LeasedRow[]) => readonly QueueJob[];
  /** Whether the destination may be tried now. */
  readonly permit: (job: QueueJob) => Promise<Permit>;
  readonly settleDisowned: () => Promise<number>;
};

export type EngineOptions = {
  /** Jobs in work at the same time. */
  readonly maxJobs: number;
  /** Jobs kept in memory beyond those in work. */
  readonly maxWaiting: number;
  /** How often the table is asked for due rows when nothing wakes the engine. */
  readonly pollMs: number;
};

export type Engine = {
  /** Takes jobs of a message that was just committed under this instance's lease. */
  readonly take: (jobs: readonly QueueJob[]) => void;
  /** Looks for due rows now, after a release or a change of routes. */
  readonly wake: () => void;
  readonly start: () => void;
  /** Begins nothing new and resolves when what runs is settled, at the latest after `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>;
  readonly running: () => number;
  readonly waiting: () => number;
};

/** How long a job that broke on our side waits before the next try. */
const BROKEN_WAIT_MS = 60_000;
/** Tries to agree with the table about a rule, and the wait where that failed. */
const MAX_ASKED = 3;
const UNSURE_WAIT_MS = 1_000;
const HOUSEKEEPING_MS = 10_000;

export function createEngine(deps: EngineDeps, options: EngineOptions): Engine {
  const { db, instance, log, clock } = deps;
  const hot: QueueJob[] = [];
  let running = 0;
  let isStopping = false;
  let pollTimer: NodeJS.Timeout | undefined;
  let isPolling = false;
  let idle: (() => void) | undefined;

  const pump = (): void => {
    while (!isStopping && running < options.maxJobs && hot.length > 0) begin(hot.shift()!);
  };

  /** Rows that could not be given back, and since the heartbeat renews all our leases never come back by themselves. */
  const owed: { readonly rows: readonly QueueKey[]; readonly nextAtMs: number }[] = [];
  const release = async (rows: readonly QueueKey[], nextAtMs: number): Promise<void> => {
    try {
      await giveBack(db, rows, nextAtMs, instance.id);
    } catch (error) {
      owed.push({ rows, nextAtMs });
      log.warn('deliveries could not be given back; trying again', { error: errorChain(error) });
    }
  };

  const begin = (job: QueueJob): void => {
    // Who else has it by now may have delivered it, or an operator may have held it.
    if (!instance.mayBegin()) return void owed.push({ rows: keysOf([job]), nextAtMs: clock() });
    running++;
    return void runJob(deps, job, release).finally(() => {
      running--;
      pump();
      if (running === 0) idle?.();
    });
  };

  const poll = async (): Promise<void> => {
    if (isPolling || isStopping) return;
    isPolling = true;
    try {
      let room = options.maxJobs - running - hot.length;
      while (room > 0 && instance.mayBegin() && !isStopping) {
        const rows = await leaseDue(db, instance.id, room);
        hot.push(...deps.jobsOf(rows));
        pump();
        if (rows.length < room) break;
        room = options.maxJobs - running - hot.length;
      }
    } catch (error) {
      log.warn('the queue could not be read; trying again', { error: errorChain(error) });
    } finally {
      isPolling = false;
    }
  };

  const housekeeping = async (): Promise<void> => {
    try {
      if (!instance.isAlive()) await instance.revive();
      await instance.heartbeat();
      for (const { rows, nextAtMs } of owed.splice(0)) await release(rows, nextAtMs);
      await deps.settleDisowned();
      const freed = await instance.reclaim();
      if (freed > 0) log.warn('took over deliveries of a process that is gone', { freed });
    } catch (error) {
      log.warn('the queue could not be kept in order; trying again', { error: errorChain(error) });
    }
  };

  let houseTimer: NodeJS.Timeout | undefined;
  return {
    take: (jobs) => {
      const room = Math.max(0, options.maxWaiting - hot.length);
      hot.push(...jobs.slice(0, room));
      // More than we should keep in memory: the table has them, and the poll brings them when there is room.
      const rest = jobs.slice(room);
      if (rest.length > 0) void release(keysOf(rest), clock());
      pump();
    },
    wake: () => void poll(),
    start: () => {
      pollTimer = setInterval(() => void poll(), options.pollMs);
      houseTimer = setInterval(() => void housekeeping(), HOUSEKEEPING_MS);
      void housekeeping().then(poll);
    },
    stop: async (graceMs) => {
      isStopping = true;
      clearInterval(pollTimer);
      clearInterval(houseTimer);
      const left = hot.splice(0);
      const drained = running === 0 ? Promise.resolve() : new Promise<void>((done) => (idle = done));
      await Promise.race([drained, sleep(graceMs, undefined, { ref: false })]);
      // Where it fails the leases run out by themselves: no heartbeat renews them any more.
      await release(keysOf(left), clock());
    },
    running: () => running,
    waiting: () => hot.length,
  };
}

const keysOf = (jobs: readonly QueueJob[]) =>
  jobs.flatMap((j) => j.recipients.map((r) => ({ tenant: j.tenant, message: j.message, n: r.n })));

type Release = (rows: readonly QueueKey[], nextAtMs: number) => Promise<void>;

async function runJob(deps: EngineDeps, job: QueueJob, release: Release): Promise<void> {
  try {
    if (await stoodAside(deps, job, release)) return undefined;
    faultPoint('deliver.leased');
    const outcome = await deps.attempt(job);
    if (outcome.notBeforeMs !== undefined) return await release(keysOf([job]), outcome.notBeforeMs);
    if (outcome.settlements.some((s) => s.outcome === 'delivered')) faultPoint('deliver.remote-250');
    const finished = await writeDown(deps, outcome);
    faultPoint('deliver.settled');
    for (const id of finished) await removeBody(deps, id);
  } catch (error) {
    deps.log.error('a delivery broke on our side; it will be tried again', {
      id: job.message,
      error: errorChain(error),
    });
    await release(keysOf([job]), deps.clock() + BROKEN_WAIT_MS);
  }
  return undefined;
}

/**
 * Whether the job is not to be tried now; then its rows are dealt with. What this process knows of the rules may be a
 * moment old, so the table has the last word: where it disagrees, the rules are asked for anew.
 */
async function stoodAside(deps: EngineDeps, job: QueueJob, release: Release): Promise<boolean> {
  const rows = keysOf([job]);
  const leased = { tenant: job.tenant, domain: job.domain, owner: deps.instance.id, rows };
  for (let asked = 0; asked < MAX_ASKED; asked++) {
    const permit = await deps.permit(job);
    if (permit.kind === 'go') return false;
    if (await standAside(deps.db, leased, permit)) return true;
  }
  await release(rows, deps.clock() + UNSURE_WAIT_MS);
  return true;
}

/**
 * Settles until it succeeds: the remote may have the message already, so giving up here would deliver it twice. Only the
 * end of the process ends the tries, and the leases keep everybody else off until then.
 */
async function writeDown(deps: EngineDeps, outcome: JobOutcome): Promise<readonly string[]> {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      if (outcome.reports.length === 0) return await deps.settler.settle(outcome.settlements);
      return await deps.db.transact(async (tx) => {
        const finished = await settle(tx, outcome.settlements);
        await insertMessages(tx, outcome.reports, undefined);
        return finished;
      });
    } catch (error) {
      deps.log.warn('an attempt could not be written down; trying again', {
        error: errorChain(error),
        waitMs,
      });
      await sleep(waitMs);
    }
  }
}

async function removeBody(deps: EngineDeps, id: string): Promise<void> {
  try {
    // The id of a body is the id of its message.
    await deps.blobs.remove(id as BlobId);
  } catch (error) {
    deps.log.warn('a body that nobody waits for could not be removed; the sweep will', {
      id,
      error: errorChain(error),
    });
  }
}
