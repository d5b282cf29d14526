/**
 * The paths of MAIL FROM and RCPT TO (RFC 5321 §4.1.2), which are stricter than the addresses of message headers: no
 * comments, no white space, no display names. Source routes are read and dropped (RFC 5321 §3.6.1).
 */
import { domainToASCII } from 'node:url';
import { formatIp, parseIp } from '#core/ip.ts';
import { err, ok, type Result } from '#core/result.ts';

export type Mailbox = {
  /** As given, without brackets and source route; empty for the null path. */
  readonly address: string;
  readonly localPart: string;
  /** A-label, lower case, or an address literal as `[…]`; empty for `<>` and `<postmaster>`. */
  readonly domain: string;
  /** Whether it can only be said with SMTPUTF8 (RFC 6531 §3.2). */
  readonly needsUtf8: boolean;
};

const NULL_PATH: Mailbox = { address: '', localPart: '', domain: '', needsUtf8: false };
const encoder = new TextEncoder();
/** RFC 5321 §4.5.3.1.3: a path has at most 256 octets, brackets included. The local part alone is not limited to 64
 * (RFC 5321 §4.5.3.1.1 asks for no smaller limit and praises none), since VERP and SRS go beyond it. */
const MAX_PATH = 256;
/** RFC 5321 §4.5.3.1.2. */
const MAX_DOMAIN = 255;
// atext and dots of RFC 5321 §4.1.2, with non-ASCII by RFC 6531 §3.3.
const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*$/u;
const QUOTED = /^"(?:[\u0020\u0021\u0023-\u005b\u005d-\u007e\u0080-\u{10ffff}]|\\[\u0020-\u007e])*"$/u;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads `<path>` at the start of `text`; `rest` is what follows the closing bracket. The error is a phrase for the peer.
 */
export function parsePath(text: string): Result<{ mailbox: Mailbox; rest: string }, string> {
  if (!text.startsWith('<')) return err('the address must stand in angle brackets');
  const close = closingBracket(text);
  if (close === -1) return err('the address has no closing bracket');
  const inside = text.slice(1, close);
  const rest = text.slice(close + 1);
  if (inside === '') return ok({ mailbox: NULL_PATH, rest });
  if (encoder.encode(inside).length + 2 > MAX_PATH) return err('the address is longer than 256 octets');
  const mailbox = parseMailbox(withoutSourceRoute(inside));
  return mailbox.ok ? ok({ mailbox: mailbox.value, rest }) : mailbox;
}

function closingBracket(text: string): number {
  let quoted = false;
  for (let i = 1; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === '>' && !quoted) return i;
  }
  return -1;
}

/** `@a,@b:user@c` → `user@c`; RFC 5321 §3.6.1 asks to ignore the route. */
function withoutSourceRoute(inside: string): string {
  if (!inside.startsWith('@')) return inside;
  const colon = inside.indexOf(':');
  return colon === -1 ? inside : inside.slice(colon + 1);
}

export function parseMailbox(address: string): Result<Mailbox, string> {
  const at = address.lastIndexOf('@');
  // RFC 5321 §4.5.1: postmaster is valid without a domain.
  if (at === -1 && address.toLowerCase() === 'postmaster')
    return ok({ address, localPart: address, domain: '', needsUtf8: false });
  if (at === -1) return err('the address has no domain');
  const localPart = address.slice(0, at);
  if (!DOT_STRING.test(localPart) && !QUOTED.test(localPart)) return err('the local part is malformed');
  const domain = parseDomain(address.slice(at + 1));
  if (domain === undefined) return err('the domain is malformed');
  return ok({ address, localPart, domain, needsUtf8: /[^\u0000-\u007f]/.test(address) });
}

/** The domain as A-label in lower case, or an address literal in one spelling; `undefined` when it is neither. */
export function parseDomain(text: string): string | undefined {
  if (text.startsWith('[')) return addressLiteral(text);
  const ascii = /^[\u0000-\u007f]*$/.test(text) ? text.toLowerCase() : domainToASCII(text);
  if (ascii === '' || ascii.length > MAX_DOMAIN) return undefined;
  const labels = ascii.split('.');
  if (!labels.every((l) => LABEL.test(l))) return undefined;
  // An A-label must be one that IDNA can read back, else two readers may see two domains (RFC 5891 §5.4).
  if (labels.some((l) => l.startsWith('xn--')) && domainToASCII(ascii) !== ascii) return undefined;
  return ascii;
}

/** RFC 5321 §4.1.3. General address literals are not taken: none is registered. */
function addressLiteral(text: string): string | undefined {
  const inside = /^\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]$/i.exec(text)?.[1];
  const ip = inside === undefined ? undefined : parseIp(inside);
  if (ip === undefined) return undefined;
  return /^\[IPv6:/i.test(text)
    ? `[IPv6:${formatIp(ip)}]`
    : ip.version === 4
      ? `[${formatIp(ip)}]`
      : undefined;
}
