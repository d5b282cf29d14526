/** Base 64 as C2SP's texts have it (RFC 4648 §4): one spelling for each value, so that no two texts say the same. */
import { fromLatin1, toLatin1 } from '#core/bytes.ts';

export function toBase64(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes));
}

/** Undefined for what `toBase64` would not have written. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = fromLatin1(atob(text));
  } catch {
    return undefined; // what does not decode is the expected outcome looked for
  }
  return toBase64(bytes) === text ? bytes : undefined;
}

/** A decimal without leading zeroes, below 2^53. */
export function parseCount(text: string): number | undefined {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const n = Number(text);
  return Number.isSafeInteger(n) ? n : undefined;
}
