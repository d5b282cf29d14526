/**
 * Decoders of the content transfer encodings (RFC 2045 §6) as push filters: bytes in, split anywhere, decoded bytes out.
 * None fails: what is broken is decoded the way most readers do and named as a defect.
 */
import { Buffer } from 'node:buffer';
import { CR, LF } from '#core/bytes.ts';
import { noteDefect, type MimeDefect } from './defects.ts';

export type Output = (bytes: Uint8Array) => void;
export type Decoder = { readonly write: (bytes: Buffer) => void; readonly end: () => void };

/** Where readers differ on broken base64: what they do at padding in the middle, and at a character that is none. */
export type Base64Habits = {
  readonly padding: 'goes-on' | 'stops' | 'skipped';
  readonly junk: 'skipped' | 'stops';
  /** Groups of four go on over line ends, or each line is decoded alone and its leftover dropped. */
  readonly lines: 'joined' | 'alone';
};

export function createIdentityDecoder(output: Output): Decoder {
  return { write: output, end: () => undefined };
}

const INVALID = 255;
const SPACE = 254;
const PADDING = 253;
const URL = 64; // set on a value that came from the URL alphabet
const BASE64: Uint8Array = makeBase64Table();

function makeBase64Table(): Uint8Array {
  const table = new Uint8Array(256).fill(INVALID);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let i = 0; i < 64; i++) table[alphabet.charCodeAt(i)] = i;
  table[0x2d] = 62 | URL;
  table[0x5f] = 63 | URL;
  for (const c of [9, 10, 13, 32]) table[c] = SPACE;
  table[0x3d] = PADDING;
  return table;
}

type Base64State = {
  /** Characters of the unfinished group, and their bits. */
  quantum: number;
  bits: number;
  /** Padding characters since the last data character. */
  padding: number;
  hasData: boolean;
  hasOddLine: boolean;
  isStopped: boolean;
  readonly habits: Base64Habits;
  readonly defects: MimeDefect[];
  readonly output: Output;
};

/** RFC 2045 §6.8. Lines of equal length go to the platform's decoder in one piece; everything else byte by byte. */
export function createBase64Decoder(output: Output, habits: Base64Habits, defects: MimeDefect[]): Decoder {
  const state: Base64State = {
    quantum: 0,
    bits: 0,
    padding: 0,
    hasData: false,
    hasOddLine: false,
    isStopped: false,
    habits,
    defects,
    output,
  };
  return {
    write: (bytes) => {
      for (let at = 0; at < bytes.length && !state.isStopped;) at = decodeSome(state, bytes, at);
    },
    end: () => endBase64(state),
  };
}

/** Decodes from `at` on, natively where it can; returns where to go on. */
function decodeSome(state: Base64State, bytes: Buffer, at: number): number {
  let from = at;
  if (state.quantum === 0 && state.padding === 0 && !state.hasOddLine) {
    const runEnd = regularRun(bytes, at);
    if (runEnd > at && decodeRun(bytes, at, runEnd, state.output)) {
      state.hasData = true;
      return runEnd;
    }
    from = Math.max(at, runEnd - 1);
  }
  // Not at a group's start, or not regular: byte by byte to the end of the line, then try again.
  const lf = bytes.indexOf(LF, from);
  const next = lf === -1 ? bytes.length : lf + 1;
  decodeSlowly(state, bytes, at, next);
  return next;
}

/** The careful loop stays whole: each branch is one kind of byte, and it runs for every byte of irregular data. */
function decodeSlowly(state: Base64State, bytes: Buffer, from: number, to: number): void {
  const out = Buffer.allocUnsafe(((to - from) >> 2) * 3 + 6);
  let n = 0;
  for (let i = from; i < to && !state.isStopped; i++) {
    const v = BASE64[bytes[i]!]!; // `!`: a byte indexes the whole table
    if (v === SPACE) {
      if (state.quantum !== 0 && bytes[i] === LF) endOddLine(state);
      continue;
    }
    if (v === INVALID) {
      noteDefect(state.defects, 'base64-junk', `byte 0x${bytes[i]!.toString(16)}`); // `!`: below `to`
      state.isStopped = state.habits.junk === 'stops';
      continue;
    }
    if (v === PADDING) {
      n = takePadding(state, out, n);
      continue;
    }
    if (state.padding > 0 && !goesOnAfterPadding(state)) break;
    if (state.hasOddLine) noteDefect(state.defects, 'base64-odd-lines', '');
    if (v & URL) noteDefect(state.defects, 'base64-url-alphabet', '');
    state.hasData = true;
    state.bits = (state.bits << 6) | (v & 63);
    if (++state.quantum < 4) continue;
    out[n++] = state.bits >> 16;
    out[n++] = state.bits >> 8;
    out[n++] = state.bits;
    state.quantum = 0;
    state.bits = 0;
  }
  if (n > 0) state.output(out.subarray(0, n));
}

/** A line that ends inside a group. Whether it was the last one is not known yet, so the defect waits for more data. */
function endOddLine(state: Base64State): void {
  state.hasOddLine = true;
  if (state.habits.lines === 'joined') return;
  state.quantum = 0;
  state.bits = 0;
}

/** The first padding character closes the group, unless this reader skips padding. */
function takePadding(state: Base64State, out: Buffer, length: number): number {
  let n = length;
  if (state.padding++ >= 2) noteDefect(state.defects, 'base64-bad-padding', 'more than two in a row');
  if (state.padding > 1 || state.habits.padding === 'skipped') return n;
  if (state.quantum < 2) noteDefect(state.defects, 'base64-bad-padding', 'where none can be');
  if (state.quantum === 2) out[n++] = state.bits >> 4;
  if (state.quantum === 3) {
    out[n++] = state.bits >> 10;
    out[n++] = state.bits >> 2;
  }
  state.quantum = 0;
  state.bits = 0;
  return n;
}

function goesOnAfterPadding(state: Base64State): boolean {
  noteDefect(state.defects, state.hasData ? 'base64-data-after-padding' : 'base64-bad-padding', '');
  if (state.habits.padding === 'stops' && state.hasData) {
    state.isStopped = true;
    return false;
  }
  state.padding = 0;
  return true;
}

function endBase64(state: Base64State): void {
  if (state.isStopped || state.quantum === 0) return;
  noteDefect(state.defects, 'truncated-base64', `${state.quantum} characters left over`);
  if (state.quantum === 1 || state.habits.lines === 'alone') return;
  const last = state.bits << (6 * (4 - state.quantum));
  state.output(Uint8Array.of(last >> 16, last >> 8).subarray(0, state.quantum - 1));
}

/** Offset after the last of several lines of the same length (a multiple of four) from `from` on; `from` if there are none. */
function regularRun(bytes: Buffer, from: number): number {
  const firstLf = bytes.indexOf(LF, from);
  if (firstLf === -1) return from;
  const eol = firstLf > from && bytes[firstLf - 1] === CR ? 2 : 1;
  const width = firstLf - from + 1 - eol;
  if (width === 0 || width % 4 !== 0) return from;
  const step = width + eol;
  let end = firstLf + 1;
  for (let next = end + step; next <= bytes.length && endsLine(bytes, next, eol); next += step) end = next;
  return end;
}

function endsLine(bytes: Buffer, end: number, eol: number): boolean {
  return bytes[end - 1] === LF && (eol === 1 || bytes[end - 2] === CR);
}

/**
 * Decodes lines of equal width natively. The native decoder skips or stops at what is not base64, so a result of the full
 * length proves that every character between the line ends was one; a shorter one sends the run back to the careful loop.
 */
function decodeRun(bytes: Buffer, from: number, to: number, output: Output): boolean {
  const firstLf = bytes.indexOf(LF, from);
  const eol = bytes[firstLf - 1] === CR ? 2 : 1;
  const step = firstLf + 1 - from;
  const expected = (((to - from) / step) * (step - eol) * 3) / 4;
  const run = bytes.subarray(from, to);
  if (run.includes(0x2d) || run.includes(0x5f)) return false; // the native decoder takes the URL alphabet as well
  const decoded = Buffer.from(run.toString('latin1'), 'base64');
  if (decoded.length !== expected) return false;
  output(decoded);
  return true;
}

const hexValue = (b: number | undefined): number => {
  if (b === undefined) return -1;
  if (b >= 48 && b <= 57) return b - 48;
  if (b >= 65 && b <= 70) return b - 55;
  if (b >= 97 && b <= 102) return b - 87;
  return -1;
};

/** White space at a line's end is dropped in runs up to this; a longer run is content, so that nothing waits for ever. */
const MAX_TRAILING = 1000;
const MAX_HELD = 8192;

/** RFC 2045 §6.7. Works on whole lines; an unfinished line waits, up to a bound. */
export function createQuotedPrintableDecoder(output: Output, defects: MimeDefect[]): Decoder {
  let held: Buffer | undefined;

  const decodeLines = (bytes: Buffer): number => {
    const out: QpOutput = { bytes: Buffer.allocUnsafe(bytes.length), length: 0 };
    let at = 0;
    for (let lf = bytes.indexOf(LF); lf !== -1; lf = bytes.indexOf(LF, at)) {
      const end = lf > at && bytes[lf - 1] === CR ? lf - 1 : lf;
      const isSoft = decodeQpLine(bytes, at, end, out, defects);
      if (!isSoft) {
        if (end !== lf) out.bytes[out.length++] = CR;
        out.bytes[out.length++] = LF;
      }
      at = lf + 1;
    }
    if (out.length > 0) output(out.bytes.subarray(0, out.length));
    return at;
  };
  const decodeRest = (bytes: Buffer): void => {
    const out: QpOutput = { bytes: Buffer.allocUnsafe(bytes.length), length: 0 };
    decodeQpLine(bytes, 0, bytes.length, out, defects);
    if (out.length > 0) output(out.bytes.subarray(0, out.length));
  };

  return {
    write: (chunk) => {
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
      const done = decodeLines(bytes);
      held = done === bytes.length ? undefined : Buffer.from(bytes.subarray(done));
      if (held === undefined || held.length <= MAX_HELD) return;
      // A line without end: decode all but a tail that may be half an escape or white space before the end.
      const cut = safeCut(held);
      decodeRest(held.subarray(0, cut));
      held = held.subarray(cut);
    },
    end: () => {
      if (held !== undefined) decodeRest(held);
      held = undefined;
    },
  };
}

type QpOutput = { readonly bytes: Buffer; length: number };

/** How much white space before `end` counts as trailing. */
function trailingSpace(bytes: Buffer, from: number, end: number): number {
  let at = end;
  while (at > from && (bytes[at - 1] === 32 || bytes[at - 1] === 9)) at--;
  return (end - at) % (MAX_TRAILING + 1);
}

/** Decodes one line without its end; true when it ends in a soft line break. */
function decodeQpLine(
  bytes: Buffer,
  from: number,
  end: number,
  out: QpOutput,
  defects: MimeDefect[],
): boolean {
  // RFC 2045 §6.7 rule 3: white space at the end of an encoded line was added on the way.
  let to = end - trailingSpace(bytes, from, end);
  const isSoft = to > from && bytes[to - 1] === 61;
  if (isSoft) {
    if (to !== end) noteDefect(defects, 'quoted-printable-soft-break', 'white space after "="');
    to--;
  }
  for (let at = from; at < to;) {
    let eq = bytes.indexOf(61, at);
    if (eq === -1 || eq > to) eq = to;
    bytes.copy(out.bytes, out.length, at, eq);
    out.length += eq - at;
    if (eq === to) break;
    const high = eq + 2 <= to - 1 ? hexValue(bytes[eq + 1]) : -1;
    const low = eq + 2 < to ? hexValue(bytes[eq + 2]) : -1;
    if (high >= 0 && low >= 0) {
      if (bytes[eq + 1]! > 96 || bytes[eq + 2]! > 96) noteDefect(defects, 'quoted-printable-lower-case', ''); // `!`: below `to`
      out.bytes[out.length++] = (high << 4) | low;
      at = eq + 3;
    } else {
      noteDefect(defects, 'quoted-printable-invalid', bytes.toString('latin1', eq, Math.min(eq + 3, to)));
      out.bytes[out.length++] = 61;
      at = eq + 1;
    }
  }
  return isSoft;
}

/** Where a long unfinished line can be cut so that no escape and no trailing white space is split. */
function safeCut(bytes: Buffer): number {
  let cut = bytes.length;
  if (bytes[cut - 1] === CR) cut--;
  cut -= trailingSpace(bytes, 0, cut);
  const eq = bytes.lastIndexOf(61, cut - 1);
  return eq !== -1 && eq > cut - 3 ? eq : cut;
}
