/** Writing a signature field: tags folded to lines that every relay carries (RFC 6376 §3.2, RFC 5322 §2.1.1). */
import { fromLatin1, toLatin1, fromUtf8 } from '#core/bytes.ts';

const FOLD = '\r\n\t';
/** RFC 5322 §2.1.1: lines should be no longer than 78 characters. */
const MAX_LINE = 76;

export type Tag = readonly [name: string, value: string];

/** `Name: a=…; b=…` folded between tags, and inside a value only where it may be (h= after a colon). No line end. */
export function composeField(name: string, tags: readonly Tag[]): string {
  let text = `${name}:`;
  let column = text.length;
  for (const [i, [tag, value]] of tags.entries()) {
    const spec = `${tag}=${value}${i === tags.length - 1 ? '' : ';'}`;
    // b= has its own line, since the signature goes there.
    const folded = tag === 'b' || column + 1 + spec.length > MAX_LINE;
    const written = tag === 'h' && spec.length > MAX_LINE ? foldList(spec) : spec;
    text += (folded ? FOLD : ' ') + written;
    column = folded ? 8 + lastLine(written) : column + 1 + spec.length;
  }
  return text;
}

function lastLine(text: string): number {
  return text.length - (text.lastIndexOf('\t') + 1);
}

function foldList(spec: string): string {
  let text = '';
  let column = 8;
  for (const part of spec.split(/(?<=:)/)) {
    if (column + part.length > MAX_LINE && column > 8) {
      text += FOLD;
      column = 8;
    }
    text += part;
    column += part.length;
  }
  return text;
}

/** Base64 of a signature for a b= that begins its line; white space in it does not count (RFC 6376 §3.5). */
export function foldBase64(bytes: Uint8Array): string {
  const text = toBase64(bytes);
  let folded = text.slice(0, 66);
  for (let at = 66; at < text.length; at += 68) folded += FOLD + text.slice(at, at + 68);
  return folded;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes));
}

/** Free text folded at its white space, so that lines stay short; a word longer than a line stays whole. */
export function foldText(text: string): string {
  let folded = '';
  let column = 0;
  for (const word of text.split(/[ \t\r\n]+/)) {
    if (column > 8 && column + 1 + word.length > MAX_LINE) {
      folded += FOLD;
      column = 8;
    } else if (folded !== '') folded += ' ';
    folded += word;
    column += word.length + 1;
  }
  return folded;
}

/** RFC 6376 §2.11: what is not plain becomes `=XX`, of its UTF-8 bytes. */
export function quotedPrintable(text: string): string {
  return toLatin1(fromUtf8(text)).replaceAll(
    /[^\x21-\x3a\x3c\x3e-\x7e]/g,
    (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** A composed field as bytes; everything in it is ASCII by then. */
export function fieldBytes(text: string): Uint8Array {
  return fromLatin1(`${text}\r\n`);
}
