/**
 * A job of the queue: one message to those of its recipients that share a destination, taken from queue rows under a lease or
 * straight from the commit station.
 */
import type { BlobId, MessageId } from '#core/id.ts';
import type { OutgoingMessage } from '../deliver/types.ts';
import type { DsnNotify } from '../envelope.ts';
import type { ReportTo } from './report-to.ts';

export type JobRecipient = {
  readonly n: number;
  readonly address: string;
  readonly domain: string;
  readonly notify: DsnNotify | undefined;
  readonly orcpt: string | undefined;
  /** Attempts made before this one. */
  readonly attempts: number;
  readonly queuedAtMs: number;
  /** Whether the sender has been told that it takes long. */
  readonly delayTold: boolean;
};

export type QueueJob = OutgoingMessage & {
  readonly message: MessageId;
  /** `host:…` of a fixed next hop or `mx:domain`; jobs with the same key share connections and limits. */
  readonly destination: string;
  readonly recipients: readonly JobRecipient[];
  /** What the sender may be told of the delivery. */
  readonly reportTo: ReportTo;
  readonly receivedAtMs: number;
  readonly blob: BlobId;
};

export function parseNotify(text: string | null): DsnNotify | undefined {
  if (text === null) return undefined;
  if (text === 'never') return 'never';
  return text.split(',').filter((w) => w === 'success' || w === 'failure' || w === 'delay');
}
