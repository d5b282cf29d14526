/**
 * The one pass over a message while it arrives: header read, body hashed for DKIM and ARC, MIME walked, sha256 taken, bytes
 * encrypted to the blob. Later stations read what was found instead of reading the bytes again.
 *
 * A small message stays in memory and touches the disk only when it is going to be kept. A bigger one streams to disk while
 * it comes, so that memory per connection is bounded by `memoryBytes` plus a few blocks, whatever is sent and however finely
 * it is cut. Nothing here is durable before `commitBlob`.
 */
import { createHash } from 'node:crypto';
import { concat } from '#core/bytes.ts';
import type { BlobId, TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { KeyStore, WrappedKey } from '#assurance/keys/keys.ts';
import type { BlobStore, BlobWriter } from '#platform/blob.ts';
import {
  bodyHashKey,
  createBodyHasher,
  requestedBodyHashes,
  type BodyHasher,
} from '#protocol/dkim/body-hash.ts';
import { SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { findBodyStart, parseHeader, type Header } from '#protocol/message/header.ts';
import { createMimeWalker, type MimeOptions, type MimeWalker } from '#protocol/mime/walk.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import type { ByteDefect, SpooledMessage } from '#mail/spooled.ts';

export type SpoolOptions = {
  readonly blobs: BlobStore;
  readonly keys: KeyStore;
  readonly memoryBytes: number;
  readonly maxHeaderBytes: number;
  readonly mime: MimeOptions;
};

/** `wrappedKey` was made for the context `message.blob`. */
export type Spooled = {
  readonly message: SpooledMessage;
  readonly wrappedKey: WrappedKey;
  readonly commitBlob: () => Promise<void>;
};

export type Spool = {
  /** The next bytes of the message; wait for the promise, if there is one, before giving more. */
  readonly write: (chunk: Uint8Array) => Promise<void> | void;
  /** No more bytes come. The error is the reply for a message that cannot be taken. */
  readonly finish: (defects: readonly ByteDefect[]) => Promise<Result<Spooled, Reply>>;
  /** Removes every trace; harmless when called twice or after `finish`. */
  readonly abort: () => Promise<void>;
};

/** Pieces below this are gathered, so that a message cut into single bytes costs no more than its bytes. */
const SMALL_PIECE = 4096;
const BLOCK = 16_384;

/** The tenant's key must be known to `keys` (ensureTenant) before. The id of a body is the id of its message. */
export function openSpool(options: SpoolOptions, tenant: TenantId, id: BlobId): Spool {
  return new Pass(options, tenant, id);
}

class Pass implements Spool {
  readonly #options: SpoolOptions;
  readonly #tenant: TenantId;
  readonly #id: BlobId;
  readonly #key: Uint8Array;
  readonly #wrapped: WrappedKey;
  readonly #sha256 = createHash('sha256');
  #size = 0;
  /** What is gathered into a block. */
  #block: Uint8Array | undefined;
  #blockBytes = 0;
  /** The header section until it is complete. */
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #header: Header | undefined;
  #headerTooBig = false;
  #hasher: BodyHasher | undefined;
  #walker: MimeWalker | undefined;
  /** The whole message while it is small, `undefined` once it streams. */
  #memory: Uint8Array[] | undefined = [];
  #writer: BlobWriter | undefined;
  #committed: Promise<void> | undefined;

  constructor(options: SpoolOptions, tenant: TenantId, id: BlobId) {
    this.#options = options;
    this.#tenant = tenant;
    this.#id = id;
    const { key, wrapped } = options.keys.newDataKey(tenant, this.#id);
    this.#key = key;
    this.#wrapped = wrapped;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#headerTooBig) return undefined;
    if (chunk.length >= SMALL_PIECE) {
      const before = this.#flushBlock();
      return before === undefined ? this.#take(chunk) : before.then(() => this.#take(chunk));
    }
    let waiting: Promise<void> | undefined;
    if (this.#block !== undefined && this.#blockBytes + chunk.length > BLOCK) waiting = this.#flushBlock();
    this.#block ??= new Uint8Array(BLOCK);
    this.#block.set(chunk, this.#blockBytes);
    this.#blockBytes += chunk.length;
    return waiting;
  }

  async finish(defects: readonly ByteDefect[]): Promise<Result<Spooled, Reply>> {
    await this.#flushBlock();
    if (this.#header === undefined && !this.#headerTooBig) this.#readHeader(concatHead(this.#head));
    if (this.#headerTooBig || this.#header === undefined || this.#walker === undefined)
      return err(replies.headerTooBig());
    const message: SpooledMessage = {
      blob: this.#id,
      size: this.#size,
      sha256: this.#sha256.digest('hex'),
      header: this.#header,
      bodyHashes: this.#hasher?.finish() ?? new Map(),
      mime: this.#walker.finish(),
      byteDefects: defects,
      read: () => this.#read(),
    };
    return ok({ message, wrappedKey: this.#wrapped, commitBlob: () => this.#commit() });
  }

  async abort(): Promise<void> {
    this.#memory = undefined;
    this.#head = [];
    this.#block = undefined;
    if (this.#writer === undefined) return;
    await this.#committed?.catch(() => {}); // whoever waited for it was told
    await this.#writer.abort();
    await this.#options.blobs.remove(this.#id);
  }

  #flushBlock(): Promise<void> | undefined {
    if (this.#block === undefined) return undefined;
    const block = this.#block.subarray(0, this.#blockBytes);
    this.#block = undefined;
    this.#blockBytes = 0;
    return this.#take(block) ?? undefined;
  }

  #take(chunk: Uint8Array): Promise<void> | void {
    this.#size += chunk.length;
    this.#sha256.update(chunk);
    if (this.#header === undefined) this.#collectHeader(chunk);
    else this.#body(chunk);
    return this.#headerTooBig ? undefined : this.#store(chunk);
  }

  #collectHeader(chunk: Uint8Array): void {
    this.#head.push(chunk);
    this.#headBytes += chunk.length;
    // The empty line is three bytes at most beyond what was searched before.
    const searchFrom = Math.max(0, this.#headBytes - chunk.length - 3);
    const all = concatHead(this.#head);
    this.#head = [all];
    const bodyStart = findBodyStart(all, searchFrom);
    if (
      bodyStart === -1 ? all.length > this.#options.maxHeaderBytes : bodyStart > this.#options.maxHeaderBytes
    ) {
      this.#headerTooBig = true;
      this.#head = [];
      this.#memory = undefined;
    } else if (bodyStart !== -1) this.#readHeader(all);
  }

  #readHeader(bytes: Uint8Array): void {
    const header = parseHeader(bytes);
    this.#header = header;
    this.#head = [];
    // The last one is what we sign and seal with; most signed mail asks for the same.
    const requests = requestedBodyHashes(header);
    const isAsked = requests.some((r) => bodyHashKey(r) === bodyHashKey(SIGNING_BODY_HASH));
    this.#hasher = createBodyHasher(isAsked ? requests : [...requests, SIGNING_BODY_HASH]);
    this.#walker = createMimeWalker(header, this.#options.mime);
    if (header.bodyStart < bytes.length) this.#body(bytes.subarray(header.bodyStart));
  }

  #body(chunk: Uint8Array): void {
    this.#hasher?.update(chunk);
    this.#walker?.update(chunk);
  }

  #store(chunk: Uint8Array): Promise<void> | void {
    if (this.#memory === undefined) return this.#writer?.write(chunk);
    this.#memory.push(chunk);
    if (this.#size <= this.#options.memoryBytes) return undefined;
    return this.#spill();
  }

  /** Too big for memory: what is here goes to disk, and so will the rest. */
  async #spill(): Promise<void> {
    const kept = this.#memory ?? [];
    this.#memory = undefined;
    const writer = this.#options.blobs.create(this.#id, this.#key, this.#tenant);
    this.#writer = writer;
    for (const chunk of kept) await writer.write(chunk);
  }

  /** Once, whoever asks first: the commit station, or a reader of a message that is only on disk. */
  #commit(): Promise<void> {
    this.#committed ??= this.#commitNow();
    return this.#committed;
  }

  async #commitNow(): Promise<void> {
    if (this.#writer === undefined) {
      this.#writer = this.#options.blobs.create(this.#id, this.#key, this.#tenant);
      for (const chunk of this.#memory ?? []) await this.#writer.write(chunk);
    }
    await this.#writer.commit();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    if (this.#memory !== undefined) yield* this.#memory;
    else {
      await this.#commit();
      yield* this.#options.blobs.read(this.#id, this.#key);
    }
  }
}

function concatHead(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 0 ? new Uint8Array(0) : concat(chunks);
}
