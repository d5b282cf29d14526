/**
 * The content of DATA: finds its end and takes stuffed dots away (RFC 5321 §4.5.2). Only CRLF ends a line and only
 * CRLF.CRLF ends the data (RFC 5321 §4.1.1.4); every other mixture of CR, LF and dot is content, is counted as a defect by
 * the scan, and is never looked at a second time. That is what stops SMTP smuggling on our side.
 */
import { CR, LF } from '#core/bytes.ts';
import type { ByteScan } from './byte-scan.ts';

const LONE_CR = Uint8Array.of(CR);

/** Where in a possible end of data we stand: in a line, after `CRLF.`, or after `CRLF.CR`. */
type State = 'line' | 'dot' | 'dot-cr' | 'ended';

export class DataReader {
  readonly #scan: ByteScan;
  #state: State = 'line';

  constructor(scan: ByteScan) {
    this.#scan = scan;
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /**
   * Takes bytes from `from` on and hands content to `emit`. Returns the index of the first byte it did not take: the end
   * of the chunk, or the byte after the end of data.
   */
  read(chunk: Uint8Array, from: number, emit: (content: Uint8Array) => void): number {
    let at = from;
    while (at < chunk.length && this.#state !== 'ended') {
      if (this.#state === 'line') at = this.#line(chunk, at, emit);
      else at = this.#afterDot(chunk, at, emit);
    }
    return at;
  }

  #line(chunk: Uint8Array, from: number, emit: (content: Uint8Array) => void): number {
    const stop = this.#scan.scan(chunk, from, true);
    if (stop > from) emit(chunk.subarray(from, stop));
    if (stop === chunk.length) return stop;
    this.#state = 'dot';
    return stop + 1;
  }

  #afterDot(chunk: Uint8Array, at: number, emit: (content: Uint8Array) => void): number {
    const b = chunk[at];
    if (this.#state === 'dot' && b === CR) {
      this.#state = 'dot-cr';
      return at + 1;
    }
    if (this.#state === 'dot-cr' && b === LF) {
      this.#state = 'ended';
      return at + 1;
    }
    // Not the end: the dot was stuffing, and a CR that was held back is content.
    this.#scan.skipDot();
    if (this.#state === 'dot-cr') {
      this.#scan.scan(LONE_CR, 0, false);
      emit(LONE_CR);
    }
    this.#state = 'line';
    return at;
  }
}
