import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryLog } from '#test/support/tlog.ts';
import { sha256 } from './node-crypto.ts';
import { verifyConsistency, verifyInclusion } from './proof.ts';
import { proveConsistency, proveInclusion, rootFromTiles } from './prove.ts';
import { growTree } from './tree.ts';

const log = memoryLog(70_000);

test('a growing tree has the roots of RFC 6962, also when it goes on from what was kept', () => {
  let tree = growTree(sha256);
  for (let i = 0; i < 700; i++) {
    assert.deepEqual(Buffer.from(tree.root()), Buffer.from(log.root(i)), `size ${i}`);
    tree.append(log.leafHashes[i]!);
    if (i % 37 === 0) tree = growTree(sha256, tree.size(), tree.edge());
  }
  assert.equal(
    Buffer.from(growTree(sha256).root()).toString('hex'),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  assert.throws(() => growTree(sha256, 3, [new Uint8Array(32)]), { name: 'InvariantError' });
});

const SIZES = [1, 2, 3, 5, 8, 255, 256, 257, 300, 511, 512, 600, 65_535, 65_536, 65_537, 70_000];

test('every proof made from tiles holds, and roots of old trees come out of them', async () => {
  for (const size of SIZES) {
    const root = log.root(size);
    assert.deepEqual(Buffer.from(await rootFromTiles(sha256, log.tiles, size)), Buffer.from(root));
    for (const index of new Set([0, 1, size >> 1, size - 2, size - 1].filter((i) => i >= 0 && i < size))) {
      const path = await proveInclusion(sha256, log.tiles, index, size);
      const proof = { index, size, leafHash: log.leafHashes[index]!, path, root };
      assert.ok(await verifyInclusion(sha256, proof), `${index} in ${size}`);
      const other = { ...proof, leafHash: log.leafHashes[(index + 1) % 700]! };
      if (size > 1) assert.ok(!(await verifyInclusion(sha256, other)), `not ${index} in ${size}`);
    }
    for (const size1 of SIZES.filter((s) => s <= size)) {
      const path = await proveConsistency(sha256, log.tiles, size1, size);
      const proof = { size1, root1: log.root(size1), size2: size, root2: root, path };
      assert.ok(await verifyConsistency(sha256, proof), `${size1} to ${size}`);
      if (size1 < size)
        assert.ok(!(await verifyConsistency(sha256, { ...proof, root1: log.root(size1 + 1) })));
    }
  }
});

test('a node of the tree does not pass for a leaf', async () => {
  const path = await proveInclusion(sha256, log.tiles, 0, 8);
  const upper = { index: 0, size: 4, leafHash: log.root(2), path: path.slice(1), root: log.root(8) };
  // The hash itself fits; what saves us is that nobody finds an entry whose leaf hash it is, and that sizes are signed.
  assert.ok(await verifyInclusion(sha256, upper));
  assert.ok(!(await verifyInclusion(sha256, { ...upper, size: 8 })));
});
