/**
 * The sequencer: gives committed events their place in the log of their tenant. One process of an installation does it at a
 * time, under an advisory lock that PostgreSQL drops with the connection; the row it locks in each round makes a second one
 * wait even if that failed.
 *
 * Nothing here is part of the act: an event is recorded when its transaction commits. A sequencer that stands still delays
 * proofs, loses nothing, and is told by /readyz.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorChain } from '#core/errors.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Database, Transaction } from '#platform/db.ts';
import type { Logger } from '#platform/log.ts';
import { registry, SECONDS } from '#platform/metrics.ts';
import { type AppendContext, appendEntries } from './append-entries.ts';
import { createLogKeys } from './log-keys.ts';
import {
  backlogAgeMs,
  eventsBetween,
  eventsWithoutEntry,
  forgetForeignIds,
  lockPosition,
  lookNow,
  type NewEvent,
  type Position,
  readPosition,
  writePosition,
} from './snapshot.ts';

const sequenced = registry.counter(
  'gatehouse_audit_events_total',
  'Audit events that got their place in a log.',
);
const lag = registry.histogram(
  'gatehouse_audit_lag_seconds',
  'Age of the oldest event of a round when it got its place in the log.',
  SECONDS,
);
const failures = registry.counter(
  'gatehouse_audit_rounds_failed_total',
  'Rounds of the audit sequencer that were undone.',
);

export type SequencerOptions = {
  /** Under a role that sees all tenants and may write the log. */
  readonly db: Database;
  readonly keys: KeyStore;
  /** `mail.example/audit`: who this installation is, in the origin of its logs. */
  readonly originPrefix: string;
  readonly nowMs: () => number;
  /** Events of one transaction at most; the memory a round takes. */
  readonly maxEvents?: number;
};

export type Round = {
  readonly events: number;
  readonly isMore: boolean;
  /** Age of the oldest of them when the round read it. */
  readonly oldestMs: number;
};

export type Sequencing = {
  /** One transaction's worth: what became visible gets its place. Safe to call from anywhere at any time. */
  readonly round: () => Promise<Round>;
};

const MAX_EVENTS = 4096;

export function createSequencing(options: SequencerOptions): Sequencing {
  const context: AppendContext = {
    keys: createLogKeys(options.keys),
    originPrefix: options.originPrefix,
    nowMs: options.nowMs,
  };
  const limit = options.maxEvents ?? MAX_EVENTS;
  return {
    round: async () => {
      const { cluster } = await lookNow(options.db);
      const at = await readPosition(options.db);
      const done =
        at.base === '' || at.cluster !== cluster
          ? await resume(options.db, context, limit)
          : await options.db.transact((tx) => step(tx, context, limit));
      sequenced.inc(done.events);
      if (done.events > 0) lag.observe(done.oldestMs / 1000);
      return done;
    },
  };
}

async function step(tx: Transaction, context: AppendContext, limit: number): Promise<Round> {
  const left = await lockPosition(tx);
  // Looked at after the lock was got, in a statement of its own: an older look would go back behind `base`.
  const at = left.target === '' ? { ...left, target: (await lookNow(tx)).snapshot } : left;
  const events = await eventsBetween(tx, at, limit);
  await appendEntries(tx, events, context);
  const last = events.at(-1);
  const isFull = events.length === limit && last !== undefined;
  await writePosition(
    tx,
    isFull
      ? { ...at, atXid: last.xid, atId: last.id }
      : { ...at, base: at.target, target: '', atXid: '0', atId: 0 },
  );
  // A target from an earlier round is behind what is there by now.
  return { events: events.length, isMore: isFull || left.target !== '', oldestMs: oldest(events) };
}

/**
 * The first round of an installation, and the first in a new cluster after a restore: whatever has no entry gets one. All of
 * it under one snapshot, which is then what everything later is compared with.
 */
async function resume(db: Database, context: AppendContext, limit: number): Promise<Round> {
  return await db.transact(async (tx) => {
    await tx.query('set transaction isolation level repeatable read');
    await lockPosition(tx);
    const { snapshot, cluster } = await lookNow(tx);
    await forgetForeignIds(tx);
    let [count, oldestMs] = [0, 0];
    for (;;) {
      const events = await eventsWithoutEntry(tx, limit);
      await appendEntries(tx, events, context);
      count += events.length;
      oldestMs = Math.max(oldestMs, oldest(events));
      if (events.length < limit) break;
    }
    await writePosition(tx, { cluster, base: snapshot, target: '', atXid: '0', atId: 0 });
    return { events: count, isMore: false, oldestMs };
  });
}

const oldest = (events: readonly NewEvent[]): number => events.reduce((ms, e) => Math.max(ms, e.ageMs), 0);

/** How often it looks for events; what follows a full round comes at once. */
const EVERY_MS = 200;
const MAX_REST_MS = 500;
const RETRY_MS = 1_000;
const STOP_MS = 10_000;

export type Sequencer = { readonly [Symbol.asyncDispose]: () => Promise<void> };

/** Sequences until disposed, or waits for whoever does. */
export function startSequencer(options: SequencerOptions, log: Logger): Sequencer {
  const stopping = new AbortController();
  const ended = live(options, log, stopping.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}

async function live(options: SequencerOptions, log: Logger, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      await liveUnderLock(options, stopping);
    } catch (error) {
      failures.inc();
      log.warn('audit events could not be sequenced; trying again', { error: errorChain(error) });
    }
    await pause(RETRY_MS, stopping);
  }
}

/** Runs rounds as long as the lock's connection lives; returns at once when somebody else has the lock. */
async function liveUnderLock(options: SequencerOptions, stopping: AbortSignal): Promise<void> {
  const lock = await options.db.dedicated();
  let isHeld = true;
  lock.on('end', () => (isHeld = false));
  try {
    const got = await lock.query<{ got: boolean }>(
      `select pg_try_advisory_lock(2, hashtext('audit-sequencer')) as got`,
    );
    if (got.rows[0]?.got !== true) return;
    const sequencing = createSequencing(options);
    while (isHeld && !stopping.aborted) {
      const startedMs = performance.now();
      const { isMore } = (await isIdle(options.db)) ? { isMore: false } : await sequencing.round();
      // A round that signs for hundreds of tenants is followed by as long a rest, so that it leaves the machine to the mail.
      const restMs = Math.min(MAX_REST_MS, Math.max(EVERY_MS, performance.now() - startedMs));
      if (!isMore) await pause(restMs, stopping);
    }
  } finally {
    await lock.end();
  }
}

/** Whether a look without a lock finds nothing new, which is what most looks find. */
async function isIdle(db: Database): Promise<boolean> {
  const at = await readPosition(db);
  return at.base !== '' && at.target === '' && (await backlogAgeMs(db, at.base)) === undefined;
}

async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stopping, ref: false }).catch(() => {}); // stopping early is what it is for
}

/** How far behind the log is, for /readyz: undefined when it has everything or is less than `maxMs` behind. */
export async function sequencerTrouble(db: Database, maxMs: number): Promise<string | undefined> {
  const at: Position = await readPosition(db);
  const ageMs = at.base === '' ? undefined : await backlogAgeMs(db, at.base);
  return ageMs !== undefined && ageMs > maxMs
    ? `the oldest audit event waits ${Math.round(ageMs / 1000)} s for its place in the log`
    : undefined;
}
