/**
 * Where the decoded bytes of a leaf go: size, hash, first bytes; and in text a look-out for files written into it
 * (uuencode, yEnc, BinHex), which some mail programs show as attachments.
 */
import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { noteDefect } from './defects.ts';
import { addPart, childPath, newDraft, type Budget, type Draft } from './draft.ts';
import type { InlineFile, InlineKind } from './inline-file.ts';
import { createInlineFileReader } from './uuencode.ts';
import type { MimeOptions } from './tree.ts';

export type Content = { readonly write: (bytes: Uint8Array) => void; readonly end: () => void };

const GATHER_BYTES = 1024;

/** Measures one leaf into `part`. */
export function createMeasure(part: Draft, options: MimeOptions): Content {
  const hash: Hash | undefined = isHashed(part, options) ? createHash('sha256') : undefined;
  const { headBytes } = options;
  const also = options.leaf?.(part.path);
  let head: Buffer | undefined;
  let headLength = 0;
  let size = 0;
  const keepHead = (bytes: Uint8Array): void => {
    const take = Math.min(bytes.length, headBytes - headLength);
    if (headLength === 0) {
      head = Buffer.from(bytes.subarray(0, take));
    } else if (head !== undefined) {
      if (head.length < headBytes) {
        const grown = Buffer.alloc(headBytes);
        head.copy(grown, 0, 0, headLength);
        head = grown;
      }
      head.set(bytes.subarray(0, take), headLength);
    }
    headLength += take;
  };
  let gathered: Buffer | undefined;
  let gatheredLength = 0;
  const flush = (): void => {
    if (gathered !== undefined && gatheredLength > 0) hash?.update(gathered.subarray(0, gatheredLength));
    gatheredLength = 0;
  };
  // Encoded lines of a few bytes cost a call of the hash each, so what follows a first piece is gathered.
  const digest = (bytes: Uint8Array): void => {
    if (bytes.length >= GATHER_BYTES / 4 || size === bytes.length) {
      flush();
      hash?.update(bytes);
      return;
    }
    gathered ??= Buffer.allocUnsafe(GATHER_BYTES);
    if (gatheredLength + bytes.length > GATHER_BYTES) flush();
    for (let i = 0; i < bytes.length; i++) gathered[gatheredLength + i] = bytes[i]!; // `!`: below the length
    gatheredLength += bytes.length;
  };
  return {
    write: (bytes) => {
      size += bytes.length;
      if (headLength < headBytes) keepHead(bytes);
      if (hash !== undefined) digest(bytes);
      also?.(bytes);
    },
    end: () => {
      flush();
      part.size = size;
      if (head !== undefined) part.head = head.subarray(0, headLength);
      if (hash !== undefined) part.sha256 = hash.digest('hex');
    },
  };
}

function isHashed(part: Draft, options: MimeOptions): boolean {
  if (options.hash === 'attachments')
    return part.disposition === 'attachment' || part.names.length > 0 || !part.type.startsWith('text/');
  return options.hash === 'all';
}

/** A text leaf: measured, and watched for files inside it. Each such file becomes a child part. */
export function createTextContent(part: Draft, options: MimeOptions, budget: Budget): Content {
  const measure = createMeasure(part, options);
  const openFile = (name: string, kind: InlineKind): InlineFile | undefined => {
    const child = newDraft(childPath(part.path, part.children.length + 1), part.header);
    child.type = 'application/octet-stream';
    child.disposition = 'attachment';
    child.names = name === '' ? [] : [name];
    child.encoding = `x-${kind}`;
    noteDefect(part.defects, `${kind}-inside`, name);
    if (!addPart(budget, child)) return undefined;
    part.children.push(child);
    const inner = createMeasure(child, options);
    return {
      write: inner.write,
      end: (isClosed) => {
        if (!isClosed) noteDefect(child.defects, 'uuencode-unclosed', name);
        inner.end();
      },
    };
  };
  const watch = createInlineFileReader(openFile);
  return {
    write: (bytes) => {
      measure.write(bytes);
      watch.write(bytes);
    },
    end: () => {
      watch.end();
      measure.end();
    },
  };
}
