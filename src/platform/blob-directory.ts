/**
 * Blobs in a directory: one file per message, in a folder per day of birth (the id tells the day), so that many messages
 * share the fsync of one folder.
 *
 * A file is a run of frames. Each frame is AES-256-GCM (NIST SP 800-38D) under the message's own key with a counter as
 * nonce, and authenticates the blob's id, the frame's number and whether it is the last one: no frame can be swapped, cut
 * off or taken from another message without the reader noticing (the STREAM construction of Hoang, Reyhanitabar, Rogaway
 * and Vizár, 2015).
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import fs from 'node:fs';
import { mkdir, open, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentError, TransientError } from '#core/errors.ts';
import { type BlobId, idTime, parseId } from '#core/id.ts';
import type { BlobStore, BlobWriter } from './blob.ts';
import { faultPoint } from './fault-point.ts';

const FRAME = 64 * 1024;
const TAG = 16;
const MAGIC = Buffer.from('GHB1');

const openFd = promisify(fs.open);
const closeFd = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const writev = promisify(fs.writev);
const unlink = promisify(fs.unlink);

export async function openBlobDirectory(root: string): Promise<BlobStore> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folders = new FolderSync(root);
  return {
    create: (id, key) => new FileWriter(root, folders, id, key),
    read: (id, key) => readFrames(pathOf(root, id), id, key),
    remove: (id) => removeFile(pathOf(root, id)),
    list: () => listBlobs(root),
  };
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

class FileWriter implements BlobWriter {
  readonly #root: string;
  readonly #folders: FolderSync;
  readonly #id: BlobId;
  readonly #key: Uint8Array;
  /** Plaintext not yet sealed: less than one frame between calls. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #frames = 0;
  #fd: number | undefined;
  /** Sealed frames are written in order, one call after the other. */
  #tail: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(root: string, folders: FolderSync, id: BlobId, key: Uint8Array) {
    this.#root = root;
    this.#folders = folders;
    this.#id = id;
    this.#key = key;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#failure !== undefined)
      throw new TransientError('the message could not be stored', { cause: this.#failure });
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    // A full frame is kept back while nothing follows it: it could be the last one.
    if (this.#pendingBytes <= FRAME) return;
    const all = Buffer.concat(this.#pending);
    const sealed: Uint8Array[] = [];
    let at = 0;
    for (; all.length - at > FRAME; at += FRAME)
      sealed.push(...this.#seal(all.subarray(at, at + FRAME), false));
    this.#pending = [all.subarray(at)];
    this.#pendingBytes = all.length - at;
    return this.#append(sealed);
  }

  async commit(): Promise<void> {
    try {
      await this.#append(
        this.#seal(this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending), true),
      );
      this.#pending = [];
      const fd = await this.#descriptor();
      faultPoint('receive.blob-written');
      // Data first, then the name: a crash between the two leaves a file nobody asks for.
      await fdatasync(fd);
      await this.#close();
      await this.#folders.sync(dayOf(this.#id));
    } catch (error) {
      throw new TransientError('the message could not be stored', { cause: error });
    }
  }

  async abort(): Promise<void> {
    this.#failure ??= new Error('aborted');
    this.#pending = [];
    await this.#tail.catch(() => {}); // what failed was told to the writer
    await this.#close();
    await removeFile(pathOf(this.#root, this.#id));
  }

  #seal(plain: Uint8Array, isLast: boolean): Uint8Array[] {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce(this.#frames));
    cipher.setAAD(associated(this.#id, this.#frames, isLast));
    const first = this.#frames === 0 ? [MAGIC] : [];
    this.#frames++;
    const head = Buffer.alloc(4);
    head.writeUInt32BE(plain.length * 2 + (isLast ? 1 : 0));
    const body = cipher.update(plain);
    cipher.final();
    return [...first, head, body, cipher.getAuthTag()];
  }

  #append(buffers: readonly Uint8Array[]): Promise<void> {
    const mine = this.#tail.then(async () => {
      const fd = await this.#descriptor();
      let left = [...buffers];
      while (left.length > 0) {
        let written = (await writev(fd, left)).bytesWritten;
        while (left.length > 0 && written >= left[0]!.length) written -= left.shift()!.length;
        if (written > 0) left = [left[0]!.subarray(written), ...left.slice(1)];
      }
    });
    this.#tail = mine;
    mine.catch((error: unknown) => (this.#failure ??= error));
    return mine;
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

function nonce(frame: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(frame, 8);
  return bytes;
}

function associated(id: BlobId, frame: number, isLast: boolean): Uint8Array {
  return Buffer.from(`${id}/${frame}/${isLast ? 'last' : 'more'}`);
}

async function* readFrames(path: string, id: BlobId, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const broken = (what: string): PermanentError => new PermanentError(`blob ${id}: ${what}`);
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new PermanentError(`blob ${id}: there is no such file`, { cause: error });
    throw new TransientError(`blob ${id} could not be opened`, { cause: error });
  }
  try {
    const magic = Buffer.alloc(MAGIC.length);
    await file.read(magic, 0, magic.length, 0);
    if (!magic.equals(MAGIC)) throw broken('not a blob of ours');
    let at = MAGIC.length;
    for (let frame = 0; ; frame++) {
      const head = Buffer.alloc(4);
      if ((await file.read(head, 0, 4, at)).bytesRead !== 4) throw broken('its end is missing');
      const word = head.readUInt32BE();
      const size = Math.floor(word / 2);
      const isLast = word % 2 === 1;
      if (size > FRAME) throw broken('a frame is too large');
      const sealed = Buffer.alloc(size + TAG);
      if ((await file.read(sealed, 0, sealed.length, at + 4)).bytesRead !== sealed.length)
        throw broken('its end is missing');
      yield openFrame(sealed, key, id, frame, isLast);
      at += 4 + sealed.length;
      if (isLast) break;
    }
    if ((await file.stat()).size !== at) throw broken('bytes follow its end');
  } finally {
    await file.close();
  }
}

function openFrame(sealed: Buffer, key: Uint8Array, id: BlobId, frame: number, isLast: boolean): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(frame));
  decipher.setAAD(associated(id, frame, isLast));
  decipher.setAuthTag(sealed.subarray(-TAG));
  const plain = decipher.update(sealed.subarray(0, -TAG));
  try {
    decipher.final();
  } catch (error) {
    throw new PermanentError(`blob ${id}: frame ${frame} was changed or belongs elsewhere`, { cause: error });
  }
  return plain;
}

async function* listBlobs(root: string): AsyncGenerator<{ id: BlobId; bytes: number; modifiedMs: number }> {
  for await (const day of await opendir(root)) {
    if (!day.isDirectory()) continue;
    for await (const entry of await opendir(join(root, day.name))) {
      const id = parseId<'blob'>(entry.name);
      if (id === undefined) continue;
      const found = await stat(join(root, day.name, entry.name)).catch(() => undefined); // it may go while we look
      if (found !== undefined) yield { id, bytes: found.size, modifiedMs: found.mtimeMs };
    }
  }
}
