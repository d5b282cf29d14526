/**
 * The MIME structure of a message in one streaming pass, read the way a suspicious gateway must: every part, every name a
 * mail program might show, every defect. Where mail programs disagree, readings.ts has the other readings.
 */
import type { Header } from '#protocol/message/header.ts';
import { createReadingWalker } from './stream.ts';
import { STANDARD } from './reader.ts';
import type { MimeOptions, MimeWalker } from './tree.ts';

export type { MimeDefect } from './defects.ts';
export type { MimeLimits, MimeOptions, MimePart, MimeTree, MimeWalker } from './tree.ts';

/** Generous to honest mail: the deepest of it nests about ten levels, the largest digests hold some hundred parts. */
export const DEFAULT_MIME_OPTIONS: MimeOptions = {
  limits: { maxDepth: 32, maxParts: 1000, maxHeaderBytes: 256 * 1024 },
  headBytes: 4096,
  hash: 'all',
};

/** Reads as the standard says. Never fails: what is wrong becomes a defect, what is too much a limit that was hit. */
export function createMimeWalker(header: Header, options: MimeOptions): MimeWalker {
  return createReadingWalker(header, options, STANDARD);
}
