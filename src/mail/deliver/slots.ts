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

const MAX_WAITING = 1000;
const WINDOW_MS = 60_000;

export class DestinationSlots {
  readonly #lines = new Map<string, Line>();
  readonly #limitsFor: (destination: string) => SlotLimits;
  readonly #clock: Clock;

  constructor(
    limitsFor: (destination: string) => SlotLimits = () => DEFAULT_SLOTS,
    clock: Clock = systemClock,
  ) {
    this.#limitsFor = limitsFor;
    this.#clock = clock;
  }

  async enter(destination: string): Promise<Slot> {
    const limits = this.#limitsFor(destination);
    const line = this.#line(destination);
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
      return this.#go(destination, line);
    }
    if (await this.#wait(line, limits.maxWaitMs)) return this.#go(destination, line);
    line.sentInWindow--;
    this.#forgetIfEmpty(destination, line);
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

  #go(destination: string, line: Line): Slot {
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      const next = line.waiting.shift();
      if (next !== undefined) return next(true);
      line.running--;
      this.#forgetIfEmpty(destination, line);
    };
    return { kind: 'go', leave };
  }

  /** An idle destination is forgotten only when its rate window is over, or the limit could be walked around. */
  #forgetIfEmpty(destination: string, line: Line): void {
    if (line.running > 0 || line.waiting.length > 0) return;
    const limited = this.#limitsFor(destination).maxPerMinute !== Infinity;
    if (!limited || this.#clock() - line.windowStartMs >= WINDOW_MS) this.#lines.delete(destination);
  }
}
