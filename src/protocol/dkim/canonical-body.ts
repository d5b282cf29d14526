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
    if (heldCrlfs > 0) {
      emitCrlfs(out.add, heldCrlfs);
      heldCrlfs = 0;
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
      while (i < chunk.length) {
        beforeText();
        const end = canonicalRunEnd(chunk, i);
        out.add(chunk.subarray(i, end));
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
function canonicalRunEnd(chunk: Uint8Array, from: number): number {
  const n = chunk.length;
  let i = from;
  while (i < n) {
    const b = chunk[i]!;
    if (b > SPACE) {
      i++;
    } else if (b === SPACE) {
      if (i + 1 >= n || !isText(chunk, i + 1)) return i;
      i += 2;
    } else if (b === CR) {
      if (i + 1 >= n) return i;
      if (chunk[i + 1] !== LF) {
        i++;
        continue;
      }
      let next = i + 2;
      while (next + 1 < n && chunk[next] === CR && chunk[next + 1] === LF) next += 2;
      const first = chunk[next] === SPACE ? next + 1 : next;
      if (first >= n || !isText(chunk, first)) return i;
      i = first + 1;
    } else if (b === TAB) {
      return i;
    } else i++;
  }
  return n;
}

/** Neither white space nor CR: a byte that is text whatever follows it. */
function isText(chunk: Uint8Array, at: number): boolean {
  const b = chunk[at]!;
  return b > SPACE || (b !== SPACE && b !== TAB && b !== CR);
}

/** Joins small pieces into one buffer, so that the hash is called seldom; big pieces pass through uncopied. */
function gather(emit: Emit): {
  readonly add: Emit;
  readonly addByte: (byte: number) => void;
  readonly flush: () => void;
} {
  const buffer = new Uint8Array(8192);
  let used = 0;
  const flush = (): void => {
    if (used > 0) emit(buffer.subarray(0, used));
    used = 0;
  };
  return {
    add(bytes) {
      if (used + bytes.length > buffer.length) flush();
      if (bytes.length >= 4096) {
        flush();
        emit(bytes);
        return;
      }
      if (bytes.length < 24) for (let i = 0; i < bytes.length; i++) buffer[used + i] = bytes[i]!;
      else buffer.set(bytes, used);
      used += bytes.length;
    },
    addByte(byte) {
      if (used === buffer.length) flush();
      buffer[used++] = byte;
    },
    flush,
  };
}
