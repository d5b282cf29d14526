/**
 * A tree that grows at its right edge. Of all its nodes only the roots of its perfect subtrees are kept, largest first: about
 * twenty hashes for a million leaves, and enough to add leaves and to know the root.
 */
import { InvariantError } from '#core/errors.ts';
import { HASH_BYTES, nodeData, type Sha256 } from './hashing.ts';

export type Tree = {
  readonly size: () => number;
  readonly append: (leafHash: Uint8Array) => void;
  /** RFC 6962 §2.1: the hash of the empty tree is the hash of nothing. */
  readonly root: () => Uint8Array;
  /** What is kept, to go on later from `growTree`. */
  readonly edge: () => readonly Uint8Array[];
};

/** Goes on with a tree of `size` leaves whose kept hashes are `edge`; starts an empty one without them. */
export function growTree(sha256: Sha256, size = 0, edge: readonly Uint8Array[] = []): Tree {
  if (edge.length !== perfectSubtrees(size))
    throw new InvariantError(`a tree of ${size} leaves does not have ${edge.length} perfect subtrees`);
  const kept = [...edge];
  let leaves = size;
  return {
    size: () => leaves,
    append: (leafHash) => {
      if (leafHash.length !== HASH_BYTES) throw new InvariantError('a leaf hash has 32 bytes');
      let node = leafHash;
      // Each subtree of the same size that stands to the left joins, as carries do in binary addition.
      for (let n = leaves; n % 2 === 1; n = (n - 1) / 2) node = sha256(nodeData(kept.pop()!, node)); // `!`: a set bit is a kept hash
      kept.push(node);
      leaves++;
    },
    root: () => {
      if (kept.length === 0) return sha256(new Uint8Array(0));
      return kept.reduceRight((right, left) => sha256(nodeData(left, right)));
    },
    edge: () => [...kept],
  };
}

/** How many ones the size has in binary. */
export function perfectSubtrees(size: number): number {
  let count = 0;
  for (let n = size; n > 0; n = Math.floor(n / 2)) count += n % 2;
  return count;
}

/** The root of 256 (or any power of two of) hashes that stand side by side in `hashes`. */
export function perfectRoot(sha256: Sha256, hashes: Uint8Array): Uint8Array {
  let row = hashes;
  while (row.length > HASH_BYTES) {
    const above = new Uint8Array(row.length / 2);
    const data = new Uint8Array(1 + 2 * HASH_BYTES);
    data[0] = 1;
    for (let i = 0; i < above.length; i += HASH_BYTES) {
      data.set(row.subarray(2 * i, 2 * i + 2 * HASH_BYTES), 1);
      above.set(sha256(data), i);
    }
    row = above;
  }
  return row;
}
