/**
 * The content of one message on its way in, by DATA or by BDAT chunks: counted, scanned, normalised where the listener
 * wants that, and doomed as soon as it can no longer be accepted. Doomed content is still read to its real end, because
 * that is where the next command begins.
 */
import { EMPTY } from '#core/bytes.ts';
import { BdatReader } from './bdat-reader.ts';
import { ByteScan, type ContentDefect } from './byte-scan.ts';
import { DataReader } from './data-reader.ts';
import { Normaliser } from './normalise.ts';
import { replies, type Reply } from './replies.ts';
import type { SessionConfig } from './session-types.ts';

/** Whether CR, LF and NUL have a meaning in it, or it is BINARYMIME (RFC 3030 §3). */
type ContentKind = 'line' | 'binary';

export class Content {
  readonly #scan = new ByteScan();
  readonly #maxBytes: number;
  readonly #rejectsBroken: boolean;
  readonly #normaliser: Normaliser | undefined;
  #reader: DataReader | BdatReader;
  #doomed: Reply | undefined;
  /** The driver has been asked to take it, so it must hear when it is void. */
  isHandedOut = false;

  static forData(config: SessionConfig, kind: ContentKind): Content {
    const content = new Content(config, kind);
    content.#reader = new DataReader(content.#scan);
    return content;
  }

  static forBdat(config: SessionConfig, kind: ContentKind): Content {
    return new Content(config, kind);
  }

  private constructor(config: SessionConfig, kind: ContentKind) {
    this.#maxBytes = config.maxMessageBytes;
    this.#rejectsBroken = kind === 'line' && config.bareNewlines === 'reject';
    this.#normaliser = kind === 'line' && config.bareNewlines === 'normalise' ? new Normaliser() : undefined;
    this.#reader = new BdatReader(this.#scan, 0, false);
  }

  beginChunk(bytes: number, isLast: boolean): void {
    this.#reader = new BdatReader(this.#scan, bytes, isLast);
    // A chunk that cannot fit is refused by its announcement, before anybody stores it.
    if (this.#scan.position + bytes > this.#maxBytes) this.doom(replies.tooBig());
  }

  get hasEnded(): boolean {
    return this.#reader.hasEnded;
  }

  get isLast(): boolean {
    return this.#reader instanceof DataReader || this.#reader.isLast;
  }

  get chunkBytes(): number {
    return this.#reader instanceof BdatReader ? this.#reader.size : 0;
  }

  get size(): number {
    return this.#scan.position;
  }

  get defects(): readonly ContentDefect[] {
    return this.#scan.defects();
  }

  /** Why it will be refused at its end; the first reason stands. */
  get doomed(): Reply | undefined {
    return this.#doomed;
  }

  doom(reply: Reply): void {
    this.#doomed ??= reply;
  }

  /** Reads from the start of the chunk; returns the index of the first byte that is not content. */
  read(chunk: Uint8Array, emit: (content: Uint8Array) => void): number {
    return this.#reader.read(chunk, 0, (piece) => {
      this.#judge();
      if (this.#doomed !== undefined) return;
      const clean = this.#normaliser === undefined ? piece : this.#normaliser.push(piece);
      if (clean.length > 0) emit(clean);
    });
  }

  /** The last octet is in: what a normaliser held back. */
  finish(): Uint8Array {
    this.#scan.end();
    this.#judge();
    return this.#doomed === undefined ? (this.#normaliser?.end() ?? EMPTY) : EMPTY;
  }

  #judge(): void {
    // RFC 5321 §2.3.8: bare CR or LF must not be sent; what must not be sent and is read differently by others is refused.
    if (this.#rejectsBroken && this.#scan.isBroken) this.doom(replies.badLineEnds());
    // RFC 1870 §6.3: the limit holds for what comes, not only for what was declared.
    if (this.#scan.position > this.#maxBytes) this.doom(replies.tooBig());
  }
}
