/**
 * The header section of a message, read once and shared by every reader (DKIM, ARC, DMARC, MIME, trace, tracking).
 *
 * It keeps offsets into the original bytes, so what is verified is what arrived. It never fails: what is wrong becomes a
 * defect, and each reader decides what a defect means for it. A line that is no field ends nothing: it is kept as a
 * nameless field, since mail programs differ on whether the header goes on after it (a defect says so).
 */
import { CR, LF, toLatin1, toUtf8 } from '#core/bytes.ts';

export type Field = {
  /** As written; empty for a line that is no field. */
  readonly name: string;
  readonly lower: string;
  /** Offset of the first byte of the name. */
  readonly start: number;
  /** Offset of the first byte after the colon. */
  readonly valueStart: number;
  /** Offset after the line end that closes the field. */
  readonly end: number;
};

export type HeaderDefect =
  | { readonly kind: 'not-a-field'; readonly at: number }
  | { readonly kind: 'space-before-colon'; readonly at: number }
  | { readonly kind: 'bad-name'; readonly at: number }
  | { readonly kind: 'first-line-folded'; readonly at: number }
  | { readonly kind: 'bare-line-feed'; readonly at: number }
  | { readonly kind: 'bare-carriage-return'; readonly at: number }
  | { readonly kind: 'nul'; readonly at: number }
  | { readonly kind: 'eight-bit'; readonly at: number }
  | { readonly kind: 'whitespace-only-line'; readonly at: number }
  | { readonly kind: 'no-body-separator'; readonly at: number }
  | { readonly kind: 'line-too-long'; readonly at: number };

export type Header = {
  /** The bytes the offsets count in: at least the header section and the empty line. */
  readonly bytes: Uint8Array;
  readonly fields: readonly Field[];
  /** Offset of the first byte of the body, after the empty line. */
  readonly bodyStart: number;
  /** First occurrence of each kind of defect. */
  readonly defects: readonly HeaderDefect[];
};

const SPACE = 32;
const TAB = 9;
const COLON = 58;
/** RFC 5322 §2.1.1: 998 characters without CRLF. */
const MAX_LINE = 998;

/** Offset just after the empty line that ends the header section, or -1 while it has not come yet. */
export function findBodyStart(bytes: Uint8Array, from = 0): number {
  if (from === 0 && bytes[0] === CR && bytes[1] === LF) return 2;
  if (from === 0 && bytes[0] === LF) return 1;
  for (let i = bytes.indexOf(LF, from); i !== -1; i = bytes.indexOf(LF, i + 1)) {
    if (bytes[i + 1] === LF) return i + 2;
    if (bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3;
  }
  return -1;
}

/** Splits the header section of a message into its fields. Bare LF ends a line too, and is a defect. */
export function parseHeader(bytes: Uint8Array): Header {
  const fields: Field[] = [];
  const defects = new Map<HeaderDefect['kind'], HeaderDefect>();
  const note = (kind: HeaderDefect['kind'], at: number): void => {
    if (!defects.has(kind)) defects.set(kind, { kind, at });
  };
  let at = 0;
  let bodyStart = -1;
  while (at < bytes.length) {
    const first = lineAt(bytes, at, note);
    if (first.contentEnd === at) {
      bodyStart = first.next;
      break;
    }
    // RFC 5322 §2.2.3: a line that begins with white space continues the field before it.
    if (bytes[at] === SPACE || bytes[at] === TAB) note('first-line-folded', at);
    let end = first.next;
    while (end < bytes.length && (bytes[end] === SPACE || bytes[end] === TAB)) {
      const line = lineAt(bytes, end, note);
      if (isBlank(bytes, end, line.contentEnd)) note('whitespace-only-line', end);
      end = line.next;
    }
    fields.push(readField(bytes, at, first.contentEnd, end, note));
    at = end;
  }
  if (bodyStart === -1) {
    bodyStart = bytes.length;
    note('no-body-separator', bytes.length);
  }
  return { bytes, fields, bodyStart, defects: [...defects.values()] };
}

type Note = (kind: HeaderDefect['kind'], at: number) => void;

function lineAt(bytes: Uint8Array, start: number, note: Note): { contentEnd: number; next: number } {
  const lf = bytes.indexOf(LF, start);
  const next = lf === -1 ? bytes.length : lf + 1;
  const hasCr = lf > start && bytes[lf - 1] === CR;
  const contentEnd = lf === -1 ? bytes.length : hasCr ? lf - 1 : lf;
  if (lf !== -1 && !hasCr) note('bare-line-feed', lf);
  if (contentEnd - start > MAX_LINE) note('line-too-long', start);
  for (let i = start; i < contentEnd; i++) {
    const b = bytes[i]!;
    if (b >= SPACE && b < 0x80) continue;
    if (b === CR) note('bare-carriage-return', i);
    else if (b === 0) note('nul', i);
    else if (b >= 0x80) note('eight-bit', i);
  }
  return { contentEnd, next };
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}

function readField(bytes: Uint8Array, start: number, firstLineEnd: number, end: number, note: Note): Field {
  let colon = start;
  while (colon < firstLineEnd && bytes[colon] !== COLON) colon++;
  let nameEnd = colon;
  while (nameEnd > start && (bytes[nameEnd - 1] === SPACE || bytes[nameEnd - 1] === TAB)) nameEnd--;
  if (colon === firstLineEnd || nameEnd === start) {
    note('not-a-field', start);
    return { name: '', lower: '', start, valueStart: start, end };
  }
  if (nameEnd !== colon) note('space-before-colon', start);
  for (let i = start; i < nameEnd; i++) {
    const b = bytes[i]!;
    // RFC 5322 §3.6.8: ftext is 33–57 and 59–126.
    if (b < 33 || b > 126) {
      note('bad-name', start);
      break;
    }
  }
  const name = toLatin1(bytes.subarray(start, nameEnd));
  return { name, lower: name.toLowerCase(), start, valueStart: colon + 1, end };
}

/** All fields of that name, top to bottom. */
export function fieldsNamed(header: Header, name: string): Field[] {
  const lower = name.toLowerCase();
  return header.fields.filter((f) => f.lower === lower);
}

/** The field as it stands in the message, line end included. */
export function rawField(header: Header, field: Field): Uint8Array {
  return header.bytes.subarray(field.start, field.end);
}

/** The value unfolded (RFC 5322 §2.2.3) and trimmed, one character per byte. */
export function fieldLatin1(header: Header, field: Field): string {
  return toLatin1(header.bytes.subarray(field.valueStart, field.end)).replaceAll(/\r?\n/g, '').trim();
}

/** The value unfolded and trimmed, as UTF-8 (RFC 6532); encoded-words stay as they are. */
export function fieldText(header: Header, field: Field): string {
  return toUtf8(header.bytes.subarray(field.valueStart, field.end)).replaceAll(/\r?\n/g, '').trim();
}
