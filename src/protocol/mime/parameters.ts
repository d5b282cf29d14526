/**
 * The words of a structured MIME field: a value and its parameters (RFC 2045 §5.1), tokenised the way the standard says,
 * with what is broken kept as further candidates instead of thrown away.
 */
import { noteDefect, type MimeDefect } from './defects.ts';

/** One `name=value` as written. `values[0]` is the standard's reading, the others what sloppy readers make of it. */
export type RawParameter = { readonly name: string; readonly values: readonly string[] };
export type RawField = { readonly value: string; readonly parameters: readonly RawParameter[] };

const MAX_PARAMETERS = 64;

/** Splits `text` (unfolded, one character per byte). Never fails; bounded by the length of the text. */
export function splitParameters(text: string, defects: MimeDefect[]): RawField {
  const scan: Scan = { text, at: 0, defects };
  const value = readValue(scan);
  const parameters: { name: string; values: string[] }[] = [];
  while (scan.at < text.length && parameters.length < MAX_PARAMETERS) {
    const parameter = readParameter(scan);
    if (parameter.values.length > 0) parameters.push(parameter);
    // `filename=a;.zip`: a reader that looks for the next "=" before it cuts sees one value.
    else if (parameter.name !== '')
      parameters.at(-1)?.values.push(`${parameters.at(-1)!.values[0]};${parameter.name}`);
  }
  if (scan.at < text.length)
    noteDefect(defects, 'parameter-hidden', `more than ${MAX_PARAMETERS} parameters`);
  return { value, parameters };
}

type Scan = { readonly text: string; at: number; readonly defects: MimeDefect[] };

const isSpace = (c: string | undefined): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n';

function skipSpace(scan: Scan): void {
  while (isSpace(scan.text[scan.at])) scan.at++;
}

/** The media type, disposition or mechanism: up to the first semicolon, comments left out. */
function readValue(scan: Scan): string {
  let value = '';
  for (; scan.at < scan.text.length;) {
    const c = scan.text[scan.at]!; // `!`: below the length
    if (c === ';') break;
    if (c === '(') {
      const comment = skipComment(scan);
      if (value.trim() !== '' && !atSeparator(scan)) noteDefect(scan.defects, 'parameter-comment', comment);
      continue;
    }
    // A comma instead of a semicolon before a parameter: some programs take it.
    if (c === ',' && scan.text.includes('=', scan.at)) {
      noteDefect(scan.defects, 'parameter-separator', 'comma');
      break;
    }
    value += c;
    scan.at++;
  }
  scan.at++;
  return value.trim();
}

function atSeparator(scan: Scan): boolean {
  let at = scan.at;
  while (isSpace(scan.text[at])) at++;
  return at >= scan.text.length || scan.text[at] === ';';
}

/** Steps over a comment, nested ones included (RFC 5322 §3.2.2); an unclosed one runs to the end. */
function skipComment(scan: Scan): string {
  const start = scan.at;
  let depth = 0;
  for (; scan.at < scan.text.length; scan.at++) {
    const c = scan.text[scan.at];
    if (c === '\\') scan.at++;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) {
      scan.at++;
      break;
    }
  }
  if (depth > 0) noteDefect(scan.defects, 'parameter-comment', 'unclosed comment');
  return scan.text.slice(start, scan.at);
}

/** A parameter; without values when no `=` follows its name. */
function readParameter(scan: Scan): { name: string; values: string[] } {
  const name = readName(scan);
  if (scan.text[scan.at] !== '=') {
    scan.at++;
    if (name !== '') noteDefect(scan.defects, 'parameter-separator', `no value after "${name}"`);
    return { name, values: [] };
  }
  scan.at++;
  skipSpace(scan);
  while (scan.text[scan.at] === '(') {
    noteDefect(scan.defects, 'parameter-comment', 'before a value');
    skipComment(scan);
    skipSpace(scan);
  }
  const values = scan.text[scan.at] === '"' ? readQuoted(scan) : readToken(scan);
  return { name: name.toLowerCase(), values };
}

function readName(scan: Scan): string {
  let name = '';
  for (; scan.at < scan.text.length;) {
    const c = scan.text[scan.at]!; // `!`: below the length
    if (c === '=' || c === ';') break;
    if (c === '(') {
      const comment = skipComment(scan);
      if (name.trim() !== '') noteDefect(scan.defects, 'parameter-comment', comment);
      continue;
    }
    if (c === '\\') noteDefect(scan.defects, 'parameter-escape', 'in a parameter name');
    else name += c;
    scan.at++;
  }
  const trimmed = name.trim();
  // A quote or space inside a name is the rest of a broken value before it, or a disguise.
  if (/["\s]/.test(trimmed)) {
    noteDefect(scan.defects, 'parameter-hidden', trimmed);
    return trimmed.replaceAll(/["\s]/g, '');
  }
  return trimmed;
}

function readQuoted(scan: Scan): string[] {
  const { text } = scan;
  const start = ++scan.at;
  let value = '';
  let escaped = false;
  for (; scan.at < text.length && text[scan.at] !== '"'; scan.at++) {
    // RFC 5322 §3.2.4: the backslash of a quoted-pair is not part of the value.
    if (text[scan.at] === '\\' && scan.at + 1 < text.length) {
      scan.at++;
      escaped = true;
    }
    value += text[scan.at];
  }
  if (scan.at >= text.length) return unclosedQuote(scan, start, value);
  const values = [value];
  // Windows paths and UNC names with raw backslashes are common and harmless; an escaped quote is neither.
  const raw = text.slice(start, scan.at);
  if (escaped) {
    values.push(raw, raw.split('"', 1)[0]!.replace(/\\$/, ''));
    noteDefect(scan.defects, 'parameter-escape', raw);
  }
  scan.at++;
  addTextAfterQuote(scan, value, values);
  return values;
}

function unclosedQuote(scan: Scan, start: number, value: string): string[] {
  noteDefect(scan.defects, 'parameter-unclosed-quote', value);
  const rest = scan.text.slice(start);
  const upToSemicolon = rest.split(';', 1)[0]!; // `!`: split gives at least one piece
  // Go on after the next semicolon: a reader that closes the quote there sees further parameters.
  scan.at = start + upToSemicolon.length + 1;
  return [value, upToSemicolon.trim(), rest.split(/\s/, 1)[0]!, `"${upToSemicolon.trim()}`]; // `!`: as above
}

function addTextAfterQuote(scan: Scan, value: string, values: string[]): void {
  skipSpace(scan);
  while (scan.text[scan.at] === '(') {
    skipComment(scan);
    skipSpace(scan);
  }
  const semicolon = scan.text.indexOf(';', scan.at);
  const end = semicolon === -1 ? scan.text.length : semicolon;
  const after = scan.text.slice(scan.at, end).trim();
  scan.at = end + 1;
  if (after === '') return;
  noteDefect(scan.defects, 'parameter-text-after-quote', after);
  values.push(
    value + after,
    value + after.replaceAll('"', ''),
    `${value}"${after}`,
    `${value}"${after.replace(/"$/, '')}`,
  );
}

function readToken(scan: Scan): string[] {
  const semicolon = scan.text.indexOf(';', scan.at);
  const end = semicolon === -1 ? scan.text.length : semicolon;
  const raw = scan.text.slice(scan.at, end).trim();
  scan.at = end + 1;
  if (/^[\w!#$%&'*+\-.^`{|}~/:@]*$/.test(raw)) return [raw];
  return oddToken(scan, raw);
}

/** RFC 2045 §5.1: a token holds no white space, no comment, no tspecials. What holds them is read in many ways. */
function oddToken(scan: Scan, raw: string): string[] {
  const values = [raw];
  if (raw.includes('(')) {
    noteDefect(scan.defects, 'parameter-comment', raw);
    const inner: Scan = { text: raw, at: 0, defects: [] };
    let bare = '';
    while (inner.at < raw.length) {
      if (raw[inner.at] === '(') skipComment(inner);
      else bare += raw[inner.at++];
    }
    values.unshift(bare.trim());
    values.push(raw.split('(', 1)[0]!.trim()); // `!`: split gives at least one piece
  }
  if (raw.includes('\\')) {
    noteDefect(scan.defects, 'parameter-escape', raw);
    values.push(raw.replaceAll('\\', ''));
  }
  if (raw.includes('"')) {
    noteDefect(scan.defects, 'parameter-text-after-quote', raw);
    values.push(raw.replaceAll('"', ''), raw.split('"', 1)[0]!); // `!`: as above
  }
  if (/[\s,=<>?[\]]/.test(raw)) {
    noteDefect(scan.defects, 'parameter-unquoted', raw);
    values.push(raw.split(/[\s,=]/, 1)[0]!); // `!`: as above
    if (raw.includes('=')) values.push(raw.slice(raw.lastIndexOf('=') + 1).trim());
  }
  return values;
}
