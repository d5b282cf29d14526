/**
 * A message whose bytes are safe: encrypted on disk, hashed, and already read once. The single pass over the bytes while
 * they arrived (mail/receive/spool.ts) left everything that later stations need without reading them again.
 */
import type { BlobId } from '#core/id.ts';
import type { BodyHashes } from '#protocol/dkim/body-hash.ts';
import type { Header } from '#protocol/message/header.ts';
import type { MimeTree } from '#protocol/mime/walk.ts';

export type SpooledMessage = {
  readonly blob: BlobId;
  /** Bytes as received, before any change of ours. */
  readonly size: number;
  /** Lower-case hex over the bytes as received. */
  readonly sha256: string;
  readonly header: Header;
  /** The body hashes that the DKIM and ARC signatures in `header` ask for. */
  readonly bodyHashes: BodyHashes;
  readonly mime: MimeTree;
  /** Defects of the raw bytes that no reader of lines sees: bare CR, bare LF, NUL, lines over 998. */
  readonly byteDefects: readonly ByteDefect[];
  /** The original bytes again, in chunks; from memory while it is small, else decrypted from disk. */
  readonly read: () => AsyncIterable<Uint8Array>;
};

export type ByteDefect = {
  readonly kind: 'bare-cr' | 'bare-lf' | 'nul' | 'long-line' | 'eight-bit';
  readonly at: number;
  readonly count: number;
};
