/** What the supervisor and a mail process say to each other. */
import type { Ban, PoolAsk } from '#mail/receive/limit-pool.ts';
import type { Config } from './config.ts';

export type ToMail =
  | {
      readonly kind: 'start';
      readonly config: Config;
      readonly url: string;
      /** How many mail processes share the limits, and the bans in force. */
      readonly processes: number;
      readonly bans: readonly Ban[];
    }
  | { readonly kind: 'limit-answer'; readonly question: number; readonly granted: number }
  | { readonly kind: 'ban'; readonly ban: Ban }
  | { readonly kind: 'metrics'; readonly question: number }
  /** Policy and certificates have changed on disk. */
  | { readonly kind: 'reload' }
  | { readonly kind: 'stop' };

export type FromMail =
  | {
      readonly kind: 'ready';
      readonly listeners: readonly {
        readonly name: string;
        readonly kind: string;
        readonly host: string;
        readonly port: number;
      }[];
    }
  /** `complaints` when the configuration is to blame. */
  | { readonly kind: 'failed'; readonly complaints: readonly string[]; readonly text: string }
  | { readonly kind: 'limit-ask'; readonly question: number; readonly ask: PoolAsk }
  | { readonly kind: 'limit-back'; readonly name: string }
  | { readonly kind: 'ban'; readonly ban: Ban }
  | { readonly kind: 'metrics'; readonly question: number; readonly text: string };
