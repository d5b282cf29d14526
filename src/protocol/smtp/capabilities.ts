/** What a server says it can do, from its EHLO reply (RFC 5321 §4.1.1.1). */
import type { SmtpReply } from './client-reply.ts';

export type Capabilities = {
  readonly pipelining: boolean;
  /** Largest message in octets (RFC 1870 §3); undefined when not said, or said to be unlimited. */
  readonly maxBytes: number | undefined;
  readonly sizeParameter: boolean;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  readonly dsn: boolean;
  readonly requireTls: boolean;
  readonly startTls: boolean;
  /** RFC 9422 §4: the most recipients one transaction may have. */
  readonly maxRecipients: number | undefined;
};

export const NO_CAPABILITIES: Capabilities = {
  pipelining: false,
  maxBytes: undefined,
  sizeParameter: false,
  eightBitMime: false,
  smtpUtf8: false,
  chunking: false,
  binaryMime: false,
  dsn: false,
  requireTls: false,
  startTls: false,
  maxRecipients: undefined,
};

export function parseCapabilities(ehlo: SmtpReply): Capabilities {
  const words = new Map<string, string>();
  for (const line of ehlo.lines.slice(1)) {
    const space = line.indexOf(' ');
    const keyword = (space === -1 ? line : line.slice(0, space)).toUpperCase();
    words.set(keyword, space === -1 ? '' : line.slice(space + 1).trim());
  }
  const size = words.get('SIZE') ?? '';
  const limit = /^\d{1,15}$/.test(size) && Number(size) > 0 ? Number(size) : undefined;
  const rcptMax = /(?:^|\s)RCPTMAX=(\d{1,6})(?:\s|$)/i.exec(words.get('LIMITS') ?? '')?.[1];
  return {
    pipelining: words.has('PIPELINING'),
    maxBytes: limit,
    sizeParameter: words.has('SIZE'),
    eightBitMime: words.has('8BITMIME'),
    smtpUtf8: words.has('SMTPUTF8'),
    chunking: words.has('CHUNKING'),
    binaryMime: words.has('BINARYMIME'),
    dsn: words.has('DSN'),
    requireTls: words.has('REQUIRETLS'),
    startTls: words.has('STARTTLS'),
    maxRecipients: rcptMax === undefined || Number(rcptMax) < 1 ? undefined : Number(rcptMax),
  };
}
