/** Small tools over bytes. Mail is bytes; text appears only where a standard says which charset it is in. */

export const CR = 13;
export const LF = 10;
export const CRLF: Uint8Array = Uint8Array.of(CR, LF);
export const EMPTY: Uint8Array = new Uint8Array(0);

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8');
const latin1Decoder = new TextDecoder('latin1');

export function fromUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Bytes as UTF-8; what is not UTF-8 becomes U+FFFD. */
export function toUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

/** Bytes one to one as U+0000–U+00FF, so that no byte is lost while text functions look at them. */
export function toLatin1(bytes: Uint8Array): string {
  // windows-1252 is what TextDecoder means by latin1: bytes 0x80–0x9f would move, so they are mapped by hand.
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    if (b > 0x7f && b < 0xa0) return latin1ByHand(bytes);
  }
  return latin1Decoder.decode(bytes);
}

function latin1ByHand(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** The inverse of `toLatin1`; a character above U+00FF becomes `?`. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    bytes[i] = c > 255 ? 63 : c;
  }
  return bytes;
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  let size = 0;
  for (const c of chunks) size += c.length;
  const all = new Uint8Array(size);
  let at = 0;
  for (const c of chunks) {
    all.set(c, at);
    at += c.length;
  }
  return all;
}

/** Where CRLF next stands at or after `from`, or -1. */
export function indexOfCrlf(bytes: Uint8Array, from = 0): number {
  for (let i = bytes.indexOf(CR, from); i !== -1; i = bytes.indexOf(CR, i + 1)) {
    if (bytes[i + 1] === LF) return i;
  }
  return -1;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
