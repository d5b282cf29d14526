/** A thread of `bench/audit.ts`: so many writers, each with a transaction per event, together at a fixed rate. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '#platform/db.ts';

type Work = {
  readonly url: string;
  readonly tenant: string;
  readonly perSecond: number;
  readonly writers: number;
  readonly seconds: number;
};

const work = workerData as Work; // given by sequencerLag()
await using db = openDatabase({
  url: work.url,
  maxConnections: work.writers,
  statementTimeoutMs: 30_000,
  applicationName: 'bench-writers',
});
const EVENT = `insert into audit_event (tenant_id, what, actor, subject, details)
  values ($1, 'delivery.delivered', 'system:worker', $2, '{"recipient": 1, "remote": "mx1.example.com", "reply": 250}')`;
const startedMs = performance.now();
const total = work.perSecond * work.seconds;
let written = 0;
await Promise.all(
  Array.from({ length: work.writers }, async () => {
    while (written < total) {
      const mine = written++;
      const waitMs = (mine / work.perSecond) * 1000 - (performance.now() - startedMs);
      if (waitMs > 1) await sleep(waitMs);
      await db.query(EVENT, [work.tenant, `subject ${mine}`], 'bench.event');
    }
  }),
);
parentPort?.postMessage(written);
