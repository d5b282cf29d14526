/**
 * Delivery: one message to one destination. What goes in (a job), what comes out (one result per recipient).
 *
 * Words: a *job* is one message with the recipients that share a destination; a *host* is one server of it; an *attempt*
 * tries hosts in order until each recipient has an outcome. Nothing here knows the queue: the queue hands over a job and
 * writes down the results.
 */
import type { TenantId } from '#core/id.ts';
import type { DsnNotify } from '../envelope.ts';
import type { Route } from '../directory/types.ts';
import type { SlotLimits } from './slots.ts';

export type DeliveryRecipient = {
  /** The queue's own id of the row; comes back in the result. */
  readonly key: string;
  readonly address: string;
  readonly notify: DsnNotify | undefined;
  readonly orcpt: string | undefined;
};

/** What of a message every place on its way out needs: the queue's job (queue/job.ts) and one attempt have it alike. */
export type OutgoingMessage = {
  readonly tenant: TenantId;
  /** A-label of the recipients' domain; what MX, MTA-STS and DANE are asked for. */
  readonly domain: string;
  readonly mailFrom: string;
  /** Octets that `body` yields. */
  readonly size: number;
  readonly bodyType: '7BIT' | '8BITMIME' | 'BINARYMIME';
  /** The header is not ASCII; addresses are looked at by the session itself. */
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly ret: 'FULL' | 'HDRS' | undefined;
  readonly envid: string | undefined;
  /** The final bytes: the original with its edits applied. May be called again, for another host. */
  readonly body: () => AsyncIterable<Uint8Array>;
};

export type DeliveryJob = OutgoingMessage & {
  readonly route: Route;
  readonly recipients: readonly DeliveryRecipient[];
  /** What we call ourselves; one name per source address. */
  readonly heloName: string;
  /** Addresses to send from, where the tenant has its own; a family without one is not used when the other has one. */
  readonly source: { readonly v4: string | undefined; readonly v6: string | undefined };
  /** How much this destination is given at once, over all processes; DEFAULT_SLOTS when left out. */
  readonly limits?: SlotLimits;
  /** Whose the limits are: destinations of the same name with limits of their own are counted apart. */
  readonly limitedFor?: TenantId | undefined;
  /** Asked after a wait for a free place: no is as if the place were not free. */
  readonly mayStill?: () => Promise<boolean>;
};

/** How far it got. Before `mail` the message itself was not spoken of, so nothing said there is about the message. */
export type Stage =
  | 'route'
  | 'dns'
  | 'slot'
  | 'policy'
  | 'connect'
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'tls'
  | 'capability'
  | 'rset'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'end-of-data'
  | 'quit';

export type Outcome = 'delivered' | 'deferred' | 'failed';

export type TlsUsed = {
  readonly version: string;
  readonly cipher: string;
  readonly group: string | undefined;
};

/** What transport security was asked for, by whom, and what came of it. */
export type SecurityResult = {
  readonly policy: 'none' | 'opportunistic' | 'required' | 'verified' | 'dane' | 'pinned';
  /** Who asked: the route, DANE, MTA-STS, REQUIRETLS; `default` for opportunistic. */
  readonly by: 'default' | 'route' | 'dane' | 'mta-sts' | 'requiretls';
  /** The peer was authenticated, not only encrypted to. */
  readonly authenticated: boolean;
  readonly dane: string | undefined;
  readonly sts: string | undefined;
};

export type AttemptResult = {
  readonly recipient: string;
  readonly outcome: Outcome;
  /** Our own classification (RFC 3463); its class is the outcome. */
  readonly status: string;
  readonly stage: Stage;
  readonly remoteHost: string | undefined;
  readonly remoteIp: string | undefined;
  /** The remote's reply; undefined where none was given. */
  readonly code: number | undefined;
  /** As the remote said it, whatever we make of it; ours where it said nothing. */
  readonly enhanced: string | undefined;
  readonly text: string;
  /** True when `text` is what the remote said, false when it is ours. */
  readonly remoteSaid: boolean;
  readonly tls: TlsUsed | undefined;
  readonly security: SecurityResult | undefined;
  readonly reusedConnection: boolean;
  /** The host offered DSN, so reporting success is now its business. */
  readonly dsnPassedOn: boolean;
  readonly startedMs: number;
  /** Until the connection was ready for MAIL; 0 on a reused one. */
  readonly connectMs: number;
  readonly totalMs: number;
  /** For `slot`: nothing was tried, the destination is at its limit until about then. */
  readonly retryAtMs: number | undefined;
};
