/**
 * What goes in and out of an SMTP server session (server-session.ts).
 *
 * Terms. An *event* is one thing the session tells its driver, in order: bytes to write, a question, a piece of the message,
 * an order about the connection. A *question* stops the session until the driver answers it with a Reply; what the peer
 * sends meanwhile is kept. An answer of class 2 (354 for `data-begin`) means yes and is also what the peer is told.
 */
import type { ContentDefect } from './byte-scan.ts';
import type { MailFrom, RcptTo } from './mail-parameters.ts';
import type { Credentials } from './sasl.ts';
import type { XclientFacts } from './xclient.ts';

export type SessionConfig = {
  readonly hostname: string;
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  /** Commands refused with 5xx before the connection is closed. */
  readonly maxErrors: number;
  /** Recipients refused before the connection is closed. */
  readonly maxRefusedRecipients: number;
  /** NOOP, RSET, VRFY, EHLO and the like since the last message. */
  readonly maxIdleCommands: number;
  readonly maxMessages: number;
  readonly maxAuthFailures: number;
  readonly tlsAvailable: boolean;
  /** MAIL is refused outside TLS. */
  readonly tlsRequired: boolean;
  readonly authOffered: boolean;
  /** MAIL is refused before AUTH. */
  readonly authRequired: boolean;
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  /** `normalise` makes bare LF in commands and content a line end, for clients that cannot be repaired. */
  readonly bareNewlines: 'reject' | 'normalise';
  readonly earlyTalkers: 'reject' | 'note';
};

/** What is known when the session begins. */
export type SessionFacts = {
  readonly insideTls: boolean;
  /** The peer's address is one whose XCLIENT is believed. */
  readonly xclientAllowed: boolean;
};

/** The envelope so far; complete when `data-end` is asked. */
export type Transaction = {
  readonly helo: string;
  readonly protocol: string;
  readonly mail: MailFrom;
  readonly recipients: readonly RcptTo[];
};

export type Question =
  | { readonly kind: 'connect' }
  | { readonly kind: 'helo'; readonly name: string; readonly esmtp: boolean }
  | { readonly kind: 'xclient'; readonly facts: XclientFacts }
  | { readonly kind: 'auth'; readonly credentials: Credentials }
  | { readonly kind: 'mail'; readonly helo: string; readonly mail: MailFrom }
  /** `accepted` counts the recipients taken before this one. */
  | { readonly kind: 'rcpt'; readonly mail: MailFrom; readonly rcpt: RcptTo; readonly accepted: number }
  /** Yes is 354, for BDAT too. */
  | { readonly kind: 'data-begin'; readonly transaction: Transaction }
  | {
      readonly kind: 'data-end';
      readonly transaction: Transaction;
      /** Content octets as received, stuffed dots taken away. */
      readonly size: number;
      readonly defects: readonly ContentDefect[];
    };

export type SessionEvent =
  /** `verb` is one of ours or `other`, never what the peer made up: it is safe to log. */
  | { readonly kind: 'reply'; readonly text: string; readonly code: number; readonly verb: string }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'body'; readonly chunk: Uint8Array }
  /** What came as body so far is void: the transaction ended without a message. */
  | { readonly kind: 'body-void' }
  /** Write what was answered, drop what came in, shake hands, then call `tlsStarted`. */
  | { readonly kind: 'start-tls' }
  | { readonly kind: 'close' };
