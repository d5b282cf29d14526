/**
 * Waiting for news on behalf of requests. Each looks again every quarter of a second; beyond a number that wait at the same
 * time nobody waits, so that open consoles cannot use up the database's connections.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const MAX_WAITING = 64;
const EVERY_MS = 250;

export type Waiting = {
  /** The first answer that is not empty, or an empty one when the time is up or the client is gone. */
  readonly untilSome: <T>(look: () => Promise<T[]>, maxMs: number, signal: AbortSignal) => Promise<T[]>;
};

export function createWaiting(): Waiting {
  let count = 0;
  return {
    untilSome: async (look, maxMs, signal) => {
      const endMs = performance.now() + (count >= MAX_WAITING ? 0 : maxMs);
      count++;
      try {
        for (;;) {
          const found = await look();
          if (found.length > 0 || signal.aborted || performance.now() + EVERY_MS > endMs) return found;
          await sleep(EVERY_MS, undefined, { signal }).catch(() => {}); // an early end is looked at above
        }
      } finally {
        count--;
      }
    },
  };
}
