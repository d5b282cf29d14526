/**
 * One limit of one network as a process counts it: alone, or with an allotment of its own and the rest in the shared pool
 * (limit-pool.ts). Between them the processes never grant more than the setting.
 */
import type { Clock } from '#core/time.ts';
import type { SharedPool } from './limit-pool.ts';
import { TokenBucket } from './token-bucket.ts';

/** What may lie unused in other processes, as a part of the setting. */
const SLACK = 0.1;
/** After a "no" the pool is not asked again for so long: a flood must not reach it. */
const PAUSE_MS = 50;

/** A limit that every network of a listener has. */
export type Rule = {
  /** Among the names of the pool. */
  readonly name: string;
  readonly size: number;
  /** What each process spends without asking. */
  readonly own: number;
  /** What then lies in the pool; none where one process counts alone. */
  readonly shared: { readonly pool: SharedPool; readonly size: number } | undefined;
};
export type RateRule = Rule & { readonly periodMs: number; readonly clock: Clock };

/** `slack`: the part of `size` that may lie unused in the other processes. */
function ruleOf(name: string, size: number, slack: number, pool: SharedPool | undefined): Rule {
  if (pool === undefined || pool.processes < 2) return { name, size, own: size, shared: undefined };
  const own = Math.floor((size * slack) / (pool.processes - 1));
  return { name, size, own, shared: { pool, size: size - pool.processes * own } };
}

export const placeRule = (name: string, size: number, pool: SharedPool | undefined): Rule =>
  ruleOf(name, size, SLACK, pool);

export function rateRule(
  name: string,
  size: number,
  periodMs: number,
  clock: Clock,
  pool: SharedPool | undefined,
): RateRule {
  // Half of the slack lies in the allotments, half in pieces that were granted and are not spent yet.
  return { ...ruleOf(name, size, SLACK / 2, pool), periodMs, clock };
}

/** The counts of one network under a rule. */
export class SharedRate {
  readonly #rule: RateRule;
  readonly #network: string;
  readonly #own: TokenBucket;
  /** Granted and not yet spent; at most one piece. */
  #reserve = 0;
  #asking: Promise<void> | undefined;
  #refusedUntilMs = 0;

  constructor(rule: RateRule, network: string) {
    this.#rule = rule;
    this.#network = network;
    this.#own = new TokenBucket(rule.own, rule.periodMs, rule.clock());
  }

  /** Whether one more is within the rate; a size of 0 has no limit. */
  take(): boolean | Promise<boolean> {
    const { size, shared, clock } = this.#rule;
    if (size === 0 || this.#takeHere()) return true;
    return shared !== undefined && clock() >= this.#refusedUntilMs && this.#takeThere(shared);
  }

  #takeHere(): boolean {
    if (this.#own.takeUpTo(1, this.#rule.clock()) === 1) return true;
    if (this.#reserve === 0) return false;
    this.#reserve--;
    return true;
  }

  async #takeThere(shared: NonNullable<Rule['shared']>): Promise<boolean> {
    while (this.#rule.clock() >= this.#refusedUntilMs) {
      this.#asking ??= this.#ask(shared).finally(() => (this.#asking = undefined));
      await this.#asking;
      if (this.#takeHere()) return true;
    }
    return false;
  }

  async #ask({ pool, size }: NonNullable<Rule['shared']>): Promise<void> {
    const { name, own, periodMs, clock } = this.#rule;
    const wanted = Math.max(1, own);
    const ask = { kind: 'rate', name: `${name} ${this.#network}`, size, periodMs, wanted } as const;
    const granted = await pool.take(ask);
    this.#reserve += granted;
    if (granted === 0) this.#refusedUntilMs = clock() + PAUSE_MS;
  }
}

export class SharedPlaces {
  readonly #rule: Rule;
  readonly #network: string;
  #taken = 0;
  #borrowed = 0;

  constructor(rule: Rule, network: string) {
    this.#rule = rule;
    this.#network = network;
  }

  take(): boolean | Promise<boolean> {
    const { own, shared } = this.#rule;
    if (this.#taken >= own) return shared !== undefined && this.#borrow(shared);
    this.#taken++;
    return true;
  }

  async #borrow({ pool, size }: NonNullable<Rule['shared']>): Promise<boolean> {
    if ((await pool.take({ kind: 'place', name: this.#poolName(), size })) === 0) return false;
    this.#borrowed++;
    return true;
  }

  /** What was borrowed goes back first: the others need it, the allotment is ours. */
  giveBack(): void {
    if (this.#borrowed === 0) {
      this.#taken--;
      return;
    }
    this.#borrowed--;
    this.#rule.shared?.pool.giveBack(this.#poolName());
  }

  #poolName(): string {
    return `${this.#rule.name} ${this.#network}`;
  }
}
