import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { concat } from '#core/bytes.ts';
import { type BlobId, newId } from '#core/id.ts';
import type { BlobStore } from './blob.ts';
import { openBlobDirectory } from './blob-directory.ts';

let root: string;
let store: BlobStore;
const key = randomBytes(32);

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-blob-'));
  store = await openBlobDirectory(root);
});
after(() => rm(root, { recursive: true }));

async function put(bytes: Uint8Array, step: number): Promise<BlobId> {
  const id = newId<'blob'>();
  const writer = store.create(id, key);
  for (let at = 0; at < bytes.length; at += step) await writer.write(bytes.subarray(at, at + step));
  await writer.commit();
  return id;
}

async function get(id: BlobId, with_ = key): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(id, with_)) chunks.push(chunk);
  return concat(chunks);
}

const pathOf = (id: BlobId): string => join(root, new Date().toISOString().slice(0, 10), id);

test('a blob comes back as it was written, whatever its size and pieces', async () => {
  for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
    const bytes = randomBytes(size);
    for (const step of [1000, 65_536, 300_000]) {
      const id = await put(bytes, step);
      assert.deepEqual(Buffer.from(await get(id)), bytes, `${size} in steps of ${step}`);
    }
  }
});

test('no plaintext reaches the disk', async () => {
  const marker = Buffer.from('a canary that must not be found');
  const id = await put(Buffer.concat([randomBytes(100), marker, randomBytes(70_000), marker]), 4096);
  assert.equal((await readFile(pathOf(id))).includes(marker), false);
});

test('a blob that was changed, cut, lengthened or moved is refused', async () => {
  const bytes = randomBytes(150_000);
  const id = await put(bytes, 10_000);
  const good = await readFile(pathOf(id));
  const spoilt: [string, Buffer][] = [
    ['one bit', Buffer.from(good.map((b, i) => (i === 70_000 ? b ^ 1 : b)))],
    ['cut in a frame', good.subarray(0, 100_000)],
    ['cut at a frame', good.subarray(0, 4 + 2 * (4 + 65_536 + 16))],
    ['longer', Buffer.concat([good, Buffer.from([0])])],
    ['empty', Buffer.alloc(0)],
  ];
  for (const [name, content] of spoilt) {
    await writeFile(pathOf(id), content);
    await assert.rejects(get(id), { name: 'PermanentError' }, name);
  }
  await writeFile(pathOf(id), good);
  await assert.rejects(get(id, randomBytes(32)), { name: 'PermanentError' });
  const other = await put(bytes, 10_000);
  await writeFile(pathOf(other), good);
  await assert.rejects(get(other), { name: 'PermanentError' }, 'moved');
});

test('abort() leaves nothing, and many commits at once are all durable', async () => {
  const id = newId<'blob'>();
  const writer = store.create(id, key);
  await writer.write(randomBytes(200_000));
  await writer.abort();
  await assert.rejects(get(id), { name: 'PermanentError' });
  const ids = await Promise.all(Array.from({ length: 50 }, (_, i) => put(randomBytes(1000 + i), 500)));
  for (const one of ids) assert.ok((await get(one)).length >= 1000);
  const seen = new Set<string>();
  for await (const entry of store.list()) seen.add(entry.id);
  assert.ok(ids.every((one) => seen.has(one)));
  assert.ok(!seen.has(id));
});

test('what cannot be written behind the sender fails the next write or the commit, never neither', async () => {
  const id = newId<'blob'>();

  await mkdir(pathOf(id), { recursive: true }); // stands where the file should
  for (const pieces of [1, 2, 10]) {
    const writer = store.create(id, key);
    await assert.rejects(async () => {
      for (let i = 0; i < pieces; i++) await writer.write(randomBytes(70_000));
      await writer.commit();
    }, /could not be stored|EEXIST/);
    await assert.rejects(async () => await writer.commit(), { name: 'TransientError' });
  }
});
