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

export type FrameHead = { readonly size: number; readonly isLast: boolean };

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

/** Reads the four bytes before a frame; throws PermanentError where they cannot be one's. */
export function readFrameHead(head: Buffer, id: BlobId): FrameHead {
  const word = head.readUInt32BE();
  const size = Math.floor(word / 2);
  if (size > FRAME_BYTES) throw broken(id, 'a frame is too large');
  return { size, isLast: word % 2 === 1 };
}

export function openFrame(
  sealed: Buffer,
  key: KeyObject,
  id: BlobId,
  frame: number,
  isLast: boolean,
): Uint8Array {
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

/** The plaintext of a sealed body in memory, frame by frame. Throws PermanentError where it is not whole. */
export function* openSealed(sealed: Buffer, key: Uint8Array, id: BlobId): Generator<Uint8Array> {
  const secret = createSecretKey(key);
  if (!sealed.subarray(0, MAGIC.length).equals(MAGIC)) throw broken(id, 'not a blob of ours');
  let at = MAGIC.length;
  for (let frame = 0; ; frame++) {
    if (at + FRAME_HEAD > sealed.length) throw broken(id, 'its end is missing');
    const { size, isLast } = readFrameHead(sealed.subarray(at, at + FRAME_HEAD), id);
    const end = at + FRAME_HEAD + size + FRAME_TAG;
    if (end > sealed.length) throw broken(id, 'its end is missing');
    yield openFrame(sealed.subarray(at + FRAME_HEAD, end), secret, id, frame, isLast);
    at = end;
    if (isLast) break;
  }
  if (at !== sealed.length) throw broken(id, 'bytes follow its end');
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
