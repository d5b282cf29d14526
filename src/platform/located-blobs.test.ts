import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { concat, fromUtf8 } from '#core/bytes.ts';
import { type BlobId, newId, type TenantId } from '#core/id.ts';
import { openBlobDirectory } from './blob-directory.ts';
import { type LocatedBlobs, locatedBlobs } from './located-blobs.ts';
import { MAX_PACKED, openPackedBlobs, type PackedBlobs } from './packed-blobs.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-located-'));
after(() => rmSync(folder, { recursive: true }));

const openAt = async (name: string): Promise<PackedBlobs> =>
  await openPackedBlobs(join(folder, name), await openBlobDirectory(join(folder, name)));

async function store(
  blobs: LocatedBlobs,
  tenant: TenantId,
  content: Uint8Array,
  key: Uint8Array,
): Promise<BlobId> {
  const id = newId<'blob'>();
  const writer = blobs.create(id, key, tenant);
  await writer.write(content);
  await writer.commit();
  return id;
}

test('a body is stored at its tenant’s place only, read from anywhere, and moved sealed', async () => {
  const [usual, de] = [await openAt('usual'), await openAt('de')];
  const locations = new Map<TenantId, string>();
  const blobs = locatedBlobs({ usual, targets: new Map([['de', de]]), locationOf: (t) => locations.get(t) });
  const tenant = newId<'tenant'>();
  const key = new Uint8Array(randomBytes(32));
  const bodies = [fromUtf8('small'), new Uint8Array(MAX_PACKED + 10).fill(7)];
  const read = async (id: BlobId): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of blobs.read(id, key)) chunks.push(chunk);
    return new Uint8Array(concat(chunks));
  };
  for (const body of bodies) {
    locations.delete(tenant);
    const id = await store(blobs, tenant, body, key);
    assert.deepEqual([await usual.has(id), await de.has(id)], [true, false]);
    locations.set(tenant, 'de');
    assert.deepEqual(await read(id), body, 'readable while it is to be moved');
    assert.equal(await blobs.move(id, tenant), true);
    assert.equal(await de.has(id), true);
    assert.equal(await blobs.move(id, tenant), false, 'once');
    assert.deepEqual(await read(id), body);
    const next = await store(blobs, tenant, body, key);
    assert.deepEqual([await usual.has(next), await de.has(next)], [false, true]);
  }
  locations.set(tenant, 'nl');
  await assert.rejects(store(blobs, tenant, fromUtf8('x'), key), /not stored here/);
  await blobs.close();
});
