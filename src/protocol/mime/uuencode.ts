/**
 * Files inside text: uuencode (`begin 644 name` … `end`; POSIX describes it, no RFC), its newer form in base64, yEnc and BinHex.
 */
import { Buffer } from 'node:buffer';
import { CR, LF, toLatin1 } from '#core/bytes.ts';
import { createBinhexDecoder } from './binhex.ts';
import { decodeEncodedWords } from './encoded-word.ts';
import type { InlineFile, LineDecoder, OpenFile } from './inline-file.ts';
import type { Output } from './transfer-encoding.ts';
import { createYencDecoder, yencName } from './yenc.ts';

type TextReader = { readonly write: (bytes: Uint8Array) => void; readonly end: () => void };

/** A line longer than this is no line of any of these encodings. */
const MAX_LINE = 1024;
const BEGIN = Buffer.from('begin');
const BINHEX = Buffer.from('(This file must be converted with BinHex');
const FIRST_LETTERS = 'b=(';

/** Watches text, split anywhere, and hands each file in it to what `open` returns. */
export function createInlineFileReader(open: OpenFile, takesBareData = false): TextReader {
  let held: Buffer | undefined;
  let atLineStart = true;
  let file: LineDecoder | undefined;

  const close = (isClosed: boolean): void => {
    file?.close(isClosed);
    file = undefined;
  };

  const lineRead = (bytes: Buffer, from: number, to: number): void => {
    if (to - from > MAX_LINE) return close(false);
    if (file !== undefined) {
      const said = file.line(bytes, from, to);
      if (said !== 'more') close(said === 'end');
      return undefined;
    }
    file = fileBegun(bytes.subarray(from, to), open);
    if (file !== undefined || !takesBareData || !isDataLine(bytes.subarray(from, to))) return undefined;
    file = decoding(open('', 'uuencode'), uuDecoder);
    file?.line(bytes, from, to);
    return undefined;
  };

  /** Where the next line of interest begins at or after `at`, which is a line start. */
  const nextLine = (bytes: Buffer, at: number): number => {
    if (file !== undefined || takesBareData) return at;
    for (let i = at; ;) {
      if (i >= bytes.length || FIRST_LETTERS.includes(String.fromCharCode(bytes[i]!))) return i; // `!`: below the length
      const next = nextCandidate(bytes, i);
      if (next === -1) return -1;
      i = next;
    }
  };

  return {
    write: (chunk) => {
      const bytes =
        held === undefined
          ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
          : Buffer.concat([held, chunk]);
      held = undefined;
      let at = 0;
      if (!atLineStart) {
        const lf = bytes.indexOf(LF);
        if (lf === -1) return;
        at = lf + 1;
        atLineStart = true;
      }
      while (at < bytes.length) {
        const start = nextLine(bytes, at);
        if (start === -1) {
          atLineStart = false; // inside a line whose first letter is of no interest
          return;
        }
        if (start >= bytes.length) return;
        const lf = bytes.indexOf(LF, start);
        if (lf === -1) {
          if (bytes.length - start <= MAX_LINE + 1) held = Buffer.from(bytes.subarray(start));
          else {
            close(false);
            atLineStart = false;
          }
          return;
        }
        lineRead(bytes, start, lf > start && bytes[lf - 1] === CR ? lf - 1 : lf);
        at = lf + 1;
      }
    },
    end: () => {
      if (held !== undefined) lineRead(held, 0, held.length);
      close(false);
    },
  };
}

/** The start of the next line after `from` whose first letter could be of interest. */
function nextCandidate(bytes: Buffer, from: number): number {
  for (let lf = bytes.indexOf(LF, from); lf !== -1; lf = bytes.indexOf(LF, lf + 1)) {
    if (lf + 1 === bytes.length) return lf + 1;
    const c = bytes[lf + 1];
    if (c === 0x62 || c === 0x3d || c === 0x28) return lf + 1;
  }
  return -1;
}

function startsWith(line: Buffer, prefix: Buffer): boolean {
  return line.length >= prefix.length && line.subarray(0, prefix.length).equals(prefix);
}

/** What reads the file that this line begins; undefined when it begins none. */
function fileBegun(line: Buffer, open: OpenFile): LineDecoder | undefined {
  if (startsWith(line, BINHEX)) return createBinhexDecoder(open);
  const yenc = yencName(line);
  if (yenc !== undefined) return decoding(open(yenc, 'yenc'), createYencDecoder);
  if (!startsWith(line, BEGIN)) return undefined;
  const match = /^begin(-base64)?[ \t]+[0-7]{3,6}[ \t]+(\S.*)$/.exec(toLatin1(line));
  if (match === null) return undefined;
  const file = open(decodeEncodedWords(match[2]!.trim()), 'uuencode'); // `!`: the group is not optional
  return decoding(file, match[1] === undefined ? uuDecoder : base64LineDecoder);
}

function decoding(
  file: InlineFile | undefined,
  decoder: (file: InlineFile) => LineDecoder,
): LineDecoder | undefined {
  return file === undefined ? undefined : decoder(file);
}

function uuDecoder(file: InlineFile): LineDecoder {
  return {
    line: (bytes, from, to) => {
      if (decodeUuLine(bytes, from, to, file)) return 'more';
      return isEndLine(bytes, from, to) ? 'end' : 'broken';
    },
    close: file.end,
  };
}

/** The newer form of POSIX: lines of base64, and `====` at the end. */
function base64LineDecoder(file: InlineFile): LineDecoder {
  return {
    line: (bytes, from, to) => {
      const text = bytes.toString('latin1', from, to).trim();
      if (text === '====') return 'end';
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return 'broken';
      file.write(Buffer.from(text, 'base64'));
      return 'more';
    },
    close: file.end,
  };
}

/** A full line of uuencoded data: its first character counts 45 bytes in 60 characters. */
function isDataLine(line: Buffer): boolean {
  return line.length >= 61 && line.length <= 63 && line[0] === 0x4d && line.every((b) => b >= 32 && b <= 96);
}

function isEndLine(bytes: Buffer, from: number, to: number): boolean {
  return bytes.toString('latin1', from, Math.min(to, from + 16)).trim() === 'end';
}

/** Decodes one line; false at the line that ends the file or cannot belong to it. */
function decodeUuLine(bytes: Buffer, from: number, to: number, file: { readonly write: Output }): boolean {
  if (to === from) return true;
  if (isEndLine(bytes, from, to)) return false;
  // Spaces at the end of a line may be lost on the way and count as zeros, but a line does not make a hundred bytes of one.
  const length = Math.min(((bytes[from] ?? 32) - 32) & 63, (to - from) * 2);
  const groups = Math.ceil(length / 3);
  if (bytes[from]! < 32 || bytes[from]! > 96 || to - from > 1 + groups * 4 + 4) return false; // `!`: from < to
  const out = Buffer.alloc(groups * 3);
  for (let g = 0; g < groups; g++) {
    let bits = 0;
    for (let i = 0; i < 4; i++) {
      const at = from + 1 + g * 4 + i;
      bits = (bits << 6) | (((at < to ? bytes[at]! : 32) - 32) & 63); // `!`: below `to`
    }
    out[g * 3] = bits >> 16;
    out[g * 3 + 1] = bits >> 8;
    out[g * 3 + 2] = bits;
  }
  if (length > 0) file.write(out.subarray(0, length));
  return true;
}

/**
 * The transfer encoding `x-uuencode`: text outside begin … end is dropped, as the programs that know it do; data without
 * a begin line is taken all the same.
 */
export function createUuencodeDecoder(
  output: Output,
  onName: (name: string) => void,
  onUnclosed: () => void,
): TextReader {
  let hasFile = false;
  const open = (name: string): InlineFile => {
    if (!hasFile && name !== '') onName(name);
    hasFile = true;
    return { write: output, end: (isClosed) => (isClosed ? undefined : onUnclosed()) };
  };
  return createInlineFileReader(open, true);
}
