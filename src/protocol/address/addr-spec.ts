/**
 * Says what one address is worth in a header: `valid` by RFC 5322 §3.4.1, `deprecated` (only by the obsolete grammar of
 * RFC 5322 §4.4, or with comments around "@"), or `invalid`. The envelope's stricter reading is mailbox.ts.
 */
import { ATEXT } from './mailbox.ts';
import { isHostName } from './domain.ts';

export type AddrSpecGrade = 'valid' | 'deprecated' | 'invalid';

/** Longest address looked at; real ones have 254 octets, comments may add some. */
const MAX_LENGTH = 4096;
const MAX_COMMENT_DEPTH = 32;

/** Where the reader stands; `isObsolete` once something was seen that must not be generated any more. */
type Cursor = { readonly text: string; at: number; isObsolete: boolean };

export function gradeAddrSpec(text: string): AddrSpecGrade {
  if (text.length > MAX_LENGTH) return 'invalid';
  const cursor: Cursor = { text, at: 0, isObsolete: false };
  if (!readLocal(cursor) || text[cursor.at] !== '@') return 'invalid';
  cursor.at++;
  if (!readDomainPart(cursor) || cursor.at !== text.length) return 'invalid';
  return cursor.isObsolete ? 'deprecated' : 'valid';
}

/** local-part / obs-local-part: words joined by dots, each with optional comments around it. */
function readLocal(c: Cursor): boolean {
  let words = 0;
  let quoted = 0;
  let innerSpace = false;
  if (skipCfws(c) === 'broken') return false;
  for (;;) {
    if (c.text[c.at] === '"') {
      if (!readQuotedString(c)) return false;
      quoted++;
    } else if (!readAtom(c)) return false;
    words++;
    const after = skipCfws(c);
    if (after === 'broken') return false;
    if (c.text[c.at] !== '.') {
      // RFC 5322 §3.4.1: comments and folding white space should not stand around "@".
      if (after === 'some') c.isObsolete = true;
      break;
    }
    c.at++;
    const before = skipCfws(c);
    if (before === 'broken') return false;
    innerSpace ||= after === 'some' || before === 'some';
  }
  if (innerSpace || (words > 1 && quoted > 0)) c.isObsolete = true;
  return true;
}

function readAtom(c: Cursor): boolean {
  const start = c.at;
  while (c.at < c.text.length) {
    const code = c.text.charCodeAt(c.at);
    // RFC 6532 §3.2: atext takes non-ASCII.
    if (code < 0x80 ? ATEXT[code] !== 1 : code < 0xa0) break;
    c.at++;
  }
  return c.at > start;
}

function readQuotedString(c: Cursor): boolean {
  c.at++;
  while (c.at < c.text.length) {
    const ch = c.text[c.at]!; // `!`: below the length
    if (ch === '"') {
      c.at++;
      return true;
    }
    if (ch === '\\') {
      if (!readQuotedPair(c)) return false;
    } else if (ch === ' ' || ch === '\t' || ch === '\r') {
      if (!skipFws(c)) return false;
    } else {
      const code = ch.charCodeAt(0);
      if (code === 0 || code === 10) return false;
      if (code < 32 || code === 127) c.isObsolete = true; // RFC 5322 §4.1: obs-qtext
      c.at++;
    }
  }
  return false;
}

/** quoted-pair; of a control character only by RFC 5322 §4.1. */
function readQuotedPair(c: Cursor): boolean {
  if (c.at + 1 >= c.text.length) return false;
  const code = c.text.charCodeAt(c.at + 1);
  if ((code < 32 && code !== 9) || code === 127) c.isObsolete = true;
  c.at += 2;
  return true;
}

/** FWS and obs-FWS (RFC 5322 §3.2.2 and RFC 5322 §4.2): false where a line break is not followed by white space. */
function skipFws(c: Cursor): boolean {
  let breaks = 0;
  for (;;) {
    const ch = c.text[c.at];
    if (ch === ' ' || ch === '\t') c.at++;
    else if (ch === '\r') {
      const next = c.text[c.at + 2];
      if (c.text[c.at + 1] !== '\n' || (next !== ' ' && next !== '\t')) return false;
      c.at += 2;
      if (++breaks > 1) c.isObsolete = true;
    } else return true;
  }
}

function skipCfws(c: Cursor): 'none' | 'some' | 'broken' {
  const start = c.at;
  for (;;) {
    const ch = c.text[c.at];
    if (ch === '(') {
      if (!skipComment(c)) return 'broken';
    } else if (ch === ' ' || ch === '\t' || ch === '\r') {
      if (!skipFws(c)) return 'broken';
    } else return c.at === start ? 'none' : 'some';
  }
}

function skipComment(c: Cursor): boolean {
  let depth = 0;
  while (c.at < c.text.length) {
    const ch = c.text[c.at]!; // `!`: below the length
    if (ch === '\\') {
      if (!readQuotedPair(c)) return false;
      continue;
    }
    if (ch === ' ' || ch === '\t' || ch === '\r') {
      if (!skipFws(c)) return false;
      continue;
    }
    if (ch === '\n' || ch === '\0') return false;
    if (ch === '(' && ++depth > MAX_COMMENT_DEPTH) return false;
    if (ch === ')') depth--;
    c.at++;
    if (depth === 0) return true;
  }
  return false;
}

function readDomainPart(c: Cursor): boolean {
  const lead = skipCfws(c);
  if (lead === 'broken') return false;
  if (lead === 'some') c.isObsolete = true;
  return c.text[c.at] === '[' ? readLiteral(c) && skipCfws(c) !== 'broken' : readName(c);
}

/** domain / obs-domain: labels that can be a host name, joined by dots. */
function readName(c: Cursor): boolean {
  let innerSpace = false;
  for (;;) {
    const start = c.at;
    if (!readAtom(c) || !isLabel(c.text.slice(start, c.at))) return false;
    const after = skipCfws(c);
    if (after === 'broken') return false;
    if (c.text[c.at] !== '.') break;
    c.at++;
    const before = skipCfws(c);
    if (before === 'broken') return false;
    innerSpace ||= after === 'some' || before === 'some';
  }
  if (innerSpace) c.isObsolete = true;
  return true;
}

/** Length is the envelope's business; the header's grammar knows none. */
function isLabel(label: string): boolean {
  for (let i = 0; i < label.length; i++) if (label.charCodeAt(i) > 0x7f) return true;
  for (let at = 0; at < label.length; at += 50)
    if (!isHostName(`0${label.slice(at, at + 50)}0`)) return false;
  return !label.startsWith('-') && !label.endsWith('-');
}

function readLiteral(c: Cursor): boolean {
  c.at++;
  while (c.at < c.text.length) {
    const ch = c.text[c.at]!; // `!`: below the length
    if (ch === ']') {
      c.at++;
      return true;
    }
    if (ch === '[') return false;
    if (ch === '\\') {
      c.isObsolete = true; // RFC 5322 §4.4: obs-dtext
      if (!readQuotedPair(c)) return false;
    } else if (ch === ' ' || ch === '\t' || ch === '\r') {
      if (!skipFws(c)) return false;
    } else {
      const code = ch.charCodeAt(0);
      if (code === 0 || code === 10) return false;
      if (code < 33 || code === 127) c.isObsolete = true;
      c.at++;
    }
  }
  return false;
}
