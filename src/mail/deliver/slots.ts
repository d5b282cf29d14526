/**
 * How much a destination is given at once: so many transactions in parallel, so many messages a minute. A place is had at
 * once, after a short wait in line, or not now: the caller then hands the job back with the time to come again.
 */
import { type Clock, systemClock } from '#core/time.ts';

export type SlotLimits = {
  readonly maxParallel: number;
  /** Infinity for no limit. */
  readonly maxPerMinute: number;
  /** How long one may stand in line. */
  readonly maxWaitMs: number;
};

export const DEFAULT_SLOTS: SlotLimits = { maxParallel: 20, maxPerMinute: Infinity, maxWaitMs: 5_000 };

export type Slot =
  | { readonly kind: 'go'; readonly leave: () => void }
  | { readonly kind: 'busy'; readonly retryAtMs: number };

type Line = {
  running: number;
  readonly waiting: ((go: boolean) => void)[];
  windowStartMs: number;
  sentInWindow: number;
};

/** Which of the processes that deliver this one is, from 0, and how many there are. */
export type Share = { readonly rank: number; readonly of: number };
const ALONE: Share = { rank: 0, of: 1 };
/** A job that is not this process's to do: soon again, so that another takes it. */
const OTHERS_TURN_MS = 250;

/**
 * A limit is divided without remainder, so that all processes together never exceed it: the first few of them, counted
 * from another one for each destination, get one more. Where there are fewer places than processes some get none.
 */
export function shareOf(whole: SlotLimits, share: Share, destination: string): SlotLimits {
  if (share.of <= 1) return whole;
  const place = (share.rank + spread(destination)) % share.of;
  const part = (n: number): number =>
    n === Infinity ? n : Math.floor(n / share.of) + (place < n % share.of ? 1 : 0);
  return { ...whole, maxParallel: part(whole.maxParallel), maxPerMinute: part(whole.maxPerMinute) };
}

function spread(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) >>> 0;
  return hash;
}

const MAX_WAITING = 1000;
const WINDOW_MS = 60_000;

export class DestinationSlots {
  readonly #lines = new Map<string, Line>();
  readonly #share: () => Share;
  readonly #clock: Clock;

  constructor(share: () => Share = () => ALONE, clock: Clock = systemClock) {
    this.#share = share;
    this.#clock = clock;
  }

  /** `limits` are those of the whole installation; this process takes its share of them. */
  async enter(destination: string, whole: SlotLimits = DEFAULT_SLOTS): Promise<Slot> {
    const limits = shareOf(whole, this.#share(), destination);
    const line = this.#line(destination);
    if (limits.maxParallel <= 0 || limits.maxPerMinute <= 0)
      return { kind: 'busy', retryAtMs: this.#clock() + OTHERS_TURN_MS };
    const nowMs = this.#clock();
    if (nowMs - line.windowStartMs >= WINDOW_MS) {
      line.windowStartMs = nowMs;
      line.sentInWindow = 0;
    }
    if (line.sentInWindow >= limits.maxPerMinute)
      return { kind: 'busy', retryAtMs: line.windowStartMs + WINDOW_MS };
    line.sentInWindow++;
    if (line.running < limits.maxParallel) {
      line.running++;
      return this.#go(destination, line, limits);
    }
    if (await this.#wait(line, limits.maxWaitMs)) return this.#go(destination, line, limits);
    line.sentInWindow--;
    this.#forgetIfEmpty(destination, line, limits);
    return { kind: 'busy', retryAtMs: this.#clock() + limits.maxWaitMs };
  }

  #line(destination: string): Line {
    let line = this.#lines.get(destination);
    if (line === undefined) {
      line = { running: 0, waiting: [], windowStartMs: this.#clock(), sentInWindow: 0 };
      this.#lines.set(destination, line);
    }
    return line;
  }

  /** Resolves true when someone who left handed over their place. */
  #wait(line: Line, maxWaitMs: number): Promise<boolean> {
    if (line.waiting.length >= MAX_WAITING || maxWaitMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        line.waiting.splice(line.waiting.indexOf(turn), 1);
        resolve(false);
      }, maxWaitMs);
      const turn = (go: boolean): void => {
        clearTimeout(timer);
        resolve(go);
      };
      line.waiting.push(turn);
    });
  }

  #go(destination: string, line: Line, limits: SlotLimits): Slot {
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      const next = line.waiting.shift();
      if (next !== undefined) return next(true);
      line.running--;
      this.#forgetIfEmpty(destination, line, limits);
    };
    return { kind: 'go', leave };
  }

  /** An idle destination is forgotten only when its rate window is over, or the limit could be walked around. */
  #forgetIfEmpty(destination: string, line: Line, limits: SlotLimits): void {
    if (line.running > 0 || line.waiting.length > 0) return;
    const limited = limits.maxPerMinute !== Infinity;
    if (!limited || this.#clock() - line.windowStartMs >= WINDOW_MS) this.#lines.delete(destination);
  }
}
