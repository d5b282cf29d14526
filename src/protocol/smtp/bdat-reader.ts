/**
 * The content of one BDAT chunk (RFC 3030 §2): a count of octets, no terminator, no stuffing. Nothing inside it is ever
 * taken for a command, whatever it looks like.
 */
import type { ByteScan } from './byte-scan.ts';

export class BdatReader {
  readonly #scan: ByteScan;
  readonly isLast: boolean;
  readonly size: number;
  #remaining: number;

  constructor(scan: ByteScan, size: number, isLast: boolean) {
    this.#scan = scan;
    this.size = size;
    this.isLast = isLast;
    this.#remaining = size;
  }

  get hasEnded(): boolean {
    return this.#remaining === 0;
  }

  /** Takes bytes from `from` on; returns the index of the first byte that is not of this chunk. */
  read(chunk: Uint8Array, from: number, emit: (content: Uint8Array) => void): number {
    const end = Math.min(chunk.length, from + this.#remaining);
    if (end === from) return from;
    const content = chunk.subarray(from, end);
    this.#scan.scan(content, 0, false);
    this.#remaining -= content.length;
    emit(content);
    return end;
  }
}
