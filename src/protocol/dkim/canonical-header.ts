/** Header canonicalisation (RFC 6376 §3.4.1, §3.4.2) into one growing buffer, which is what the signature covers. */
import { CR, LF } from '#core/bytes.ts';
import type { Field, Header } from '#protocol/message/header.ts';
import type { Canonicalization } from './canonical-body.ts';

const SPACE = 32;
const TAB = 9;
const COLON = 58;
const SEMICOLON = 59;
const EQUALS = 61;
const LOWER_B = 98;

/** Bytes appended one after the other; `bytes()` is a view that the next append may change. */
export type ByteWriter = {
  readonly byte: (b: number) => void;
  readonly slice: (from: Uint8Array, start: number, end: number) => void;
  readonly bytes: () => Uint8Array;
};

export function byteWriter(expectedBytes = 2048): ByteWriter {
  let buffer = new Uint8Array(expectedBytes);
  let used = 0;
  const grow = (more: number): void => {
    const bigger = new Uint8Array(Math.max(buffer.length * 2, used + more));
    bigger.set(buffer.subarray(0, used));
    buffer = bigger;
  };
  return {
    byte(b) {
      if (used === buffer.length) grow(1);
      buffer[used++] = b;
    },
    slice(from, start, end) {
      if (used + end - start > buffer.length) grow(end - start);
      buffer.set(from.subarray(start, end), used);
      used += end - start;
    },
    bytes: () => buffer.subarray(0, used),
  };
}

/** A field as a signature covers it, with its line end. */
export function writeField(out: ByteWriter, header: Header, field: Field, how: Canonicalization): void {
  const end = contentEnd(header.bytes, field);
  writeParts(out, header.bytes, field, how, { from: end, to: end, end });
  out.byte(CR);
  out.byte(LF);
}

/**
 * The signature's own field as it covers itself: the value of b= taken out and no line end (RFC 6376 §3.7). What is taken
 * out is all between `=` and the next `;`, so that folding inside the signature does not matter.
 */
export function writeOwnField(out: ByteWriter, header: Header, field: Field, how: Canonicalization): void {
  const end = contentEnd(header.bytes, field);
  const value = signatureValue(header.bytes, field.valueStart, end);
  writeParts(out, header.bytes, field, how, { ...value, end });
}

/** `from` to `to` is left out. */
type Cut = { readonly from: number; readonly to: number; readonly end: number };

function writeParts(out: ByteWriter, bytes: Uint8Array, field: Field, how: Canonicalization, cut: Cut): void {
  if (how === 'simple') {
    out.slice(bytes, field.start, cut.from);
    out.slice(bytes, cut.to, cut.end);
    return;
  }
  for (let i = 0; i < field.lower.length; i++) out.byte(field.lower.charCodeAt(i));
  out.byte(COLON);
  const started = writeRelaxed(out, bytes, field.valueStart, cut.from, 'start');
  writeRelaxed(out, bytes, cut.to, cut.end, started);
}

type Place = 'start' | 'text' | 'space';

/** White space to one space, none at the start and the end, line ends dropped. Says where it stopped, to go on after a cut. */
function writeRelaxed(out: ByteWriter, bytes: Uint8Array, from: number, to: number, place: Place): Place {
  let now = place;
  for (let i = from; i < to; i++) {
    const b = bytes[i]!;
    if (b === SPACE || b === TAB) {
      if (now === 'text') now = 'space';
    } else if (b === LF || (b === CR && bytes[i + 1] === LF)) {
      continue;
    } else {
      if (now === 'space') out.byte(SPACE);
      now = 'text';
      out.byte(b);
    }
  }
  return now;
}

function contentEnd(bytes: Uint8Array, field: Field): number {
  if (field.end === field.start || bytes[field.end - 1] !== LF) return field.end;
  return bytes[field.end - 2] === CR ? field.end - 2 : field.end - 1;
}

/** Where the value of b= stands; an empty stretch at the end when there is none. */
function signatureValue(bytes: Uint8Array, start: number, end: number): { from: number; to: number } {
  for (let at = start; at < end;) {
    const semicolon = bytes.indexOf(SEMICOLON, at);
    const tagEnd = semicolon === -1 || semicolon > end ? end : semicolon;
    const equals = bytes.indexOf(EQUALS, at);
    if (equals !== -1 && equals < tagEnd && isNamedB(bytes, at, equals))
      return { from: equals + 1, to: tagEnd };
    at = tagEnd + 1;
  }
  return { from: end, to: end };
}

function isNamedB(bytes: Uint8Array, from: number, to: number): boolean {
  let seen = false;
  for (let i = from; i < to; i++) {
    const b = bytes[i]!;
    if (b === SPACE || b === TAB || b === CR || b === LF) continue;
    if (b !== LOWER_B || seen) return false;
    seen = true;
  }
  return seen;
}
