/** MAIL and RCPT as we say them, and what a message needs that a server may not offer. */
import type { Capabilities } from './capabilities.ts';

export type ClientRecipient = {
  /** Without angle brackets. */
  readonly address: string;
  readonly notify: 'never' | readonly ('success' | 'failure' | 'delay')[] | undefined;
  /** As given to us, `type;xtext` (RFC 3461 §4.2). */
  readonly orcpt: string | undefined;
};

export type Transaction = {
  /** Without angle brackets, empty for the null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly ClientRecipient[];
  /** Octets of the message as it will be sent, before dot-stuffing (RFC 1870 §5). */
  readonly size: number;
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME';
  /** The message needs RFC 6531 of the next hop: a header or an address that is not ASCII. */
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly ret: 'FULL' | 'HDRS' | undefined;
  readonly envid: string | undefined;
};

/** What the message needs and the server does not offer, or an address that cannot be said in SMTP at all. */
export type Unmet =
  | 'size'
  | '8bitmime'
  | 'binarymime'
  | 'smtputf8'
  | 'requiretls'
  | 'sender-syntax'
  | 'recipient-syntax';

/** The reply we give ourselves for it; 5xx because the same server will not learn it by waiting. */
export const UNMET_REPLIES: Readonly<Record<Unmet, { readonly enhanced: string; readonly text: string }>> = {
  size: { enhanced: '5.3.4', text: 'the next hop takes no message of this size' }, // RFC 1870 §6.1
  '8bitmime': { enhanced: '5.6.3', text: 'the next hop takes no 8-bit content' }, // RFC 6152 §3
  binarymime: { enhanced: '5.6.3', text: 'the next hop takes no binary content' }, // RFC 3030 §3
  smtputf8: { enhanced: '5.6.7', text: 'the next hop takes no internationalized mail' }, // RFC 6531 §3.5
  requiretls: {
    enhanced: '5.7.30',
    text: 'the sender requires TLS all the way and the next hop does not promise it',
  }, // RFC 8689 §4.2.1
  'sender-syntax': { enhanced: '5.1.7', text: 'the sender address cannot be used in SMTP' },
  'recipient-syntax': { enhanced: '5.1.3', text: 'a recipient address cannot be used in SMTP' },
};

/** Control characters could end the command; an address that holds one never reaches the wire. */
const CONTROL = /[\u0000-\u001f\u007f]/;
const XTEXT = /^[!-~]{1,500}$/;
const NON_ASCII = /[^\u0000-\u007f]/;

export function unmetNeed(tx: Transaction, caps: Capabilities): Unmet | undefined {
  if (CONTROL.test(tx.mailFrom)) return 'sender-syntax';
  if (tx.recipients.some((r) => r.address === '' || CONTROL.test(r.address))) return 'recipient-syntax';
  if (caps.maxBytes !== undefined && tx.size > caps.maxBytes) return 'size';
  // RFC 8689 §5: a report is not thrown away because the way back promises less.
  if (tx.requireTls && tx.mailFrom !== '' && !caps.requireTls) return 'requiretls';
  if (tx.body === 'BINARYMIME' && !(caps.binaryMime && caps.chunking)) return 'binarymime';
  if (tx.body === '8BITMIME' && !caps.eightBitMime) return '8bitmime';
  if (needsUtf8(tx) && !caps.smtpUtf8) return 'smtputf8';
  return undefined;
}

function needsUtf8(tx: Transaction): boolean {
  return tx.smtpUtf8 || NON_ASCII.test(tx.mailFrom) || tx.recipients.some((r) => NON_ASCII.test(r.address));
}

export function mailCommand(tx: Transaction, caps: Capabilities): string {
  let line = `MAIL FROM:<${tx.mailFrom}>`;
  if (caps.sizeParameter) line += ` SIZE=${tx.size}`;
  if (tx.body !== '7BIT') line += ` BODY=${tx.body}`;
  if (needsUtf8(tx)) line += ' SMTPUTF8';
  if (tx.requireTls && caps.requireTls) line += ' REQUIRETLS';
  if (caps.dsn && tx.ret !== undefined) line += ` RET=${tx.ret}`;
  if (caps.dsn && tx.envid !== undefined && XTEXT.test(tx.envid)) line += ` ENVID=${tx.envid}`;
  return line;
}

export function rcptCommand(recipient: ClientRecipient, caps: Capabilities): string {
  let line = `RCPT TO:<${recipient.address}>`;
  if (!caps.dsn) return line;
  if (recipient.notify === 'never') line += ' NOTIFY=NEVER';
  else if (recipient.notify !== undefined && recipient.notify.length > 0)
    line += ` NOTIFY=${recipient.notify.join(',').toUpperCase()}`;
  if (recipient.orcpt !== undefined && XTEXT.test(recipient.orcpt)) line += ` ORCPT=${recipient.orcpt}`;
  return line;
}
