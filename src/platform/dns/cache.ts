/**
 * Answers kept for their time to live, in bounded memory.
 *
 * Two generations instead of a linked list: a hit in the old one moves the entry up, and when the young one is full it
 * becomes the old one and the former old one is forgotten. That is LRU in effect, at the price of one Map lookup per hit.
 */
export type CacheEntry<T> = { readonly value: T; expiresMs: number };

export class GenerationCache<T> {
  #young = new Map<string, CacheEntry<T>>();
  #old = new Map<string, CacheEntry<T>>();
  readonly #maxPerGeneration: number;

  constructor(maxEntries: number) {
    this.#maxPerGeneration = Math.max(1, Math.floor(maxEntries / 2));
  }

  get(key: string, nowMs: number): T | undefined {
    let entry = this.#young.get(key);
    if (entry === undefined) {
      entry = this.#old.get(key);
      if (entry === undefined) return undefined;
      this.#put(key, entry);
    }
    return entry.expiresMs > nowMs ? entry.value : undefined;
  }

  /** The entry is returned so that its owner can set when it expires once that is known. */
  set(key: string, value: T, expiresMs: number): CacheEntry<T> {
    const entry = { value, expiresMs };
    this.#put(key, entry);
    return entry;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #put(key: string, entry: CacheEntry<T>): void {
    if (this.#young.size >= this.#maxPerGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }
}
