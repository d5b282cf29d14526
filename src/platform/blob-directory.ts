/**
 * Blobs in a directory: one file per body, sealed in frames (sealed-frames.ts) so that it can be read as a stream, in a
 * folder per day of birth (the id tells the day), so that many share the fsync of one folder.
 */
import fs from 'node:fs';
import { access, mkdir, opendir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentError, TransientError } from '#core/errors.ts';
import { type BlobId, idTime, parseId } from '#core/id.ts';
import type { BlobStore, BlobWriter } from './blob.ts';
import {
  createFrameOpener,
  createFrameSealer,
  FRAME_BYTES,
  FRAME_HEAD,
  FRAME_TAG,
  type FrameSealer,
  MAGIC,
} from './sealed-frames.ts';
import { faultPoint } from './fault-point.ts';

const openFd = promisify(fs.open);
const closeFd = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const writev = promisify(fs.writev);
const unlink = promisify(fs.unlink);
const readFd = promisify(fs.read);

export type BlobDirectory = BlobStore & {
  readonly has: (id: BlobId) => Promise<boolean>;
  /** The body as it is stored; undefined when it is not here. */
  readonly readSealed: (id: BlobId) => Promise<Uint8Array | undefined>;
  /** Takes a body that is sealed already; durable when it resolves. Writing it again is harmless. */
  readonly writeSealed: (id: BlobId, sealed: Uint8Array) => Promise<void>;
};

export async function openBlobDirectory(root: string): Promise<BlobDirectory> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folders = new FolderSync(root);
  return {
    create: (id, key) => new FileWriter(root, folders, id, key),
    read: (id, key) => readFrames(pathOf(root, id), id, key),
    has: (id) =>
      access(pathOf(root, id)).then(
        () => true,
        () => false, // why it cannot be had is told by whoever opens it
      ),
    remove: (id) => removeFile(pathOf(root, id)),
    list: () => listBlobs(root),
    readSealed: (id) => readFile(pathOf(root, id)).catch(ignoreMissing),
    writeSealed: (id, sealed) => writeSealed(root, folders, id, sealed),
  };
}

async function writeSealed(root: string, folders: FolderSync, id: BlobId, sealed: Uint8Array): Promise<void> {
  await folders.ensure(dayOf(id));
  const path = pathOf(root, id);
  await writeFile(`${path}.new`, sealed, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  await folders.sync(dayOf(id));
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

/** One system call, where `rm` makes two. */
async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function dayOf(id: BlobId): string {
  return new Date(idTime(id)).toISOString().slice(0, 10);
}

function pathOf(root: string, id: BlobId): string {
  return join(root, dayOf(id), id);
}

/** Fsyncs folders so that concurrent commits share one call: a call that begins after a file was named covers it. */
class FolderSync {
  readonly #root: string;
  readonly #made = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Promise<void>>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the folder once, durably. */
  ensure(day: string): Promise<void> {
    let made = this.#made.get(day);
    if (made === undefined) {
      made = mkdir(join(this.#root, day), { recursive: true, mode: 0o700 }).then(() =>
        syncFolder(this.#root),
      );
      made.catch(() => this.#made.delete(day));
      this.#made.set(day, made);
    }
    return made;
  }

  sync(day: string): Promise<void> {
    const waiting = this.#waiting.get(day);
    if (waiting !== undefined) return waiting;
    const before = this.#running.get(day) ?? Promise.resolve();
    const mine = before
      .catch(() => {}) // its own waiters saw that failure
      .then(() => {
        this.#waiting.delete(day);
        this.#running.set(day, mine);
        return syncFolder(join(this.#root, day));
      })
      .finally(() => {
        if (this.#running.get(day) === mine) this.#running.delete(day);
      });
    this.#waiting.set(day, mine);
    return mine;
  }
}

async function syncFolder(path: string): Promise<void> {
  const fd = await openFd(path, 'r');
  try {
    await promisify(fs.fsync)(fd);
  } finally {
    await closeFd(fd);
  }
}

/** One frame being written and one that waits; with a second the sender does, so that many of them stay small in memory. */
const MAX_BACKLOG = 2 * FRAME_BYTES;

class FileWriter implements BlobWriter {
  readonly #root: string;
  readonly #folders: FolderSync;
  readonly #id: BlobId;
  readonly #sealer: FrameSealer;
  /** Plaintext not yet sealed: less than one frame between calls. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #fd: number | undefined;
  /** Sealed and not yet handed to the system. */
  #backlog: Uint8Array[] = [];
  #backlogBytes = 0;
  /** While something is written; frames go in order, all that wait in one call. */
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(root: string, folders: FolderSync, id: BlobId, key: Uint8Array) {
    this.#root = root;
    this.#folders = folders;
    this.#id = id;
    this.#sealer = createFrameSealer(id, key);
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#failure !== undefined)
      throw new TransientError('the message could not be stored', { cause: this.#failure });
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    // A full frame is kept back while nothing follows it: it could be the last one.
    if (this.#pendingBytes <= FRAME_BYTES) return;
    const all = Buffer.concat(this.#pending);
    const sealed: Uint8Array[] = [];
    let at = 0;
    for (; all.length - at > FRAME_BYTES; at += FRAME_BYTES)
      sealed.push(...this.#sealer.seal(all.subarray(at, at + FRAME_BYTES), false));
    this.#pending = [all.subarray(at)];
    this.#pendingBytes = all.length - at;
    const written = this.#append(sealed);
    // The disk works while more arrives; who sends waits only where it falls behind.
    return this.#backlogBytes > MAX_BACKLOG ? written : undefined;
  }

  async commit(): Promise<void> {
    try {
      await this.#append(
        this.#sealer.seal(
          this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending),
          true,
        ),
      );
      this.#pending = [];
      const fd = await this.#descriptor();
      faultPoint('receive.blob-written');
      // Data and name, in any order: no row asks for the file before both are durable.
      await Promise.all([fdatasync(fd), this.#folders.sync(dayOf(this.#id))]);
      await this.#close();
    } catch (error) {
      throw new TransientError('the message could not be stored', { cause: error });
    }
  }

  async abort(): Promise<void> {
    this.#failure ??= new Error('aborted');
    this.#pending = [];
    this.#backlog = [];
    await this.#writing?.catch(() => {}); // what failed was told to the writer
    await this.#close();
    await removeFile(pathOf(this.#root, this.#id));
  }

  /** Resolves when nothing waits any more; what fails is also told to the next write and to the commit. */
  #append(buffers: readonly Uint8Array[]): Promise<void> {
    // After a failure the file has a gap: nothing may follow it.
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    for (const buffer of buffers) this.#backlogBytes += buffer.length;
    this.#backlog.push(...buffers);
    if (this.#writing === undefined) {
      this.#writing = this.#writeBacklog();
      this.#writing.catch((error: unknown) => (this.#failure ??= error));
    }
    return this.#writing;
  }

  async #writeBacklog(): Promise<void> {
    const fd = await this.#descriptor();
    while (this.#backlog.length > 0) {
      const batch = this.#backlog;
      this.#backlog = [];
      await writeAll(fd, batch);
      for (const buffer of batch) this.#backlogBytes -= buffer.length;
    }
    this.#writing = undefined;
  }

  async #descriptor(): Promise<number> {
    if (this.#fd === undefined) {
      await this.#folders.ensure(dayOf(this.#id));
      this.#fd = await openFd(pathOf(this.#root, this.#id), 'wx', 0o600);
    }
    return this.#fd;
  }

  async #close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await closeFd(fd);
  }
}

async function writeAll(fd: number, buffers: readonly Uint8Array[]): Promise<void> {
  let left = [...buffers];
  while (left.length > 0) {
    let written = (await writev(fd, left)).bytesWritten;
    while (left.length > 0 && written >= left[0]!.length) written -= left.shift()!.length;
    if (written > 0) left = [left[0]!.subarray(written), ...left.slice(1)];
  }
}

/** Two frames at a time: a read costs a trip to another thread, however much it brings. */
const READ_BYTES = 2 * (FRAME_HEAD + FRAME_BYTES + FRAME_TAG);

async function* readFrames(path: string, id: BlobId, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const fd = await openForReading(path, id);
  try {
    const opener = createFrameOpener(id, key);
    for (let at = 0; ;) {
      // The first read takes the mark along, so that all others begin with a frame.
      const wanted = Buffer.allocUnsafe(at === 0 ? MAGIC.length + READ_BYTES : READ_BYTES);
      const { bytesRead } = await readFd(fd, wanted, 0, wanted.length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield* opener.push(wanted.subarray(0, bytesRead));
    }
    opener.end();
  } finally {
    await closeFd(fd);
  }
}

async function openForReading(path: string, id: BlobId): Promise<number> {
  try {
    return await openFd(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new PermanentError(`blob ${id}: there is no such file`, { cause: error });
    throw new TransientError(`blob ${id} could not be opened`, { cause: error });
  }
}

async function* listBlobs(root: string): AsyncGenerator<{ id: BlobId; bytes: number; modifiedMs: number }> {
  for await (const day of await opendir(root)) {
    if (!day.isDirectory() || !/^\d{4}-\d\d-\d\d$/.test(day.name)) continue;
    for await (const entry of await opendir(join(root, day.name))) {
      const id = parseId<'blob'>(entry.name);
      if (id === undefined) continue;
      const found = await stat(join(root, day.name, entry.name)).catch(() => undefined); // it may go while we look
      if (found !== undefined) yield { id, bytes: found.size, modifiedMs: found.mtimeMs };
    }
  }
}
