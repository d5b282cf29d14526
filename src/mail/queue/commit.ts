/**
 * The commit station: where a message becomes ours. Concurrent messages share one transaction (group commit), because the
 * fsync behind a commit costs the same for one row as for a hundred.
 *
 * A message whose commit failed in a way that leaves open whether it happened (the connection broke) is disowned: its
 * sender hears 451 and will come again, so whatever did get in is taken out before anybody delivers it. Until that is done
 * the rows are leased to this instance, which never delivers a message it did not see committed; who takes over its leases
 * takes over its list (disowned.ts).
 */
import { TransientError } from '#core/errors.ts';
import type { MessageId, TenantId } from '#core/id.ts';
import { type Clock, systemClock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import { registry } from '#platform/metrics.ts';
import { type DisownedMessage, removeMessages } from './disowned.ts';
import { insertMessages } from './insert.ts';
import { harshest, type MessageToCommit } from './rows.ts';

const verdicts = registry.counter(
  'gatehouse_messages_total',
  'Messages judged, by direction and by the harshest verdict for any of their recipients.',
  ['direction', 'verdict'],
);
const batches = registry.histogram(
  'gatehouse_commit_messages',
  'Messages that share one transaction.',
  [1, 2, 4, 8, 16, 32, 64],
);
const failures = registry.counter(
  'gatehouse_commit_failures_total',
  'Transactions that took in no message; their senders were answered 451.',
);

export type Committer = {
  /** Resolves when the message and all its rows are durable; throws when it is not ours. */
  readonly commit: (message: MessageToCommit) => Promise<void>;
  /** Takes out what broken connections may have left behind. Called by the queue's housekeeping. */
  readonly settleDisowned: () => Promise<number>;
};

type Disowned = { readonly tenant: TenantId; readonly settledMs: number | undefined };

type Waiting = {
  readonly message: MessageToCommit;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

/**
 * How long a message that was found gone is still looked for. A server that stood still, or a network that did, may carry
 * out the statement of a connection that we gave up long ago; its rows are leased to us for less than a housekeeping away.
 */
const WATCH_MS = 5 * 60_000;
const MAX_BATCH = 64;
/**
 * A statement costs about as much for four messages as for one, so they begin no closer than this: who comes sooner waits
 * and has company. Who comes alone does not wait.
 */
const SPACING_MS = 15;
/** Two at once: while one waits for the disk the next is prepared. More would make smaller batches. */
const MAX_RUNNING = 2;

export function createCommitter(
  db: Database,
  instance: string,
  clock: Clock = systemClock,
  /** Called with what is disowned before its sender is answered; the list has to outlive us. */
  remember: (those: readonly DisownedMessage[]) => void = () => {},
): Committer {
  let waiting: Waiting[] = [];
  let running = 0;
  let startedMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const disowned = new Map<MessageId, Disowned>();

  const schedule = (): void => {
    if (timer !== undefined || running >= MAX_RUNNING || waiting.length === 0) return;
    if (waiting.length >= MAX_BATCH) return start();
    timer = setTimeout(start, Math.max(0, startedMs + SPACING_MS - performance.now()));
  };

  const start = (): void => {
    clearTimeout(timer);
    timer = undefined;
    startedMs = performance.now();
    const batch = waiting.slice(0, MAX_BATCH);
    waiting = waiting.slice(MAX_BATCH);
    running++;
    void write(batch).finally(() => {
      running--;
      schedule();
    });
    schedule();
  };

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await insertMessages(
        db,
        batch.map((w) => w.message),
        instance,
      );
      batches.observe(batch.length);
      for (const w of batch) {
        verdicts.with(w.message.envelope.direction, harshest(w.message.verdict)).inc();
        w.done();
      }
    } catch (error) {
      failures.inc();
      if (error instanceof TransientError) {
        const those = batch.map(({ message }) => message.envelope);
        try {
          remember(those);
        } catch {
          // A disk that takes nothing any more: we still know it ourselves, as long as we live.
        }
        for (const w of batch) {
          const { id, tenant } = w.message.envelope;
          disowned.set(id, { tenant, settledMs: undefined });
          w.failed(error);
        }
      } else if (batch.length === 1) {
        batch[0]!.failed(error);
      } else {
        // One message the database refuses must not take its neighbours with it.
        for (const w of batch) await write([w]);
      }
    }
  };

  return {
    commit: (message) =>
      new Promise<void>((done, failed) => {
        waiting.push({ message, done, failed });
        schedule();
      }),
    settleDisowned: async () => {
      if (disowned.size === 0) return 0;
      const those = [...disowned];
      const removed = await removeMessages(
        db,
        those.map(([id, { tenant }]) => ({ id, tenant })),
      );
      for (const [id, { tenant, settledMs = clock() }] of those)
        if (clock() - settledMs >= WATCH_MS) disowned.delete(id);
        else disowned.set(id, { tenant, settledMs });
      return removed;
    },
  };
}
