/**
 * The MIME walker: sees the same however the body is cut, decodes no more than there was, keeps to its limits; and the other
 * readings are bounded in number.
 */
import assert from 'node:assert/strict';
import { parseHeader } from '#protocol/message/header.ts';
import { readMessage } from '#protocol/mime/readings.ts';
import { createMimeWalker, type MimeOptions, type MimeTree } from '#protocol/mime/walk.ts';

const OPTIONS: MimeOptions = {
  limits: { maxDepth: 8, maxParts: 50, maxHeaderBytes: 4096 },
  headBytes: 32,
  hash: 'all',
};

export function fuzz(data: Uint8Array): void {
  const header = parseHeader(data);
  const body = data.subarray(header.bodyStart);
  const walk = (sizes: readonly number[]): MimeTree => {
    const walker = createMimeWalker(header, OPTIONS);
    for (let at = 0, i = 0; at < body.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      // A copy, as from a socket: a walker that kept a view of it would be found out when it is overwritten.
      const chunk = new Uint8Array(body.subarray(at, at + size));
      walker.update(chunk);
      chunk.fill(0x2d);
      at += size;
    }
    return walker.finish();
  };
  const whole = walk([Math.max(1, body.length)]);
  check(whole, body.length);
  const wanted = show(whole);
  const seed = data[0] ?? 0;
  for (const sizes of [[1], [(seed % 7) + 2, (seed % 13) + 1], [64]])
    assert.equal(show(walk(sizes)), wanted, `cut into ${sizes.join()}`);
  const { others } = readMessage(data, OPTIONS);
  assert.ok(others.length <= 16);
}

function check(tree: MimeTree, bodyLength: number): void {
  assert.ok(tree.parts.length >= 1 && tree.parts.length <= OPTIONS.limits.maxParts);
  assert.equal(tree.parts[0], tree.root);
  assert.equal(new Set(tree.parts.map((p) => p.path)).size, tree.parts.length, 'paths are unique');
  for (const part of tree.parts) {
    assert.ok(part.size <= bodyLength * 2, 'no decoder makes much more than it was given');
    assert.ok(part.head.length === Math.min(part.size, OPTIONS.headBytes));
    assert.ok(part.names.length <= 20);
  }
}

function show(tree: MimeTree): string {
  return JSON.stringify([
    tree.limitHit,
    tree.parts.map((p) => [
      p.path,
      p.type,
      p.names,
      p.disposition,
      p.charset,
      p.encoding,
      p.size,
      p.sha256,
      [...p.head],
      p.defects,
    ]),
  ]);
}
