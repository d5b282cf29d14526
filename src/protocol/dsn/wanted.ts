/** Who is told what about a delivery (RFC 3461 §4.1, §5.2). */
import type { DsnAction } from './texts.ts';

export type Notify = 'never' | readonly ('success' | 'failure' | 'delay')[] | undefined;

const WORD = { failed: 'failure', delayed: 'delay', delivered: 'success', relayed: 'success' } as const;

/** Whether the sender is to hear of it. The null sender never is: that is how mail loops begin (RFC 5321 §4.5.5). */
export function wantsReport(mailFrom: string, notify: Notify, action: DsnAction): boolean {
  if (mailFrom === '' || notify === 'never') return false;
  // RFC 3461 §5.2.7: who said nothing hears of failures; a word about long delays is allowed and kind.
  if (notify === undefined) return action === 'failed' || action === 'delayed';
  return notify.includes(WORD[action]);
}
