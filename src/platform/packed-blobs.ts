/**
 * Small bodies share files: they are appended to a segment, many at a time, and one fsync makes all of them durable. That
 * costs a tenth of a file, an fsync, a folder fsync and an unlink for each. Large bodies go to the directory store.
 *
 * A segment is written by one process, from its birth to its end; a crash ends it. A record is its head (mark, id, length)
 * and the sealed bytes; the seal authenticates the id, so a wrong place or a torn end cannot pass for a body. When the last
 * body of a segment is removed by its writer the file goes at once; what others remove, and what a crash leaves, is swept
 * against the database (`sweepSegments`), which also moves out the few that stay long, such as held mail.
 */
import fs from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentError, TransientError } from '#core/errors.ts';
import { type BlobId, type Id, idTime, newId, parseId } from '#core/id.ts';
import { faultPoint } from './fault-point.ts';
import type { BlobStore, BlobWriter } from './blob.ts';
import type { BlobDirectory } from './blob-directory.ts';
import { openSealed, sealWhole } from './sealed-frames.ts';

const openFd = promisify(fs.open);
const closeFd = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);
const writev = promisify(fs.writev);
const unlink = promisify(fs.unlink);
const readFd = promisify(fs.read);

const MARK = Buffer.from('GHR1');
const HEAD = 4 + 16 + 4;
/** Bodies up to here are packed; the sealed form of one is held in memory until it is written. */
export const MAX_PACKED = 256 * 1024;
const MAX_SEGMENT = 32 * 1024 * 1024;
/** An older segment is closed although it is not full, so that its bodies can be swept. */
const MAX_SEGMENT_AGE_MS = 600_000;

type Place = { readonly segment: string; readonly at: number; readonly length: number };

export type PackedBlobs = BlobStore & {
  /**
   * Goes through the segments nobody writes any more: removes those without a needed body, and rewrites into files of their
   * own what is needed of old ones. `needed` answers for a batch of ids.
   */
  readonly sweepSegments: (
    needed: (ids: readonly BlobId[]) => Promise<ReadonlySet<BlobId>>,
    nowMs: number,
  ) => Promise<number>;
  readonly has: (id: BlobId) => Promise<boolean>;
  /** A body as it is stored, sealed; undefined when it is not here. For moving it without its key. */
  readonly readSealed: (id: BlobId) => Promise<Uint8Array | undefined>;
  /** Takes a sealed body from another store; durable when it resolves. */
  readonly writeSealed: (id: BlobId, sealed: Uint8Array) => Promise<void>;
  /** Ends the segment in hand. */
  readonly close: () => Promise<void>;
};

/** Opens the store below `root`; `large` takes the bodies that are too large to pack. */
export async function openPackedBlobs(root: string, large: BlobDirectory): Promise<PackedBlobs> {
  const folder = join(root, 'segments');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return new Store(folder, large);
}

type Waiting = {
  readonly id: BlobId;
  readonly sealed: readonly Uint8Array[];
  readonly length: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

type Segment = { readonly name: string; readonly fd: number; readonly bornMs: number; size: number };

class Store implements PackedBlobs {
  readonly #folder: string;
  readonly #large: BlobDirectory;
  readonly #places = new Map<BlobId, Place>();
  /** Bodies of ours in files of their own. */
  readonly #alone = new Set<BlobId>();
  /** How many bodies of a segment of ours are still there. */
  readonly #live = new Map<string, number>();
  /** Segments of others, up to where their heads were read. */
  readonly #read = new Map<string, number>();
  #segment: Segment | undefined;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(folder: string, large: BlobDirectory) {
    this.#folder = folder;
    this.#large = large;
  }

  create(id: BlobId, key: Uint8Array): BlobWriter {
    return new PackedWriter(
      id,
      () => {
        this.#alone.add(id);
        return this.#large.create(id, key);
      },
      (chunks) => this.#append(id, sealWhole(chunks, key, id)),
    );
  }

  #append(id: BlobId, sealed: readonly Uint8Array[]): Promise<void> {
    let length = 0;
    for (const part of sealed) length += part.length;
    return new Promise((done, failed) => {
      this.#waiting.push({ id, sealed, length, done, failed });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  /** One batch after the other: what comes while a batch is being synced makes the next. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#writeBatch(batch);
        for (const w of batch) w.done();
      } catch (error) {
        // What of it reached the file is unknown: the segment ends here, and its readers check every seal.
        await this.#endSegment();
        for (const w of batch) w.failed(error);
      }
    }
    this.#isWriting = false;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const segment = await this.#openSegment();
    const buffers: Uint8Array[] = [];
    const places: Place[] = [];
    let at = segment.size;
    for (const w of batch) {
      const head = Buffer.alloc(HEAD);
      MARK.copy(head);
      head.write(w.id.replaceAll('-', ''), 4, 'hex');
      head.writeUInt32BE(w.length, 20);
      buffers.push(head, ...w.sealed);
      places.push({ segment: segment.name, at: at + HEAD, length: w.length });
      at += HEAD + w.length;
    }
    await writeWhole(segment.fd, buffers, segment.size);
    faultPoint('receive.blob-written');
    await fdatasync(segment.fd);
    segment.size = at;
    this.#live.set(segment.name, (this.#live.get(segment.name) ?? 0) + batch.length);
    batch.forEach((w, i) => this.#places.set(w.id, places[i]!)); // `!`: one place per body
  }

  async #openSegment(): Promise<Segment> {
    const old = this.#segment;
    if (old !== undefined && old.size < MAX_SEGMENT && Date.now() - old.bornMs < MAX_SEGMENT_AGE_MS)
      return old;
    await this.#endSegment();
    const name = newId<'segment'>();
    const fd = await openFd(join(this.#folder, name), 'wx', 0o600);
    // The name must be durable before any body in it counts as kept.
    const folder = await openFd(this.#folder, 'r');
    try {
      await fsync(folder);
    } finally {
      await closeFd(folder);
    }
    this.#segment = { name, fd, bornMs: Date.now(), size: 0 };
    this.#live.set(name, 0);
    return this.#segment;
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    await closeFd(segment.fd);
    if (this.#live.get(segment.name) === 0) await this.#drop(segment.name);
  }

  async #drop(name: string): Promise<void> {
    this.#live.delete(name);
    this.#read.delete(name);
    await unlink(join(this.#folder, name)).catch(ignoreMissing);
  }

  async remove(id: BlobId): Promise<void> {
    this.#alone.delete(id);
    const place = this.#places.get(id);
    if (place === undefined) return await this.#large.remove(id);
    this.#places.delete(id);
    // Old enough to have been swept, and the body moved into a file of its own.
    if (Date.now() - idTime(place.segment as Id<'segment'>) > 2 * MAX_SEGMENT_AGE_MS)
      await this.#large.remove(id);
    const left = this.#live.get(place.segment);
    if (left === undefined) return undefined;
    this.#live.set(place.segment, left - 1);
    if (left === 1 && this.#segment?.name !== place.segment) await this.#drop(place.segment);
    return undefined;
  }

  async has(id: BlobId): Promise<boolean> {
    return (await this.#place(id)) !== undefined || (await this.#large.has(id));
  }

  async readSealed(id: BlobId): Promise<Uint8Array | undefined> {
    const place = await this.#place(id);
    const packed = place === undefined ? undefined : await this.#sealedAt(id, place);
    return packed ?? (await this.#large.readSealed(id));
  }

  writeSealed(id: BlobId, sealed: Uint8Array): Promise<void> {
    return this.#large.writeSealed(id, sealed);
  }

  async *read(id: BlobId, key: Uint8Array): AsyncGenerator<Uint8Array> {
    const place = await this.#place(id);
    const sealed = place === undefined ? undefined : await this.#sealedAt(id, place);
    if (sealed === undefined) return yield* this.#large.read(id, key);
    yield* openSealed(sealed, key, id);
  }

  /** Undefined for a body in a file of its own; that is looked for before the heads of other processes' segments are read. */
  async #place(id: BlobId): Promise<Place | undefined> {
    const known = this.#places.get(id);
    if (known !== undefined || this.#alone.has(id) || (await this.#large.has(id))) return known;
    return await this.#find(id);
  }

  /** Undefined when the segment was swept: then the body, if it was needed, has a file of its own. */
  async #sealedAt(id: BlobId, place: Place): Promise<Buffer | undefined> {
    let fd: number;
    try {
      fd = await openFd(join(this.#folder, place.segment), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        throw new TransientError(`blob ${id} could not be opened`, { cause: error });
      this.#places.delete(id);
      return undefined;
    }
    try {
      const sealed = Buffer.alloc(place.length);
      const { bytesRead } = await readFd(fd, sealed, 0, place.length, place.at);
      if (bytesRead !== place.length) throw new PermanentError(`blob ${id}: its end is missing`);
      return sealed;
    } finally {
      await closeFd(fd);
    }
  }

  /** Looks for a body that another process wrote: reads the heads it has not read yet. */
  async #find(id: BlobId): Promise<Place | undefined> {
    for (const name of await this.#segments()) {
      // A body is written soon after its id was made, so a segment born later cannot have it; the minute is for clocks.
      if (idTime(name) > idTime(id) + 86_400_000) continue;
      await this.#readHeads(name);
      const place = this.#places.get(id);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  async #segments(): Promise<Id<'segment'>[]> {
    const names = await readdir(this.#folder);
    return names.map((n) => parseId<'segment'>(n)).filter((n) => n !== undefined);
  }

  async #readHeads(name: string): Promise<void> {
    if (this.#live.has(name)) return;
    const fd = await openFd(join(this.#folder, name), 'r').catch(ignoreMissing);
    if (fd === undefined) return;
    try {
      const head = Buffer.alloc(HEAD);
      let at = this.#read.get(name) ?? 0;
      for (;;) {
        const { bytesRead } = await readFd(fd, head, 0, HEAD, at);
        if (bytesRead < HEAD || !head.subarray(0, 4).equals(MARK)) break;
        const length = head.readUInt32BE(20);
        this.#places.set(idOf(head), { segment: name, at: at + HEAD, length });
        at += HEAD + length;
      }
      this.#read.set(name, at);
    } finally {
      await closeFd(fd);
    }
  }

  /** Files of their own only: what is packed and unneeded is swept with its segment. */
  list(): ReturnType<BlobStore['list']> {
    return this.#large.list();
  }

  async sweepSegments(
    needed: (ids: readonly BlobId[]) => Promise<ReadonlySet<BlobId>>,
    nowMs: number,
  ): Promise<number> {
    let dropped = 0;
    for (const name of await this.#segments()) {
      const age = nowMs - (await lastChange(join(this.#folder, name), nowMs));
      // A segment is written for ten minutes at most; what was not touched for longer has no writer.
      if (name === this.#segment?.name || age < 2 * MAX_SEGMENT_AGE_MS) continue;
      const places = await this.#placesIn(name);
      const wanted = await needed([...places.keys()]);
      for (const [id, place] of places) if (wanted.has(id)) await this.#moveOut(id, place);
      for (const id of places.keys()) this.#places.delete(id);
      await this.#drop(name);
      dropped++;
    }
    return dropped;
  }

  async #moveOut(id: BlobId, place: Place): Promise<void> {
    const sealed = await this.#sealedAt(id, place);
    if (sealed !== undefined) await this.#large.writeSealed(id, sealed);
  }

  async #placesIn(name: string): Promise<Map<BlobId, Place>> {
    this.#live.delete(name);
    this.#read.delete(name);
    await this.#readHeads(name);
    return new Map([...this.#places].filter(([, p]) => p.segment === name));
  }

  async close(): Promise<void> {
    await this.#endSegment();
  }
}

async function lastChange(path: string, nowMs: number): Promise<number> {
  return await stat(path).then(
    (s) => s.mtimeMs,
    () => nowMs, // it went while we looked
  );
}

function idOf(head: Buffer): BlobId {
  const hex = head.toString('hex', 4, 20);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as BlobId;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

async function writeWhole(fd: number, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let left = [...buffers];
  let at = position;
  while (left.length > 0) {
    const { bytesWritten } = await writev(fd, left, at);
    at += bytesWritten;
    let written = bytesWritten;
    let whole = 0;
    while (whole < left.length && written >= left[whole]!.length) written -= left[whole++]!.length;
    left = left.slice(whole);
    if (written > 0) left[0] = left[0]!.subarray(written);
  }
}

/** Keeps a body in memory until it is known to be small; from then on it is the directory store's. */
class PackedWriter implements BlobWriter {
  readonly #id: BlobId;
  readonly #large: () => BlobWriter;
  readonly #append: (chunks: readonly Uint8Array[]) => Promise<void>;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #writer: BlobWriter | undefined;
  #isAborted = false;

  constructor(id: BlobId, large: () => BlobWriter, append: (chunks: readonly Uint8Array[]) => Promise<void>) {
    this.#id = id;
    this.#large = large;
    this.#append = append;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#isAborted)
      throw new TransientError(`blob ${this.#id} could not be stored: the message was given up`);
    if (this.#writer !== undefined) return this.#writer.write(chunk);
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= MAX_PACKED) return undefined;
    this.#writer = this.#large();
    const all = this.#chunks;
    this.#chunks = [];
    return this.#moveOut(this.#writer, all);
  }

  async #moveOut(writer: BlobWriter, chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) await writer.write(chunk);
  }

  async commit(): Promise<void> {
    if (this.#writer !== undefined) return await this.#writer.commit();
    const chunks = this.#chunks;
    this.#chunks = [];
    try {
      await this.#append(chunks);
    } catch (error) {
      throw new TransientError('the message could not be stored', { cause: error });
    }
    return undefined;
  }

  async abort(): Promise<void> {
    this.#isAborted = true;
    this.#chunks = [];
    // A packed body that was committed and then given up is swept with its segment: no row names it.
    await this.#writer?.abort();
  }
}
