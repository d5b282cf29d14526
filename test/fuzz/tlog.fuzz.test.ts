/** The texts a log, a witness or a forger may send: no parser throws, what it accepts it writes back byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, toUtf8 } from '#core/bytes.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from '#protocol/tlog/add-checkpoint.ts';
import { formatCheckpoint, parseCheckpoint } from '#protocol/tlog/checkpoint.ts';
import { formatKey, parseKey } from '#protocol/tlog/keys.ts';
import { sha256 } from '#protocol/tlog/node-crypto.ts';
import { formatNote, parseNote } from '#protocol/tlog/note.ts';
import { parsePolicy } from '#protocol/tlog/policy.ts';
import { verifyConsistency, verifyInclusion } from '#protocol/tlog/proof.ts';
import { proveConsistency, proveInclusion } from '#protocol/tlog/prove.ts';
import { decodeBundle, encodeBundle, parseTilePath, tilePath } from '#protocol/tlog/tiles.ts';
import { formatProof, parseProof } from '#protocol/tlog/tlog-proof.ts';
import { memoryLog } from '#test/support/tlog.ts';
import { runs } from './runs.ts';

const HASH = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const SIGNATURE =
  '— log.example/a Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=';
const PARTS = [
  'old 7',
  'index 3',
  'extra AAAA',
  HASH,
  SIGNATURE,
  'log.example/a',
  '7',
  '0',
  '',
  'c2sp.org/tlog-proof@v1',
  'quorum none',
  'group g any a',
  'witness a',
  'log',
  'tile/0/000',
  'x001',
  'a+0000+AA==',
  '\u00a0',
  '—',
  ' ',
  'AAAB',
];
/** Lines that are nearly right, put together wrongly, with a byte changed here and there. */
const texts = fc
  .array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PARTS) }, { weight: 1, arbitrary: fc.string() }),
    {
      maxLength: 12,
    },
  )
  .map((lines) => lines.join('\n') + '\n');
const bytes = fc.oneof(
  texts.map(fromUtf8),
  fc.uint8Array({ maxLength: 600 }),
  fc.tuple(texts, fc.nat(), fc.nat(255)).map(([text, at, b]) => {
    const all = fromUtf8(text).slice();
    all[at % all.length] = b;
    return all;
  }),
);

test('tlog: what a parser accepts it writes back as it was', () => {
  fc.assert(
    fc.property(bytes, (data) => {
      const text = toUtf8(data);
      const note = parseNote(data);
      if (note.ok) assert.equal(formatNote(note.value), text);
      const checkpoint = parseCheckpoint(text);
      if (checkpoint.ok) assert.equal(formatCheckpoint(checkpoint.value), text);
      const proof = parseProof(text);
      if (proof.ok) assert.equal(formatProof(proof.value), text);
      const request = parseAddCheckpoint(data);
      if (request.ok) assert.equal(formatAddCheckpoint(request.value), text);
      const tile = parseTilePath(text.trimEnd());
      if (tile !== undefined) assert.equal(tilePath(tile), text.trimEnd());
      const bundle = decodeBundle(data, data[0] ?? 0);
      if (bundle.ok) assert.deepEqual(Buffer.from(encodeBundle(bundle.value)), Buffer.from(data));
    }),
    runs(5000),
  );
});

test('tlog: keys and policies never throw', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async (data) => {
      const text = toUtf8(data);
      const key = await parseKey(sha256, text.trimEnd());
      if (key.ok) assert.equal(formatKey(key.value), text.trimEnd());
      await parsePolicy(sha256, text);
    }),
    runs(2000),
  );
});

const log = memoryLog(600);

test('tlog: a proof holds for its own leaf and sizes, and for nothing that differs in one bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 600 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      async (size, a, b, bit) => {
        const index = a % size;
        const path = await proveInclusion(sha256, log.tiles, index, size);
        const inclusion = { index, size, leafHash: log.leafHashes[index]!, path, root: log.root(size) };
        assert.ok(await verifyInclusion(sha256, inclusion));
        const other = b % 1200;
        if (other !== index) assert.ok(!(await verifyInclusion(sha256, { ...inclusion, index: other })));
        const flipped = path.map((h, i) =>
          i === bit % path.length ? h.map((byte, j) => (j === bit % 32 ? byte ^ 1 : byte)) : h,
        );
        assert.ok(!(await verifyInclusion(sha256, { ...inclusion, path: flipped })));
        const size1 = 1 + (a % (size - 1));
        const consistency = await proveConsistency(sha256, log.tiles, size1, size);
        const grown = {
          size1,
          root1: log.root(size1),
          size2: size,
          root2: log.root(size),
          path: consistency,
        };
        assert.ok(await verifyConsistency(sha256, grown));
        assert.ok(!(await verifyConsistency(sha256, { ...grown, path: consistency.slice(1) })));
        assert.ok(
          !(await verifyConsistency(sha256, { ...grown, root1: log.leafHashes[b % 600]! })) || size1 === 1,
        );
      },
    ),
    runs(300),
  );
});
