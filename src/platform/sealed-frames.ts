/**
 * How a body is sealed, wherever it lies: a run of frames, each AES-256-GCM (NIST SP 800-38D) under the message's own key
 * with a counter as nonce. A frame authenticates the body's id, its own number and whether it is the last one: none can be
 * swapped, cut off or taken from another message without the reader noticing (the STREAM construction of Hoang,
 * Reyhanitabar, Rogaway and Vizár, 2015).
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { concat } from '#core/bytes.ts';
import { PermanentError } from '#core/errors.ts';
import type { BlobId } from '#core/id.ts';

export const FRAME_BYTES = 64 * 1024;
export const MAGIC: Uint8Array = Buffer.from('GHB1');
/** Length and last-mark before each frame, and the tag behind it. */
export const FRAME_HEAD = 4;
export const FRAME_TAG = 16;

export type FrameSealer = {
  /** The next frame, ready to be written; the first brings the mark of the format along. */
  readonly seal: (plain: Uint8Array, isLast: boolean) => Uint8Array[];
};

export function createFrameSealer(id: BlobId, key: Uint8Array): FrameSealer {
  // A key object once: handing bytes to each cipher costs three times as much.
  const secret = createSecretKey(key);
  let frames = 0;
  return {
    seal: (plain, isLast) => {
      const cipher = createCipheriv('aes-256-gcm', secret, nonce(frames));
      cipher.setAAD(associated(id, frames, isLast));
      const head = Buffer.alloc(FRAME_HEAD);
      head.writeUInt32BE(plain.length * 2 + (isLast ? 1 : 0));
      const body = cipher.update(plain);
      cipher.final();
      const sealed = [head, body, cipher.getAuthTag()];
      return frames++ === 0 ? [MAGIC, ...sealed] : sealed;
    },
  };
}

/** A whole body that is in memory. */
export function sealWhole(chunks: readonly Uint8Array[], key: Uint8Array, id: BlobId): Uint8Array[] {
  const sealer = createFrameSealer(id, key);
  const all = concat(chunks);
  const sealed: Uint8Array[] = [];
  let at = 0;
  for (; all.length - at > FRAME_BYTES; at += FRAME_BYTES)
    sealed.push(...sealer.seal(all.subarray(at, at + FRAME_BYTES), false));
  sealed.push(...sealer.seal(all.subarray(at), true));
  return sealed;
}

export type FrameOpener = {
  /** The plaintext of the frames that these bytes complete, frame by frame. Throws PermanentError where one is not whole. */
  readonly push: (sealed: Uint8Array) => Generator<Uint8Array>;
  /** No more bytes come; throws when the last frame was not among them. */
  readonly end: () => void;
};

/** Opens a sealed body as it is read. */
export function createFrameOpener(id: BlobId, key: Uint8Array): FrameOpener {
  const secret = createSecretKey(key);
  let held: Buffer = Buffer.alloc(0);
  let frame = 0;
  let isMarked = false;
  let isEnded = false;
  return {
    push: function* (sealed) {
      const bytes = held.length === 0 ? asBuffer(sealed) : Buffer.concat([held, sealed]);
      let at = 0;
      if (!isMarked && bytes.length >= MAGIC.length) {
        if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw broken(id, 'not a blob of ours');
        isMarked = true;
        at = MAGIC.length;
      }
      while (isMarked && at + FRAME_HEAD <= bytes.length) {
        if (isEnded) throw broken(id, 'bytes follow its end');
        const { size, isLast } = readFrameHead(bytes, at, id);
        const end = at + FRAME_HEAD + size + FRAME_TAG;
        if (end > bytes.length) break;
        isEnded = isLast;
        yield openFrame(bytes.subarray(at + FRAME_HEAD, end), secret, id, frame++, isLast);
        at = end;
      }
      held = bytes.subarray(at);
    },
    end: () => {
      if (!isEnded) throw broken(id, 'its end is missing');
      if (held.length > 0) throw broken(id, 'bytes follow its end');
    },
  };
}

/** The plaintext of a sealed body in memory, frame by frame. Throws PermanentError where it is not whole. */
export function* openSealed(sealed: Uint8Array, key: Uint8Array, id: BlobId): Generator<Uint8Array> {
  const opener = createFrameOpener(id, key);
  yield* opener.push(sealed);
  opener.end();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type FrameHead = { readonly size: number; readonly isLast: boolean };

function readFrameHead(bytes: Buffer, at: number, id: BlobId): FrameHead {
  const word = bytes.readUInt32BE(at);
  const size = Math.floor(word / 2);
  if (size > FRAME_BYTES) throw broken(id, 'a frame is too large');
  return { size, isLast: word % 2 === 1 };
}

function openFrame(sealed: Buffer, key: KeyObject, id: BlobId, frame: number, isLast: boolean): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(frame));
  decipher.setAAD(associated(id, frame, isLast));
  decipher.setAuthTag(sealed.subarray(-FRAME_TAG));
  const plain = decipher.update(sealed.subarray(0, -FRAME_TAG));
  try {
    decipher.final();
  } catch (error) {
    throw new PermanentError(`blob ${id}: frame ${frame} was changed or belongs elsewhere`, { cause: error });
  }
  return plain;
}

export function broken(id: BlobId, what: string): PermanentError {
  return new PermanentError(`blob ${id}: ${what}`);
}

function nonce(frame: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(frame, 8);
  return bytes;
}

function associated(id: BlobId, frame: number, isLast: boolean): Uint8Array {
  return Buffer.from(`${id}/${frame}/${isLast ? 'last' : 'more'}`);
}
