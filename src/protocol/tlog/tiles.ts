/**
 * C2SP tlog-tiles: the tree cut into tiles of 256 hashes, and the entries into bundles of 256, each a file that never
 * changes once it is full. Level 0 holds leaf hashes; a hash of level L+1 is the root of a full tile of level L.
 */
import { InvariantError } from '#core/errors.ts';
import { err, ok, type Result } from '#core/result.ts';
import { HASH_BYTES } from './hashing.ts';

export const TILE_WIDTH = 256;
export const TILE_BYTES: number = TILE_WIDTH * HASH_BYTES;
/** Entry bundles prefix each entry with its length in two bytes. */
export const MAX_ENTRY_BYTES = 0xffff;

export type TileLevel = number | 'entries';
export type TileName = { readonly level: TileLevel; readonly n: number; readonly width: number };

/** `tile/0/x001/x234/067`, with `.p/112` when it is not full. */
export function tilePath({ level, n, width }: TileName): string {
  const digits = String(n);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g)!; // `!`: at least three digits are there
  const place = groups.map((g, i) => (i < groups.length - 1 ? `x${g}` : g)).join('/');
  return `tile/${level}/${place}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const PATH =
  /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5]))?$/;

/** Undefined for every path that `tilePath` would not have written. */
export function parseTilePath(path: string): TileName | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, level = '', place = '', width] = match;
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    n: Number(place.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  return name.level !== 'entries' && name.level > 63 ? undefined : tilePath(name) === path ? name : undefined;
}

/** How many full tiles a level of a tree has, and how wide the partial one after them is (0: there is none). */
export function tilesOf(size: number, level: TileLevel): { readonly full: number; readonly partial: number } {
  const hashes = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
  return { full: Math.floor(hashes / TILE_WIDTH), partial: hashes % TILE_WIDTH };
}

/** Every tile and bundle that a tree of this size consists of. */
export function* tileNames(size: number): Generator<TileName> {
  for (let level = 0; size >= TILE_WIDTH ** level; level++) yield* namesOf(size, level);
  yield* namesOf(size, 'entries');
}

function* namesOf(size: number, level: TileLevel): Generator<TileName> {
  const { full, partial } = tilesOf(size, level);
  for (let n = 0; n < full; n++) yield { level, n, width: TILE_WIDTH };
  if (partial > 0) yield { level, n: full, width: partial };
}

/** The width that tile `n` of a level has in a tree of this size; 0 when the tree has no such tile. */
export function tileWidth(size: number, level: TileLevel, n: number): number {
  const { full, partial } = tilesOf(size, level);
  return n < full ? TILE_WIDTH : n === full ? partial : 0;
}

/** Whether pruning to `minimumIndex` allows a tile to be gone: all it stands for is below. */
export function isPruned({ level, n, width }: TileName, minimumIndex: number): boolean {
  const end = (n + 1) * TILE_WIDTH ** (level === 'entries' ? 1 : level + 1);
  return width === TILE_WIDTH && end <= minimumIndex;
}

export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, e) => sum + 2 + e.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES)
      throw new InvariantError(`an entry of ${entry.length} bytes does not fit`);
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length & 0xff;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** The entries of a bundle, which must be `width` and nothing after them. */
export function decodeBundle(bytes: Uint8Array, width: number): Result<Uint8Array[], string> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === width) return err(`there is more after its ${width} entries`);
    const end = at + 2 + ((bytes[at]! << 8) | (bytes[at + 1] ?? 0)); // `!`: at < length
    if (at + 2 > bytes.length || end > bytes.length) return err(`it is cut inside entry ${entries.length}`);
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries.length === width
    ? ok(entries)
    : err(`it holds ${entries.length} entries instead of ${width}`);
}
