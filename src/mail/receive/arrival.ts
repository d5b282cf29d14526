/**
 * What receive hands on: the finished envelope and the message, and how the answer comes back. `Flow` is the next station
 * (mail/flow.ts implements it); receive knows nothing of what it does.
 */
import type { WrappedKey } from '#assurance/keys/keys.ts';
import type { Reply } from '#protocol/smtp/replies.ts';
import type { Sender } from '#mail/directory/types.ts';
import type { Envelope } from '#mail/envelope.ts';
import type { Finding } from '#mail/finding.ts';
import type { SpooledMessage } from '#mail/spooled.ts';

export type Arrival = {
  readonly message: SpooledMessage;
  /** The message's data key, wrapped; belongs into the row of the message. */
  readonly wrappedKey: WrappedKey;
  /**
   * Makes the blob durable. Must have resolved before the row is committed, and the row before 250. Calling it again is
   * harmless.
   */
  readonly commitBlob: () => Promise<void>;
  /** Who sends it, when that is known: what `envelope.auth` says, with all that it may use. */
  readonly sender: Sender | undefined;
  /** What was seen about the client before its message: DNS lists, early talking, line ends. */
  readonly findings: readonly Finding[];
};

export type FlowAnswer =
  /** The row is committed: the message is ours. */
  | { readonly kind: 'accepted' }
  /** Nothing was kept. `reply` where the policy has words of its own. */
  | { readonly kind: 'deferred'; readonly reply?: Reply }
  | { readonly kind: 'rejected'; readonly reply?: Reply };

/** A throw means 451; receive then removes the blob, so a flow that committed must not throw. */
export type Flow = (envelope: Envelope, arrival: Arrival) => Promise<FlowAnswer>;
