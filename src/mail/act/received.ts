/** Our trace field (RFC 5321 §4.4): who gave us the message, how, under which id, and when. */
import { mailDate } from '#core/time.ts';
import type { Envelope } from '../envelope.ts';

/** Whatever the peer called itself, in characters that cannot leave a header line or a comment. */
export function safeWord(text: string, maxChars = 255): string {
  const word = text.replace(/[^A-Za-z0-9.:_[\]-]/g, '?').slice(0, maxChars);
  return word === '' ? 'unknown' : word;
}

/** The whole field with its line end. */
export function receivedField(envelope: Envelope, hostname: string): string {
  const { peer, tls, recipients } = envelope;
  // RFC 5321 §4.1.3: an address literal of IPv6 carries the tag.
  const literal = peer.ip.includes(':') ? `[IPv6:${peer.ip}]` : `[${peer.ip}]`;
  const lines = [
    `from ${safeWord(envelope.helo)} (${safeWord(peer.name ?? 'unknown')} ${literal})`,
    ...(tls === undefined ? [] : [`(using ${tlsWords(tls)})`]),
    `by ${hostname} with ${safeWord(envelope.protocol)} id ${envelope.id}`,
    ...forClause(recipients),
  ];
  return `Received: ${lines.join('\r\n\t')}; ${mailDate(envelope.receivedAtMs)}\r\n`;
}

function tlsWords(tls: NonNullable<Envelope['tls']>): string {
  return [tls.version, tls.cipher, ...(tls.group === undefined ? [] : [tls.group])]
    .map((w) => safeWord(w, 60))
    .join(' ');
}

/** RFC 5321 §7.6: FOR with more than one recipient would tell each about the others. */
function forClause(recipients: Envelope['recipients']): string[] {
  const [only, second] = recipients;
  if (only === undefined || second !== undefined) return [];
  // Anything but a plain address could end the clause early; the queue knows the recipient anyway.
  return /^[\w.!#$%&'*+/=?^`{|}~-]+@[\w.[\]:-]+$/.test(only.address) ? [`for <${only.address}>`] : [];
}
