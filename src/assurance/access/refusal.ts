/** Why something about rights was not done: an expected outcome, in one sentence for the person who asked. */
import { err } from '#core/result.ts';

export type Refusal = {
  /** `missing`: no such thing (of this tenant). `forbidden`: not for this person. `conflict`: not as things are now. */
  readonly kind: 'missing' | 'forbidden' | 'conflict';
  readonly text: string;
};

export const missing = (what: string) => err<Refusal>({ kind: 'missing', text: `There is no such ${what}.` });
export const forbidden = (text: string) => err<Refusal>({ kind: 'forbidden', text });
export const conflict = (text: string) => err<Refusal>({ kind: 'conflict', text });
