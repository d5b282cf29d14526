/** Bytes in a named charset as text, for names and encoded-words. Never fails: unknown charsets are read as UTF-8, then as Latin-1. */
import { fromLatin1, toLatin1 } from '#core/bytes.ts';

type Charset = InstanceType<typeof TextDecoder>;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const decoders = new Map<string, Charset | undefined>();

function decoderFor(charset: string): Charset | undefined {
  const label = charset.trim().toLowerCase();
  if (decoders.has(label)) return decoders.get(label);
  let decoder: Charset | undefined;
  try {
    decoder = new TextDecoder(label === 'utf-16' ? 'utf-16be' : label);
  } catch {
    decoder = undefined; // Losing the RangeError is right: an unknown label is answered by the fallback below.
  }
  // Labels come from strangers: remember only a few.
  if (decoders.size < 64) decoders.set(label, decoder);
  return decoder;
}

export function isKnownCharset(charset: string): boolean {
  return decoderFor(charset) !== undefined;
}

/** Text of `bytes`; `charset` empty or unknown means UTF-8 where it is valid, else Latin-1. */
export function decodeCharset(bytes: Uint8Array, charset: string): string {
  const decoder = charset === '' ? undefined : decoderFor(charset);
  if (decoder === undefined) return decodeUnknown(bytes);
  return decoder.decode(dropByteOrderOf(bytes, decoder));
}

/** RFC 2781 §4.3: UTF-16 without byte order mark is big-endian; with a little-endian mark it is turned round. */
function dropByteOrderOf(bytes: Uint8Array, decoder: Charset): Uint8Array {
  if (decoder.encoding !== 'utf-16be' || bytes[0] !== 0xff || bytes[1] !== 0xfe) return bytes;
  const swapped = new Uint8Array(bytes.length & ~1);
  for (let i = 0; i < swapped.length; i += 2) {
    swapped[i] = bytes[i + 1]!;
    swapped[i + 1] = bytes[i]!;
  }
  return swapped;
}

export function decodeUnknown(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return toLatin1(bytes); // Losing the TypeError is right: not being UTF-8 is the answer.
  }
}

/** Header text kept one character per byte, as a mail program shows it: UTF-8 (RFC 6532) where valid. */
export function showLatin1(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return decodeUnknown(fromLatin1(text));
  return text;
}
