/**
 * The walk itself: body bytes in, split anywhere, parts out, for one `Reader`.
 *
 * A walk holds back only what may be the beginning of a delimiter or of an unfinished part header; everything else goes
 * straight to the part's decoder. A message inside a part is a walk of its own, fed with that part's decoded bytes.
 */
import { Buffer } from 'node:buffer';
import { CR, EMPTY, fromLatin1, fromUtf8, LF } from '#core/bytes.ts';
import { assertNever } from '#core/result.ts';
import { parseHeader, type Header } from '#protocol/message/header.ts';
import { createMeasure, createTextContent, type Content } from './content.ts';
import { describePart, type Description } from './describe.ts';
import { noteDefect, type DefectKind } from './defects.ts';
import {
  holdFrom,
  indexOfNear,
  matchDelimiter,
  MAX_DELIMITER_LINE,
  nextCandidate,
  type Candidate,
  type LineMatch,
  type OpenMultipart,
} from './delimiter.ts';
import { addPart, childPath, hitLimit, newDraft, type Budget, type Draft } from './draft.ts';
import type { Reader } from './reader.ts';
import {
  createBase64Decoder,
  createIdentityDecoder,
  createQuotedPrintableDecoder,
  type Base64Habits,
  type Decoder,
} from './transfer-encoding.ts';
import type { MimeOptions, MimeTree, MimeWalker } from './tree.ts';
import { createUuencodeDecoder } from './uuencode.ts';

type Context = {
  readonly options: MimeOptions;
  readonly reader: Reader;
  readonly budget: Budget;
  /** Containers around this walk. */
  readonly depth: number;
  readonly rootPath: string;
  /** A multipart whose encoding was undone: the walk goes on with this part, its encoding taken as read. */
  readonly adopted: Draft | undefined;
};

/** A walk over the body after `header`, for readers with the habits of `reader`. */
export function createReadingWalker(header: Header, options: MimeOptions, reader: Reader): MimeWalker {
  const budget: Budget = { limits: options.limits, parts: [], limitHit: undefined };
  const walk = createWalk({ options, reader, budget, depth: 0, rootPath: '0', adopted: undefined }, header);
  return {
    update: walk.write,
    finish: () => {
      walk.end();
      return finished(budget, header);
    },
  };
}

/** A walk over a whole message, header included, for readings in which the header itself may end elsewhere. */
export function createMessageWalker(options: MimeOptions, reader: Reader): MimeWalker {
  const budget: Budget = { limits: options.limits, parts: [], limitHit: undefined };
  const walk = createWalk(
    { options, reader, budget, depth: 0, rootPath: '0', adopted: undefined },
    undefined,
  );
  return {
    update: walk.write,
    finish: () => {
      walk.end();
      return finished(budget, EMPTY_HEADER);
    },
  };
}

function finished(budget: Budget, header: Header): MimeTree {
  // In which order defects come to light depends on where the body was cut; what is told must not.
  for (const part of budget.parts)
    if (part.defects.length > 1) part.defects.sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return { root: budget.parts[0] ?? newDraft('0', header), parts: budget.parts, limitHit: budget.limitHit };
}

/**
 * A message or, when `header` is given, the body after it.
 *
 * The functions stay inside because they share the walk's state, which nobody else may touch: the stack of open multiparts,
 * the decoder of the part being read, and the bytes that wait. Read `advance` first: it alternates between `readHeader` and
 * `readBody`, which ask `readCandidate` about each line that begins with two dashes.
 */
function createWalk(context: Context, header: Header | undefined): Content {
  const { options, reader, budget } = context;
  const stack: OpenMultipart[] = [];
  /** Delimiters of multiparts that an outer one cut short. */
  const retired: Buffer[] = [];
  let state: 'header' | 'body' | 'stopped' = 'header';
  let decoder: Decoder | undefined;
  /** The part whose body is read; a multipart during its preamble and epilogue. */
  let current: Draft | undefined;
  let atLineStart = true;
  /** Bytes that wait for more; `heldLength` of `held` are in use. */
  let held: Buffer = Buffer.alloc(0);
  let heldLength = 0;
  /** In a header: how much of the held bytes was already looked at. */
  let scanned = 0;

  const top = (): OpenMultipart | undefined => stack.at(-1);

  const endContent = (): void => {
    decoder?.end();
    decoder = undefined;
  };

  const startPart = (partHeader: Header): void => {
    const parent = top();
    const defaultType = parent?.childType ?? 'text/plain';
    const isRoot = parent === undefined;
    const path = isRoot ? context.rootPath : childPath(parent.part.path, parent.part.children.length + 1);
    const part = isRoot && context.adopted !== undefined ? context.adopted : newDraft(path, partHeader);
    const description = describePart(partHeader, reader, defaultType, isRoot && context.depth === 0);
    state = 'body';
    atLineStart = true;
    current = part;
    if (part !== context.adopted) {
      fill(part, description, partHeader, isRoot && context.depth === 0);
      if (!addPart(budget, part)) {
        state = 'stopped';
        return;
      }
      parent?.part.children.push(part);
    }
    openBody(part, description, part === context.adopted);
  };

  const openBody = (part: Draft, description: Description, isDecoded: boolean): void => {
    const isContainer = description.isMultipart || description.isMessage;
    const depth = context.depth + stack.length;
    if (isContainer && depth >= options.limits.maxDepth) {
      hitLimit(budget, 'depth', part);
      decoder = decoderFor(part, description, createMeasure(part, options), reader.base64);
      return;
    }
    if (description.isMultipart) openMultipart(part, description, isDecoded);
    else if (description.isMessage) openMessage(part, description, depth);
    else {
      const content =
        isWatched(part.type) || description.encoding === 'binhex'
          ? createTextContent(part, options, budget)
          : createMeasure(part, options);
      decoder = decoderFor(part, description, content, reader.base64);
    }
  };

  const openMultipart = (part: Draft, description: Description, isDecoded: boolean): void => {
    if (description.encoding !== 'identity' && !isDecoded) {
      noteDefect(part.defects, 'encoded-multipart', description.encodingName);
      if (reader.encodedMultipart === 'leaf') {
        decoder = decoderFor(part, description, createMeasure(part, options), reader.base64);
        return;
      }
      if (reader.encodedMultipart === 'decoded') {
        const inner = createWalk(
          { ...context, depth: context.depth + stack.length, adopted: part, rootPath: part.path },
          part.header,
        );
        decoder = decoderFor(part, description, inner, reader.base64);
        return;
      }
    }
    const delimiter = chooseDelimiter(part, description, reader, stack);
    stack.push({
      part,
      delimiter,
      childType: description.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain',
      isClosed: false,
    });
    decoder = undefined;
    openOutside(part);
  };

  /** The preamble or epilogue of a multipart as a part of its own, for readers that show it. */
  const openOutside = (parent: Draft): void => {
    if (reader.outside === 'dropped') return;
    const part = newDraft(childPath(parent.path, parent.children.length + 1), EMPTY_HEADER);
    if (!addPart(budget, part)) {
      state = 'stopped';
      return;
    }
    parent.children.push(part);
    const content = createTextContent(part, options, budget);
    decoder = { write: content.write, end: content.end };
  };

  const openMessage = (part: Draft, description: Description, depth: number): void => {
    // RFC 6532 §3.7 allows message/global to be encoded; RFC 2046 §5.2.1 forbids it for message/rfc822.
    if (description.encoding !== 'identity' && description.type !== 'message/global')
      noteDefect(part.defects, 'encoded-multipart', description.encodingName);
    const measure = createMeasure(part, options);
    const inner = createWalk(
      { ...context, depth: depth + 1, rootPath: `${part.path}.0`, adopted: undefined },
      undefined,
    );
    const before = budget.parts.length;
    decoder = decoderFor(
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
          const root = budget.parts[before];
          if (root !== undefined) part.children.push(root);
        },
      },
      reader.base64,
    );
  };

  /** Reads the body up to the next delimiter; returns where it stopped. */
  const readBody = (bytes: Buffer, from: number, isFinal: boolean): number => {
    if (stack.length === 0) {
      decoder?.write(from === 0 ? bytes : bytes.subarray(from));
      return bytes.length;
    }
    for (let search = from; ;) {
      const candidate = nextCandidate(bytes, from, search, atLineStart);
      if (candidate === undefined) break;
      const lf = indexOfNear(bytes, LF, candidate.dash);
      const lineEnd = lf === -1 ? bytes.length : lf;
      const isLong = lineEnd - candidate.dash > MAX_DELIMITER_LINE;
      // Wait for the whole line, and for the beginning of the next one, which tells a delimiter nobody declared.
      if (!isFinal && !isLong && (lf === -1 || bytes.length < lf + 10))
        return emit(bytes, from, candidate.contentEnd);
      if (!isLong) {
        const next = readCandidate(bytes, from, candidate, lf);
        if (next !== -1) return next;
      }
      search = isLong ? candidate.dash + MAX_DELIMITER_LINE : lineEnd;
    }
    return emit(bytes, from, isFinal ? bytes.length : holdFrom(bytes, from, atLineStart));
  };

  const emit = (bytes: Buffer, from: number, to: number): number => {
    if (to > from) {
      decoder?.write(bytes.subarray(from, to));
      atLineStart = false;
    }
    return to;
  };

  /** Acts on a line that begins with `--`: where to go on after a delimiter, -1 when it is none. */
  const readCandidate = (bytes: Buffer, from: number, candidate: Candidate, lf: number): number => {
    const lineEnd = lf === -1 ? bytes.length : lf;
    const end = lineEnd > candidate.dash && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    const next = lf === -1 ? bytes.length : lf + 1;
    guessDelimiter(bytes, candidate, end);
    const match = matchDelimiter(stack, reader, bytes, candidate.dash, end);
    if (match === undefined) {
      noteUndeclared(bytes, candidate.dash, end, next);
      return -1;
    }
    if (!isDelimiterTo(match, candidate)) return -1;
    const { isClosed } = stack[match.level]!; // `!`: a match names a level of the stack
    if (isClosed && !match.isClose) noteDefect(stack[match.level]!.part.defects, 'delimiter-after-close', '');
    if (isClosed && (match.isClose || reader.afterClose === 'epilogue')) return -1;
    emit(bytes, from, candidate.contentEnd);
    takeDelimiter(match);
    return next;
  };

  const isDelimiterTo = (match: LineMatch, candidate: Candidate): boolean => {
    const { part } = stack[match.level]!; // `!`: a match names a level of the stack
    if (candidate.isIndented) {
      noteDefect(part.defects, 'boundary-indented', '');
      return reader.delimiter === 'indented';
    }
    if (match.isPrefix) {
      noteDefect(part.defects, 'boundary-prefix', '');
      return reader.delimiter === 'prefix';
    }
    return true;
  };

  const guessDelimiter = (bytes: Buffer, candidate: Candidate, end: number): void => {
    const open = top();
    if (open === undefined || open.delimiter !== undefined) return;
    let to = end;
    while (to > candidate.dash && (bytes[to - 1] === 32 || bytes[to - 1] === 9)) to--;
    if (to - candidate.dash > 2) open.delimiter = Buffer.from(bytes.subarray(candidate.dash, to));
  };

  const noteUndeclared = (bytes: Buffer, dash: number, end: number, next: number): void => {
    const open = top();
    if (open === undefined || current === undefined) return;
    if (retired.length > 0) noteRetired(open.part, bytes, dash, end);
    if (!beginsWithContent(bytes, next)) return;
    const kind: DefectKind =
      current !== open.part
        ? 'undeclared-delimiter'
        : open.isClosed
          ? 'epilogue-content'
          : 'preamble-content';
    if (current.defects.some((d) => d.kind === kind)) return;
    noteDefect(current.defects, kind, bytes.toString('latin1', dash, Math.min(end, dash + 80)));
  };

  const noteRetired = (part: Draft, bytes: Buffer, dash: number, end: number): void => {
    if (part.defects.some((d) => d.kind === 'outer-delimiter-inside')) return;
    for (const r of retired)
      if (end - dash >= r.length && bytes.compare(r, 0, r.length, dash, dash + r.length) === 0)
        noteDefect(part.defects, 'outer-delimiter-inside', r.toString('latin1', 0, 80));
  };

  const takeDelimiter = (match: LineMatch): void => {
    endContent();
    for (let level = stack.length - 1; level > match.level; level--) {
      const inner = stack.pop()!; // `!`: level counts down from the length
      if (inner.isClosed) continue;
      noteUnclosed(inner.part);
      if (inner.delimiter !== undefined && retired.length < 16) retired.push(inner.delimiter);
    }
    const open = stack[match.level]!; // `!`: a match names a level of the stack
    open.isClosed = match.isClose;
    current = open.part;
    if (match.isClose) {
      if (open.part.children.length === 0) noteDefect(open.part.defects, 'multipart-empty', '');
      state = 'body';
      atLineStart = true;
      openOutside(open.part);
    } else {
      state = 'header';
      scanned = 0;
    }
  };

  const noteUnclosed = (part: Draft): void => {
    if (part.children.length === 0) noteDefect(part.defects, 'boundary-not-found', '');
    else noteDefect(part.defects, 'multipart-unclosed', '');
  };

  /** Reads a part header line by line; returns where the body begins, or `from` when more is needed. */
  const readHeader = (bytes: Buffer, from: number, isFinal: boolean): number => {
    let at = from + scanned;
    for (;;) {
      const lf = bytes.indexOf(LF, at);
      if (lf === -1 && !isFinal) break;
      if (at >= bytes.length) {
        // A delimiter at the very end begins nothing.
        if (from === bytes.length && stack.length > 0) state = 'body';
        else return endHeader(bytes, from, bytes.length, bytes.length, 'header-unended');
        return from;
      }
      const lineEnd = lf === -1 ? bytes.length : lf;
      const end = lineEnd > at && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      const next = lf === -1 ? bytes.length : lf + 1;
      if (end === at) {
        // The next bytes tell whether a second header follows.
        if (bytes.length < next + MAX_PEEK && !isFinal && stack.length > 0) break;
        if (stack.length === 0 || !looksLikeMimeField(bytes, next))
          return endHeader(bytes, from, next, next, undefined);
        if (!reader.headerGoesOn) return endHeader(bytes, from, next, next, 'header-in-body');
      }
      if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d && stack.length > 0) {
        const match = matchDelimiter(stack, reader, bytes, at, end);
        if (
          match !== undefined &&
          !match.isPrefix &&
          !stack[match.level]!.isClosed &&
          reader.delimiterInHeader === 'ends'
        ) {
          endHeader(bytes, from, at, at, 'delimiter-in-header');
          // Whatever the part would have become, its body is empty.
          if (state !== 'stopped') takeOwnOrOuter(bytes, at, end);
          return next;
        }
        if (match !== undefined) noteLater('delimiter-in-header');
      }
      if (reader.headerEnd !== 'empty' && endsHeader(bytes, at, end, reader))
        return endHeader(bytes, from, at, isSpaces(bytes, at, end) ? next : at, undefined);
      at = next;
      if (at - from > options.limits.maxHeaderBytes) break;
    }
    scanned = at - from;
    if (bytes.length - from <= options.limits.maxHeaderBytes) return from;
    const part = newDraft(
      childPath(top()?.part.path ?? '0', (top()?.part.children.length ?? 0) + 1),
      EMPTY_HEADER,
    );
    if (addPart(budget, part)) top()?.part.children.push(part);
    hitLimit(budget, 'header-bytes', part);
    state = 'stopped';
    return bytes.length;
  };

  let later: DefectKind | undefined;
  const noteLater = (kind: DefectKind): void => {
    later = kind;
  };

  const endHeader = (
    bytes: Buffer,
    from: number,
    to: number,
    bodyStart: number,
    defect: DefectKind | undefined,
  ): number => {
    const section = bytes.subarray(from, to);
    // A copy: the bytes are the stream's, the header stays with the part.
    startPart(parseHeader(reader.headerGoesOn ? withoutEmptyLines(section) : new Uint8Array(section)));
    // The body of a message may well begin with such fields; that of anything else not.
    const isFalseAlarm = defect === 'header-in-body' && current?.type.startsWith('message/');
    if (current !== undefined && defect !== undefined && !isFalseAlarm)
      noteDefect(current.defects, defect, '');
    if (current !== undefined && later !== undefined) noteDefect(current.defects, later, '');
    later = undefined;
    return bodyStart;
  };

  const takeOwnOrOuter = (bytes: Buffer, at: number, end: number): void => {
    const match = matchDelimiter(stack, reader, bytes, at, end);
    if (match !== undefined) takeDelimiter(match);
  };

  const advance = (bytes: Buffer, isFinal: boolean): number => {
    for (let at = 0; ;) {
      if (state === 'stopped') return bytes.length;
      const wasHeader = state === 'header';
      if (at >= bytes.length && !(isFinal && wasHeader)) return at;
      const before = at;
      at = wasHeader ? readHeader(bytes, at, isFinal) : readBody(bytes, at, isFinal);
      // Nothing more can be read without more bytes.
      if (at === before && wasHeader === (state === 'header')) return at;
    }
  };

  const keep = (rest: Buffer): void => {
    if (rest.length > held.length) held = Buffer.allocUnsafeSlow(Math.max(256, rest.length * 2));
    rest.copy(held);
    heldLength = rest.length;
  };

  const join = (chunk: Uint8Array): Buffer => {
    if (heldLength === 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const length = heldLength + chunk.length;
    if (length > held.length) {
      const grown = Buffer.allocUnsafeSlow(length * 2);
      held.copy(grown, 0, 0, heldLength);
      held = grown;
    }
    held.set(chunk, heldLength);
    heldLength = length;
    return held.subarray(0, length);
  };

  if (header !== undefined) startPart(header);

  return {
    write: (chunk) => {
      if (state === 'stopped' || chunk.length === 0) return;
      const bytes = join(chunk);
      const done = advance(bytes, false);
      if (done === 0 && heldLength > 0) return; // all of it still waits, in place
      if (done < bytes.length) keep(bytes.subarray(done));
      else heldLength = 0;
    },
    end: () => {
      if (state !== 'stopped') advance(held.subarray(0, heldLength), true);
      heldLength = 0;
      endContent();
      for (const open of stack.toReversed()) if (!open.isClosed) noteUnclosed(open.part);
    },
  };
}

const EMPTY_HEADER: Header = { bytes: EMPTY, fields: [], bodyStart: 0, defects: [] };

/** How far past an empty line is looked for a MIME field. */
const MAX_PEEK = 28;

function looksLikeMimeField(bytes: Buffer, at: number): boolean {
  if (((bytes[at] ?? 0) | 0x20) !== 0x63) return false; // c
  return /^content-(type|transfer-encoding|disposition)[ \t]*:/i.test(
    bytes.toString('latin1', at, at + MAX_PEEK),
  );
}

const CONTENT = fromLatin1('content-');

/** Whether a field of MIME may begin there, in any case of letters. */
function beginsWithContent(bytes: Buffer, at: number): boolean {
  for (let i = 0; i < CONTENT.length; i++) {
    const byte = bytes[at + i] ?? 0;
    if ((byte >= 65 && byte <= 90 ? byte | 0x20 : byte) !== CONTENT[i]) return false;
  }
  return true;
}

function withoutEmptyLines(section: Buffer): Uint8Array {
  const text = section
    .toString('latin1')
    .replaceAll('\r\n', '\n')
    .replaceAll(/^\n+|\n(?=\n)/g, '');
  return fromLatin1(`${text.trimEnd()}\n\n`);
}

function isSpaces(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 32 && bytes[i] !== 9) return false;
  return true;
}

/** True when this reader takes the line as the end of the header although it is not empty. */
function endsHeader(bytes: Buffer, from: number, to: number, reader: Reader): boolean {
  if (isSpaces(bytes, from, to)) return true;
  if (reader.headerEnd !== 'junk' || bytes[from] === 32 || bytes[from] === 9) return false;
  const colon = bytes.indexOf(0x3a, from);
  if (colon === -1 || colon >= to || colon === from) return true;
  for (let i = from; i < colon; i++) if (bytes[i]! < 33 || bytes[i]! > 126) return true; // `!`: below `colon`
  return false;
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
