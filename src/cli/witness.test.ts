import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromUtf8 } from '#core/bytes.ts';
import { witnessServer } from './witness.ts';
import { formatAddCheckpoint } from '#protocol/tlog/add-checkpoint.ts';
import { formatCheckpoint } from '#protocol/tlog/checkpoint.ts';
import { formatKey } from '#protocol/tlog/keys.ts';
import { newSigningKey, sha256, signCheckpoint, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { formatNote } from '#protocol/tlog/note.ts';
import { openCheckpoint } from '#protocol/tlog/open-checkpoint.ts';
import { proveConsistency } from '#protocol/tlog/prove.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { memoryLog, type MemoryLog } from '#test/support/tlog.ts';
import { createWitnessing } from '#assurance/audit/witness.ts';
import { createWitness, openWitness } from '#assurance/audit/witness-state.ts';

const ORIGIN = 'log.example/a';
const honest = memoryLog(1000);
/** The same log up to 500, another history from there. */
const forked = memoryLog(1000, (i) => (i < 500 ? `entry ${i}` : `forged ${i}`));
const logKey = await newSigningKey(ORIGIN, 'note');
const strange = await newSigningKey('log.example/b', 'note');

async function request(
  log: MemoryLog,
  old: number,
  size: number,
  o: { readonly key?: typeof logKey; readonly origin?: string; readonly path?: readonly Uint8Array[] } = {},
): Promise<{ readonly bytes: Uint8Array; readonly note: string }> {
  const checkpoint = { origin: o.origin ?? ORIGIN, size, root: log.root(size), extensions: [] };
  const signatures = [await signCheckpoint(o.key ?? logKey, checkpoint, 0)];
  const note = formatNote({ text: formatCheckpoint(checkpoint), signatures });
  const path = o.path ?? (old <= size ? await proveConsistency(sha256, log.tiles, old, size) : []);
  return { bytes: fromUtf8(formatAddCheckpoint({ oldSize: old, path, checkpoint: note })), note };
}

test('a witness signs a log that grows and nothing else, also after a restart', async () => {
  using folder = tempDir('witness');
  await createWitness(folder.path, 'witness.example/1');
  await assert.rejects(createWitness(folder.path, 'witness.example/2'), /holds a witness already/);
  const nowMs = (): number => 1_700_000_000_000;
  const open = async () => {
    const state = await openWitness(folder.path);
    return { state, witness: createWitnessing(state, nowMs) };
  };
  let { state, witness } = await open();
  for (const key of [logKey, strange]) assert.equal(await state.trust(formatKey(key)), undefined);
  assert.match((await state.trust('nonsense')) ?? '', /name\+id/);
  const status = async (...args: Parameters<typeof request>): Promise<number> =>
    (await witness.add((await request(...args)).bytes)).status;

  const first = await request(honest, 0, 300);
  const answer = await witness.add(first.bytes);
  assert.equal(answer.status, 200);
  const cosigned = await openCheckpoint(fromUtf8(first.note + answer.body), state.keys, verifySignature);
  assert.ok(cosigned.ok);
  assert.deepEqual(
    cosigned.value.signers.map((s) => [s.key.kind, s.timeS]),
    [
      ['cosignature', 1_700_000_000],
      ['subtree', 1_700_000_000],
    ],
  );
  assert.equal(await status(honest, 300, 500), 200);
  ({ state, witness } = await open());
  assert.equal(state.lastSeen(ORIGIN)?.size, 500);
  assert.equal(await status(honest, 500, 500), 200, 'the same again');
  const behind = await witness.add((await request(honest, 300, 600)).bytes);
  assert.deepEqual([behind.status, behind.body, behind.type], [409, '500\n', 'text/x.tlog.size']);
  assert.equal(await status(honest, 500, 400), 400, 'cut');
  assert.equal(await status(honest, 500, 800), 200);

  for (const [size, code] of [
    [800, 409],
    [900, 422],
  ] as const) {
    const fork = await witness.add((await request(forked, 800, size)).bytes);
    assert.equal(fork.status, code);
    assert.match(readFileSync(fork.evidence ?? '', 'utf8'), /old 800\n/);
  }
  assert.equal(await status(honest, 800, 900, { path: [] }), 422);
  assert.equal(await status(honest, 800, 900, { key: strange }), 403, 'signed by another log');
  assert.equal(await status(honest, 0, 900, { origin: 'log.example/c' }), 404);
  const bad = (await request(honest, 800, 900)).note.replace('\n900\n', '\n901\n');
  assert.equal((await witness.add(fromUtf8(`old 800\n\n${bad}`))).status, 403);
  assert.equal((await witness.add(fromUtf8('hello'))).status, 400);
  assert.equal(state.lastSeen(ORIGIN)?.size, 800, 'nothing of that moved it');
});

test('of many requests at once a witness signs one line of history', async () => {
  using folder = tempDir('witness');
  await createWitness(folder.path, 'witness.example/1');
  const state = await openWitness(folder.path);
  await state.trust(formatKey(logKey));
  const witness = createWitnessing(state, Date.now);
  const both = await Promise.all([request(honest, 0, 600), request(forked, 0, 700), request(honest, 0, 650)]);
  const answers = await Promise.all(both.map((r) => witness.add(r.bytes)));
  assert.deepEqual(
    answers.map((a) => a.status),
    [200, 409, 409],
  );
});

test('a damaged memory stops the witness', async () => {
  using folder = tempDir('witness');
  await createWitness(folder.path, 'witness.example/1');
  const state = await openWitness(folder.path);
  state.remember(ORIGIN, { size: 1, root: new Uint8Array(32) }, 'x');
  writeFileSync(folder.in('logs', `${'0'.repeat(32)}.seen.json`), '{"origin":"a","size":1,"root":"AAAA"}');
  await assert.rejects(openWitness(folder.path), /is damaged/);
});

test('witness serve answers add-checkpoint over HTTP as C2SP has it', async () => {
  using folder = tempDir('witness');
  await createWitness(folder.path, 'witness.example/1');
  const state = await openWitness(folder.path);
  await state.trust(formatKey(logKey));
  const server = witnessServer(createWitnessing(state, Date.now), () => {});
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const url = `http://127.0.0.1:${address.port}`;
    const post = async (body: Uint8Array | string, path = '/add-checkpoint') => {
      const reply = await fetch(`${url}${path}`, { method: 'POST', body });
      return [reply.status, reply.headers.get('content-type')];
    };
    assert.deepEqual(await post((await request(honest, 0, 10)).bytes), [200, 'text/plain']);
    assert.deepEqual(await post((await request(honest, 0, 10)).bytes), [409, 'text/x.tlog.size']);
    assert.deepEqual((await post('x'.repeat(600_000)))[0], 413);
    assert.deepEqual((await post('x', '/'))[0], 404);
    assert.equal((await fetch(`${url}/add-checkpoint`)).status, 404);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
