/** Making proofs from tiles: which subtrees a proof names, and their hashes out of the tiles that have them. */
import { InvariantError } from '#core/errors.ts';
import { HASH_BYTES, nodeData, type Sha256, splitPoint } from './hashing.ts';
import { TILE_WIDTH, tileWidth, type TileName } from './tiles.ts';
import { perfectRoot } from './tree.ts';

/** The bytes of a tile; where it has none to give it throws. */
export type TileReader = (tile: TileName) => Promise<Uint8Array>;
/** Leaves `start` up to, not including, `end`. */
type Range = readonly [start: number, end: number];

/** RFC 6962 §2.1.1, sibling of the leaf first. */
export async function proveInclusion(
  sha256: Sha256,
  read: TileReader,
  index: number,
  size: number,
): Promise<Uint8Array[]> {
  if (index < 0 || index >= size) throw new InvariantError(`a tree of ${size} has no leaf ${index}`);
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    ranges.unshift(index < middle ? [middle, end] : [start, middle]);
    [start, end] = index < middle ? [start, middle] : [middle, end];
  }
  return await hashesOf(sha256, read, size, ranges);
}

/** RFC 6962 §2.1.2: from the tree of `size1` to that of `size2`; empty when there is nothing to show. */
export async function proveConsistency(
  sha256: Sha256,
  read: TileReader,
  size1: number,
  size2: number,
): Promise<Uint8Array[]> {
  if (size1 > size2) throw new InvariantError(`a tree of ${size2} is not one of ${size1} grown`);
  if (size1 === 0 || size1 === size2) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, size2];
  // `start` is left of 0 only as long as the old tree is whole, and then the verifier knows its hash.
  while (end !== size1) {
    const middle = start + splitPoint(end - start);
    ranges.unshift(size1 <= middle ? [middle, end] : [start, middle]);
    [start, end] = size1 <= middle ? [start, middle] : [middle, end];
  }
  if (start > 0) ranges.unshift([start, end]);
  return await hashesOf(sha256, read, size2, ranges);
}

/** The root of the tree as it was at `size`, from the tiles of one that is at least as large. */
export async function rootFromTiles(sha256: Sha256, read: TileReader, size: number): Promise<Uint8Array> {
  if (size === 0) return sha256(new Uint8Array(0));
  const [root] = await hashesOf(sha256, read, size, [[0, size]]);
  return root!; // `!`: one range in, one hash out
}

async function hashesOf(
  sha256: Sha256,
  read: TileReader,
  size: number,
  ranges: readonly Range[],
): Promise<Uint8Array[]> {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const tile = (level: number, n: number): Promise<Uint8Array> => {
    const key = `${level}/${n}`;
    const known = tiles.get(key) ?? read({ level, n, width: tileWidth(size, level, n) });
    tiles.set(key, known);
    return known;
  };
  const hashes: Uint8Array[] = [];
  for (const range of ranges) hashes.push(await rangeHash(sha256, tile, range));
  return hashes;
}

type Tiles = (level: number, n: number) => Promise<Uint8Array>;

async function rangeHash(sha256: Sha256, tile: Tiles, [start, end]: Range): Promise<Uint8Array> {
  const width = end - start;
  const k = width === 1 ? 1 : splitPoint(width);
  if (width === 1 || k * 2 === width) return await perfectHash(sha256, tile, start, width);
  const left = await perfectHash(sha256, tile, start, k);
  return sha256(nodeData(left, await rangeHash(sha256, tile, [start + k, end])));
}

/** The hash over `width` leaves, a power of two, from `start`, a multiple of it. */
async function perfectHash(sha256: Sha256, tile: Tiles, start: number, width: number): Promise<Uint8Array> {
  let [level, perHash] = [0, 1];
  while (perHash * TILE_WIDTH <= width) [level, perHash] = [level + 1, perHash * TILE_WIDTH];
  const place = start / perHash;
  const bytes = await tile(level, Math.floor(place / TILE_WIDTH));
  const from = (place % TILE_WIDTH) * HASH_BYTES;
  const hashes = bytes.subarray(from, from + (width / perHash) * HASH_BYTES);
  if (hashes.length !== (width / perHash) * HASH_BYTES)
    throw new InvariantError(`a tile of level ${level} is shorter than its tree says`);
  return perfectRoot(sha256, hashes);
}
