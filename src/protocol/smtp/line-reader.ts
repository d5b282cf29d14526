/**
 * Command lines out of a stream of bytes: CRLF ends a line, nothing else does. A line over the limit is read to its end
 * and reported once, without being kept (RFC 5321 §4.5.3.1.4).
 */
import { CR, EMPTY, LF } from '#core/bytes.ts';

export type Line =
  | { readonly kind: 'line'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-long' }
  /** LF without CR before it: what the peer takes for a line end and what we do would differ from here on. */
  | { readonly kind: 'bare-newline' };

export class LineReader {
  readonly #maxBytes: number;
  readonly #bareNewlineEnds: boolean;
  #held: Uint8Array = EMPTY;
  #tooLong = false;
  /** Whether the last byte seen was CR; kept apart because a line that is too long is not kept. */
  #afterCr = false;

  constructor(maxBytes: number, bareNewlineEnds: boolean) {
    this.#maxBytes = maxBytes;
    this.#bareNewlineEnds = bareNewlineEnds;
  }

  /** Reads up to the next line end. `line` is undefined when the chunk ended before one. */
  read(chunk: Uint8Array, from: number): { readonly next: number; readonly line: Line | undefined } {
    const lf = chunk.indexOf(LF, from);
    const end = lf === -1 ? chunk.length : lf;
    const crBefore = end > from ? chunk[end - 1] === CR : this.#afterCr;
    this.#keep(chunk.subarray(from, end));
    if (lf === -1) {
      this.#afterCr = crBefore;
      return { next: end, line: undefined };
    }
    const line = this.#finish(crBefore);
    return { next: lf + 1, line };
  }

  reset(): void {
    this.#held = EMPTY;
    this.#tooLong = false;
    this.#afterCr = false;
  }

  #keep(part: Uint8Array): void {
    if (this.#tooLong || part.length === 0) return;
    if (this.#held.length + part.length > this.#maxBytes + 1) {
      this.#tooLong = true;
      this.#held = EMPTY;
      return;
    }
    if (this.#held.length === 0) {
      this.#held = part;
      return;
    }
    const joined = new Uint8Array(this.#held.length + part.length);
    joined.set(this.#held);
    joined.set(part, this.#held.length);
    this.#held = joined;
  }

  #finish(crBefore: boolean): Line {
    const held = this.#held;
    const tooLong = this.#tooLong;
    this.reset();
    if (!crBefore && !this.#bareNewlineEnds) return { kind: 'bare-newline' };
    if (tooLong) return { kind: 'too-long' };
    return { kind: 'line', bytes: crBefore ? held.subarray(0, held.length - 1) : held };
  }
}
