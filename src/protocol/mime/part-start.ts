/** A part begins: what it is by its header, and where its body goes. */
import { Buffer } from 'node:buffer';
import { fromLatin1, fromUtf8 } from '#core/bytes.ts';
import { assertNever } from '#core/result.ts';
import type { Header } from '#protocol/message/header.ts';
import { createMeasure, createTextContent, type Content } from './content.ts';
import { describePart, type Description } from './describe.ts';
import { noteDefect } from './defects.ts';
import type { OpenMultipart } from './delimiter.ts';
import { addPart, childPath, hitLimit, newDraft, type Draft } from './draft.ts';
import type { Reader } from './reader.ts';
import {
  createBase64Decoder,
  createIdentityDecoder,
  createQuotedPrintableDecoder,
  type Base64Habits,
  type Decoder,
} from './transfer-encoding.ts';
import { createUuencodeDecoder } from './uuencode.ts';
import { EMPTY_HEADER, top, type Walk } from './walk-state.ts';

export function startPart(w: Walk, partHeader: Header): void {
  const parent = top(w);
  const defaultType = parent?.childType ?? 'text/plain';
  const isRoot = parent === undefined;
  const path = isRoot ? w.context.rootPath : childPath(parent.part.path, parent.part.children.length + 1);
  const part = isRoot && w.context.adopted !== undefined ? w.context.adopted : newDraft(path, partHeader);
  const description = describePart(partHeader, w.reader, defaultType, isRoot && w.context.depth === 0);
  w.state = 'body';
  w.atLineStart = true;
  w.current = part;
  if (part !== w.context.adopted) {
    fill(part, description, partHeader, isRoot && w.context.depth === 0);
    if (!addPart(w.budget, part)) {
      w.state = 'stopped';
      return;
    }
    parent?.part.children.push(part);
  }
  openBody(w, part, description, part === w.context.adopted);
}

function openBody(w: Walk, part: Draft, description: Description, isDecoded: boolean): void {
  const isContainer = description.isMultipart || description.isMessage;
  const depth = w.context.depth + w.stack.length;
  if (isContainer && depth >= w.options.limits.maxDepth) {
    hitLimit(w.budget, 'depth', part);
    w.decoder = decoderFor(part, description, createMeasure(part, w.options), w.reader.base64);
    return;
  }
  if (description.isMultipart) openMultipart(w, part, description, isDecoded);
  else if (description.isMessage) openMessage(w, part, description, depth);
  else {
    const content =
      isWatched(part.type) || description.encoding === 'binhex'
        ? createTextContent(part, w.options, w.budget)
        : createMeasure(part, w.options);
    w.decoder = decoderFor(part, description, content, w.reader.base64);
  }
}

function openMultipart(w: Walk, part: Draft, description: Description, isDecoded: boolean): void {
  if (description.encoding !== 'identity' && !isDecoded) {
    noteDefect(part.defects, 'encoded-multipart', description.encodingName);
    if (w.reader.encodedMultipart === 'leaf') {
      w.decoder = decoderFor(part, description, createMeasure(part, w.options), w.reader.base64);
      return;
    }
    if (w.reader.encodedMultipart === 'decoded') {
      const inner = w.inside(
        { ...w.context, depth: w.context.depth + w.stack.length, adopted: part, rootPath: part.path },
        part.header,
      );
      w.decoder = decoderFor(part, description, inner, w.reader.base64);
      return;
    }
  }
  const delimiter = chooseDelimiter(part, description, w.reader, w.stack);
  w.stack.push({
    part,
    delimiter,
    childType: description.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain',
    isClosed: false,
  });
  w.decoder = undefined;
  openOutside(w, part);
}

/** The preamble or epilogue of a multipart as a part of its own, for readers that show it. */
export function openOutside(w: Walk, parent: Draft): void {
  if (w.reader.outside === 'dropped') return;
  const part = newDraft(childPath(parent.path, parent.children.length + 1), EMPTY_HEADER);
  if (!addPart(w.budget, part)) {
    w.state = 'stopped';
    return;
  }
  parent.children.push(part);
  const content = createTextContent(part, w.options, w.budget);
  w.decoder = { write: content.write, end: content.end };
}

function openMessage(w: Walk, part: Draft, description: Description, depth: number): void {
  // RFC 6532 §3.7 allows message/global to be encoded; RFC 2046 §5.2.1 forbids it for message/rfc822.
  if (description.encoding !== 'identity' && description.type !== 'message/global')
    noteDefect(part.defects, 'encoded-multipart', description.encodingName);
  const measure = createMeasure(part, w.options);
  const inner = w.inside(
    { ...w.context, depth: depth + 1, rootPath: `${part.path}.0`, adopted: undefined },
    undefined,
  );
  const before = w.budget.parts.length;
  w.decoder = decoderFor(
    part,
    description,
    {
      write: (bytes) => {
        measure.write(bytes);
        inner.write(bytes);
      },
      end: () => {
        inner.end();
        measure.end();
        const root = w.budget.parts[before];
        if (root !== undefined) part.children.push(root);
      },
    },
    w.reader.base64,
  );
}

const BINHEX_TYPES: ReadonlySet<string> = new Set([
  'application/mac-binhex40',
  'application/binhex',
  'application/x-binhex40',
  'application/mac-binhex',
]);

/** Text, and what programs show as text, may carry files; a BinHex attachment is one in this very form (RFC 1741 §2). */
function isWatched(type: string): boolean {
  return (type.startsWith('text/') && type !== 'text/html') || BINHEX_TYPES.has(type);
}

function fill(part: Draft, description: Description, header: Header, isMessageRoot: boolean): void {
  part.type = description.type;
  part.names = [...description.names];
  part.disposition = description.disposition;
  part.charset = description.charset;
  part.encoding = description.encodingName;
  for (const d of description.defects) noteDefect(part.defects, d.kind, d.detail);
  if (/^message\/(partial|external-body)$/.test(part.type))
    noteDefect(part.defects, 'external-body', part.type);
  if (isMessageRoot) noteMimeVersion(part, header, description);
}

/** RFC 2045 §4: a message that uses MIME says `MIME-Version: 1.0`. Programs differ on believing the rest without it. */
function noteMimeVersion(part: Draft, header: Header, description: Description): void {
  const field = header.fields.find((f) => f.lower === 'mime-version');
  if (field === undefined) {
    if (description.isMultipart || description.encoding !== 'identity' || description.names.length > 0)
      noteDefect(part.defects, 'missing-mime-version', '');
    return;
  }
  const text = Buffer.from(header.bytes.subarray(field.valueStart, field.end)).toString('latin1');
  if (!/^\s*1\s*\.\s*0\s*$/.test(text.replaceAll(/\([^()]*\)/g, '')))
    noteDefect(part.defects, 'odd-mime-version', text.trim());
}

function chooseDelimiter(
  part: Draft,
  description: Description,
  reader: Reader,
  stack: readonly OpenMultipart[],
): Buffer | undefined {
  const { boundaries } = description;
  if (boundaries.length === 0) noteDefect(part.defects, 'boundary-missing', '');
  if (boundaries.length > 1)
    noteDefect(part.defects, 'boundary-ambiguous', boundaries.slice(0, 4).join(' | '));
  if (reader.boundary === 'guess' || boundaries.length === 0) return undefined;
  const boundary = boundaries[Math.min(reader.boundary, boundaries.length - 1)]!; // `!`: not empty
  // RFC 2046 §5.1.1: 1 to 70 characters of a small set, not ending in a space.
  if (boundary.length > 70 || boundary.endsWith(' ') || !/^[\w'()+,\-./:=? ]+$/.test(boundary))
    noteDefect(part.defects, 'boundary-odd', boundary);
  if (boundary.startsWith(' ')) noteDefect(part.defects, 'boundary-ambiguous', 'begins with a space');
  const hasWide = /[^\0-\xff]/.test(boundary);
  const delimiter = Buffer.from(hasWide ? fromUtf8(`--${boundary}`) : fromLatin1(`--${boundary}`));
  for (const outer of stack)
    if (outer.delimiter !== undefined && !outer.isClosed && sharesStart(outer.delimiter, delimiter))
      noteDefect(part.defects, 'boundary-reused', boundary);
  return delimiter;
}

function sharesStart(a: Buffer, b: Buffer): boolean {
  const n = Math.min(a.length, b.length);
  return a.compare(b, 0, n, 0, n) === 0;
}

function decoderFor(part: Draft, description: Description, content: Content, habits: Base64Habits): Decoder {
  const inner = transferDecoder(part, description, content, habits);
  return {
    write: inner.write,
    end: () => {
      inner.end();
      content.end();
    },
  };
}

function transferDecoder(
  part: Draft,
  description: Description,
  content: Content,
  habits: Base64Habits,
): Decoder {
  switch (description.encoding) {
    case 'identity':
    case 'binhex':
      return createIdentityDecoder(content.write);
    case 'base64':
      return createBase64Decoder(content.write, habits, part.defects);
    case 'quoted-printable':
      return createQuotedPrintableDecoder(content.write, part.defects);
    case 'uuencode':
      return createUuencodeDecoder(
        content.write,
        (name) => {
          if (name !== '' && !part.names.includes(name)) part.names.push(name);
        },
        () => noteDefect(part.defects, 'uuencode-unclosed', ''),
      );
    default:
      return assertNever(description.encoding);
  }
}
