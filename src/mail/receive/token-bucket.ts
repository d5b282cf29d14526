/** A rate: a burst of one period's worth is fine, a steady excess is not. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;
  readonly #size: number;
  readonly #perMs: number;

  constructor(size: number, periodMs: number, nowMs: number) {
    this.#size = size;
    this.#perMs = size / periodMs;
    this.#tokens = size;
    this.#atMs = nowMs;
  }

  /** As many of `wanted` as there are, whole tokens. */
  takeUpTo(wanted: number, nowMs: number): number {
    this.#tokens = Math.min(this.#size, this.#tokens + Math.max(0, nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    const taken = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= taken;
    return taken;
  }
}
