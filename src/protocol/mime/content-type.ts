/**
 * Content-Type and Content-Disposition as readers see them: the standard's reading first (RFC 2045 §5, RFC 2183 §2,
 * RFC 2231), then every other value that some mail program would take.
 */
import { fromLatin1 } from '#core/bytes.ts';
import { decodeCharset, isKnownCharset, showLatin1 } from './charset.ts';
import { noteDefect, type MimeDefect } from './defects.ts';
import { decodeEncodedWords } from './encoded-word.ts';
import { splitParameters, type RawParameter } from './parameters.ts';

export type ContentField = {
  /** The words before the first semicolon, lower case: `text/plain`, `attachment`. */
  readonly value: string;
  /** Per parameter name, candidates in order of authority, decoded, without repeats. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
  readonly defects: readonly MimeDefect[];
};

/** Parameters that carry a decision: where their value is in doubt, all candidates are wanted. */
const LOOKED_FOR: ReadonlySet<string> = new Set(['boundary', 'name', 'filename', 'charset']);
const MAX_CANDIDATES = 12;

/** Reads one field's value (unfolded, one character per byte). Never fails. */
export function parseContentField(text: string): ContentField {
  const defects: MimeDefect[] = [];
  const raw = splitParameters(text, defects);
  const found = new Map<string, string[]>();
  for (const [name, parameters] of groupByName(raw.parameters)) {
    const values = candidatesOf(name, parameters, defects);
    if (values.length > 0) found.set(name, values);
  }
  // An honest field needs no second look; a crafted one does.
  if (defects.length > 0 || /\\|\(|"[^"]*[;=][^"]*"/.test(text)) addNaive(text, found, defects);
  return { value: raw.value.toLowerCase().replaceAll(/\s+/g, ''), parameters: found, defects };
}

/** RFC 2231 §3 and §4: `name`, `name*`, `name*0`, `name*0*` are forms of one parameter. */
function groupByName(parameters: readonly RawParameter[]): Map<string, RawParameter[]> {
  const groups = new Map<string, RawParameter[]>();
  for (const p of parameters) {
    const base = p.name.split('*', 1)[0]!.trim(); // `!`: split gives at least one piece
    const group = groups.get(base);
    if (group === undefined) groups.set(base, [p]);
    else group.push(p);
  }
  return groups;
}

function candidatesOf(base: string, parameters: readonly RawParameter[], defects: MimeDefect[]): string[] {
  const extended = parameters.filter((p) => p.name !== base);
  const plain = parameters.filter((p) => p.name === base).map((p) => p.values);
  const values: string[] = [];
  if (extended.length > 0) addExtended(base, extended, values, defects);
  const firstPlain = plain[0]?.[0];
  if (values.length > 0 && firstPlain !== undefined && values[0] !== showName(firstPlain))
    noteDefect(defects, 'parameter-extended-differs', base);
  if (new Set(plain.map((v) => v[0])).size > 1) noteDefect(defects, 'parameter-duplicate', base);
  for (const candidates of plain) for (const v of candidates) addPlain(base, v, values, defects);
  return values;
}

function add(values: string[], value: string): void {
  if (value !== '' && values.length < MAX_CANDIDATES && !values.includes(value)) values.push(value);
}

function addPlain(base: string, value: string, values: string[], defects: MimeDefect[]): void {
  if (base === 'name' || base === 'filename') {
    if (value.includes('=?')) noteDefect(defects, 'encoded-word-in-parameter', value);
    add(values, showName(value));
    // Raw percent signs: some programs decode them as if the parameter were extended.
    if (/%[0-9a-f]{2}/i.test(value)) add(values, decodeCharset(percentBytes(value), 'utf-8'));
  } else add(values, value);
  if (value.includes('=?')) {
    if (base === 'boundary') noteDefect(defects, 'parameter-encoding-odd', value);
    add(values, decodeEncodedWords(value));
  }
}

function showName(value: string): string {
  return value.includes('=?') ? decodeEncodedWords(value) : showLatin1(value);
}

type Piece = { readonly index: number; readonly isEncoded: boolean; readonly text: string };

function addExtended(
  base: string,
  parameters: readonly RawParameter[],
  values: string[],
  defects: MimeDefect[],
): void {
  const pieces: Piece[] = [];
  const whole: string[] = [];
  for (const p of parameters) {
    const form = /^\*(?:(\d{1,4})(\*?))?$/.exec(p.name.slice(base.length).replaceAll(/\s/g, ''));
    const text = p.values[0]!; // `!`: the tokeniser gives at least one candidate
    if (form === null) {
      noteDefect(defects, 'parameter-encoding-odd', p.name);
      whole.push(text);
    } else if (form[1] === undefined) whole.push(text);
    else pieces.push({ index: Number(form[1]), isEncoded: form[2] === '*', text });
  }
  if (whole.length > 1 && new Set(whole).size > 1) noteDefect(defects, 'parameter-duplicate', base);
  for (const text of whole) addEncoded(text, values, defects);
  if (pieces.length > 0) addPieces(base, pieces, values, defects);
}

/** RFC 2231 §3: pieces are joined by number; whether gaps, repeats and odd orders are forgiven differs by program. */
function addPieces(base: string, pieces: readonly Piece[], values: string[], defects: MimeDefect[]): void {
  const sorted = pieces.toSorted((a, b) => a.index - b.index);
  const isRegular = pieces.every((p, i) => p.index === i);
  if (!isRegular) noteDefect(defects, 'parameter-continuation', base);
  const joins: (readonly Piece[])[] = [];
  if (!isRegular) {
    const firsts = sorted.filter((p, i) => i === 0 || sorted[i - 1]!.index !== p.index);
    const lasts = sorted.filter((p, i) => i === sorted.length - 1 || sorted[i + 1]!.index !== p.index);
    const unbroken = firsts.filter((p, i) => p.index === i);
    joins.push(unbroken, firsts, lasts, sorted, pieces);
  } else joins.push(sorted);
  for (const join of joins) if (join.length > 0) addJoin(join, values, defects);
}

function addJoin(pieces: readonly Piece[], values: string[], defects: MimeDefect[]): void {
  const isEncoded = pieces.some((p) => p.isEncoded);
  const text = pieces
    .map((p) => (isEncoded && !p.isEncoded ? p.text.replaceAll('%', '%25') : p.text))
    .join('');
  if (
    isEncoded &&
    pieces.some((p) => p.isEncoded && p.text.includes("''")) &&
    !pieces[0]!.text.includes("'")
  ) {
    // The charset prefix stands on a later piece: programs that join first find it in the middle.
    noteDefect(defects, 'parameter-encoding-odd', text);
    add(values, showLatin1(percentText(text.replaceAll("''", ''))));
  }
  if (isEncoded) addEncoded(text, values, defects);
  else addPlain('', text, values, defects);
  if (!isEncoded) add(values, showName(text));
}

/** RFC 2231 §4: charset'language'percent-encoded. */
function addEncoded(text: string, values: string[], defects: MimeDefect[]): void {
  const parts = /^([^']{0,60})'([^']{0,60})'(.*)$/s.exec(text);
  if (parts === null) {
    noteDefect(defects, 'parameter-encoding-odd', text);
    add(values, decodeCharset(percentBytes(text), 'utf-8'));
    add(values, showLatin1(text));
    return;
  }
  const charset = parts[1]!.toLowerCase(); // `!`: the groups are not optional
  const encoded = parts[3]!;
  if (charset !== '' && !isKnownCharset(charset)) noteDefect(defects, 'parameter-charset', charset);
  if (charset.startsWith('utf-16') || charset.startsWith('utf-7'))
    noteDefect(defects, 'parameter-charset', charset);
  add(values, decodeCharset(percentBytes(encoded), charset));
  if (charset.startsWith('utf-16')) add(values, decodeCharset(percentBytes(encoded), 'utf-16le'));
  if (charset.startsWith('utf-7')) add(values, decodeUtf7(encoded));
  if (!isKnownCharset(charset)) add(values, showLatin1(encoded));
}

/** UTF-7 (RFC 2152) of file names: the decoders of the platform do not know it any more, old mail programs do. */
function decodeUtf7(text: string): string {
  return text.replaceAll(/\+([A-Za-z0-9+/]{0,400})-?/g, (_, base64: string) =>
    base64 === '' ? '+' : decodeCharset(atobLoose(base64), 'utf-16be'),
  );
}

function atobLoose(base64: string): Uint8Array {
  return fromLatin1(atob(base64.length % 4 === 1 ? base64.slice(0, -1) : base64));
}

function percentText(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function percentBytes(text: string): Uint8Array {
  return fromLatin1(percentText(text));
}

/** What a reader without a tokeniser sees: pieces between semicolons, and the names wherever they stand. */
function addNaive(text: string, found: Map<string, string[]>, defects: MimeDefect[]): void {
  const bare = text.replaceAll(/\\(.)/g, '$1');
  // Bounded: names are literal, values end at the first separator.
  for (const match of bare.matchAll(
    /(boundary|filename|name|charset)(\*?)\s{0,20}=\s{0,20}("[^"]{0,300}"?|[^\s;,]{0,300})/gi,
  )) {
    const name = match[1]!.toLowerCase(); // `!`: the groups are not optional
    if (!LOOKED_FOR.has(name)) continue;
    if (name === 'name' && /file$/i.test(bare.slice(Math.max(0, match.index - 4), match.index))) continue;
    const written = match[3]!;
    const values = found.get(name) ?? [];
    const before = values.length;
    for (const v of naiveValues(written)) add(values, name.endsWith('name') ? showName(v) : v);
    if (values.length > 0) found.set(name, values);
    if (before === 0 && values.length > 0) noteDefect(defects, 'parameter-hidden', match[0]);
  }
}

function naiveValues(written: string): string[] {
  const unquoted = written.replace(/^"/, '').replace(/"$/, '');
  return [unquoted, unquoted.split(';', 1)[0]!.trim(), written.startsWith('"') ? '' : written].filter(
    (v) => v !== '',
  ); // `!`: split gives at least one piece
}
