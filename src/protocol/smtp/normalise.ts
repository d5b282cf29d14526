/**
 * For listeners whose operator chose `bareNewlines: 'normalise'`: a bare LF becomes CRLF, a bare CR and a NUL become a
 * space, so that what is passed on can be read in one way only. The end of data was found before this and is not looked
 * for again; a dot that now begins a line is stuffed when the message is sent on.
 */
import { CR, LF } from '#core/bytes.ts';

const SPACE = 32;

export class Normaliser {
  #heldCr = false;

  /** The chunk with its line ends made regular. A CR at the end is held back until the next byte tells what it is. */
  push(chunk: Uint8Array): Uint8Array {
    if (!this.#heldCr && !needsWork(chunk)) return chunk;
    const out: number[] = [];
    for (const b of chunk) this.#byte(b, out);
    return Uint8Array.from(out);
  }

  end(): Uint8Array {
    const rest = this.#heldCr ? Uint8Array.of(SPACE) : new Uint8Array(0);
    this.#heldCr = false;
    return rest;
  }

  #byte(b: number, out: number[]): void {
    if (b === LF) out.push(CR, LF);
    else if (this.#heldCr) out.push(SPACE);
    this.#heldCr = b === CR;
    if (b === LF || b === CR) return;
    out.push(b === 0 ? SPACE : b);
  }
}

function needsWork(chunk: Uint8Array): boolean {
  let afterCr = false;
  for (const b of chunk) {
    if (b > CR) {
      if (afterCr) return true;
      continue;
    }
    if (b === 0 || (b === LF) !== afterCr) return true;
    afterCr = b === CR;
  }
  return afterCr;
}
