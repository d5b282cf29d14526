/**
 * Bodies on disk: one file per message, AES-256-GCM in frames so that it can be read as a stream, durable before anybody
 * is told. A file without a row is rubbish that a crash left; a row without a file is a loss, and `gatehouse verify` looks
 * for both.
 */
import type { BlobId, TenantId } from '#core/id.ts';

export type BlobWriter = {
  /** Takes plaintext; the promise resolves when more may be written (back-pressure). */
  readonly write: (chunk: Uint8Array) => Promise<void> | void;
  /** After this the bytes survive power loss: written, fsynced, named, and the directory fsynced. */
  readonly commit: () => Promise<void>;
  /** Removes every trace. Safe to call twice, or after a failed commit. */
  readonly abort: () => Promise<void>;
};

export type BlobStore = {
  /** Whose it is decides where it is stored; stores of one place do not ask. */
  readonly create: (id: BlobId, key: Uint8Array, tenant?: TenantId) => BlobWriter;
  /** Throws PermanentError where a frame is missing, swapped, cut or changed. */
  readonly read: (id: BlobId, key: Uint8Array) => AsyncIterable<Uint8Array>;
  readonly remove: (id: BlobId) => Promise<void>;
  readonly list: () => AsyncIterable<{
    readonly id: BlobId;
    readonly bytes: number;
    readonly modifiedMs: number;
  }>;
};
