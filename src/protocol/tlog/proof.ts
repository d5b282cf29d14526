/** Checking that a leaf is in a tree, and that a tree is an older one grown. Both answer false for whatever does not fit. */
import { equalBytes } from '#core/bytes.ts';
import { type Hash, HASH_BYTES, MAX_PATH, nodeData } from './hashing.ts';

export type Inclusion = {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
};
export type Consistency = {
  readonly size1: number;
  readonly root1: Uint8Array;
  readonly size2: number;
  readonly root2: Uint8Array;
  readonly path: readonly Uint8Array[];
};

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const isHash = (h: Uint8Array): boolean => h.length === HASH_BYTES;
const half = (n: number): number => Math.floor(n / 2);

/** RFC 9162 §2.1.3.2, whose names these are: `fn` is the node's place in its row, `sn` that of the row's last one. */
export async function verifyInclusion(hash: Hash, p: Inclusion): Promise<boolean> {
  if (!isCount(p.index) || !isCount(p.size) || p.index >= p.size) return false;
  if (!isHash(p.leafHash) || p.path.length > MAX_PATH || !p.path.every(isHash)) return false;
  let [fn, sn, r] = [p.index, p.size - 1, p.leafHash];
  for (const other of p.path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = await hash(nodeData(other, r));
      // The last node of a row of odd length has no sibling and goes up unchanged.
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else r = await hash(nodeData(r, other));
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(r, p.root);
}

/**
 * RFC 9162 §2.1.4.2: the path must lead to both roots. An old tree of size 0 is refused: every tree is the empty one grown,
 * and who asks for a proof of that has lost what it knew.
 */
export async function verifyConsistency(hash: Hash, p: Consistency): Promise<boolean> {
  if (!isCount(p.size1) || !isCount(p.size2) || p.size1 === 0 || p.size1 > p.size2) return false;
  if (p.path.length > MAX_PATH || !p.path.every(isHash)) return false;
  if (p.size1 === p.size2) return p.path.length === 0 && equalBytes(p.root1, p.root2);
  let [fn, sn] = [p.size1 - 1, p.size2 - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  // An old tree that is perfect is a node of the new one, and the path leaves it out.
  const [first, ...rest] = fn === 0 ? [p.root1, ...p.path] : p.path;
  if (first === undefined || rest.length + (fn === 0 ? 0 : 1) !== p.path.length) return false;
  let [fr, sr] = [first, first];
  for (const other of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = await hash(nodeData(other, fr));
      sr = await hash(nodeData(other, sr));
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else sr = await hash(nodeData(sr, other));
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(fr, p.root1) && equalBytes(sr, p.root2);
}
