/**
 * A delivery job: one message to those of its recipients that share a destination, taken from queue rows under a lease or
 * straight from the commit station.
 */
import type { BlobId, MessageId, TenantId } from '#core/id.ts';
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

export type DeliveryJob = {
  readonly tenant: TenantId;
  readonly message: MessageId;
  readonly mailFrom: string;
  /** `host:…` of a fixed next hop or `mx:domain`; jobs with the same key share connections and limits. */
  readonly destination: string;
  readonly domain: string;
  readonly recipients: readonly JobRecipient[];
  readonly size: number;
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME';
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly ret: 'FULL' | 'HDRS' | undefined;
  readonly envid: string | undefined;
  /** What the sender may be told of the delivery. */
  readonly reportTo: ReportTo;
  readonly receivedAtMs: number;
  readonly blob: BlobId;
  /** The final bytes: the original with this variant's edits applied. May be called again for another host. */
  readonly content: () => AsyncIterable<Uint8Array>;
};

export function parseNotify(text: string | null): DsnNotify | undefined {
  if (text === null) return undefined;
  if (text === 'never') return 'never';
  return text.split(',').filter((w) => w === 'success' || w === 'failure' || w === 'delay');
}
