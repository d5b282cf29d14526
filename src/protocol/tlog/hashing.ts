/**
 * Transparency logs: the Merkle tree of RFC 6962 and RFC 9162 in the file formats of C2SP (tlog-tiles, tlog-checkpoint,
 * signed-note, tlog-cosignature, tlog-proof, tlog-policy, tlog-witness). A log is a list that only grows; its checkpoint signs
 * the root of a tree over all entries, so whoever holds an old checkpoint can tell whether the list was only added to.
 *
 * Pure, and safe in a browser: SHA-256 and signature checks are parameters (`node-crypto.ts` and `web-crypto.ts` have them).
 * Whatever is parsed here comes from the party that is to be checked: everything is bounded, and a check that cannot be made
 * is a failed check.
 */

/** The building half hashes millions of nodes and wants an answer at once. */
export type Sha256 = (data: Uint8Array) => Uint8Array;
/** The verifying half hashes a few dozen and also takes WebCrypto's promise. */
export type Hash = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

export const HASH_BYTES = 32;
/** No path in a tree is longer: a size is below 2^53 here, and below 2^63 everywhere. */
export const MAX_PATH = 64;

/** What is hashed for a leaf, RFC 6962 §2.1: the prefix keeps a leaf from ever passing for a node. */
export function leafData(entry: Uint8Array): Uint8Array {
  const data = new Uint8Array(entry.length + 1);
  data.set(entry, 1);
  return data;
}

/** What is hashed for an inner node, RFC 6962 §2.1. */
export function nodeData(left: Uint8Array, right: Uint8Array): Uint8Array {
  const data = new Uint8Array(1 + 2 * HASH_BYTES);
  data[0] = 1;
  data.set(left, 1);
  data.set(right, 1 + HASH_BYTES);
  return data;
}

/** The largest power of two below `n`, for n > 1. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
