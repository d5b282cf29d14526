/**
 * Bodies at several places: each tenant that is pinned to one has its bodies in the store of that place and in no other.
 * A write for a place that has no store here is refused. Reading looks where a body should be, and then elsewhere, since a
 * tenant may just be moving; `moveBodies` ends that.
 */
import { TransientError } from '#core/errors.ts';
import type { BlobId, TenantId } from '#core/id.ts';
import type { BlobStore } from './blob.ts';
import type { PackedBlobs } from './packed-blobs.ts';

export type LocatedBlobs = PackedBlobs & {
  /** Brings a body to where the tenant's are; true when it was elsewhere. */
  readonly move: (id: BlobId, tenant: TenantId) => Promise<boolean>;
};

export type Places = {
  /** Of tenants that are pinned to no place. */
  readonly usual: PackedBlobs;
  readonly targets: ReadonlyMap<string, PackedBlobs>;
  readonly locationOf: (tenant: TenantId) => string | undefined;
};

export function locatedBlobs({ usual, targets, locationOf }: Places): LocatedBlobs {
  const all = [usual, ...targets.values()];
  const storeOf = (tenant: TenantId | undefined): PackedBlobs => {
    const location = tenant === undefined ? undefined : locationOf(tenant);
    if (location === undefined) return usual;
    const store = targets.get(location);
    if (store === undefined)
      throw new TransientError(`bodies for the place "${location}" are not stored here`);
    return store;
  };
  const holding = async (id: BlobId, but?: PackedBlobs): Promise<PackedBlobs | undefined> => {
    for (const store of all) if (store !== but && (await store.has(id))) return store;
    return undefined;
  };
  return {
    create: (id, key, tenant) => storeOf(tenant).create(id, key, tenant),
    read: async function* (id, key) {
      yield* ((await holding(id)) ?? usual).read(id, key);
    },
    remove: async (id) => {
      for (const store of all) await store.remove(id);
    },
    list: async function* () {
      for (const store of all) yield* store.list();
    } satisfies BlobStore['list'],
    has: async (id) => (await holding(id)) !== undefined,
    readSealed: async (id) => await (await holding(id))?.readSealed(id),
    writeSealed: (id, sealed) => usual.writeSealed(id, sealed),
    sweepSegments: async (needed, nowMs) => {
      let removed = 0;
      for (const store of all)
        // What has a copy elsewhere was moved there: here it is needed no more.
        removed += await store.sweepSegments(async (ids) => {
          const wanted = await needed(ids);
          const here = new Set<BlobId>();
          for (const id of wanted) if ((await holding(id, store)) === undefined) here.add(id);
          return here;
        }, nowMs);
      return removed;
    },
    close: async () => {
      for (const store of all) await store.close();
    },
    move: async (id, tenant) => {
      const right = storeOf(tenant);
      const wrong = await holding(id, right);
      if (wrong === undefined) return false;
      if (!(await right.has(id))) {
        const sealed = await wrong.readSealed(id);
        if (sealed === undefined) return false; // removed while we looked
        await right.writeSealed(id, sealed);
      }
      await wrong.remove(id);
      return true;
    },
  };
}
