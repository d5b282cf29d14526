/** Delivery reports that are owed after an attempt, as messages ready to be committed with it. */
import type { DeliveryJob } from './job.ts';
import type { Settled } from './outbound.ts';
import type { MessageToCommit } from './rows.ts';

export type ReportWriter = (
  job: DeliveryJob,
  settled: readonly Settled[],
) => Promise<readonly MessageToCommit[]>;

// TODO(RFC 3464 §2): reports follow with protocol/dsn.
export function createReportWriter(): ReportWriter {
  return () => Promise.resolve([]);
}
