import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { concat } from '#core/bytes.ts';
import { type BlobId, newId } from '#core/id.ts';
import { openBlobDirectory } from './blob-directory.ts';
import { MAX_PACKED, openPackedBlobs, type PackedBlobs } from './packed-blobs.ts';

const key = randomBytes(32);
const HOUR_MS = 3_600_000;
const roots: string[] = [];
let root: string;
let store: PackedBlobs;

const open = async (): Promise<PackedBlobs> => openPackedBlobs(root, await openBlobDirectory(root));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-packed-'));
  roots.push(root);
  store = await open();
});
after(async () => {
  for (const r of roots) await rm(r, { recursive: true });
});

async function put(bytes: Uint8Array, into = store): Promise<BlobId> {
  const id = newId<'blob'>();
  const writer = into.create(id, key);
  for (let at = 0; at < bytes.length; at += 50_000) await writer.write(bytes.subarray(at, at + 50_000));
  await writer.commit();
  return id;
}

async function get(id: BlobId, from = store): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of from.read(id, key)) chunks.push(chunk);
  return Buffer.from(concat(chunks));
}

const segments = (): Promise<string[]> => readdir(join(root, 'segments'));

test('bodies of every size come back, here and in another process', async () => {
  const bodies = [0, 1, 65_536, 65_537, MAX_PACKED, MAX_PACKED + 1, 700_000].map((n) => randomBytes(n));
  const ids = await Promise.all(bodies.map((b) => put(b)));
  assert.equal((await segments()).length, 1);
  const other = await open();
  for (const [i, id] of ids.entries()) {
    assert.deepEqual(await get(id), bodies[i]);
    assert.deepEqual(await get(id, other), bodies[i]);
  }
  // What comes after the other one has read the heads is found, too.
  const late = await put(Buffer.from('late'));
  assert.equal(String(await get(late, other)), 'late');
});

test('many at once share a segment, and no plaintext is on the disk', async () => {
  const canary = Buffer.from('a canary that must not be found');
  const ids = await Promise.all(Array.from({ length: 200 }, () => put(canary)));
  assert.equal((await segments()).length, 1);
  for (const id of ids) assert.deepEqual(await get(id), canary);
  const [name = ''] = await segments();
  assert.equal((await readFile(join(root, 'segments', name))).includes(canary), false);
});

test('a changed, cut or foreign record is refused and its neighbours are not', async () => {
  const first = await put(Buffer.from('first'));
  const second = await put(Buffer.from('second'));
  const [name = ''] = await segments();
  const path = join(root, 'segments', name);
  const good = await readFile(path);
  await writeFile(
    path,
    good.map((b, i) => (i === 40 ? b ^ 1 : b)),
  );
  const other = await open();
  await assert.rejects(get(first, other), { name: 'PermanentError' });
  assert.equal(String(await get(second, other)), 'second');
  await writeFile(path, good);
  await truncate(path, good.length - 3); // a crash in the middle of a write
  const third = await open();
  assert.equal(String(await get(first, third)), 'first');
  await assert.rejects(get(second, third), { name: 'PermanentError' });
  await appendFile(path, 'rubbish');
  assert.equal(String(await get(first, await open())), 'first');
});

test('a segment goes with its last body once nobody writes to it', async () => {
  const ids = [await put(Buffer.from('a')), await put(Buffer.from('b'))];
  await store.remove(ids[0]!);
  await store.close();
  assert.equal((await segments()).length, 1);
  await store.remove(ids[1]!);
  assert.deepEqual(await segments(), []);
  await assert.rejects(get(ids[1]!), { name: 'PermanentError' });
});

test('the sweep drops old segments and keeps what is needed in files of its own', async () => {
  const kept = await put(Buffer.from('held for weeks'));
  const gone = await put(Buffer.from('delivered by somebody else'));
  const needed = (ids: readonly BlobId[]): Promise<ReadonlySet<BlobId>> =>
    Promise.resolve(new Set(ids.filter((i) => i === kept)));
  const sweeper = await open();
  assert.equal(await sweeper.sweepSegments(needed, Date.now()), 0); // too young to have no writer
  assert.equal(await sweeper.sweepSegments(needed, Date.now() + HOUR_MS), 1);
  assert.deepEqual(await segments(), []);
  for (const reader of [sweeper, store, await open()])
    assert.equal(String(await get(kept, reader)), 'held for weeks');
  for (const reader of [sweeper, store]) await assert.rejects(get(gone, reader), { name: 'PermanentError' });
  const listed: string[] = [];
  for await (const { id } of sweeper.list()) listed.push(id);
  assert.deepEqual(listed, [kept]);
});

test('a body given up after its commit leaves no trace that counts', async () => {
  const id = newId<'blob'>();
  const writer = store.create(id, key);
  await writer.write(randomBytes(MAX_PACKED + 10));
  await writer.abort();
  await assert.rejects(get(id), { name: 'PermanentError' });
  const small = store.create(newId<'blob'>(), key);
  await small.write(Buffer.from('x'));
  await small.commit();
  await small.abort();
  for await (const entry of store.list()) assert.fail(`listed ${entry.id}`);
});
