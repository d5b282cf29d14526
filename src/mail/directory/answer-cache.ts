/**
 * Remembers what LDAP and callouts said about a recipient: bounded in entries, each with its own end, and one question at a
 * time per address. While the source is away an old "known" still counts, for refusing a person for our own trouble's sake
 * would lose mail; an old "unknown" does not, since the person may have come meanwhile.
 */
import type { Clock } from '#core/time.ts';

export type SourceAnswer =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable'; readonly detail: string };

export type AnswerTimes = {
  readonly knownMs: number;
  readonly unknownMs: number;
  /** How long after its end a "known" still serves while the source is away. */
  readonly staleMs: number;
};

type Entry = { readonly answer: SourceAnswer; readonly untilMs: number };

export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<SourceAnswer>>();
  readonly #maxEntries: number;
  readonly #now: Clock;

  constructor(maxEntries: number, now: Clock) {
    this.#maxEntries = maxEntries;
    this.#now = now;
  }

  async ask(key: string, times: AnswerTimes, source: () => Promise<SourceAnswer>): Promise<SourceAnswer> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#now() < entry.untilMs) return entry.answer;
    const running = this.#asking.get(key);
    if (running !== undefined) return await running;
    const question = this.#learn(key, times, source, entry);
    this.#asking.set(key, question);
    try {
      return await question;
    } finally {
      this.#asking.delete(key);
    }
  }

  /** What the directory says has changed: old answers may be of another source. */
  clear(): void {
    this.#entries.clear();
  }

  async #learn(
    key: string,
    times: AnswerTimes,
    source: () => Promise<SourceAnswer>,
    old: Entry | undefined,
  ): Promise<SourceAnswer> {
    const answer = await source();
    if (answer.kind === 'unavailable') {
      const isUsable = old?.answer.kind === 'known' && this.#now() < old.untilMs + times.staleMs;
      return isUsable ? old.answer : answer;
    }
    this.#entries.delete(key);
    if (this.#entries.size >= this.#maxEntries) this.#dropOldest();
    const forMs = answer.kind === 'known' ? times.knownMs : times.unknownMs;
    this.#entries.set(key, { answer, untilMs: this.#now() + forMs });
    return answer;
  }

  #dropOldest(): void {
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
