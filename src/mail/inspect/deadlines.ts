/**
 * Time budgets for many waits with one timer: a tick that exists only while somebody waits. A timer per check and message
 * would cost more than most checks. Budgets are kept to the tick, which is fine for limits of seconds.
 */

const TICK_MS = 50;

export const LATE: unique symbol = Symbol('late');

type Wait = { readonly atMs: number; readonly fire: () => void };

const waits = new Set<Wait>();
let timer: NodeJS.Timeout | undefined;

function tick(): void {
  const nowMs = performance.now();
  for (const wait of waits) {
    if (wait.atMs > nowMs) continue;
    waits.delete(wait);
    wait.fire();
  }
  if (waits.size === 0) {
    clearInterval(timer);
    timer = undefined;
  }
}

/**
 * The value of `promise`, or `LATE` once `budgetMs` have passed. A promise that is given up on may still settle; its
 * rejection is then of no interest to anybody and is swallowed here.
 */
export function within<T>(promise: Promise<T>, budgetMs: number): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const wait = { atMs: performance.now() + budgetMs, fire: () => resolve(LATE) };
    waits.add(wait);
    timer ??= setInterval(tick, TICK_MS);
    promise.then(
      (value) => {
        waits.delete(wait);
        resolve(value);
      },
      (error: unknown) => {
        waits.delete(wait);
        reject(error);
      },
    );
  });
}
