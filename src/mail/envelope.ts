/**
 * The envelope: everything the SMTP dialogue said about a message, apart from its bytes. Built by receive, read by every
 * later station, changed by none.
 */
import type { MessageId, TenantId } from '#core/id.ts';

/** Why a listener exists decides its rules: strangers' mail in, our people's mail out, or our own servers' mail through. */
export type ListenerKind = 'mx' | 'submission' | 'relay';
export type Direction = 'in' | 'out';

export type TlsInfo = {
  readonly version: string;
  readonly cipher: string;
  /** Key exchange group, e.g. `X25519MLKEM768`, where OpenSSL says. */
  readonly group: string | undefined;
  readonly sni: string | undefined;
  /** SHA-256 of the client's certificate in lower-case hex, when one was given. */
  readonly clientCertSha256: string | undefined;
  /** True only when that certificate chains to an anchor the operator named. */
  readonly clientCertTrusted: boolean;
};

export type Peer = {
  readonly ip: string;
  readonly port: number;
  /** The name behind the address, forward-confirmed (RFC 8601 §2.7.3); undefined when not looked up or not confirmed. */
  readonly name: string | undefined;
};

export type DsnNotify = 'never' | readonly ('success' | 'failure' | 'delay')[];

export type EnvelopeRecipient = {
  /** As given in RCPT TO, without the angle brackets. */
  readonly address: string;
  /** A-label, lower case; the part routing is decided by. */
  readonly domain: string;
  /** RFC 3461 §4.1 and §4.2. */
  readonly notify: DsnNotify | undefined;
  readonly orcpt: string | undefined;
};

export type Envelope = {
  readonly id: MessageId;
  readonly tenant: TenantId;
  readonly direction: Direction;
  readonly listener: { readonly name: string; readonly kind: ListenerKind };
  /** When DATA (or the first BDAT) began, ms since the epoch. */
  readonly receivedAtMs: number;
  readonly peer: Peer;
  readonly helo: string;
  /** `ESMTP`, `ESMTPS`, `ESMTPSA`, `UTF8SMTPS`, … (RFC 3848, RFC 6531). */
  readonly protocol: string;
  readonly tls: TlsInfo | undefined;
  /** The login that authenticated, or the name of the network or certificate rule that admitted the client. */
  readonly auth:
    | { readonly method: 'password' | 'certificate' | 'network'; readonly who: string }
    | undefined;
  /** Reverse path without angle brackets; empty for the null sender (RFC 5321 §4.5.5). */
  readonly mailFrom: string;
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME';
  readonly smtpUtf8: boolean;
  /** RFC 8689 §2. */
  readonly requireTls: boolean;
  /** RFC 3461 §4.3 and §4.4. */
  readonly ret: 'FULL' | 'HDRS' | undefined;
  readonly envid: string | undefined;
  readonly recipients: readonly EnvelopeRecipient[];
};
