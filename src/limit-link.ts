/** A mail process's door to the pool of limits that its parent keeps (mail/receive/limit-pool.ts), over their channel. */
import type { Ban, SharedPool } from '#mail/receive/limit-pool.ts';
import type { FromMail, ToMail } from './mail-ipc.ts';

export type LimitLink = SharedPool & {
  /** What the parent said about limits. */
  readonly hear: (message: ToMail & { kind: 'limit-answer' | 'ban' }) => void;
};

/** Longer than the parent ever needs; past it the answer is no, which the client hears as "later". */
const ANSWER_MS = 5_000;

export function createLimitLink(
  say: (message: FromMail) => void,
  processes: number,
  bans: readonly Ban[],
  answerMs = ANSWER_MS,
): LimitLink {
  const waiting = new Map<number, (granted: number) => void>();
  const listeners = new Map<string, (ban: Ban) => void>();
  let questions = 0;
  return {
    processes,
    take: (ask) => {
      const question = ++questions;
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          // What is granted to nobody goes back when the answer comes.
          waiting.set(question, (granted) => {
            if (granted > 0 && ask.kind === 'place') say({ kind: 'limit-back', name: ask.name });
          });
          resolve(0);
        }, answerMs);
        waiting.set(question, (granted) => {
          clearTimeout(timer);
          resolve(granted);
        });
        say({ kind: 'limit-ask', question, ask });
      });
    },
    giveBack: (name) => say({ kind: 'limit-back', name }),
    ban: (ban) => say({ kind: 'ban', ban }),
    onBan: (listener, hear) => {
      listeners.set(listener, hear);
      for (const ban of bans) if (ban.listener === listener) hear(ban);
    },
    hear: (message) => {
      if (message.kind === 'ban') return listeners.get(message.ban.listener)?.(message.ban);
      waiting.get(message.question)?.(message.granted);
      waiting.delete(message.question);
      return undefined;
    },
  };
}
