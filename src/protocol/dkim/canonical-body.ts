/**
 * The two body canonicalisations (RFC 6376 §3.4.3, §3.4.4) as push machines: bytes in, split anywhere; canonical bytes out.
 *
 * Only CRLF ends a line; a bare CR or LF is a byte like any other, as the standard has it. Output is handed on in big
 * slices of the input wherever the input already is canonical, since that is nearly all of nearly every message.
 */
import { CR, CRLF, LF } from '#core/bytes.ts';

export type Canonicalization = 'simple' | 'relaxed';

export type Emit = (bytes: Uint8Array) => void;

export type BodyCanonicalizer = {
  readonly update: (chunk: Uint8Array) => void;
  readonly finish: () => void;
};

const SPACE = 32;
const TAB = 9;
const CR_BYTE: Uint8Array = Uint8Array.of(CR);
const MANY_CRLF = new Uint8Array(4096).map((_, i) => (i % 2 === 0 ? CR : LF));

function emitCrlfs(emit: Emit, count: number): void {
  for (let left = count * 2; left > 0; left -= MANY_CRLF.length)
    emit(left >= MANY_CRLF.length ? MANY_CRLF : MANY_CRLF.subarray(0, left));
}

/** RFC 6376 §3.4.3: empty lines at the end become one CRLF, and a body without a line end gets one. */
export function simpleBody(emit: Emit): BodyCanonicalizer {
  let heldCrlfs = 0;
  let heldCr = false;
  const text = (bytes: Uint8Array): void => {
    emitCrlfs(emit, heldCrlfs);
    heldCrlfs = 0;
    emit(bytes);
  };
  return {
    update(chunk) {
      let start = 0;
      if (chunk.length === 0) return;
      if (heldCr) {
        heldCr = false;
        if (chunk[0] === LF) {
          heldCrlfs++;
          start = 1;
        } else text(CR_BYTE);
      }
      let end = chunk.length;
      const endsInCr = end > start && chunk[end - 1] === CR;
      if (endsInCr) end--;
      let crlfs = 0;
      while (end - 2 >= start && chunk[end - 1] === LF && chunk[end - 2] === CR) {
        end -= 2;
        crlfs++;
      }
      if (end > start) text(chunk.subarray(start, end));
      heldCrlfs += crlfs;
      heldCr = endsInCr;
    },
    finish() {
      if (heldCr) text(CR_BYTE);
      emit(CRLF);
    },
  };
}

/**
 * RFC 6376 §3.4.4. A `run` is a stretch of input that is its own canonical form: no tab, no two spaces, no space before a
 * line end. `canonicalRunEnd` walks over it; what follows a run (white space, line ends) is held as counts until the next
 * text byte shows whether it counts at all.
 */
export function relaxedBody(emit: Emit): BodyCanonicalizer {
  const out = gather(emit);
  let heldCrlfs = 0;
  let heldSpace = false;
  let heldCr = false;
  let isEmpty = true;
  const beforeText = (): void => {
    isEmpty = false;
    if (heldCrlfs > 8) {
      emitCrlfs(out.add, heldCrlfs);
      heldCrlfs = 0;
    }
    for (; heldCrlfs > 0; heldCrlfs--) {
      out.addByte(CR);
      out.addByte(LF);
    }
    if (heldSpace) {
      out.addByte(SPACE);
      heldSpace = false;
    }
  };
  /** Walks over white space and line ends; the offset of the next text byte, or the chunk's end. */
  const hold = (chunk: Uint8Array, from: number): number => {
    let i = from;
    for (; i < chunk.length; i++) {
      const b = chunk[i]!;
      if (b === SPACE || b === TAB) heldSpace = true;
      else if (b !== CR) return i;
      else if (i + 1 === chunk.length) heldCr = true;
      else if (chunk[i + 1] !== LF) return i;
      else {
        heldSpace = false;
        heldCrlfs++;
        i++;
      }
    }
    return chunk.length;
  };
  return {
    update(chunk) {
      if (chunk.length === 0) return;
      let i = 0;
      if (heldCr) {
        heldCr = false;
        if (chunk[0] === LF) {
          heldSpace = false;
          heldCrlfs++;
          i = 1;
        } else {
          beforeText();
          out.addByte(CR);
        }
      }
      i = hold(chunk, i);
      const words = wordsOf(chunk);
      while (i < chunk.length) {
        beforeText();
        const end = canonicalRunEnd(chunk, words, i);
        out.addRange(chunk, i, end);
        i = hold(chunk, end);
      }
      out.flush(); // slices of the chunk are never kept beyond the call
    },
    finish() {
      if (heldCr) {
        beforeText();
        out.addByte(CR);
      }
      if (!isEmpty) out.add(CRLF);
      out.flush();
    },
  };
}

/**
 * `from` is a text byte. The run goes on over a space that text follows, and over line ends that text or one space
 * before text follows; a CR that is no line end is text.
 */
function canonicalRunEnd(chunk: Uint8Array, words: Int32Array, from: number): number {
  const n = chunk.length;
  let i = from;
  while (i < n) {
    if (((chunk.byteOffset + i) & 3) === 0) i = skipPlainWords(words, chunk.byteOffset, i, n);
    const b = chunk[i]!;
    if (b > SPACE) {
      i++;
    } else if (b === SPACE) {
      if (i + 1 >= n || !isText(chunk, i + 1)) return i;
      i += 2;
    } else if (b === CR) {
      if (i + 1 >= n) return i;
      i = chunk[i + 1] === LF ? afterLineEnd(chunk, i) : i + 1;
      if (i < 0) return ~i;
    } else if (b === TAB) {
      return i;
    } else i++;
  }
  return n;
}

/** Offset after the text byte that follows the line ends at `at`, or `~at` when the run ends before them. */
function afterLineEnd(chunk: Uint8Array, at: number): number {
  let next = at + 2;
  while (next + 1 < chunk.length && chunk[next] === CR && chunk[next + 1] === LF) next += 2;
  const first = chunk[next] === SPACE ? next + 1 : next;
  return first < chunk.length && isText(chunk, first) ? first + 1 : ~at;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const NO_WORDS = new Int32Array(0);

/** The chunk's memory, four bytes at a time. */
function wordsOf(chunk: Uint8Array): Int32Array {
  if (!IS_LITTLE_ENDIAN || chunk.length < 64) return NO_WORDS;
  return new Int32Array(chunk.buffer, 0, chunk.buffer.byteLength >> 2);
}

/**
 * Skips words of four bytes that surely belong to a run: no control character and no two spaces side by side, also not
 * across words (`carry`). A byte below 32 or equal to 32 shows as a high bit after the subtraction; a doubt, such as `!`
 * after a space, only sends the word to the slower way, as does a space whose successor is not yet known. This is what
 * makes the pass cost no more than the hash.
 */
function skipPlainWords(words: Int32Array, offset: number, from: number, n: number): number {
  const last = Math.min((offset + n) >> 2, words.length) - 1; // one word is left for the slower way, which looks ahead
  const first = (offset + from) >> 2;
  let at = first;
  let carry = 0;
  for (; at < last; at++) {
    const word = words[at]!;
    const spaceless = word ^ 0x20202020;
    const space = (spaceless - 0x01010101) & ~spaceless & 0x80808080;
    const control = (word - 0x20202020) & ~word & 0x80808080;
    if ((control | (space & ((space << 8) | carry))) !== 0) break;
    carry = space >>> 24;
  }
  if (at <= first) return from;
  return (at << 2) - offset - (carry === 0 ? 0 : 1);
}

/** Neither white space nor CR: a byte that is text whatever follows it. */
function isText(chunk: Uint8Array, at: number): boolean {
  const b = chunk[at]!;
  return b > SPACE || (b !== SPACE && b !== TAB && b !== CR);
}

/** Joins small pieces into one buffer, so that the hash is called seldom; big pieces pass through uncopied. */
function gather(emit: Emit): {
  readonly add: Emit;
  readonly addRange: (bytes: Uint8Array, start: number, end: number) => void;
  readonly addByte: (byte: number) => void;
  readonly flush: () => void;
} {
  const buffer = new Uint8Array(8192);
  let used = 0;
  const flush = (): void => {
    if (used > 0) emit(buffer.subarray(0, used));
    used = 0;
  };
  const addRange = (bytes: Uint8Array, start: number, end: number): void => {
    const length = end - start;
    if (used + length > buffer.length) flush();
    if (length >= 4096) {
      flush();
      emit(bytes.subarray(start, end));
      return;
    }
    // A short piece is copied by hand: making a view of it would cost more.
    if (length < 64) for (let i = 0; i < length; i++) buffer[used + i] = bytes[start + i]!;
    else buffer.set(bytes.subarray(start, end), used);
    used += length;
  };
  return {
    add: (bytes) => addRange(bytes, 0, bytes.length),
    addRange,
    addByte(byte) {
      if (used === buffer.length) flush();
      buffer[used++] = byte;
    },
    flush,
  };
}
