/**
 * The addresses of a From, Sender, To or Cc field (RFC 5322 §3.4), read as ordinary mail programs read them: tolerant, and
 * never fewer addresses than one of them might show. What is not clean is a defect; whoever judges the sender treats a
 * defect as reason to distrust, never as reason to see nobody.
 */
import { toAsciiDomain, type Domain } from './domain.ts';
import { parseAddressLiteral } from './mailbox.ts';

export type HeaderMailbox = {
  /** Decoded quotes, encoded-words left as they are; empty when there is none. */
  readonly displayName: string;
  /** As written, without comments and white space. */
  readonly address: string;
  /** A-labels in lower case or an address literal; undefined when it can be no domain. */
  readonly domain: Domain | undefined;
};

export type AddressListDefect =
  | 'empty'
  | 'no-address'
  | 'bad-domain'
  | 'group'
  | 'route'
  | 'several-addresses-in-one'
  | 'text-after-address'
  | 'unclosed'
  | 'encoded-word-in-address'
  | 'comment'
  | 'control-character'
  | 'too-many';

export type AddressList = {
  readonly mailboxes: readonly HeaderMailbox[];
  readonly defects: ReadonlySet<AddressListDefect>;
};

const MAX_TEXT = 65_536;
const MAX_MAILBOXES = 1000;

/** One entry while it is read. */
type Entry = { words: string; bare: string; angles: string[]; after: string };
type Reading = {
  readonly text: string;
  readonly mailboxes: HeaderMailbox[];
  readonly defects: Set<AddressListDefect>;
  at: number;
  entry: Entry;
  /** Once a quote did not close, quotes mean nothing any more: programs that do not know them would find addresses. */
  quotesCount: boolean;
};

const emptyEntry = (): Entry => ({ words: '', bare: '', angles: [], after: '' });

/** Reads an unfolded field value; never fails. */
export function parseAddressList(value: string): AddressList {
  const text = value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  const r: Reading = {
    text,
    mailboxes: [],
    defects: new Set(),
    at: 0,
    entry: emptyEntry(),
    quotesCount: true,
  };
  if (text !== value) r.defects.add('too-many');
  while (r.at < text.length) readToken(r);
  endEntry(r);
  if (r.mailboxes.length === 0 && r.defects.size === 0) r.defects.add('empty');
  return { mailboxes: r.mailboxes, defects: r.defects };
}

function readToken(r: Reading): void {
  const c = r.text[r.at]!; // `!`: the caller stays below the length
  switch (c) {
    case '(':
      readComment(r);
      return;
    case '"':
      readQuoted(r);
      return;
    case '<':
      readAngle(r);
      return;
    case ',':
    case ';':
      r.at++;
      endEntry(r);
      return;
    case ':':
      // A group's name (RFC 5322 §3.4). Some programs show its members, so they count.
      r.at++;
      r.defects.add('group');
      if (r.entry.bare.includes('@')) endEntry(r);
      else r.entry = emptyEntry();
      return;
    default:
      readPlain(r);
  }
}

const SPECIAL = /[("<,;:]/g;

function readPlain(r: Reading): void {
  SPECIAL.lastIndex = r.at + 1;
  const end = SPECIAL.exec(r.text)?.index ?? r.text.length;
  addText(r, r.text.slice(r.at, end), r.text.slice(r.at, end));
  r.at = end;
}

function addText(r: Reading, shown: string, bare: string): void {
  for (let i = 0; i < bare.length; i++) {
    const code = bare.charCodeAt(i);
    if ((code < 32 && code !== 9) || code === 127) r.defects.add('control-character');
  }
  if (r.entry.angles.length > 0) r.entry.after += bare;
  else {
    r.entry.words += shown;
    r.entry.bare += bare;
  }
}

function readComment(r: Reading): void {
  r.defects.add('comment');
  let depth = 0;
  for (; r.at < r.text.length; r.at++) {
    const c = r.text[r.at];
    if (c === '\\') r.at++;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) {
      r.at++;
      return;
    }
  }
  r.defects.add('unclosed');
}

function readQuoted(r: Reading): void {
  const start = r.at++;
  if (!r.quotesCount) return;
  let shown = '';
  for (; r.at < r.text.length; r.at++) {
    const c = r.text[r.at];
    if (c === '"') {
      r.at++;
      addText(r, shown, r.text.slice(start, r.at));
      return;
    }
    if (c === '\\') r.at++;
    shown += r.text[r.at] ?? '';
  }
  r.defects.add('unclosed');
  r.quotesCount = false;
  r.at = start + 1;
}

/** What stands between "<" and ">", quotes respected, comments dropped. */
function readAngle(r: Reading): void {
  let inner = '';
  for (r.at++; r.at < r.text.length; r.at++) {
    const c = r.text[r.at]!; // `!`: below the length
    if (c === '>') {
      r.at++;
      r.entry.angles.push(inner);
      return;
    }
    if (c === '(') {
      readComment(r);
      r.at--;
    } else if (c === '"') {
      const start = r.at;
      skipQuoted(r);
      inner += r.text.slice(start, r.at + 1);
    } else inner += c;
  }
  r.defects.add('unclosed');
  r.entry.angles.push(inner);
}

/** Leaves the position on the closing quote, or at the end. */
function skipQuoted(r: Reading): void {
  for (r.at++; r.at < r.text.length && r.text[r.at] !== '"'; r.at++) if (r.text[r.at] === '\\') r.at++;
}

function endEntry(r: Reading): void {
  const { words, bare, angles, after } = r.entry;
  r.entry = emptyEntry();
  if (angles.length === 0) {
    if (bare.trim() !== '') endBare(r, bare.trim());
    return;
  }
  if (angles.length > 1) r.defects.add('several-addresses-in-one');
  if (after.trim() !== '') {
    r.defects.add('text-after-address');
    if (after.includes('@')) endBare(r, after.trim());
  }
  for (const angle of angles) addMailbox(r, withoutRoute(r, angle), words.trim().replaceAll(/\s+/g, ' '));
}

/** An entry without angle brackets: each word with "@" is an address. */
function endBare(r: Reading, bare: string): void {
  const compact = bare.replaceAll(/\s+/g, ' ').replaceAll(/ ?@ ?/g, '@');
  const candidates = compact.startsWith('"')
    ? [compact]
    : compact.split(/\s+/).filter((word) => word.includes('@'));
  if (candidates.length === 0) r.defects.add('no-address');
  if (candidates.length > 1 || (candidates.length === 1 && candidates[0] !== compact))
    r.defects.add('several-addresses-in-one');
  for (const candidate of candidates) addMailbox(r, candidate, '');
}

function withoutRoute(r: Reading, angle: string): string {
  const text = angle.trim();
  const colon = text.indexOf(':');
  if (!text.startsWith('@') || colon === -1) return text;
  r.defects.add('route'); // RFC 5322 §4.4: obs-route
  return text.slice(colon + 1);
}

function addMailbox(r: Reading, written: string, displayName: string): void {
  if (r.mailboxes.length >= MAX_MAILBOXES) {
    r.defects.add('too-many');
    return;
  }
  const address = written.startsWith('"') ? written : written.replaceAll(/\s+/g, '');
  const at = address.lastIndexOf('@');
  if (address.includes('=?')) r.defects.add('encoded-word-in-address');
  if (at === -1) {
    r.defects.add('no-address');
    return;
  }
  const name = address.slice(at + 1).trim();
  const literal = parseAddressLiteral(name);
  const domain = literal === undefined ? toAsciiDomain(name) : (literal as Domain);
  if (domain === undefined) r.defects.add('bad-domain');
  if (at !== address.indexOf('@') && !address.startsWith('"')) r.defects.add('several-addresses-in-one');
  r.mailboxes.push({ displayName, address, domain });
}
