import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromUtf8, toUtf8 } from '#core/bytes.ts';
import { applyEdits, applyEditsInMemory, editedSize, type Edits } from './edits.ts';
import { decodeEdits, encodeEdits } from './edits-codec.ts';

async function* split(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return concat(all);
}

const ORIGINAL = fromUtf8('0123456789');
const edits = (more: Partial<Edits>): Edits => ({
  originalSize: 10,
  prepend: new Uint8Array(0),
  removed: [],
  inserted: [],
  ...more,
});

const cases: readonly { readonly name: string; readonly edits: Edits; readonly expected: string }[] = [
  { name: 'nothing', edits: edits({}), expected: '0123456789' },
  { name: 'a prefix', edits: edits({ prepend: fromUtf8('ab') }), expected: 'ab0123456789' },
  {
    name: 'cuts',
    edits: edits({
      removed: [
        { start: 0, end: 2 },
        { start: 2, end: 4 },
        { start: 9, end: 10 },
      ],
    }),
    expected: '45678',
  },
  {
    name: 'insertions',
    edits: edits({
      inserted: [
        { at: 0, bytes: fromUtf8('a') },
        { at: 10, bytes: fromUtf8('z') },
      ],
    }),
    expected: 'a0123456789z',
  },
  {
    name: 'a replacement',
    edits: edits({ removed: [{ start: 3, end: 6 }], inserted: [{ at: 3, bytes: fromUtf8('x') }] }),
    expected: '012x6789',
  },
];
for (const c of cases)
  test(`applyEdits() applies ${c.name}, however the original is split`, async () => {
    for (const size of [1, 2, 3, 7, 10])
      assert.equal(toUtf8(await collect(applyEdits(c.edits, split(ORIGINAL, size)))), c.expected);
    assert.equal(toUtf8(concat(applyEditsInMemory(c.edits, ORIGINAL))), c.expected);
    assert.equal(editedSize(c.edits), c.expected.length);
    assert.deepEqual(decodeEdits(encodeEdits(c.edits)), c.edits);
  });

test('applyEdits() throws rather than half apply', async () => {
  const cut = edits({ removed: [{ start: 8, end: 10 }] });
  await assert.rejects(collect(applyEdits(cut, split(ORIGINAL.subarray(0, 9), 4))), /ended before/);
  await assert.rejects(collect(applyEdits(cut, split(concat([ORIGINAL, ORIGINAL]), 4))), /longer/);
  for (const wrong of [
    edits({ removed: [{ start: 8, end: 11 }] }),
    edits({
      removed: [
        { start: 3, end: 6 },
        { start: 5, end: 7 },
      ],
    }),
    edits({ removed: [{ start: 3, end: 6 }], inserted: [{ at: 4, bytes: ORIGINAL }] }),
    edits({ removed: [{ start: 3, end: 2 }] }),
  ])
    assert.throws(() => applyEditsInMemory(wrong, ORIGINAL), /overlap/);
});

test('decodeEdits() refuses every cut and every foreign version', () => {
  const stored = encodeEdits(edits({ prepend: fromUtf8('abc'), removed: [{ start: 1, end: 300 }] }));
  for (let i = 0; i < stored.length; i++) assert.throws(() => decodeEdits(stored.subarray(0, i)));
  assert.throws(() => decodeEdits(concat([stored, Uint8Array.of(0)])), /left over/);
  assert.throws(() => decodeEdits(Uint8Array.of(9, 0, 0, 0, 0)), /version/);
});

const anyEdits = fc
  .tuple(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ maxLength: 5 }),
    fc.array(fc.tuple(fc.nat(12), fc.nat(6), fc.uint8Array({ maxLength: 4 })), { maxLength: 6 }),
  )
  .map(([original, prepend, raw]) => {
    const removed: { start: number; end: number }[] = [];
    const inserted: { at: number; bytes: Uint8Array }[] = [];
    let from = 0;
    for (const [gap, length, bytes] of raw) {
      const start = Math.min(from + gap, original.length);
      const end = Math.min(start + length, original.length);
      if (bytes.length > 0) inserted.push({ at: start, bytes });
      if (end > start) removed.push({ start, end });
      from = Math.min(end + 1, original.length);
      if (from === original.length) break;
    }
    return { original, edits: { originalSize: original.length, prepend, removed, inserted } };
  });

test('streaming, in memory, size and storage agree with a naive reading', async () => {
  await fc.assert(
    fc.asyncProperty(anyEdits, fc.integer({ min: 1, max: 9 }), async ({ original, edits }, size) => {
      const naive: number[] = [...edits.prepend];
      for (let i = 0; i <= original.length; i++) {
        for (const ins of edits.inserted) if (ins.at === i) naive.push(...ins.bytes);
        if (i < original.length && !edits.removed.some((r) => r.start <= i && i < r.end))
          naive.push(original[i]!); // `!`: i is below the length
      }
      assert.deepEqual([...(await collect(applyEdits(edits, split(original, size))))], naive);
      assert.deepEqual([...concat(applyEditsInMemory(edits, original))], naive);
      assert.equal(editedSize(edits), naive.length);
      assert.deepEqual(decodeEdits(encodeEdits(edits)), edits);
    }),
    { numRuns: 500 },
  );
});
