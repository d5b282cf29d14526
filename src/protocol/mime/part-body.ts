/** The body of a part: bytes up to the next delimiter line (RFC 2046 §5.1.1), and what a delimiter does to the open multiparts. */
import { Buffer } from 'node:buffer';
import { CR, fromLatin1, LF } from '#core/bytes.ts';
import { noteDefect, type DefectKind } from './defects.ts';
import {
  holdFrom,
  indexOfNear,
  matchDelimiter,
  MAX_DELIMITER_LINE,
  nextCandidate,
  type Candidate,
  type LineMatch,
} from './delimiter.ts';
import type { Draft } from './draft.ts';
import { openOutside } from './part-start.ts';
import { endContent, noteUnclosed, top, type Walk } from './walk-state.ts';

/** Reads the body up to the next delimiter; returns where it stopped. */
export function readBody(w: Walk, bytes: Buffer, from: number, isFinal: boolean): number {
  if (w.stack.length === 0) {
    w.decoder?.write(from === 0 ? bytes : bytes.subarray(from));
    return bytes.length;
  }
  for (let search = from; ;) {
    const candidate = nextCandidate(bytes, from, search, w.atLineStart);
    if (candidate === undefined) break;
    const lf = indexOfNear(bytes, LF, candidate.dash);
    const lineEnd = lf === -1 ? bytes.length : lf;
    const isLong = lineEnd - candidate.dash > MAX_DELIMITER_LINE;
    // Wait for the whole line, and for the beginning of the next one, which tells a delimiter nobody declared.
    if (!isFinal && !isLong && (lf === -1 || bytes.length < lf + 10))
      return emit(w, bytes, from, candidate.contentEnd);
    if (!isLong) {
      const next = readCandidate(w, bytes, from, candidate, lf);
      if (next !== -1) return next;
    }
    search = isLong ? candidate.dash + MAX_DELIMITER_LINE : lineEnd;
  }
  return emit(w, bytes, from, isFinal ? bytes.length : holdFrom(bytes, from, w.atLineStart));
}

function emit(w: Walk, bytes: Buffer, from: number, to: number): number {
  if (to > from) {
    w.decoder?.write(bytes.subarray(from, to));
    w.atLineStart = false;
  }
  return to;
}

/** Acts on a line that begins with `--`: where to go on after a delimiter, -1 when it is none. */
function readCandidate(w: Walk, bytes: Buffer, from: number, candidate: Candidate, lf: number): number {
  const lineEnd = lf === -1 ? bytes.length : lf;
  const end = lineEnd > candidate.dash && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
  const next = lf === -1 ? bytes.length : lf + 1;
  guessDelimiter(w, bytes, candidate, end);
  const match = matchDelimiter(w.stack, w.reader, bytes, candidate.dash, end);
  if (match === undefined) {
    noteUndeclared(w, bytes, candidate.dash, end, next);
    return -1;
  }
  if (!isDelimiterTo(w, match, candidate)) return -1;
  const { isClosed } = w.stack[match.level]!; // `!`: a match names a level of the stack
  if (isClosed && !match.isClose) noteDefect(w.stack[match.level]!.part.defects, 'delimiter-after-close', '');
  if (isClosed && (match.isClose || w.reader.afterClose === 'epilogue')) return -1;
  emit(w, bytes, from, candidate.contentEnd);
  takeDelimiter(w, match);
  return next;
}

function isDelimiterTo(w: Walk, match: LineMatch, candidate: Candidate): boolean {
  const { part } = w.stack[match.level]!; // `!`: a match names a level of the stack
  if (candidate.isIndented) {
    noteDefect(part.defects, 'boundary-indented', '');
    return w.reader.delimiter === 'indented';
  }
  if (match.isPrefix) {
    noteDefect(part.defects, 'boundary-prefix', '');
    return w.reader.delimiter === 'prefix';
  }
  return true;
}

function guessDelimiter(w: Walk, bytes: Buffer, candidate: Candidate, end: number): void {
  const open = top(w);
  if (open === undefined || open.delimiter !== undefined) return;
  let to = end;
  while (to > candidate.dash && (bytes[to - 1] === 32 || bytes[to - 1] === 9)) to--;
  if (to - candidate.dash > 2) open.delimiter = Buffer.from(bytes.subarray(candidate.dash, to));
}

function noteUndeclared(w: Walk, bytes: Buffer, dash: number, end: number, next: number): void {
  const open = top(w);
  if (open === undefined || w.current === undefined) return;
  if (w.retired.length > 0) noteRetired(w, open.part, bytes, dash, end);
  if (!beginsWithContent(bytes, next)) return;
  const kind: DefectKind =
    w.current !== open.part
      ? 'undeclared-delimiter'
      : open.isClosed
        ? 'epilogue-content'
        : 'preamble-content';
  if (w.current.defects.some((d) => d.kind === kind)) return;
  noteDefect(w.current.defects, kind, bytes.toString('latin1', dash, Math.min(end, dash + 80)));
}

function noteRetired(w: Walk, part: Draft, bytes: Buffer, dash: number, end: number): void {
  if (part.defects.some((d) => d.kind === 'outer-delimiter-inside')) return;
  for (const r of w.retired)
    if (end - dash >= r.length && bytes.compare(r, 0, r.length, dash, dash + r.length) === 0)
      noteDefect(part.defects, 'outer-delimiter-inside', r.toString('latin1', 0, 80));
}

export function takeDelimiter(w: Walk, match: LineMatch): void {
  endContent(w);
  for (let level = w.stack.length - 1; level > match.level; level--) {
    const inner = w.stack.pop()!; // `!`: level counts down from the length
    if (inner.isClosed) continue;
    noteUnclosed(inner.part);
    if (inner.delimiter !== undefined && w.retired.length < 16) w.retired.push(inner.delimiter);
  }
  const open = w.stack[match.level]!; // `!`: a match names a level of the stack
  open.isClosed = match.isClose;
  w.current = open.part;
  if (match.isClose) {
    if (open.part.children.length === 0) noteDefect(open.part.defects, 'multipart-empty', '');
    w.state = 'body';
    w.atLineStart = true;
    openOutside(w, open.part);
  } else {
    w.state = 'header';
    w.scanned = 0;
  }
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
