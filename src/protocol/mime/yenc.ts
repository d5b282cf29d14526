/**
 * yEnc (the draft of 2002, in no RFC): `=ybegin line=128 size=9 name=a.exe`, bytes shifted by 42, `=yend`. Mail programs with
 * roots in news (Thunderbird, SeaMonkey) show such a file.
 */
import { Buffer } from 'node:buffer';
import { decodeUnknown } from './charset.ts';
import type { InlineFile, LineDecoder } from './inline-file.ts';

const BEGIN = '=ybegin ';

/** The name in the first line, or undefined when the line begins no yEnc file. */
export function yencName(line: Buffer): string | undefined {
  if (line.length < BEGIN.length || line.toString('latin1', 0, BEGIN.length) !== BEGIN) return undefined;
  const text = decodeUnknown(line);
  // The name is the rest of the line, spaces included.
  return / name=(.*)$/.exec(text)?.[1]?.trim() ?? '';
}

export function createYencDecoder(file: InlineFile): LineDecoder {
  return {
    line: (bytes, from, to) => {
      const word = bytes[from] === ESCAPE ? bytes.toString('latin1', from, Math.min(to, from + 6)) : '';
      if (word.startsWith('=yend')) return 'end';
      if (word === '=ypart') return 'more';
      if (to > from) file.write(decodeLine(bytes, from, to));
      return 'more';
    },
    close: file.end,
  };
}

const ESCAPE = 0x3d;

function decodeLine(bytes: Buffer, from: number, to: number): Uint8Array {
  const out = Buffer.allocUnsafe(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const isEscaped = bytes[i] === ESCAPE && i + 1 < to;
    if (isEscaped) i++;
    out[length++] = bytes[i]! - 42 - (isEscaped ? 64 : 0); // `!`: below `to`; a Buffer takes the low eight bits
  }
  return out.subarray(0, length);
}
