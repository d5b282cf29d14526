/**
 * Reads Authentication-Results of others (RFC 8601 §2.2), comments, quotes and folding anywhere. A method that is not
 * well-formed is left out and counted, the rest is still read: other programs write many things, and what cannot be read
 * must never become a result.
 */
import { err, ok, type Result } from '#core/result.ts';
import type { AuthProperty, AuthResult } from './format.ts';

export type AuthResults = {
  /** As written, quotes taken away. */
  readonly authservId: string;
  readonly version: number;
  readonly results: readonly AuthResult[];
  /** Methods left out because they could not be read. */
  readonly malformed: number;
};
export type ArcAuthResults = AuthResults & { readonly instance: number };

export type AuthResultsError = { readonly kind: 'syntax'; readonly at: number; readonly expected: string };

const MAX_TEXT = 65_536;
const MAX_RESULTS = 100;
const MAX_PROPERTIES = 50;

type Cursor = { readonly text: string; at: number };

/** Reads the value of an Authentication-Results field. */
export function parseAuthResults(value: string): Result<AuthResults, AuthResultsError> {
  if (value.length > MAX_TEXT) return expected(MAX_TEXT, 'a shorter field');
  return readAll({ text: value, at: 0 });
}

/** Reads the value of an ARC-Authentication-Results field: the same after `i=N;` (RFC 8617 §4.1.1). */
export function parseArcAuthResults(value: string): Result<ArcAuthResults, AuthResultsError> {
  if (value.length > MAX_TEXT) return expected(MAX_TEXT, 'a shorter field');
  const c: Cursor = { text: value, at: 0 };
  const name = readKey(c);
  const digits = name.toLowerCase() === 'i' && accept(c, '=') ? readKey(c) : '';
  if (!/^\d{1,2}$/.test(digits) || Number(digits) < 1 || Number(digits) > 50 || !accept(c, ';'))
    return expected(c.at, 'an instance like "i=1;" of 1 to 50');
  const rest = readAll(c);
  return rest.ok ? ok({ ...rest.value, instance: Number(digits) }) : rest;
}

/**
 * Whether a field claims to come from our service, so that it has to be removed when it comes from outside
 * (RFC 8601 §5). Readers differ in what they skip inside a name, so all of it is skipped here: comments, white space,
 * quotes. What stays unclear is removed when our name stands in it anywhere; what is too long, does not close or is not
 * ASCII, always: nobody honest writes it, and a reader may yet find our name there.
 */
export function claimsAuthservId(value: string, ours: string): boolean {
  const text = value.length > MAX_TEXT ? undefined : withoutComments(value);
  if (text === undefined) return true;
  const own = wordsOf(ours.toLowerCase()).join('');
  const head = text.slice(0, semicolonAt(text));
  if (/[\x80-\uffff]|=\?/.test(head)) return true;
  const words = wordsOf(head);
  const isName = words.length === 1 || (words.length === 2 && /^\d+$/.test(words[1]!)); // `!`: the length was checked
  // Comments within comments and escapes end elsewhere for readers that do not know them.
  const isPlain = !/\\|\([^)]*\(/.test(value);
  if (!isName || !isPlain) return isIn(own, value.toLowerCase()) || isIn(own, text);
  const [id = ''] = words;
  return withoutDot(id) === own || withoutDot(words.join('')) === own;
}

/** The text with a space for each comment, in lower case and one pass; undefined where a comment or quote stays open. */
function withoutComments(text: string): string | undefined {
  let out = '';
  let depth = 0;
  let isQuoted = false;
  let from = 0; // of the piece that is kept next
  for (let i = 0; i < text.length; i++) {
    const ch = text[i];
    if (ch === '\\') i++;
    else if (ch === '"' && depth === 0) isQuoted = !isQuoted;
    else if (ch === '(' && !isQuoted && depth++ === 0) out += `${text.slice(from, i)} `;
    else if (ch === ')' && depth > 0 && --depth === 0) from = i + 1;
  }
  return depth > 0 || isQuoted ? undefined : (out + text.slice(from)).toLowerCase();
}

/** Where the identifier ends: at the first ";" that follows a word, so that empty places before it hide nothing. */
function semicolonAt(text: string): number {
  const first = /[a-z0-9\x80-\uffff]/.exec(text)?.index ?? 0;
  const at = text.indexOf(';', first);
  return at < 0 ? text.length : at;
}

/** The words of a text without quotes and backslashes, parted by whatever cannot be in the name of a host. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/["\\]/g, '')
    .split(/[^a-z0-9._-]+/)
    .filter((w) => w !== '');
}

const isIn = (own: string, text: string): boolean => wordsOf(text).join('').includes(own);

const withoutDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name);

const expected = (at: number, what: string): { ok: false; error: AuthResultsError } =>
  err({ kind: 'syntax', at, expected: what });

function readAll(c: Cursor): Result<AuthResults, AuthResultsError> {
  const authservId = readValue(c);
  if (authservId === undefined || authservId === '')
    return expected(c.at, 'an authentication service identifier');
  skipCfws(c);
  const versionText = /\d/.test(c.text[c.at] ?? '') ? readKey(c) : '1';
  if (!/^\d{1,5}$/.test(versionText)) return expected(c.at, 'a version number');
  const version = Number(versionText);
  skipCfws(c);
  if (c.at < c.text.length && c.text[c.at] !== ';') return expected(c.at, '";"');
  const results: AuthResult[] = [];
  let malformed = 0;
  while (accept(c, ';')) {
    skipCfws(c);
    if (c.at === c.text.length || c.text[c.at] === ';') continue;
    const result = readResult(c);
    if (result === 'none') continue;
    if (result === undefined || results.length >= MAX_RESULTS) malformed++;
    else results.push(result);
    if (result === undefined) skipToSemicolon(c);
  }
  return ok({ authservId, version, results, malformed });
}

/** One resinfo; `undefined` where it is malformed, the position then somewhere inside. */
function readResult(c: Cursor): AuthResult | 'none' | undefined {
  const method = readKey(c).toLowerCase();
  if (method === 'none' && atEnd(c)) return 'none';
  if (accept(c, '/') && !/^\d+$/.test(readKey(c))) return undefined;
  if (method === '' || !accept(c, '=')) return undefined;
  const result = readKey(c).toLowerCase();
  if (result === '') return undefined;
  let reason: string | undefined;
  const properties: AuthProperty[] = [];
  while (!atEnd(c)) {
    const key = readKey(c).toLowerCase();
    if (key === '') return undefined;
    const isReason = key === 'reason' && !accept(c, '.');
    const name = isReason ? '' : readPropertyName(c, key);
    if (name === undefined || !accept(c, '=')) return undefined;
    const value = readValue(c);
    if (value === undefined || properties.length >= MAX_PROPERTIES) return undefined;
    if (isReason) reason = value;
    else properties.push({ type: key, property: name, value });
  }
  return { method, result, ...(reason === undefined ? {} : { reason }), properties };
}

/** For `reason` the dot was taken already by the question whether it is a property type. */
function readPropertyName(c: Cursor, key: string): string | undefined {
  if (key !== 'reason' && !accept(c, '.')) return undefined;
  const name = readKey(c).toLowerCase();
  return name === '' ? undefined : name;
}

function atEnd(c: Cursor): boolean {
  skipCfws(c);
  return c.at >= c.text.length || c.text[c.at] === ';';
}

/** Takes `char` after white space and comments. */
function accept(c: Cursor, char: string): boolean {
  skipCfws(c);
  if (c.text[c.at] !== char) return false;
  c.at++;
  return true;
}

const KEY = /[-A-Za-z0-9_]*/y;

function readKey(c: Cursor): string {
  skipCfws(c);
  KEY.lastIndex = c.at;
  const key = KEY.exec(c.text)?.[0] ?? '';
  c.at += key.length;
  return key;
}

const BARE_VALUE = /[^\s;()"\\]*/y;

/** A token, an address, a quoted string, or a quoted local part with its domain; undefined where a quote stays open. */
function readValue(c: Cursor): string | undefined {
  skipCfws(c);
  let value = '';
  if (c.text[c.at] === '"') {
    const quoted = readQuoted(c);
    if (quoted === undefined) return undefined;
    value = quoted;
  }
  BARE_VALUE.lastIndex = c.at;
  const bare = BARE_VALUE.exec(c.text)?.[0] ?? '';
  c.at += bare.length;
  // A value that stops at a character no value can hold is not one.
  if (c.text[c.at] === '"' || c.text[c.at] === '\\' || c.text[c.at] === ')') return undefined;
  return value + bare;
}

function readQuoted(c: Cursor): string | undefined {
  let value = '';
  for (let i = c.at + 1; i < c.text.length; i++) {
    if (c.text[i] === '"') {
      c.at = i + 1;
      return value.replaceAll(/\r?\n/g, '');
    }
    if (c.text[i] === '\\') i++;
    value += c.text[i] ?? '';
  }
  return undefined;
}

function skipCfws(c: Cursor): void {
  while (c.at < c.text.length) {
    const ch = c.text[c.at]!; // `!`: below the length
    if (ch === '(') {
      if (!skipComment(c)) return;
    } else if (ch === ' ' || ch === '\t' || ch === '\r' || ch === '\n') c.at++;
    else return;
  }
}

/** Leaves the position where it is when the comment does not close. */
function skipComment(c: Cursor): boolean {
  let depth = 0;
  for (let i = c.at; i < c.text.length; i++) {
    const ch = c.text[i];
    if (ch === '\\') i++;
    else if (ch === '(') depth++;
    else if (ch === ')' && --depth === 0) {
      c.at = i + 1;
      return true;
    }
  }
  return false;
}

/** To the next ";" outside quotes and comments, or to the end. */
function skipToSemicolon(c: Cursor): void {
  while (c.at < c.text.length && c.text[c.at] !== ';') {
    const ch = c.text[c.at];
    // What does not close swallows the rest: nothing after it can be told apart from its inside.
    if (ch === '(' ? skipComment(c) : ch === '"' ? readQuoted(c) !== undefined : false) continue;
    c.at = ch === '(' || ch === '"' ? c.text.length : c.at + 1;
  }
}
