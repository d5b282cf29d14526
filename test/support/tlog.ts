/** A log in memory for tests: all entries, every tile on demand, and the tree computed the slow way of the RFC. */
import { fromUtf8 } from '#core/bytes.ts';
import { leafData, nodeData, splitPoint } from '#protocol/tlog/hashing.ts';
import { sha256 } from '#protocol/tlog/node-crypto.ts';
import type { TileReader } from '#protocol/tlog/prove.ts';

export type MemoryLog = {
  readonly entries: readonly Uint8Array[];
  readonly leafHashes: readonly Uint8Array[];
  readonly root: (size: number) => Uint8Array;
  readonly tiles: TileReader;
};

export function memoryLog(size: number, entry: (i: number) => string = (i) => `entry ${i}`): MemoryLog {
  const entries = Array.from({ length: size }, (_, i) => fromUtf8(entry(i)));
  const leafHashes = entries.map((e) => sha256(leafData(e)));
  const cache = new Map<string, Uint8Array>();
  // RFC 6962 §2.1, word for word.
  const hashOf = (start: number, end: number): Uint8Array => {
    if (end === start) return sha256(new Uint8Array(0));
    if (end - start === 1) return leafHashes[start]!;
    const key = `${start}-${end}`;
    const k = splitPoint(end - start);
    const made = cache.get(key) ?? sha256(nodeData(hashOf(start, start + k), hashOf(start + k, end)));
    cache.set(key, made);
    return made;
  };
  return {
    entries,
    leafHashes,
    root: (n) => hashOf(0, n),
    tiles: async ({ level, n, width }) => {
      const span = 256 ** Number(level);
      const first = n * 256;
      return Buffer.concat(
        Array.from({ length: width }, (_, i) => hashOf((first + i) * span, (first + i + 1) * span)),
      );
    },
  };
}
