/** The shape of a message's MIME structure as it is read. */
import type { Header } from '#protocol/message/header.ts';
import type { MimeDefect } from './defects.ts';

export type MimePart = {
  /** IMAP-like path: `1`, `1.2`; the root of a message is `0`, the root of a message inside part `2` is `2.0`. */
  readonly path: string;
  /** Lower-case `type/subtype` as the standard reads it, `text/plain` where none is given. */
  readonly type: string;
  /** Every file name any reader may see (filename, name, RFC 2231 and encoded-word forms), decoded, in order of authority. */
  readonly names: readonly string[];
  readonly disposition: 'inline' | 'attachment' | undefined;
  readonly charset: string | undefined;
  readonly encoding: string;
  /** Bytes after decoding. */
  readonly size: number;
  /** SHA-256 over the decoded bytes, lower-case hex; undefined for multiparts and where hashing was not asked for. */
  readonly sha256: string | undefined;
  /** The first decoded bytes (up to `headBytes`), for telling the type by content. */
  readonly head: Uint8Array;
  readonly header: Header;
  readonly defects: readonly MimeDefect[];
  readonly children: readonly MimePart[];
};

export type MimeTree = {
  readonly root: MimePart;
  /** All parts, depth first, the root included. */
  readonly parts: readonly MimePart[];
  /** A limit that was hit stops the walk there; what lies beyond is unread, and that is a finding, never a pass. */
  readonly limitHit: 'depth' | 'parts' | 'header-bytes' | undefined;
};

export type MimeLimits = {
  readonly maxDepth: number;
  readonly maxParts: number;
  readonly maxHeaderBytes: number;
};
export type MimeOptions = {
  readonly limits: MimeLimits;
  readonly headBytes: number;
  readonly hash: 'all' | 'attachments' | 'none';
  /** Where the decoded bytes of the leaf with this path go besides; they are only lent. */
  readonly leaf?: (path: string) => ((bytes: Uint8Array) => void) | undefined;
};

export type MimeWalker = {
  /** The next bytes of the body, split anywhere; the message's own header was given at creation. */
  readonly update: (chunk: Uint8Array) => void;
  readonly finish: () => MimeTree;
};
