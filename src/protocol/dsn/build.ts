/**
 * Delivery reports: a multipart/report (RFC 6522) of a text for people, a delivery-status for programs (RFC 3464), and the
 * message it is about or its header. One report is about one action; recipients that fared differently get several.
 *
 * Everything that strangers wrote (replies, addresses, the message) goes in with control characters removed, so that none of
 * it can add a field or end a part.
 */
import { concat, fromUtf8, toLatin1 } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import { mailDate } from '#core/time.ts';
import { decodeXtext } from '../smtp/xtext.ts';
import { toQuotedPrintable } from './quoted-printable.ts';
import { type DsnAction, type DsnLanguage, DSN_TEXTS } from './texts.ts';

export type DsnRecipient = {
  readonly address: string;
  /** As given in RCPT, `type;xtext`. */
  readonly orcpt: string | undefined;
  /** RFC 3463 code. */
  readonly status: string;
  /** The host that spoke, and what it said; without a host the text is ours. */
  readonly remoteHost: string | undefined;
  readonly code: number | undefined;
  readonly text: string;
  readonly lastAttemptMs: number | undefined;
};

export type DsnInput = {
  readonly action: DsnAction;
  readonly language: DsnLanguage;
  readonly reportingHost: string;
  /** Header From, an address without brackets; the envelope of a report is always `<>`. */
  readonly from: string;
  /** The sender of the message; must not be empty. */
  readonly to: string;
  readonly messageId: string;
  readonly boundary: string;
  readonly nowMs: number;
  readonly arrivedMs: number;
  /** As given in MAIL, xtext. */
  readonly envid: string | undefined;
  readonly ret: 'FULL' | 'HDRS' | undefined;
  readonly recipients: readonly DsnRecipient[];
  /** For `delayed`. */
  readonly retryUntilMs: number | undefined;
  /** The header section, and the whole message where it is at hand and small. */
  readonly original: { readonly header: Uint8Array; readonly full: Uint8Array | undefined };
};

export type Dsn = {
  readonly bytes: Uint8Array;
  readonly bodyType: '7BIT' | '8BITMIME';
  readonly smtpUtf8: boolean;
};

const CRLF = '\r\n';
/** RFC 3461 §6.2 (d): returning content is a courtesy; returning megabytes to a forged sender is an attack. */
const MAX_FULL_BYTES = 100_000;
const MAX_HEADER_BYTES = 50_000;
const CONTROL = /[\u0000-\u001f\u007f\u0080-\u009f]+/g;
const NON_ASCII = /[^\u0000-\u007f]/;

/** The report, ready to be queued from the null sender. */
export function buildDsn(input: DsnInput): Dsn {
  // RFC 5321 §4.5.5: a report about a report must not exist.
  if (input.to === '') throw new InvariantError('a delivery report to the null sender');
  const original = returnedPart(input);
  // RFC 6533 §3: addresses beyond ASCII make it an internationalized report.
  const smtpUtf8 = [input.to, ...input.recipients.map((r) => r.address)].some((a) => NON_ASCII.test(a));
  const parts = [
    fromUtf8(head(input) + textPart(input) + statusPart(input, smtpUtf8)),
    fromUtf8(originalHead(input.boundary, original, smtpUtf8)),
    original.bytes,
    fromUtf8(`${CRLF}--${input.boundary}--${CRLF}`),
  ];
  const bytes = concat(parts);
  return { bytes, bodyType: smtpUtf8 || hasEightBit(bytes) ? '8BITMIME' : '7BIT', smtpUtf8 };
}

function head(input: DsnInput): string {
  const texts = DSN_TEXTS[input.language];
  return [
    `From: ${clean(input.from)}`,
    `To: ${clean(input.to)}`,
    `Subject: ${texts.subject[input.action]}`,
    `Date: ${mailDate(input.nowMs)}`,
    `Message-ID: <${clean(input.messageId)}>`,
    'Auto-Submitted: auto-replied', // RFC 3834 §5
    `Content-Language: ${input.language}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;${CRLF}\tboundary="${input.boundary}"`,
    '',
    '',
  ].join(CRLF);
}

function partHead(boundary: string, lines: readonly string[]): string {
  return `--${boundary}${CRLF}${lines.join(CRLF)}${CRLF}${CRLF}`;
}

function textPart(input: DsnInput): string {
  const texts = DSN_TEXTS[input.language];
  const lines = [texts.intro[input.action], ''];
  for (const r of input.recipients) lines.push(...recipientText(r, input), '');
  if (input.retryUntilMs !== undefined && input.action === 'delayed')
    lines.push(texts.triedUntil(mailDate(input.retryUntilMs)));
  lines.push(texts.advice[input.action], '', texts.signature(clean(input.reportingHost)), '');
  const fields = ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'];
  return partHead(input.boundary, fields) + toQuotedPrintable(lines.join(CRLF)) + CRLF;
}

function recipientText(r: DsnRecipient, input: DsnInput): string[] {
  const texts = DSN_TEXTS[input.language];
  const lines = [`  ${clean(r.address)}`];
  if (input.action === 'delivered' || input.action === 'relayed' || r.text === '') return lines;
  const said = clean(r.code === undefined ? r.text : `${r.code} ${r.text}`);
  lines.push(
    `    ${r.remoteHost === undefined ? texts.weSay : texts.remoteSaid(clean(r.remoteHost))}`,
    `    ${said}`,
  );
  return lines;
}

/** RFC 3464 §2.2 and §2.3. */
function statusPart(input: DsnInput, smtpUtf8: boolean): string {
  const type = smtpUtf8 ? 'message/global-delivery-status' : 'message/delivery-status';
  const fields = [`Content-Type: ${type}`, ...(smtpUtf8 ? ['Content-Transfer-Encoding: 8bit'] : [])];
  const envid = input.envid === undefined ? undefined : decodeXtext(input.envid);
  const message = [
    ...(envid === undefined ? [] : [`Original-Envelope-Id: ${clean(envid)}`]),
    `Reporting-MTA: dns; ${clean(input.reportingHost)}`,
    `Arrival-Date: ${mailDate(input.arrivedMs)}`,
  ];
  const groups = [message, ...input.recipients.map((r) => recipientFields(r, input))];
  const text = groups.map((g) => g.map((line) => fold(line) + CRLF).join('')).join(CRLF);
  return partHead(input.boundary, fields) + text + CRLF;
}

function recipientFields(r: DsnRecipient, input: DsnInput): string[] {
  const lines: string[] = [];
  const original = r.orcpt === undefined ? undefined : originalRecipient(r.orcpt);
  if (original !== undefined) lines.push(`Original-Recipient: ${original}`);
  // RFC 6533 §3: the utf-8 address type carries what rfc822 cannot.
  const type = NON_ASCII.test(r.address) ? 'utf-8' : 'rfc822';
  lines.push(
    `Final-Recipient: ${type}; ${clean(r.address)}`,
    `Action: ${input.action}`,
    `Status: ${r.status}`,
  );
  if (r.remoteHost !== undefined) lines.push(`Remote-MTA: dns; ${clean(r.remoteHost)}`);
  if (r.code !== undefined) lines.push(`Diagnostic-Code: smtp; ${r.code} ${ascii(clean(r.text))}`);
  else if (r.text !== '') lines.push(`Diagnostic-Code: x-gatehouse; ${ascii(clean(r.text))}`);
  if (r.lastAttemptMs !== undefined) lines.push(`Last-Attempt-Date: ${mailDate(r.lastAttemptMs)}`);
  if (input.action === 'delayed' && input.retryUntilMs !== undefined)
    lines.push(`Will-Retry-Until: ${mailDate(input.retryUntilMs)}`);
  return lines;
}

function originalRecipient(orcpt: string): string | undefined {
  const semicolon = orcpt.indexOf(';');
  const address = semicolon < 1 ? undefined : decodeXtext(orcpt.slice(semicolon + 1));
  if (address === undefined || !/^[A-Za-z0-9-]+$/.test(orcpt.slice(0, semicolon))) return undefined;
  return `${orcpt.slice(0, semicolon)}; ${clean(address)}`;
}

type Returned = { readonly bytes: Uint8Array; readonly full: boolean };

/** RFC 3461 §4.3: RET=FULL counts for failures only, and only as far as we can afford. */
function returnedPart(input: DsnInput): Returned {
  const { full, header } = input.original;
  if (
    input.ret === 'FULL' &&
    input.action === 'failed' &&
    full !== undefined &&
    full.length <= MAX_FULL_BYTES
  )
    return { bytes: full, full: true };
  if (header.length <= MAX_HEADER_BYTES) return { bytes: header, full: false };
  const lastLine = header.lastIndexOf(10, MAX_HEADER_BYTES);
  return { bytes: header.subarray(0, lastLine + 1), full: false };
}

function originalHead(boundary: string, original: Returned, smtpUtf8: boolean): string {
  const eightBit = hasEightBit(original.bytes);
  const global = smtpUtf8 && eightBit;
  const whole = global ? 'message/global' : 'message/rfc822';
  const header = global ? 'message/global-headers' : 'text/rfc822-headers';
  const fields = [`Content-Type: ${original.full ? whole : header}`];
  if (eightBit) fields.push('Content-Transfer-Encoding: 8bit');
  return partHead(boundary, fields);
}

function clean(text: string): string {
  return text.replaceAll(CONTROL, ' ').trim();
}

function ascii(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, '?');
}

function hasEightBit(bytes: Uint8Array): boolean {
  return /[\u0080-\u00ff]/.test(toLatin1(bytes));
}

/** RFC 5322 §2.2.3: a long field goes on in the next line, broken at a space where there is one. */
function fold(line: string): string {
  let out = '';
  let rest = line;
  while (rest.length > 78) {
    const space = rest.lastIndexOf(' ', 78);
    const at = space > 20 ? space : 78;
    out += `${rest.slice(0, at)}${CRLF} `;
    rest = rest.slice(at).trimStart();
  }
  return out + rest;
}
