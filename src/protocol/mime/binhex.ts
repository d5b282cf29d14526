/**
 * BinHex 4.0 (RFC 1741 §4): six bits in a character between two colons, runs of a byte shortened, and inside a name and two
 * forks, of which the data fork is the file. Old programs of the Macintosh and Thunderbird show it.
 *
 * A few characters may stand for 255 bytes each, so what comes out is bounded by what went in; what goes beyond is left unread,
 * and said.
 */
import { Buffer } from 'node:buffer';
import { decodeUnknown } from './charset.ts';
import type { InlineFile, LineDecoder, OpenFile } from './inline-file.ts';

const ALPHABET = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr';
const VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

const COLON = 0x3a;
/** The byte that says "the one before, so many times". */
const RUN = 0x90;
/** Bytes of a file, whatever is in it, and for each character of it. */
const FREE_BYTES = 65_536;
const BYTES_PER_CHARACTER = 4;
/** Blank lines and words that programs write between the first line and the data. */
const MAX_LINES_BEFORE = 16;
const GATHER = 4096;

type Output = {
  readonly allow: (bytes: number) => void;
  /** False when nothing more is taken. */
  readonly byte: (value: number) => boolean;
  readonly close: (isClosed: boolean) => void;
};

/** Reads what follows "(This file must be converted with BinHex 4.0)". */
export function createBinhexDecoder(open: OpenFile): LineDecoder {
  const output = createForks(open);
  let linesBefore = 0;
  let hasBegun = false;
  let bits = 0;
  let bitCount = 0;
  let last = 0;
  let isRun = false;

  /** Undoes runs. */
  const take = (byte: number): boolean => {
    if (!isRun) {
      if (byte === RUN) {
        isRun = true;
        return true;
      }
      last = byte;
      return output.byte(byte);
    }
    isRun = false;
    if (byte === 0) {
      last = RUN;
      return output.byte(RUN);
    }
    for (let n = 1; n < byte; n++) if (!output.byte(last)) return false;
    return true;
  };

  return {
    line: (bytes, from, to) => {
      let at = from;
      if (!hasBegun) {
        if (bytes[at] !== COLON) return ++linesBefore > MAX_LINES_BEFORE ? 'broken' : 'more';
        hasBegun = true;
        at++;
      }
      output.allow((to - at) * BYTES_PER_CHARACTER);
      for (; at < to; at++) {
        if (bytes[at] === COLON) return 'end';
        const value = VALUES[bytes[at]!]!; // `!`: below `to`, and every byte has one
        if (value < 0) continue; // white space, and what programs pass over
        bits = ((bits << 6) | value) & 0xfff;
        bitCount += 6;
        if (bitCount < 8) continue;
        bitCount -= 8;
        if (!take((bits >> bitCount) & 0xff)) return 'broken';
      }
      return 'more';
    },
    close: output.close,
  };
}

/** Name, type, creator, flags, the lengths of the forks and a checksum, which is not looked at: programs do not, either. */
function createForks(open: OpenFile): Output {
  const head: number[] = [];
  let file: InlineFile | undefined;
  let left = -1;
  let allowed = FREE_BYTES;
  let gathered = Buffer.alloc(0);
  let length = 0;
  const flush = (): void => {
    if (length > 0) file?.write(gathered.subarray(0, length));
    length = 0;
  };
  const header = (byte: number): boolean => {
    head.push(byte);
    const nameEnd = 1 + head[0]!; // `!`: one was pushed
    if (head.length < nameEnd + 21) return true;
    const fields = Buffer.from(head);
    left = fields.readUInt32BE(nameEnd + 11);
    file = open(decodeUnknown(fields.subarray(1, nameEnd)), 'binhex');
    gathered = Buffer.allocUnsafe(GATHER);
    return file !== undefined;
  };
  return {
    allow: (bytes) => void (allowed += bytes),
    byte: (value) => {
      if (left === -1) return header(value);
      if (left === 0) return true; // its checksum and the resource fork
      if (allowed-- <= 0) return false;
      left--;
      gathered[length++] = value;
      if (length === GATHER) flush();
      return true;
    },
    close: (isClosed) => {
      flush();
      // Without a header there was nothing that anybody could show.
      file?.end(isClosed && left <= 0);
    },
  };
}
