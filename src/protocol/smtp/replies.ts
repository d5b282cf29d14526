/**
 * Every answer we give in an SMTP dialogue, in one table: basic code, the subject and detail of the enhanced code, and the
 * text. The class digit of the enhanced code is derived from the basic code, so the two cannot disagree (RFC 3463 §2,
 * RFC 2034 §4). Texts are for the peer and say nothing about our insides; the log has the rest under the same id.
 */
export type Reply = {
  readonly code: number;
  /** `undefined` for 3xx, the greeting and the answer to EHLO (RFC 2034 §4). */
  readonly enhanced: string | undefined;
  readonly lines: readonly string[];
  /** The connection ends after this reply; always so with 421 (RFC 5321 §3.8). */
  readonly close: boolean;
};

type Row = {
  readonly code: number;
  /** `subject.detail` of RFC 3463, or none. */
  readonly detail: string | undefined;
  readonly close: boolean;
};

const row = (code: number, detail?: string): Row => ({ code, detail, close: code === 421 });
const closing = (code: number, detail: string): Row => ({ code, detail, close: true });

function build({ code, detail, close }: Row, ...lines: string[]): Reply {
  const enhanced = detail === undefined ? undefined : `${Math.floor(code / 100)}.${detail}`;
  return { code, enhanced, lines, close };
}

export const replies = {
  greeting: (hostname: string) => build(row(220), `${hostname} ESMTP`),
  ehlo: (hostname: string, extensions: readonly string[]) => build(row(250), hostname, ...extensions),
  helo: (hostname: string) => build(row(250), hostname),
  help: () => build(row(214, '0.0'), 'see RFC 5321'),
  bye: (hostname: string) => ({ ...build(row(221, '0.0'), `${hostname} closes`), close: true }),
  done: () => build(row(250, '0.0'), 'OK'),
  readyForTls: () => build(row(220, '0.0'), 'ready for TLS'),
  authenticated: () => build(row(235, '7.0'), 'authenticated'),
  authContinue: (challenge: string) => build(row(334), challenge),
  senderOk: (id: string) => build(row(250, '1.0'), `${id} sender accepted`),
  recipientOk: () => build(row(250, '1.5'), 'recipient accepted'),
  cannotVerify: () => build(row(252, '0.0'), 'send mail and see'), // RFC 5321 §3.5.3
  chunkOk: (bytes: number) => build(row(250, '0.0'), `${bytes} octets received`),
  startMail: () => build(row(354), 'end data with <CR><LF>.<CR><LF>'),
  accepted: (id: string) => build(row(250, '0.0'), `${id} accepted`),

  shuttingDown: (hostname: string) => build(row(421, '3.2'), `${hostname} is shutting down, try again`),
  timeout: (hostname: string) => build(row(421, '4.2'), `${hostname} waited too long`),
  tooManyErrors: () => build(row(421, '7.0'), 'too many errors'),
  tooManyCommands: () => build(row(421, '7.0'), 'too many commands without mail'),
  tooManyMessages: () => build(row(421, '7.0'), 'too many messages in one connection, connect again'),
  tooMuchInput: () => build(row(421, '7.0'), 'input sent faster than answers allow'),
  tooManyConnections: () => build(row(421, '7.0'), 'too many connections from your network'),
  tooFast: () => build(row(421, '7.0'), 'too much mail from your network, slow down'),
  banned: () => build(row(421, '7.1'), 'no service for your network for now'),
  earlyTalker: () => closing521('talked before the greeting'),
  mailboxUnavailable: () => build(row(450, '2.0'), 'mailbox not available now, try again'),
  // RFC 3463 §3.3: the mailbox exists, but takes no messages now.
  recipientSuspended: () =>
    build(row(450, '2.1'), 'mail for this domain is suspended for now, try again later'),
  greylisted: () => build(row(450, '7.1'), 'try again in a few minutes'),
  slowDown: () => build(row(450, '7.1'), 'too much mail from your network, try again later'),
  localError: (id?: string) => build(row(451, '3.0'), id === undefined ? 'local error' : `${id} local error`),
  directoryUnavailable: () => build(row(451, '4.3'), 'recipient cannot be checked now, try again'),
  elsewhere: () => build(row(451, '4.4'), 'mail for this domain is not taken at this place, try another MX'),
  deferred: (id: string) => build(row(451, '7.1'), `${id} deferred, try again later`),
  tooManyRecipients: () => build(row(452, '5.3'), 'too many recipients'),
  otherTenant: () => build(row(452, '5.3'), 'send to this recipient in a message of its own'),
  tenantLimit: () => build(row(452, '2.2'), 'a limit of this organisation is reached, try again later'),
  authUnavailable: () => build(row(454, '7.0'), 'authentication not available now'),
  tlsUnavailable: () => build(row(454, '7.0'), 'TLS not available now'),

  syntax: (what: string) => build(row(500, '5.2'), what),
  lineTooLong: () => build(row(500, '5.2'), 'line too long'),
  bareNewline: () => build(closing(500, '5.2'), 'lines end with CR LF, nothing else'),
  badArgument: (what: string) => build(row(501, '5.4'), what),
  badAddress: (what: string) => build(row(501, '1.3'), what),
  badSenderAddress: (what: string) => build(row(501, '1.7'), what),
  badBase64: () => build(row(501, '5.2'), 'not base64'),
  badChunk: () => build(closing(501, '5.4'), 'BDAT needs a size, and LAST or nothing'),
  authCancelled: () => build(row(501, '7.0'), 'authentication cancelled'),
  unknownCommand: () => build(row(502, '5.1'), 'command not known'),
  notThisProtocol: () => build(closing(502, '5.1'), 'this is SMTP'),
  outOfOrder: (what: string) => build(row(503, '5.1'), what),
  unknownMechanism: () => build(row(504, '5.4'), 'authentication mechanism not offered'),
  closedToYou: () => closing521('no mail accepted from your network'),
  authRequired: () => build(row(530, '7.0'), 'authentication required'),
  tlsRequired: () => build(row(530, '7.0'), 'must issue a STARTTLS command first'), // RFC 3207 §4
  authFailed: () => build(row(535, '7.8'), 'authentication failed'),
  authNeedsTls: () => build(row(538, '7.11'), 'encryption required for authentication'), // RFC 4954 §6
  unknownRecipient: () => build(row(550, '1.1'), 'no such recipient here'),
  relayDenied: () => build(row(550, '7.1'), 'relaying denied'),
  clientDenied: () => build(row(550, '7.1'), 'client not permitted here'),
  listed: () => build(row(550, '7.1'), 'your address is listed as a source of unwanted mail'),
  rejected: (id: string, why = 'message refused') => build(row(550, '7.1'), `${id} ${why}`),
  spfFailed: (id: string) => build(row(550, '7.23'), `${id} SPF validation failed`), // RFC 7372 §3.2
  authChecksFailed: (id: string) => build(row(550, '7.26'), `${id} sender authentication failed`),
  tlsRequiredOnward: () => build(row(550, '7.30'), 'REQUIRETLS needs TLS here'), // RFC 8689 §4.2.1
  tooBig: () => build(row(552, '3.4'), 'message too big'),
  tooBigClosing: () => build(closing(552, '3.4'), 'message too big'),
  headerTooBig: () => build(row(552, '3.4'), 'message header too big'),
  needsUtf8: () => build(row(553, '6.7'), 'address needs SMTPUTF8'), // RFC 6531 §3.5
  senderSuspended: () => build(row(550, '7.1'), 'sending for your organisation is suspended'),
  senderNotAllowed: () => build(row(553, '7.1'), 'this sender address is not yours to use'),
  noRecipients: () => build(row(554, '5.1'), 'no valid recipients'),
  badLineEnds: () => build(row(554, '6.0'), 'message has bare CR, bare LF or NUL; lines end with CR LF'),
  loop: (id: string) => build(row(554, '4.6'), `${id} mail loop`),
  refused: () => build(row(554, '7.1'), 'no mail accepted from you'),
  rejectedByPolicy: (id: string, text: string) => build(row(550, '7.1'), `${id} ${text}`),
  deferredByPolicy: (id: string, text: string) => build(row(451, '7.1'), `${id} ${text}`),
  badParameter: (what: string) => build(row(555, '5.4'), what),
} as const satisfies Record<string, (...args: never[]) => Reply>;

/** RFC 7504 §3: a server that takes no mail from this client says 521 and may close at once. */
function closing521(text: string): Reply {
  return build(closing(521, '7.1'), text);
}

/** RFC 5321 §4.5.3.1.5: a reply line has at most 512 octets, the line end included. */
const MAX_REPLY_LINE = 510;

/** The reply as it goes over the wire. A text that carries line ends or control characters cannot break out of its line. */
export function formatReply(reply: Reply): string {
  let out = '';
  for (const [i, line] of reply.lines.entries()) {
    const separator = i === reply.lines.length - 1 ? ' ' : '-';
    const enhanced = reply.enhanced === undefined ? '' : `${reply.enhanced} `;
    const clean = line.replaceAll(/[^\u0020-\u007e]/g, '?');
    out += `${`${reply.code}${separator}${enhanced}${clean}`.slice(0, MAX_REPLY_LINE)}\r\n`;
  }
  return out;
}
