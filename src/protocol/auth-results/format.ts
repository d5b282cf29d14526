/**
 * Authentication-Results (RFC 8601): what we found out about a message, in the form every later program reads. parse.ts
 * reads the same form from others. Whatever a value holds, the text made here is one well-formed field: control
 * characters never get through.
 */
export type PropertyType = 'smtp' | 'header' | 'body' | 'policy' | 'dns';

export type AuthProperty = {
  /** `smtp`, `header`, … ; as found where it was parsed. */
  readonly type: string;
  readonly property: string;
  readonly value: string;
};

export type AuthResult = {
  readonly method: string;
  readonly result: string;
  readonly reason?: string;
  /** For people; written in parentheses after the result. */
  readonly comment?: string;
  readonly properties: readonly AuthProperty[];
};

export type FormatOptions = {
  /** Name the value is written under, which counts for the first line's length. */
  readonly fieldName?: string;
  /** For ARC-Authentication-Results: `i=1;` goes first (RFC 8617 §4.1.1). */
  readonly arcInstance?: number;
};

/** RFC 5322 §2.1.1: lines should have at most 78 characters. */
const MAX_LINE = 78;

/** The field's value: folded with CRLF and a space, without the name and the last CRLF. */
export function formatAuthResults(
  authservId: string,
  results: readonly AuthResult[],
  options: FormatOptions = {},
): string {
  const name = options.fieldName ?? 'Authentication-Results';
  const instance = options.arcInstance === undefined ? [] : [`i=${options.arcInstance};`];
  const lines = new Lines(name.length + 2);
  const words = [...instance, `${formatValue(authservId)};`];
  for (const word of words) lines.add(word);
  if (results.length === 0) lines.add('none');
  for (const [i, result] of results.entries()) {
    const parts = resultWords(result);
    if (i < results.length - 1) parts[parts.length - 1] += ';';
    lines.newLine();
    for (const part of parts) lines.add(part);
  }
  return lines.text;
}

/** Words joined by spaces, folded before the word that would not fit. */
class Lines {
  text = '';
  #length: number;
  #isAtStart = true;

  constructor(used: number) {
    this.#length = used;
  }

  newLine(): void {
    this.text += '\r\n ';
    this.#length = 1;
    this.#isAtStart = true;
  }

  add(word: string): void {
    if (!this.#isAtStart && this.#length + 1 + word.length > MAX_LINE) this.newLine();
    this.text += this.#isAtStart ? word : ` ${word}`;
    this.#length += word.length + (this.#isAtStart ? 0 : 1);
    this.#isAtStart = false;
  }
}

function resultWords(result: AuthResult): string[] {
  const words = [`${keyword(result.method)}=${keyword(result.result)}`];
  if (result.comment !== undefined && result.comment !== '') words.push(...formatComment(result.comment));
  if (result.reason !== undefined && result.reason !== '')
    words.push(...foldable(`reason=${quote(result.reason)}`));
  for (const p of result.properties)
    words.push(`${keyword(p.type)}.${keyword(p.property)}=${formatValue(p.value)}`);
  return words;
}

/** Keywords come from our own tables; should one be wrong, the field stays well-formed. */
function keyword(word: string): string {
  return /^[-A-Za-z0-9_]*$/.test(word) ? word : word.replaceAll(/[^-A-Za-z0-9_]/g, '-');
}

function formatComment(comment: string): string[] {
  const safe = visible(comment).replaceAll(/[()\\]/g, (c) => `\\${c}`);
  return `(${safe})`.split(' ').filter((word) => word !== '');
}

/** A quoted string may be folded at its spaces, since unfolding leaves them; not at two in a row, which would be lost. */
function foldable(text: string): string[] {
  return text.includes('  ') ? [text] : text.split(' ');
}

/** token of RFC 2045 §5.1, or an address or domain, which RFC 8601 §2.2 allows bare; anything else is quoted. */
const BARE = /^(?:[-!#$%&'*+.^_`{|}~0-9A-Za-z]+|[-!#$%&'*+/=?^_`{|}~0-9A-Za-z.]*@[-_.0-9A-Za-z]+)$/;

export function formatValue(value: string): string {
  return value.length < 320 && BARE.test(value) ? value : quote(value);
}

function quote(value: string): string {
  return `"${visible(value).replaceAll(/["\\]/g, (c) => `\\${c}`)}"`;
}

/** In UTF-8 and with everything escaped still one line of RFC 5322 §2.1.1; no address or domain is longer. */
const MAX_VALUE = 254;

/** What cannot stand in a header becomes "?"; UTF-8 of an SMTPUTF8 message stays (RFC 8601 §2.2). */
function visible(text: string): string {
  return text
    .slice(0, MAX_VALUE)
    .toWellFormed()
    .replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?');
}
