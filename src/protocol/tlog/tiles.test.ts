import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBundle, encodeBundle, isPruned, parseTilePath, tileNames, tilePath } from './tiles.ts';

test('tile paths are those of C2SP, and nothing else is read as one', () => {
  const paths: [string, Parameters<typeof tilePath>[0]][] = [
    ['tile/0/x001/x234/067', { level: 0, n: 1_234_067, width: 256 }],
    ['tile/1/000.p/17', { level: 1, n: 0, width: 17 }],
    ['tile/entries/273.p/112', { level: 'entries', n: 273, width: 112 }],
    ['tile/63/999', { level: 63, n: 999, width: 256 }],
  ];
  for (const [path, tile] of paths) {
    assert.equal(tilePath(tile), path);
    assert.deepEqual(parseTilePath(path), tile);
  }
  const wrong =
    '../tile/0/000 tile/00/000 tile/64/000 tile/0/0 tile/0/x000/001 tile/0/000.p/0 tile/0/000.p/256 tile/0/000.p/01 tile/-1/000 tile/0/000/ tile/0/../000';
  for (const path of wrong.split(' ')) assert.equal(parseTilePath(path), undefined, path);
});

test('a tree of 70,000 has the tiles that C2SP counts', () => {
  const names = [...tileNames(70_000)];
  const of = (level: number | 'entries') =>
    names.filter((t) => t.level === level).map((t) => (t.width === 256 ? 'full' : t.width));
  assert.deepEqual(of(0), [...Array.from({ length: 273 }, () => 'full'), 112]);
  assert.deepEqual(of(1), ['full', 17]);
  assert.deepEqual(of(2), [1]);
  assert.equal(of('entries').length, 274);
  assert.deepEqual([...tileNames(256)].map(tilePath), ['tile/0/000', 'tile/1/000.p/1', 'tile/entries/000']);
  assert.deepEqual([...tileNames(0)], []);
});

test('pruning lets go what is wholly below the minimum index, and no partial tile', () => {
  assert.ok(isPruned({ level: 'entries', n: 0, width: 256 }, 256));
  assert.ok(!isPruned({ level: 'entries', n: 0, width: 256 }, 255));
  assert.ok(!isPruned({ level: 1, n: 0, width: 256 }, 65_535));
  assert.ok(isPruned({ level: 1, n: 0, width: 256 }, 65_536));
  assert.ok(!isPruned({ level: 0, n: 0, width: 3 }, 65_536));
});

test('bundles hold entries with their lengths, exactly', () => {
  const entries = [Uint8Array.of(), Uint8Array.of(1, 2), new Uint8Array(0xffff).fill(7)];
  const bytes = encodeBundle(entries);
  assert.equal(bytes.length, 2 + 4 + 2 + 0xffff);
  assert.deepEqual(decodeBundle(bytes, 3), { ok: true, value: entries });
  assert.throws(() => encodeBundle([new Uint8Array(0x10000)]), { name: 'InvariantError' });
  for (const [wrong, width] of [
    [bytes, 2],
    [bytes, 4],
    [bytes.subarray(0, -1), 3],
    [bytes.subarray(0, 3), 2],
    [Uint8Array.of(0), 1],
  ] as const)
    assert.equal(decodeBundle(wrong, width).ok, false);
});
