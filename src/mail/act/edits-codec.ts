/**
 * Edits as bytes, as they lie in the database: a version byte, then numbers as base-128 varints (places as the distance
 * from the one before) and byte strings with their length. Reading is strict: what is not exactly a value throws.
 */
import { concat } from '#core/bytes.ts';
import { PermanentError } from '#core/errors.ts';
import type { Edits, Insertion, Range } from './edits.ts';

const VERSION = 1;

export function encodeEdits(edits: Edits): Uint8Array {
  const numbers: number[] = [VERSION];
  const chunks: Uint8Array[] = [];
  const flush = (): void => {
    chunks.push(Uint8Array.from(numbers.splice(0)));
  };
  const number = (n: number): void => {
    let rest = n;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) numbers.push((rest % 0x80) | 0x80);
    numbers.push(rest);
  };
  const bytes = (b: Uint8Array): void => {
    number(b.length);
    flush();
    chunks.push(b);
  };
  number(edits.originalSize);
  bytes(edits.prepend);
  number(edits.removed.length);
  let last = 0;
  for (const r of edits.removed) {
    number(r.start - last);
    number(r.end - r.start);
    last = r.end;
  }
  number(edits.inserted.length);
  last = 0;
  for (const i of edits.inserted) {
    number(i.at - last);
    bytes(i.bytes);
    last = i.at;
  }
  flush();
  return concat(chunks);
}

export function decodeEdits(data: Uint8Array): Edits {
  let at = 0;
  const byte = (): number => {
    const b = data[at++];
    if (b === undefined) throw new PermanentError('stored edits break off');
    return b;
  };
  const number = (): number => {
    let value = 0;
    for (let scale = 1; scale <= 0x80 ** 6; scale *= 0x80) {
      const b = byte();
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
    }
    throw new PermanentError('stored edits hold a number that is too large');
  };
  const bytes = (): Uint8Array => {
    const length = number();
    if (at + length > data.length) throw new PermanentError('stored edits break off');
    return data.subarray(at, (at += length));
  };
  if (byte() !== VERSION) throw new PermanentError('stored edits are of an unknown version');
  const originalSize = number();
  const prepend = bytes();
  const removed: Range[] = [];
  let last = 0;
  for (let n = number(); n > 0; n--) {
    const start = last + number();
    last = start + number();
    removed.push({ start, end: last });
  }
  const inserted: Insertion[] = [];
  last = 0;
  for (let n = number(); n > 0; n--) {
    last += number();
    inserted.push({ at: last, bytes: bytes() });
  }
  if (at !== data.length) throw new PermanentError('stored edits have bytes left over');
  return { originalSize, prepend, removed, inserted };
}
