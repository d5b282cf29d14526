/**
 * Who sent a message, as an ordinary mail program would show it. Where programs differ on a From field, every address that
 * one of them would show is listed, each with the defect that explains the doubt: DMARC is then judged on all of them, so
 * that nobody passes with a domain the reader never sees.
 */
import { CR, fromLatin1, LF, toLatin1 } from '#core/bytes.ts';
import { parseAddressList, type AddressListDefect } from '#protocol/address/address-list.ts';
import { domainIsOrUnder, toAsciiDomain, type Domain } from '#protocol/address/domain.ts';
import { parseAddressLiteral } from '#protocol/address/mailbox.ts';
import { decodeUnknown } from '#protocol/mime/charset.ts';
import { decodeEncodedWords, hasUndecodableWord } from '#protocol/mime/encoded-word.ts';
import { fieldLatin1, fieldsNamed, type Field, type Header } from './header.ts';

export type AuthorAddress = {
  readonly address: string;
  readonly localpart: string;
  /** A-labels in lower case or an address literal; undefined when it can be no domain. */
  readonly domain: Domain | undefined;
  /** Decoded, as shown to people; empty when there is none. */
  readonly displayName: string;
  /** The field value the address was found in. */
  readonly raw: string;
};

export type AuthorDefectKind =
  | AddressListDefect
  | 'no-from'
  | 'several-from-fields'
  | 'several-authors'
  | 'odd-from-field'
  | 'hidden-from-field'
  | 'nul'
  | 'not-utf8'
  | 'look-alike-character'
  | 'bidi-control'
  | 'invisible-character'
  | 'address-in-display-name'
  | 'address-like-name'
  | 'undecodable-word'
  | 'comment-with-address'
  | 'comment-in-address'
  | 'quoted-at'
  | 'several-at'
  | 'percent-hack'
  | 'too-long';

export type AuthorDefect = { readonly kind: AuthorDefectKind; readonly detail: string };

export type Authors = {
  /** Every address some reader would show as the author, the standard's reading first. */
  readonly addresses: readonly AuthorAddress[];
  /** How many From fields there are, oddly written ones included. */
  readonly fromFields: number;
  readonly sender: AuthorAddress | undefined;
  readonly replyTo: readonly AuthorAddress[];
  /** The first of each kind. */
  readonly defects: readonly AuthorDefect[];
};

/** Bytes of a field that are read. No honest author needs more; what is longer is a defect, so that it never passes. */
const MAX_VALUE = 2048;
const MAX_FIELDS = 8;
const MAX_ADDRESSES = 64;

type Reading = { readonly addresses: AuthorAddress[]; readonly defects: AuthorDefect[] };

/** Several stations ask about one message; a header never changes. */
const known = new WeakMap<Header, Authors>();

/** Reads From, Sender and Reply-To. Never fails; what cannot be read is a defect and an empty list. */
export function readAuthors(header: Header): Authors {
  let authors = known.get(header);
  if (authors === undefined) {
    authors = read(header);
    known.set(header, authors);
  }
  return authors;
}

function read(header: Header): Authors {
  const reading: Reading = { addresses: [], defects: [] };
  const values = fromValues(header, reading);
  // Nothing with several From fields passes, so a few are enough to tell who is meant.
  for (const value of values.slice(0, MAX_FIELDS)) readField(value, reading);
  if (values.length === 0) note(reading, 'no-from', '');
  // RFC 5322 §3.6: exactly one From field. Which of several is shown differs by program.
  if (values.length > 1) note(reading, 'several-from-fields', String(values.length));
  if (reading.addresses.length > 1)
    note(
      reading,
      'several-authors',
      reading.addresses
        .slice(0, 4)
        .map((a) => a.address)
        .join(', '),
    );
  return {
    addresses: reading.addresses,
    fromFields: values.length,
    sender: plainField(header, 'sender')[0],
    replyTo: plainField(header, 'reply-to'),
    defects: reading.defects,
  };
}

/** Defects that leave no doubt about which address is shown: sloppy, or meant for people, but not ambiguous. */
const HARMLESS: ReadonlySet<AuthorDefectKind> = new Set(['comment', 'not-utf8', 'address-like-name']);

/** True when every reader shows the same single author: the only case in which DMARC may pass. */
export function isSingleAuthor(authors: Authors): boolean {
  return (
    authors.addresses.length === 1 &&
    authors.addresses[0]!.domain !== undefined && // `!`: the length was checked
    authors.defects.every((d) => HARMLESS.has(d.kind))
  );
}

/** Defects of the name beside an address; who is meant stays clear. */
const NAME_ONLY: ReadonlySet<AuthorDefectKind> = new Set([
  ...HARMLESS,
  'address-in-display-name',
  'bidi-control',
  'invisible-character',
]);

/**
 * The one address a message goes out under, for the question whether its sender may use it. Names are people's own affair
 * here: an emoji in a name is invisible characters, and ticket systems write addresses into names.
 */
export function soleAuthor(authors: Authors): AuthorAddress | undefined {
  const [author, ...more] = authors.addresses;
  const isClear =
    author?.domain !== undefined &&
    more.length === 0 &&
    authors.fromFields === 1 &&
    authors.defects.every((d) => NAME_ONLY.has(d.kind)) &&
    !/[\p{Cf}\p{Zs}]/u.test(author.address);
  return isClear ? author : undefined;
}

function note(reading: Reading, kind: AuthorDefectKind, detail: string): void {
  if (reading.defects.some((d) => d.kind === kind)) return;
  reading.defects.push({ kind, detail: detail.slice(0, 200) });
}

/** The values of all fields that some program takes for From. */
function fromValues(header: Header, reading: Reading): string[] {
  const values: string[] = [];
  for (const field of header.fields) {
    const isFrom = field.lower === 'from';
    if (isFrom) {
      values.push(fieldLatin1(header, field));
      if (header.defects.some((d) => d.kind === 'space-before-colon' && d.at === field.start))
        note(reading, 'odd-from-field', 'white space before the colon');
    } else if (isOddFrom(field.lower)) {
      note(reading, 'odd-from-field', field.name);
      values.push(fieldLatin1(header, field));
    }
    for (const hidden of hiddenFrom(header, field)) {
      note(reading, 'hidden-from-field', hidden);
      values.push(hidden);
    }
  }
  return values;
}

/** `From` with stray characters around or in it: " From", "From\0", "Fr\u00adom" as bytes. */
function isOddFrom(lower: string): boolean {
  return lower.length > 4 && lower.length < 16 && lower.replaceAll(/[^a-z0-9-]/g, '') === 'from';
}

/** Room for " From :" with white space around it, as much as any reader allows. */
const HIDDEN_NAME = /^[ \t]{0,80}from[ \t]{0,80}:/i;
const MAX_HIDDEN_NAME = 165;

/**
 * From fields inside another one, for readers that end a line at a bare CR or do not know folding. A field may be nothing
 * but line breaks, so few bytes are looked at after each.
 */
function hiddenFrom(header: Header, field: Field): string[] {
  const { bytes } = header;
  const found: string[] = [];
  for (let i = field.valueStart; i < field.end && found.length < MAX_FIELDS; i++) {
    if (!isLineBreak(bytes[i]) || !mayBeFrom(bytes, i + 1)) continue;
    const start = toLatin1(bytes.subarray(i + 1, Math.min(field.end, i + 1 + MAX_HIDDEN_NAME)));
    const name = HIDDEN_NAME.exec(start)?.[0];
    if (name !== undefined) found.push(restOfLine(bytes, i + 1 + name.length, field.end));
  }
  return found;
}

/** Whether the first letter fits, before a text is made of the line: a signature alone is folded into a dozen. */
function mayBeFrom(bytes: Uint8Array, from: number): boolean {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 9) at++;
  return ((bytes[at] ?? 0) | 0x20) === 0x66; // f
}

const isLineBreak = (byte: number | undefined): boolean => byte === CR || byte === LF;

/** One byte more than is ever read, so that a longer value is seen to be too long. */
function restOfLine(bytes: Uint8Array, from: number, limit: number): string {
  let end = from;
  while (end < limit && end - from <= MAX_VALUE && !isLineBreak(bytes[end])) end++;
  return toLatin1(bytes.subarray(from, end)).trim();
}

function plainField(header: Header, lower: string): AuthorAddress[] {
  const reading: Reading = { addresses: [], defects: [] };
  for (const field of fieldsNamed(header, lower).slice(0, MAX_FIELDS))
    for (const m of mailboxes(clean(fieldLatin1(header, field)), reading)) add(reading, m);
  return reading.addresses;
}

/** White space collapsed, bounded, bytes as text. */
function clean(value: string): string {
  return decodeUnknown(fromLatin1(value.slice(0, MAX_VALUE)))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function readField(whole: string, reading: Reading): void {
  const value = whole.slice(0, MAX_VALUE);
  if (whole.length > MAX_VALUE) note(reading, 'too-long', `more than ${MAX_VALUE} bytes`);
  const text = clean(value);
  noteCharacters(value, text, reading);
  const main = mailboxes(text, reading);
  for (const m of main) {
    add(reading, m);
    noteMailbox(m, reading);
    // Which characters bytes outside UTF-8 stand for is each program's guess.
    if (/[^\0-\x7f]/.test(m.address) && !isUtf8(value)) note(reading, 'bad-domain', m.address);
  }
  for (const variant of variantsOf(text, reading)) {
    const other: Reading = { addresses: [], defects: [] };
    for (const m of mailboxes(variant, other)) {
      add(reading, m);
      noteSeveralAt(m, reading);
    }
  }
}

function mailboxes(text: string, reading: Reading): AuthorAddress[] {
  const list = parseAddressList(text);
  for (const d of list.defects) note(reading, d, text);
  return list.mailboxes.slice(0, MAX_ADDRESSES).map((m) => ({
    address: m.address,
    localpart: m.address.slice(0, m.address.lastIndexOf('@')),
    domain: m.domain,
    displayName: shownName(m.displayName),
    raw: text,
  }));
}

/** `name` is Unicode already. */
function shownName(name: string): string {
  return name.includes('=?') ? decodeEncodedWords(name, (text) => text) : name;
}

function add(reading: Reading, address: AuthorAddress): void {
  const key = (a: AuthorAddress): string => `${a.domain ?? ''}/${a.address}`;
  if (reading.addresses.length >= MAX_ADDRESSES) note(reading, 'too-many', '');
  else if (!reading.addresses.some((a) => key(a) === key(address))) reading.addresses.push(address);
}

const AT_ALIKE = /[\uff20\ufe6b]/g;
const DOT_ALIKE = /[\uff0e\ufe52\u3002\uff61\u2024]/g;
const LOOK_ALIKE = /[\uff20\ufe6b\uff0e\ufe52\u3002\uff61\u2024]/;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const INVISIBLE = /[\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/u;

function noteCharacters(value: string, text: string, reading: Reading): void {
  const shown = shownName(text);
  if (value.includes('\0') || shown.includes('\0')) note(reading, 'nul', '');
  if (/[\x80-\xff]/.test(value) && !isUtf8(value)) note(reading, 'not-utf8', '');
  if (/<[^>]*\(|@[^\s,>]*\(|\)[^\s,<]*@/.test(text)) note(reading, 'comment-in-address', text);
  if (/[\x01-\x08\x0b-\x1f\x7f]/.test(text)) note(reading, 'control-character', '');
  if (hasUndecodableWord(text)) note(reading, 'undecodable-word', text);
  if (LOOK_ALIKE.test(text)) note(reading, 'look-alike-character', text);
  if (BIDI.test(shown)) note(reading, 'bidi-control', '');
  if (INVISIBLE.test(shown)) note(reading, 'invisible-character', '');
}

function isUtf8(value: string): boolean {
  return decodeUnknown(fromLatin1(value)) !== value;
}

/** Other texts some reader makes of the field before it looks for addresses. */
function variantsOf(text: string, reading: Reading): string[] {
  const variants: string[] = [];
  // Programs written in C end the text at a NUL; others drop it.
  if (text.includes('\0')) variants.push(text.slice(0, text.indexOf('\0')), text.replaceAll('\0', ''));
  if (/[\x01-\x08\x0b-\x1f\x7f]/.test(text)) variants.push(text.replaceAll(/[\x01-\x08\x0b-\x1f\x7f]/g, ''));
  // Decoding encoded-words first makes structure out of what the standard says is only a name.
  if (text.includes('=?')) {
    const decoded = shownName(text).replaceAll(/\s+/g, ' ');
    variants.push(decoded);
    if (decoded.includes('\0')) variants.push(decoded.slice(0, decoded.indexOf('\0')));
  }
  if (LOOK_ALIKE.test(text)) variants.push(text.replaceAll(AT_ALIKE, '@').replaceAll(DOT_ALIKE, '.'));
  // Programs show comments as names, and decode them.
  const comments = [...text.matchAll(/\(([^()]*)\)?/g)].map((m) => plainly(shownName(m[1]!))); // `!`: not optional
  if (comments.some((c) => /[@<]/.test(c))) {
    note(reading, 'comment-with-address', text);
    variants.push(text.replaceAll(/[()]/g, ' '), ...comments.slice(0, 8));
  }
  if (text.includes('\\') || (text.match(/"/g)?.length ?? 0) % 2 === 1)
    variants.push(text.replaceAll(/\\"?/g, ''), text.replaceAll('"', ''));
  return variants;
}

/** What is odd about one address, and what else a reader could take for it. */
function noteMailbox(m: AuthorAddress, reading: Reading): void {
  const { address, displayName } = m;
  const shown = plainly(displayName);
  // In a name without an address the full stop of a language is nothing but that.
  if (shown.includes('@') && LOOK_ALIKE.test(displayName)) note(reading, 'look-alike-character', displayName);
  if (domainsIn(shown).some((name) => !isOwn(toAsciiDomain(name), m.domain)))
    note(reading, 'address-in-display-name', displayName);
  else if (looksLikeAnother(m)) note(reading, 'address-like-name', displayName);
  if (/[<>]/.test(displayName)) note(reading, 'several-addresses-in-one', displayName);
  if (/[^@]%[^@]/.test(m.localpart) || m.localpart.includes('!')) note(reading, 'percent-hack', address);
  noteSeveralAt(m, reading);
}

function noteSeveralAt(m: AuthorAddress, reading: Reading): void {
  const { address } = m;
  if (!m.localpart.includes('@')) return;
  note(reading, m.localpart.startsWith('"') ? 'quoted-at' : 'several-at', address);
  // a@b@c: shown with b by some, with c by others; "a@b"@c likewise.
  const pieces = address.split('@').slice(1, 9);
  for (const piece of pieces) addDomain(reading, m, piece.replaceAll(/^["\s]+|["\s].*$/gs, ''));
}

/** As a person reads it: without what is not seen, and with the plain form of characters that look like "@" and ".". */
function plainly(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(DOT_ALIKE, '.');
}

/** The domains of everything a person may take for an address: "a@b.example", "a @ b.example", "@b.example". */
function domainsIn(shown: string): string[] {
  const names = shown
    .split('@')
    .slice(1)
    .map((after) => /^\s*([\p{L}\p{N}\p{M}._-]*)/u.exec(after)?.[1] ?? '');
  return names.map((name) => name.replace(/[._-]{1,64}$/, '')).filter((name) => name.includes('.'));
}

const SPELT_AT = /\s*[([{]\s*at\s*[)\]}]\s*/giu;
const SPELT_DOT = /\s*[([{]\s*(?:dot|punkt|punt)\s*[)\]}]\s*/giu;
/** What stands behind an "@" that follows a letter at once; also "ceo@bank", which no program would take for an address. */
const BEHIND_AT = /[\p{L}\p{N}]@([\p{L}\p{N}][\p{L}\p{N}\p{M}._-]+)/gu;

/**
 * Whether the name reads like an address of another domain although no program would take it for one: without a dot, or
 * with "(at)" and "[dot]". Comments are no part of the name, but shown by some, so the field as written is looked at, too.
 */
function looksLikeAnother({ displayName, domain, raw }: AuthorAddress): boolean {
  const own = new Set(domain?.split('.'));
  const isForeign = (name: string): boolean =>
    name.includes('.') ? !isOwn(toAsciiDomain(name), domain) : !own.has(name.toLowerCase());
  return [displayName, shownName(raw.split('<')[0] ?? '')].some((name) => {
    const spelt = plainly(name).replaceAll(SPELT_AT, '@').replaceAll(SPELT_DOT, '.');
    return [...spelt.matchAll(BEHIND_AT)].some(([, found = '']) =>
      isForeign(found.replace(/[._-]{1,64}$/, '')),
    );
  });
}

/**
 * Whether the author's domain is the shown one or stands above it. Not the other way round: x@attacker.pages.example is no
 * address of pages.example, and which parents are open to anybody is not ours to know.
 */
function isOwn(shown: Domain | undefined, real: Domain | undefined): boolean {
  return shown !== undefined && real !== undefined && domainIsOrUnder(shown, real);
}

function addDomain(reading: Reading, m: AuthorAddress, name: string): void {
  const literal = parseAddressLiteral(name);
  const domain = literal === undefined ? toAsciiDomain(name) : (name as Domain);
  if (domain === undefined || reading.addresses.some((a) => a.domain === domain)) return;
  add(reading, { ...m, domain });
}
