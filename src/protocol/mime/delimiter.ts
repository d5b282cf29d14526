/** Delimiter lines of multiparts (RFC 2046 §5.1.1): where a line may be one, and whose it is. */
import { Buffer } from 'node:buffer';
import { CR, LF } from '#core/bytes.ts';
import type { Draft } from './draft.ts';
import type { Reader } from './reader.ts';

/** A multipart whose parts are being read. Owned by the walk that opened it. */
export type OpenMultipart = {
  readonly part: Draft;
  /** `--` and the boundary; undefined while a boundary is still to be guessed. */
  delimiter: Buffer | undefined;
  /** RFC 2046 §5.1.5: parts of a digest are messages unless they say otherwise. */
  readonly childType: string;
  isClosed: boolean;
};

export type LineMatch = {
  /** Index in the stack. */
  readonly level: number;
  readonly isClose: boolean;
  /** Only the beginning of the line is the delimiter. */
  readonly isPrefix: boolean;
};

const DASH = 0x2d;
/** White space in front of a delimiter that is looked at; and the longest line that can be a delimiter. */
const MAX_INDENT = 80;
export const MAX_DELIMITER_LINE = 4096;

const isBlank = (b: number | undefined): boolean => b === 32 || b === 9 || b === 11 || b === 12;

export type Candidate = {
  /** Where the content before it ends: the line end in front belongs to the delimiter (RFC 2046 §5.1.1). */
  readonly contentEnd: number;
  /** The first dash. */
  readonly dash: number;
  /** White space or a bare CR stands in front: a delimiter only to some readers. */
  readonly isIndented: boolean;
};

const DASHES = Buffer.from('--');

/** How far a byte is looked for here before the search is handed over: a call costs more than most lines are long. */
const NEAR = 48;

/** `bytes.indexOf(byte, from)`, made for bytes that are mostly near. */
export function indexOfNear(bytes: Buffer, byte: number, from: number): number {
  const end = Math.min(bytes.length, from + NEAR);
  for (let at = from; at < end; at++) if (bytes[at] === byte) return at;
  return end === bytes.length ? -1 : bytes.indexOf(byte, end);
}

function indexOfDashes(bytes: Buffer, from: number): number {
  const end = Math.min(bytes.length - 1, from + NEAR);
  for (let at = from; at < end; at++) if (bytes[at] === DASH && bytes[at + 1] === DASH) return at;
  return end < from + NEAR ? -1 : bytes.indexOf(DASHES, end);
}

/** The next place at or after `from` where a line begins with `--`, perhaps after white space. */
export function nextCandidate(
  bytes: Buffer,
  start: number,
  from: number,
  atLineStart: boolean,
): Candidate | undefined {
  for (let dash = indexOfDashes(bytes, from); dash !== -1;) {
    const found = candidateAt(bytes, start, dash, atLineStart);
    if (found !== undefined) return found;
    // Nothing before the next line can begin one, and a lone CR may end a line to some.
    const lf = indexOfNear(bytes, LF, dash);
    const end = lf === -1 ? bytes.length : lf;
    const cr = bytes.subarray(dash, end).indexOf(CR);
    const next = cr === -1 ? end : dash + cr;
    dash = next >= bytes.length ? -1 : indexOfDashes(bytes, next + 1);
  }
  return undefined;
}

function candidateAt(
  bytes: Buffer,
  start: number,
  dash: number,
  atLineStart: boolean,
): Candidate | undefined {
  let at = dash;
  while (at > start && dash - at < MAX_INDENT && isBlank(bytes[at - 1])) at--;
  if (at === start) return atLineStart ? { contentEnd: start, dash, isIndented: at !== dash } : undefined;
  const before = bytes[at - 1];
  if (before === LF) {
    const hasCr = at - 2 >= start && bytes[at - 2] === CR;
    return { contentEnd: hasCr ? at - 2 : at - 1, dash, isIndented: at !== dash };
  }
  return before === CR ? { contentEnd: at - 1, dash, isIndented: true } : undefined;
}

/** From where the end of `bytes` must wait for more, because a delimiter may be beginning there; `end` when nothing has to. */
export function holdFrom(bytes: Buffer, start: number, atLineStart: boolean): number {
  const end = bytes.length;
  let lineStart = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1;
  if (lineStart <= start) {
    if (!atLineStart) return end;
    lineStart = start;
  }
  if (end - lineStart > MAX_DELIMITER_LINE) return end;
  let at = lineStart;
  while (at < end && at - lineStart < MAX_INDENT && isBlank(bytes[at])) at++;
  if (at < end && bytes[at] !== DASH) return end;
  if (at + 1 < end && bytes[at + 1] !== DASH) return end;
  if (lineStart === start) return start;
  const hasCr = bytes[lineStart - 1] === LF && lineStart - 2 >= start && bytes[lineStart - 2] === CR;
  return hasCr ? lineStart - 2 : lineStart - 1;
}

/** Whose delimiter the line bytes[from..to) is, the innermost first; a whole match goes before a prefix. */
export function matchDelimiter(
  stack: readonly OpenMultipart[],
  reader: Reader,
  bytes: Buffer,
  from: number,
  to: number,
): LineMatch | undefined {
  let prefix: LineMatch | undefined;
  let closed: LineMatch | undefined;
  for (let level = stack.length - 1; level >= 0; level--) {
    const open = stack[level]!; // `!`: a valid index
    const rest = open.delimiter === undefined ? 'none' : restAfter(open.delimiter, bytes, from, to);
    if (rest === 'open' || rest === 'close') {
      const match = { level, isClose: rest === 'close', isPrefix: false };
      if (!open.isClosed) return match;
      closed ??= match;
    } else if (rest !== 'none') prefix ??= { level, isClose: rest === 'prefix-close', isPrefix: true };
    if (reader.outer === 'ignored' && !open.isClosed) break;
  }
  return closed ?? prefix;
}

type Rest = 'open' | 'close' | 'prefix' | 'prefix-close' | 'none';

function restAfter(delimiter: Buffer, bytes: Buffer, from: number, to: number): Rest {
  const end = from + delimiter.length;
  if (end > to) return 'none';
  // The last byte differs first where many boundaries begin alike.
  for (let i = delimiter.length - 1; i >= 0; i--) if (bytes[from + i] !== delimiter[i]) return 'none';
  let at = end;
  while (at < to && (isBlank(bytes[at]) || bytes[at] === CR)) at++;
  if (at === to) return 'open';
  if (at !== end || bytes[at] !== DASH || bytes[at + 1] !== DASH || at + 2 > to)
    return bytes[at] === DASH && bytes[at + 1] === DASH ? 'prefix-close' : 'prefix';
  at += 2;
  while (at < to && (isBlank(bytes[at]) || bytes[at] === CR)) at++;
  return at === to ? 'close' : 'prefix-close';
}
