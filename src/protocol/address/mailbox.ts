/**
 * The mailbox of the SMTP envelope (RFC 5321 §4.1.2), read strictly: no comments, no folding, no obsolete forms. What a
 * header may hold is looser and stands in addr-spec.ts and address-list.ts.
 */
import { fromUtf8 } from '#core/bytes.ts';
import { formatIp, parseIp } from '#core/ip.ts';
import { err, ok, type Result } from '#core/result.ts';
import { isHostName, toAsciiDomain, type Domain } from './domain.ts';

declare const brand: unique symbol;
/** The meaning of a local part: quotes and backslashes taken away, case kept (RFC 5321 §2.4). */
export type Localpart = string & { readonly [brand]: 'localpart' };

export type Mailbox = {
  readonly localpart: Localpart;
  /** A-labels in lower case, or an address literal with its brackets. */
  readonly domain: Domain;
  readonly isLiteral: boolean;
  /** One spelling per mailbox: quoted only where it must be, domain as above. */
  readonly address: string;
};

export type SyntaxError = { readonly kind: 'syntax'; readonly at: number; readonly expected: string };
export type MailboxOptions = {
  /** Whether the client may use UTF-8 (RFC 6531 §3.3). */
  readonly smtpUtf8: boolean;
};

/** RFC 5321 §4.5.3.1: octets of a local part, a domain, and a path with its angle brackets. */
const MAX_LOCALPART = 64;
const MAX_DOMAIN = 255;
const MAX_PATH = 256;

const expected = (at: number, what: string): { ok: false; error: SyntaxError } =>
  err({ kind: 'syntax', at, expected: what });

const ATEXT_OTHER = "!#$%&'*+-/=?^_`{|}~";
/** 1: atext (RFC 5322 §3.2.3). */
export const ATEXT: Uint8Array = Uint8Array.from({ length: 128 }, (_, c) =>
  /[A-Za-z0-9]/.test(String.fromCharCode(c)) || ATEXT_OTHER.includes(String.fromCharCode(c)) ? 1 : 0,
);

/** Reads `local@domain` without angle brackets; the whole text must be one mailbox. */
export function parseMailbox(text: string, options: MailboxOptions): Result<Mailbox, SyntaxError> {
  const local = readLocalpart(text, options.smtpUtf8);
  if (!local.ok) return local;
  if (text[local.value.end] !== '@') return expected(local.value.end, '"@"');
  const domain = readDomain(text, local.value.end + 1, options.smtpUtf8);
  if (!domain.ok) return domain;
  if (octets(text.slice(0, local.value.end)) > MAX_LOCALPART)
    return expected(0, `a local part of at most ${MAX_LOCALPART} octets`);
  if (octets(text) > MAX_PATH - 2) return expected(0, `an address of at most ${MAX_PATH - 2} octets`);
  const localpart = local.value.meaning as Localpart;
  const address = `${formatLocalpart(localpart)}@${domain.value.domain}`;
  return ok({ localpart, address, ...domain.value });
}

/** UTF-8 octets; for ASCII the length, found without encoding. */
function octets(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return fromUtf8(text).length;
  return text.length;
}

type ReadLocalpart = { readonly meaning: string; readonly end: number };

function readLocalpart(text: string, smtpUtf8: boolean): Result<ReadLocalpart, SyntaxError> {
  return text[0] === '"' ? readQuoted(text, smtpUtf8) : readDotString(text, smtpUtf8);
}

/** RFC 6531 §3.3: UTF8-non-ascii, here without C1 controls and halves of surrogate pairs. */
function isUtf8NonAscii(text: string, at: number): boolean {
  const c = text.codePointAt(at)!; // `!`: callers stay below the length
  return c > 0x9f && (c < 0xd800 || c > 0xdfff);
}

function readDotString(text: string, smtpUtf8: boolean): Result<ReadLocalpart, SyntaxError> {
  let i = 0;
  let atomStart = 0;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80 && ATEXT[c] === 1) continue;
    if (c > 0x7f && smtpUtf8 && isUtf8NonAscii(text, i)) {
      if (c >= 0xd800 && c <= 0xdbff) i++;
      continue;
    }
    if (text[i] !== '.') break;
    if (i === atomStart) return expected(i, 'an atom before "."');
    atomStart = i + 1;
  }
  if (i === atomStart) return expected(i, i === 0 ? 'a local part' : 'an atom after "."');
  return ok({ meaning: text.slice(0, i), end: i });
}

function readQuoted(text: string, smtpUtf8: boolean): Result<ReadLocalpart, SyntaxError> {
  let meaning = '';
  for (let i = 1; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if (c === QUOTE) return ok({ meaning, end: i + 1 });
    if (c === BACKSLASH) c = text.charCodeAt(++i);
    // RFC 5321 §4.1.2: qtextSMTP and quoted-pairSMTP are printable ASCII and space.
    const isText = (c >= 32 && c < 127) || (c > 0x7f && smtpUtf8 && isUtf8NonAscii(text, i));
    if (!isText) return expected(i, i < text.length ? 'a printable character' : 'a closing quote');
    meaning += text[i];
    if (c >= 0xd800 && c <= 0xdbff) meaning += text[++i];
  }
  return expected(text.length, 'a closing quote');
}

const QUOTE = 34;
const BACKSLASH = 92;

type ReadDomain = { readonly domain: Domain; readonly isLiteral: boolean };

function readDomain(text: string, at: number, smtpUtf8: boolean): Result<ReadDomain, SyntaxError> {
  if (at === text.length) return expected(at, 'a domain');
  const name = text.slice(at);
  if (name.length > MAX_DOMAIN) return expected(at, `a domain of at most ${MAX_DOMAIN} octets`);
  if (name[0] === '[') {
    const literal = parseAddressLiteral(name);
    if (literal === undefined)
      return expected(at, 'an address literal like [192.0.2.1] or [IPv6:2001:db8::1]');
    return ok({ domain: literal as Domain, isLiteral: true });
  }
  if (isHostName(name)) return ok({ domain: name.toLowerCase() as Domain, isLiteral: false });
  const domain = smtpUtf8 && !name.endsWith('.') ? toAsciiDomain(name) : undefined;
  if (domain === undefined) return expected(at, 'a domain name');
  return ok({ domain, isLiteral: false });
}

/** RFC 5321 §4.1.3; returns one spelling per address. General-address-literal is refused: no tag but IPv6 is registered. */
export function parseAddressLiteral(text: string): string | undefined {
  if (!text.startsWith('[') || !text.endsWith(']') || text.length > 64) return undefined;
  const inner = text.slice(1, -1);
  const isV6 = /^ipv6:/i.test(inner);
  const source = isV6 ? inner.slice(5) : inner;
  if (isV6 !== source.includes(':')) return undefined;
  const ip = parseIp(source);
  if (ip === undefined) return undefined;
  // An IPv4-mapped address is written as IPv4, so that one address has one spelling.
  return ip.version === 6 ? `[IPv6:${formatIp(ip)}]` : `[${formatIp(ip)}]`;
}

/** The local part as it must be written: bare where it is a dot-string, quoted where it is not. */
export function formatLocalpart(localpart: string): string {
  const plain = readDotString(localpart, true);
  if (plain.ok && plain.value.end === localpart.length) return localpart;
  return `"${localpart.replaceAll(/["\\]/g, (c) => `\\${c}`)}"`;
}
