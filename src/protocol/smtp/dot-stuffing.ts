/**
 * The message as DATA carries it (RFC 5321 §4.5.2): a dot before each dot that begins a line, and CRLF . CRLF at the end.
 *
 * A line ends with CRLF and nothing else (RFC 5321 §2.3.8). Receive refuses bare CR and bare LF; should one get this far
 * it is sent as CRLF, because what other servers make of it is how messages are smuggled.
 */
import { CR, CRLF, LF } from '#core/bytes.ts';

const DOT = 46;
const DOT_BYTES = Uint8Array.of(DOT);

export class DotStuffer {
  #atLineStart = true;
  #afterCr = false;

  /** The chunk as pieces to send; unchanged stretches are views of the chunk, not copies. */
  push(chunk: Uint8Array, out: Uint8Array[]): void {
    let from = 0; // first byte not yet handed out
    let at = 0;
    if (this.#afterCr && chunk.length > 0) {
      this.#afterCr = false;
      out.push(CRLF);
      this.#atLineStart = true;
      if (chunk[0] === LF) from = at = 1;
    }
    while (at < chunk.length) {
      if (this.#atLineStart && chunk[at] === DOT) {
        if (at > from) out.push(chunk.subarray(from, at));
        out.push(DOT_BYTES);
        from = at;
      }
      this.#atLineStart = false;
      const lf = chunk.indexOf(LF, at);
      const cr = chunk.indexOf(CR, at);
      if (lf === -1 && cr === -1) break;
      if (cr !== -1 && lf === cr + 1) {
        at = lf + 1;
      } else if (cr === chunk.length - 1 && lf === -1) {
        // A CR at the end of the chunk: only the next byte tells what it is.
        if (cr > from) out.push(chunk.subarray(from, cr));
        this.#afterCr = true;
        return;
      } else {
        const bare = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
        if (bare > from) out.push(chunk.subarray(from, bare));
        out.push(CRLF);
        from = at = bare + 1;
      }
      this.#atLineStart = true;
    }
    if (from < chunk.length) out.push(chunk.subarray(from));
  }

  /** What ends the message: CRLF only where its last line has none. */
  end(out: Uint8Array[]): void {
    if (this.#afterCr) out.push(CRLF);
    else if (!this.#atLineStart) out.push(CRLF);
    out.push(Uint8Array.of(DOT, CR, LF));
  }
}
