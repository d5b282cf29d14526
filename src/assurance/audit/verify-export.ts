/**
 * Holding an exported log against its checkpoint, offline and without believing whoever exported it. What is checked: the
 * signatures on the checkpoint by the keys of a policy, every entry against its tile, every tile against the one above, and the
 * root of the whole against what was signed.
 */
import { equalBytes, fromUtf8, toUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { toBase64 } from '#protocol/tlog/base64.ts';
import { HASH_BYTES } from '#protocol/tlog/hashing.ts';
import { formatKey } from '#protocol/tlog/keys.ts';
import { sha256, verifySignature } from '#protocol/tlog/node-crypto.ts';
import type { OpenCheckpoint } from '#protocol/tlog/open-checkpoint.ts';
import { parsePolicy, type Policy } from '#protocol/tlog/policy.ts';
import { proveInclusion, rootFromTiles, type TileReader } from '#protocol/tlog/prove.ts';
import { decodeBundle, isPruned, TILE_WIDTH, tilePath, tilesOf, tileWidth } from '#protocol/tlog/tiles.ts';
import { formatProof, openTrusted } from '#protocol/tlog/tlog-proof.ts';
import { perfectRoot } from '#protocol/tlog/tree.ts';
import { type About, FILES, readAbout, readFileOf, readTile } from './export-folder.ts';
import { checkAllBundles } from './verify-bundles.ts';

export type VerifyOptions = {
  readonly folder: string;
  /** The text of a policy one had before. Without it the keys are the export's own, which only shows that it is in one piece. */
  readonly policy: string | undefined;
  /** A checkpoint one kept from before: the log must be that one, grown. */
  readonly earlier: Uint8Array | undefined;
};
export type Verified = {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  /** Entries that were read and hashed; those below `minimumIndex` are not there any more. */
  readonly entries: number;
  readonly minimumIndex: number;
  readonly signedBy: readonly string[];
  /** The largest tree that the policy's quorum of witnesses has signed. */
  readonly witnessedSize: number | undefined;
  readonly keysFrom: 'policy' | 'export';
  readonly problems: readonly string[];
};

/** The error is for what cannot be checked at all; what was checked and is wrong stands in `problems`. */
export async function verifyExport(options: VerifyOptions): Promise<Result<Verified, string>> {
  const opened = await openExport(options.folder, options.policy);
  if (!opened.ok) return opened;
  const { about, policy, checkpoint } = opened.value;
  const { size } = checkpoint.checkpoint;
  const problems: string[] = [...opened.value.problems];
  const first = Math.floor(about.minimumIndex / TILE_WIDTH);
  const to = Math.ceil(size / TILE_WIDTH);
  const bundles = await checkAllBundles({ ...options, size, tenant: about.tenant, from: first, to });
  problems.push(...bundles.problems);
  problems.push(...(await checkUpperTiles(options.folder, size, about.minimumIndex, first, bundles.roots)));
  problems.push(...(await checkRoot(options.folder, size, checkpoint, 'the checkpoint')));
  const witnessed = await checkWitnessed(options.folder, policy, size, problems);
  if (options.earlier !== undefined)
    problems.push(...(await checkEarlier(options.folder, policy, options.earlier, size)));
  return ok({
    origin: checkpoint.checkpoint.origin,
    size,
    root: toBase64(checkpoint.checkpoint.root),
    entries: bundles.entries,
    minimumIndex: about.minimumIndex,
    signedBy: checkpoint.signers.map((s) => `${s.key.name}+${formatKey(s.key).split('+')[1]}`),
    witnessedSize: witnessed,
    keysFrom: options.policy === undefined ? 'export' : 'policy',
    problems,
  });
}

export type OpenExport = {
  readonly about: About;
  readonly policy: Policy;
  readonly checkpoint: OpenCheckpoint;
  readonly problems: readonly string[];
};

/** The checkpoint of an export, signed by the log; whether witnesses signed it is another question. */
export async function openExport(folder: string, policyText?: string): Promise<Result<OpenExport, string>> {
  const about = await readAbout(folder);
  if (!about.ok) return about;
  const own = await readFileOf(folder, FILES.policy);
  const text = policyText ?? (own && toUtf8(own));
  if (text === undefined) return err(`the export has no ${FILES.policy}; name one with --policy`);
  const policy = await parsePolicy(sha256, text);
  if (!policy.ok) return err(`the policy: ${policy.error}`);
  const note = await readFileOf(folder, FILES.checkpoint);
  if (note === undefined) return err(`${FILES.checkpoint} is missing: the export was cut`);
  const checkpoint = await openTrusted(note, { ...policy.value, quorum: 'none' }, verifySignature);
  if (!checkpoint.ok) return err(`${FILES.checkpoint}: ${checkpoint.error}`);
  const { origin, size } = checkpoint.value.checkpoint;
  const problems =
    origin === about.value.origin && size === about.value.size
      ? []
      : [
          `${FILES.about} says ${about.value.origin} with ${about.value.size} entries, the checkpoint does not`,
        ];
  return about.value.minimumIndex > size
    ? err(`${FILES.about} has its first entry behind the last`)
    : ok({ about: about.value, policy: policy.value, checkpoint: checkpoint.value, problems });
}

/** Tiles of an export of `size` entries, also as they were in an earlier, smaller tree: theirs begin the same way. */
export function folderTiles(folder: string, size: number): TileReader {
  return async (tile) => {
    const there = { ...tile, width: tileWidth(size, tile.level, tile.n) };
    const bytes = await readTile(folder, there);
    if (bytes?.length !== there.width * HASH_BYTES || tile.width > there.width)
      throw new MissingTile(`${tilePath(there)} is missing or cut`);
    return bytes.subarray(0, tile.width * HASH_BYTES);
  };
}

/** Only to carry its sentence out of a proof; caught where the folder is read. */
export class MissingTile extends Error {
  override readonly name: string = 'MissingTile';
}

/** Every hash of a tile above is the root of a full tile below it, as far as that was not let go. */
async function checkUpperTiles(
  folder: string,
  size: number,
  minimumIndex: number,
  first: number,
  bundleRoots: Uint8Array,
): Promise<string[]> {
  const problems: string[] = [];
  // A bundle that was wrong has told so already and has no root.
  let below = (n: number): Uint8Array | undefined => {
    const root = bundleRoots.subarray((n - first) * HASH_BYTES, (n - first + 1) * HASH_BYTES);
    return n < first || root.every((b) => b === 0) ? undefined : root;
  };
  for (let level = 1; tilesOf(size, level).full + tilesOf(size, level).partial > 0; level++) {
    const roots = new Map<number, Uint8Array>();
    const { full, partial } = tilesOf(size, level);
    for (let n = 0; n < full + (partial > 0 ? 1 : 0); n++) {
      const tile = { level, n, width: tileWidth(size, level, n) };
      const hashes = await readTile(folder, tile);
      if (hashes?.length !== tile.width * HASH_BYTES) {
        if (!isPruned(tile, minimumIndex)) problems.push(`${tilePath(tile)} is missing or cut`);
        continue;
      }
      for (let i = 0; i < tile.width; i++) {
        const root = below(n * TILE_WIDTH + i);
        if (root !== undefined && !equalBytes(root, hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)))
          problems.push(`${tilePath(tile)}: hash ${i} is not the root of the tile below it`);
      }
      if (tile.width === TILE_WIDTH) roots.set(n, perfectRoot(sha256, hashes));
    }
    below = (n) => roots.get(n);
  }
  return problems.slice(0, 20);
}

async function checkRoot(
  folder: string,
  size: number,
  { checkpoint }: Pick<OpenCheckpoint, 'checkpoint'>,
  what: string,
): Promise<string[]> {
  try {
    const root = await rootFromTiles(sha256, folderTiles(folder, size), checkpoint.size);
    return equalBytes(root, checkpoint.root)
      ? []
      : [`the tree of ${checkpoint.size} entries does not have the root that ${what} signs`];
  } catch (error) {
    if (error instanceof MissingTile) return [error.message];
    throw error;
  }
}

async function checkWitnessed(
  folder: string,
  policy: Policy,
  size: number,
  problems: string[],
): Promise<number | undefined> {
  if (policy.quorum === 'none') return undefined;
  const note = await readFileOf(folder, FILES.witnessed);
  const opened =
    note === undefined
      ? err(`${FILES.witnessed} is missing: no witness has seen this log`)
      : await openTrusted(note, policy, verifySignature);
  if (!opened.ok) {
    problems.push(opened.error);
    return undefined;
  }
  if (opened.value.checkpoint.size > size) {
    problems.push('witnesses have seen a longer log than this one: it was cut');
    return undefined;
  }
  problems.push(...(await checkRoot(folder, size, opened.value, 'what was witnessed')));
  return opened.value.checkpoint.size;
}

async function checkEarlier(
  folder: string,
  policy: Policy,
  earlier: Uint8Array,
  size: number,
): Promise<string[]> {
  const opened = await openTrusted(earlier, { ...policy, quorum: 'none' }, verifySignature);
  if (!opened.ok) return [`the earlier checkpoint: ${opened.error}`];
  if (opened.value.checkpoint.size > size)
    return [`the log had ${opened.value.checkpoint.size} entries before and has ${size} now: it was cut`];
  return await checkRoot(folder, size, opened.value, 'the earlier checkpoint');
}

export type EntryProof = { readonly index: number; readonly entry: Uint8Array; readonly proof: string };

/** A .tlog-proof of one entry of an export: against what was witnessed where that reaches it, else against the checkpoint. */
export async function proveFromExport(folder: string, index: number): Promise<Result<EntryProof, string>> {
  const opened = await openExport(folder);
  if (!opened.ok) return opened;
  const { size } = opened.value.checkpoint.checkpoint;
  if (index >= size) return err(`the log has ${size} entries, 0 to ${size - 1}`);
  if (index < opened.value.about.minimumIndex) return err(`entry ${index} was let go by its owner`);
  const n = Math.floor(index / TILE_WIDTH);
  const width = tileWidth(size, 'entries', n);
  const bytes = await readTile(folder, { level: 'entries', n, width });
  const bundle = bytes === undefined ? err('it is missing') : decodeBundle(bytes, width);
  if (!bundle.ok) return err(`the bundle of entry ${index}: ${bundle.error}`);
  const entry = bundle.value[index % TILE_WIDTH]!; // `!`: it has `width` entries
  const head =
    (await witnessedHead(folder, opened.value.policy, index)) ?? (await checkpointHead(folder, size));
  try {
    const path = await proveInclusion(sha256, folderTiles(folder, size), index, head.size);
    return ok({ index, entry, proof: formatProof({ index, path, extra: undefined, checkpoint: head.note }) });
  } catch (error) {
    if (error instanceof MissingTile) return err(error.message);
    throw error;
  }
}

type Head = { readonly size: number; readonly note: string };

async function checkpointHead(folder: string, size: number): Promise<Head> {
  return { size, note: toUtf8((await readFileOf(folder, FILES.checkpoint)) ?? fromUtf8('')) };
}

async function witnessedHead(folder: string, policy: Policy, index: number): Promise<Head | undefined> {
  const note = await readFileOf(folder, FILES.witnessed);
  const opened = note && (await openTrusted(note, policy, verifySignature));
  if (opened?.ok !== true || opened.value.checkpoint.size <= index) return undefined;
  return { size: opened.value.checkpoint.size, note: toUtf8(note!) }; // `!`: it was opened
}
