/** The bulk of checking an export: entries against their tile, a range of bundles at a time, on as many cores as there are. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { equalBytes } from '#core/bytes.ts';
import { HASH_BYTES, leafData } from '#protocol/tlog/hashing.ts';
import { sha256 } from '#protocol/tlog/node-crypto.ts';
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '#protocol/tlog/tiles.ts';
import { perfectRoot } from '#protocol/tlog/tree.ts';
import { readTile } from './export-folder.ts';

export type BundleRange = {
  readonly folder: string;
  readonly size: number;
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
};
export type BundleCheck = {
  /** Of each full tile of the range, in order; zeroes for one that is not as it should be. */
  readonly roots: Uint8Array;
  readonly entries: number;
  readonly problems: readonly string[];
};

const MAX_PROBLEMS = 20;
/** Below this a second thread costs more than it brings. */
const BUNDLES_PER_THREAD = 64;

/** Checks bundles `from` up to, not including, `to`. */
export async function checkBundles({ folder, size, tenant, from, to }: BundleRange): Promise<BundleCheck> {
  const roots = new Uint8Array((to - from) * HASH_BYTES);
  const problems: string[] = [];
  let entries = 0;
  for (let n = from; n < to; n++) {
    const done = await checkBundle(folder, size, tenant, n);
    if (typeof done === 'string') {
      if (problems.length < MAX_PROBLEMS) problems.push(done);
      continue;
    }
    entries += done.entries;
    if (done.hashes.length === TILE_WIDTH * HASH_BYTES)
      roots.set(perfectRoot(sha256, done.hashes), (n - from) * HASH_BYTES);
  }
  return { roots, entries, problems };
}

async function checkBundle(
  folder: string,
  size: number,
  tenant: string,
  n: number,
): Promise<{ readonly entries: number; readonly hashes: Uint8Array } | string> {
  const tile = { level: 0, n, width: tileWidth(size, 0, n) } as const;
  const bundle = { ...tile, level: 'entries' } as const;
  const bytes = await readTile(folder, bundle);
  const hashes = await readTile(folder, tile);
  if (bytes === undefined) return `${tilePath(bundle)} is missing`;
  if (hashes === undefined) return `${tilePath(tile)} is missing`;
  const entries = decodeBundle(bytes, tile.width);
  if (!entries.ok) return `${tilePath(bundle)}: ${entries.error}`;
  if (hashes.length !== tile.width * HASH_BYTES) return `${tilePath(tile)} has ${hashes.length} bytes`;
  for (const [i, entry] of entries.value.entries()) {
    const index = n * TILE_WIDTH + i;
    const leafHash = sha256(leafData(entry));
    if (!equalBytes(leafHash, hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)))
      return `entry ${index} is not the one the tree was made of`;
    if (!isEventOf(tenant, entry)) return `entry ${index} is no event of this tenant`;
  }
  return { entries: entries.value.length, hashes };
}

/** Every entry says whose it is, in a place that canonical JSON fixes; reading it as JSON would take longer than its hash. */
function isEventOf(tenant: string, entry: Uint8Array): boolean {
  const text = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  return text[0] === 0x7b && text.includes(`"tenant":"${tenant}","v":1,"what":"`);
}

/** The same over all bundles from `from` on, shared between threads. */
export async function checkAllBundles(range: BundleRange): Promise<BundleCheck> {
  const count = range.to - range.from;
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(count / BUNDLES_PER_THREAD)));
  if (threads === 1) return await checkBundles(range);
  const share = Math.ceil(count / threads);
  const parts = Array.from({ length: threads }, (_, i) => ({
    ...range,
    from: range.from + i * share,
    to: Math.min(range.to, range.from + (i + 1) * share),
  }));
  const done = await Promise.all(parts.map(inThread));
  return {
    roots: Buffer.concat(done.map((d) => d.roots)),
    entries: done.reduce((sum, d) => sum + d.entries, 0),
    problems: done.flatMap((d) => d.problems).slice(0, MAX_PROBLEMS),
  };
}

function inThread(range: BundleRange): Promise<BundleCheck> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), { workerData: range });
    worker.once('message', (done: BundleCheck) => resolve(done));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a checking thread ended with ${code}`)));
  });
}
