/** The header of a part, line by line, to where this reader sees its end. */
import type { Buffer } from 'node:buffer';
import { CR, fromLatin1, LF } from '#core/bytes.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { noteDefect, type DefectKind } from './defects.ts';
import { matchDelimiter } from './delimiter.ts';
import { addPart, childPath, hitLimit, newDraft } from './draft.ts';
import { takeDelimiter } from './part-body.ts';
import { startPart } from './part-start.ts';
import type { Reader } from './reader.ts';
import { EMPTY_HEADER, top, type Walk } from './walk-state.ts';

/** Reads a part header line by line; returns where the body begins, or `from` when more is needed. */
export function readHeader(w: Walk, bytes: Buffer, from: number, isFinal: boolean): number {
  let at = from + w.scanned;
  for (;;) {
    const lf = bytes.indexOf(LF, at);
    if (lf === -1 && !isFinal) break;
    if (at >= bytes.length) {
      // A delimiter at the very end begins nothing.
      if (from === bytes.length && w.stack.length > 0) w.state = 'body';
      else return endHeader(w, bytes, from, bytes.length, bytes.length, 'header-unended');
      return from;
    }
    const lineEnd = lf === -1 ? bytes.length : lf;
    const end = lineEnd > at && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    const next = lf === -1 ? bytes.length : lf + 1;
    if (end === at) {
      // The next bytes tell whether a second header follows.
      if (bytes.length < next + MAX_PEEK && !isFinal && w.stack.length > 0) break;
      if (w.stack.length === 0 || !looksLikeMimeField(bytes, next))
        return endHeader(w, bytes, from, next, next, undefined);
      if (!w.reader.headerGoesOn) return endHeader(w, bytes, from, next, next, 'header-in-body');
    }
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d && w.stack.length > 0) {
      const match = matchDelimiter(w.stack, w.reader, bytes, at, end);
      if (
        match !== undefined &&
        !match.isPrefix &&
        !w.stack[match.level]!.isClosed &&
        w.reader.delimiterInHeader === 'ends'
      ) {
        endHeader(w, bytes, from, at, at, 'delimiter-in-header');
        // Whatever the part would have become, its body is empty.
        if (w.state !== 'stopped') takeOwnOrOuter(w, bytes, at, end);
        return next;
      }
      if (match !== undefined) w.later = 'delimiter-in-header';
    }
    if (w.reader.headerEnd !== 'empty' && endsHeader(bytes, at, end, w.reader))
      return endHeader(w, bytes, from, at, isSpaces(bytes, at, end) ? next : at, undefined);
    at = next;
    if (at - from > w.options.limits.maxHeaderBytes) break;
  }
  w.scanned = at - from;
  if (bytes.length - from <= w.options.limits.maxHeaderBytes) return from;
  const part = newDraft(
    childPath(top(w)?.part.path ?? '0', (top(w)?.part.children.length ?? 0) + 1),
    EMPTY_HEADER,
  );
  if (addPart(w.budget, part)) top(w)?.part.children.push(part);
  hitLimit(w.budget, 'header-bytes', part);
  w.state = 'stopped';
  return bytes.length;
}

function endHeader(
  w: Walk,
  bytes: Buffer,
  from: number,
  to: number,
  bodyStart: number,
  defect: DefectKind | undefined,
): number {
  const section = bytes.subarray(from, to);
  // A copy: the bytes are the stream's, the header stays with the part.
  startPart(w, parseHeader(w.reader.headerGoesOn ? withoutEmptyLines(section) : new Uint8Array(section)));
  // The body of a message may well begin with such fields; that of anything else not.
  const isFalseAlarm = defect === 'header-in-body' && w.current?.type.startsWith('message/');
  if (w.current !== undefined && defect !== undefined && !isFalseAlarm)
    noteDefect(w.current.defects, defect, '');
  if (w.current !== undefined && w.later !== undefined) noteDefect(w.current.defects, w.later, '');
  w.later = undefined;
  return bodyStart;
}

function takeOwnOrOuter(w: Walk, bytes: Buffer, at: number, end: number): void {
  const match = matchDelimiter(w.stack, w.reader, bytes, at, end);
  if (match !== undefined) takeDelimiter(w, match);
}

/** How far past an empty line is looked for a MIME field. */
const MAX_PEEK = 28;

function looksLikeMimeField(bytes: Buffer, at: number): boolean {
  if (((bytes[at] ?? 0) | 0x20) !== 0x63) return false; // c
  return /^content-(type|transfer-encoding|disposition)[ \t]*:/i.test(
    bytes.toString('latin1', at, at + MAX_PEEK),
  );
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
