/**
 * Watches message content go by, byte for byte, once: where a line begins with a dot (for the DATA reader), and what no
 * honest mail has: bare CR, bare LF, NUL, lines over 998 (RFC 5321 §2.3.8, RFC 5322 §2.1.1). Its answers do not depend on
 * how the bytes were cut into chunks.
 */
import { isAscii } from 'node:buffer';
import { CR, LF } from '#core/bytes.ts';

export type ContentDefect = {
  readonly kind: 'bare-cr' | 'bare-lf' | 'nul' | 'long-line' | 'eight-bit';
  /** Offset of the first one in the content. */
  readonly at: number;
  readonly count: number;
};

const DOT = 46;
/** RFC 5322 §2.1.1: without the line end. */
const MAX_LINE = 998;

/** Below this the searches cost more than they save. */
const WORTH_LOOKING = 512;

const isPlain = (bytes: Uint8Array): boolean => isAscii(bytes) && !bytes.includes(0);

type Tally = { at: number; count: number };
const tally = (): Tally => ({ at: -1, count: 0 });

export class ByteScan {
  /** Bytes seen so far. */
  position = 0;
  #afterCr = false;
  #lineStart = 0;
  readonly #bareCr = tally();
  readonly #bareLf = tally();
  readonly #nul = tally();
  readonly #longLine = tally();
  readonly #eightBit = tally();

  /**
   * Looks at `chunk` from `from` on. Returns the index of a dot that begins a line when `stopAtDot` is set (that dot is not
   * yet counted), else the end of the chunk. A line begins at the start and after CRLF, never after a bare CR or LF.
   */
  scan(chunk: Uint8Array, from: number, stopAtDot: boolean): number {
    const base = this.position - from;
    const end = chunk.length;
    let i = from;
    if (this.#afterCr && i < end) {
      this.#afterCr = false;
      if (chunk[i] === LF) {
        this.#endLine(base + i - 2);
        i++;
        this.#lineStart = base + i;
      } else this.#note(this.#bareCr, base + i - 1);
    }
    // A line that starts with this chunk: after CRLF, or as the very first.
    if (stopAtDot && i < end && chunk[i] === DOT && this.#lineStart === base + i)
      return this.#stop(base + i, i);
    if (end - i >= WORTH_LOOKING && isPlain(chunk.subarray(i))) {
      const stop = this.#plainLines(chunk, i, base, stopAtDot);
      if (stop < 0) return this.#stop(base + ~stop, ~stop);
      i = stop;
    }
    for (; i < end; i++) {
      const b = chunk[i]!;
      if (b > CR && b < 0x80) continue; // nearly every byte of mail
      if (b === CR) {
        if (i + 1 === end) this.#afterCr = true;
        else if (chunk[i + 1] === LF) {
          this.#endLine(base + i - 1);
          i++;
          this.#lineStart = base + i + 1;
          if (stopAtDot && chunk[i + 1] === DOT) return this.#stop(base + i + 1, i + 1);
        } else this.#note(this.#bareCr, base + i);
      } else if (b === LF) this.#note(this.#bareLf, base + i);
      else if (b === 0) this.#note(this.#nul, base + i);
      else if (b >= 0x80) this.#note(this.#eightBit, base + i);
    }
    this.position = base + end;
    return end;
  }

  /**
   * Whole lines of a chunk without NUL and 8-bit bytes, found by searches instead of byte by byte. Returns where the byte
   * loop goes on: at the first odd line end or in the last line; or the complement of the index of a dot to stop at.
   */
  #plainLines(chunk: Uint8Array, from: number, base: number, stopAtDot: boolean): number {
    let i = from;
    for (;;) {
      const lf = chunk.indexOf(LF, i);
      if (lf <= 0 || chunk.indexOf(CR, i) !== lf - 1) return i;
      this.#endLine(base + lf - 2);
      i = lf + 1;
      this.#lineStart = base + i;
      if (stopAtDot && chunk[i] === DOT) return ~i;
    }
  }

  /** A dot that begins a line was taken away: what follows it belongs to the same line. */
  skipDot(): void {
    this.#lineStart--;
  }

  /** True once the content has what cannot be passed on unchanged without being read differently by somebody. */
  get isBroken(): boolean {
    return this.#bareCr.count > 0 || this.#bareLf.count > 0 || this.#nul.count > 0;
  }

  /** True while the last byte was a CR whose fate the next byte decides. */
  get endsInCr(): boolean {
    return this.#afterCr;
  }

  /** The content is over: a CR at its very end was a bare one, and a last line without CRLF is measured too. */
  end(): void {
    if (this.#afterCr) this.#note(this.#bareCr, this.position - 1);
    this.#afterCr = false;
    this.#endLine(this.position - 1);
    this.#lineStart = this.position;
  }

  defects(): readonly ContentDefect[] {
    const all = [
      { kind: 'bare-cr', ...this.#bareCr },
      { kind: 'bare-lf', ...this.#bareLf },
      { kind: 'nul', ...this.#nul },
      { kind: 'long-line', ...this.#longLine },
      { kind: 'eight-bit', ...this.#eightBit },
    ] as const;
    return all.filter((d) => d.count > 0);
  }

  #note(t: Tally, at: number): void {
    if (t.count++ === 0) t.at = at;
  }

  #endLine(last: number): void {
    if (last + 1 - this.#lineStart > MAX_LINE) this.#note(this.#longLine, this.#lineStart);
  }

  #stop(position: number, index: number): number {
    this.position = position;
    return index;
  }
}
