/**
 * A message that lies in a file rather than came by SMTP: read once, whole, in memory. It leaves the same values as the
 * spooler does (mail/receive), so that every later station runs on it unchanged.
 */
import { createHash } from 'node:crypto';
import { concat, CR, fromLatin1, LF } from '#core/bytes.ts';
import type { BlobId } from '#core/id.ts';
import { createBodyHasher, requestedBodyHashes } from '#protocol/dkim/body-hash.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { createMimeWalker, type MimeOptions } from '#protocol/mime/walk.ts';
import type { ByteDefect, SpooledMessage } from '../spooled.ts';

const MIME: MimeOptions = {
  limits: { maxDepth: 32, maxParts: 1000, maxHeaderBytes: 256 * 1024 },
  headBytes: 4096,
  hash: 'all',
};

export function readMessage(bytes: Uint8Array): SpooledMessage {
  const header = parseHeader(bytes);
  const body = bytes.subarray(header.bodyStart);
  const hasher = createBodyHasher(requestedBodyHashes(header));
  hasher.update(body);
  const walker = createMimeWalker(header, MIME);
  walker.update(body);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    // No blob store knows this message; the name only has to be the same for the same bytes.
    blob: `00000000-0000-8000-8000-${sha256.slice(0, 12)}` as BlobId,
    size: bytes.length,
    sha256,
    header,
    bodyHashes: hasher.finish(),
    mime: walker.finish(),
    byteDefects: findByteDefects(bytes),
    read: async function* () {
      yield bytes;
    },
  };
}

/** RFC 5321 §4.5.3.1.6: 998 characters and CRLF. */
const MAX_LINE = 998;

/** One entry for each kind that occurs, with the place of the first and how many there are. */
export function findByteDefects(bytes: Uint8Array): ByteDefect[] {
  const seen = new Map<ByteDefect['kind'], { at: number; count: number }>();
  const note = (kind: ByteDefect['kind'], at: number): void => {
    const entry = seen.get(kind);
    if (entry === undefined) seen.set(kind, { at, count: 1 });
    else entry.count++;
  };
  let lineStart = 0;
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!; // `!`: i is below the length
    if (b > LF && b !== CR && b < 0x80) continue;
    if (b >= 0x80) note('eight-bit', i);
    else if (b === 0) note('nul', i);
    else if (b === CR && bytes[i + 1] !== LF) note('bare-cr', i);
    else if (b === LF) {
      const content = bytes[i - 1] === CR ? i - 1 : i;
      if (content === i) note('bare-lf', i);
      if (content - lineStart > MAX_LINE) note('long-line', lineStart);
      lineStart = i + 1;
    }
  }
  return [...seen].map(([kind, where]) => ({ kind, ...where }));
}

export type FileForm = { readonly bytes: Uint8Array; readonly notes: readonly ('mbox-line' | 'lf-lines')[] };

/**
 * A mail file as people have them: a first `From ` line of an mbox is skipped, and a file whose lines all end in bare LF is
 * one that a Unix program wrote, so its line ends are made CRLF. A file with any CRLF is taken as it is.
 */
export function fromMailFile(file: Uint8Array): FileForm {
  const notes: ('mbox-line' | 'lf-lines')[] = [];
  let bytes = file;
  const firstEnd = bytes.indexOf(LF);
  if (firstEnd !== -1 && startsWith(bytes, MBOX)) {
    bytes = bytes.subarray(firstEnd + 1);
    notes.push('mbox-line');
  }
  if (bytes.includes(LF) && !hasCrlf(bytes)) {
    bytes = lfToCrlf(bytes);
    notes.push('lf-lines');
  }
  return { bytes, notes };
}

const MBOX = fromLatin1('From ');
const CRLF_BYTES = Uint8Array.of(CR, LF);

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((b, i) => bytes[i] === b);
}

function hasCrlf(bytes: Uint8Array): boolean {
  for (let i = bytes.indexOf(LF); i !== -1; i = bytes.indexOf(LF, i + 1))
    if (bytes[i - 1] === CR) return true;
  return false;
}

function lfToCrlf(bytes: Uint8Array): Uint8Array {
  const lines: Uint8Array[] = [];
  let at = 0;
  for (let i = bytes.indexOf(LF); i !== -1; i = bytes.indexOf(LF, at)) {
    lines.push(bytes.subarray(at, i), CRLF_BYTES);
    at = i + 1;
  }
  lines.push(bytes.subarray(at));
  return concat(lines);
}
