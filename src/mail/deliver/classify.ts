/**
 * What a failure means for the recipient, as a total function: try again, or tell the sender. Unknown is temporary, since
 * a bounce cannot be taken back and a retry costs a connection.
 */
import type { Outcome, Stage } from './types.ts';

/** Replies at these stages are about this message; at all others they are about us or the host. */
const ABOUT_THE_MESSAGE: ReadonlySet<Stage> = new Set(['mail', 'rcpt', 'data', 'body', 'end-of-data']);

/** A server's reply at a stage. */
export function classifyReply(stage: Stage, code: number, enhanced: string | undefined): Outcome {
  if (code >= 200 && code < 300) return stage === 'end-of-data' ? 'delivered' : 'deferred';
  if (code < 500) return 'deferred';
  // RFC 7504 §3: 521 says that the host never takes mail, which no waiting cures.
  if (code === 521 && (stage === 'greeting' || stage === 'ehlo')) return 'failed';
  if (!ABOUT_THE_MESSAGE.has(stage)) return 'deferred';
  // RFC 5321 §4.5.3.1.10: 552 to RCPT means too many recipients and is to be read as 452.
  if (stage === 'rcpt' && code === 552 && enhanced !== '5.2.2') return 'deferred';
  // RFC 5321 §4.2.4: bad sequence, unknown command: our dialogue went wrong, not the message.
  if (code === 503 || code === 500) return 'deferred';
  return 'failed';
}

/** What we found out ourselves, without a reply. */
export type LocalProblem =
  | 'no-such-domain'
  | 'null-mx'
  | 'no-mail-host'
  | 'mx-is-address'
  | 'dns-failed'
  | 'loop'
  | 'unroutable-address'
  | 'connect-failed'
  | 'connect-timeout'
  | 'lost'
  | 'timeout'
  | 'protocol'
  | 'tls-not-offered'
  | 'tls-failed'
  | 'certificate'
  | 'dane-mismatch'
  | 'sts-mismatch'
  | 'requiretls-unverifiable'
  | 'busy'
  | 'paused';

/** RFC 3463 §3 for each; the class digit is the outcome: 5 fails, 4 defers. */
export const LOCAL_PROBLEMS: Readonly<
  Record<LocalProblem, { readonly enhanced: string; readonly text: string }>
> = {
  'no-such-domain': { enhanced: '5.1.2', text: 'the domain does not exist' },
  'null-mx': { enhanced: '5.1.10', text: 'the domain takes no mail (null MX)' }, // RFC 7505 §4.2
  'no-mail-host': { enhanced: '5.4.4', text: 'the domain has no mail host' },
  'mx-is-address': { enhanced: '5.4.4', text: 'the domain’s MX names an address instead of a host' },
  'dns-failed': { enhanced: '4.4.3', text: 'DNS did not answer' },
  loop: { enhanced: '5.4.6', text: 'the domain’s mail hosts lead back to this server' },
  'unroutable-address': { enhanced: '4.4.4', text: 'the mail host has no address that may be used' },
  'connect-failed': { enhanced: '4.4.1', text: 'no connection to the mail host' },
  'connect-timeout': { enhanced: '4.4.1', text: 'the mail host did not answer in time' },
  lost: { enhanced: '4.4.2', text: 'the mail host closed the connection' },
  timeout: { enhanced: '4.4.2', text: 'the mail host stopped answering' },
  protocol: { enhanced: '4.5.0', text: 'the mail host does not speak SMTP properly' },
  'tls-not-offered': {
    enhanced: '4.7.10',
    text: 'the mail host offers no TLS, and this destination must have it',
  },
  'tls-failed': { enhanced: '4.7.5', text: 'the TLS handshake failed' },
  certificate: { enhanced: '4.7.5', text: 'the certificate does not prove that this is the mail host' },
  'dane-mismatch': { enhanced: '4.7.5', text: 'the certificate is not the one that DNSSEC names (DANE)' },
  'sts-mismatch': { enhanced: '4.7.5', text: 'the mail host is not in the domain’s MTA-STS policy' },
  // RFC 8689 §4.2.1: not a matter of time.
  'requiretls-unverifiable': {
    enhanced: '5.7.30',
    text: 'the sender requires TLS and the mail host cannot be verified',
  },
  busy: { enhanced: '4.4.5', text: 'waiting for a free connection to the destination' },
  paused: { enhanced: '4.3.2', text: 'the destination is paused' },
};

export function localOutcome(problem: LocalProblem): Outcome {
  return LOCAL_PROBLEMS[problem].enhanced.startsWith('5') ? 'failed' : 'deferred';
}
