/**
 * What is done with a message, decided per recipient by mail/decide. Ordered from mildest to harshest; where two rules
 * speak for one recipient the harsher wins.
 */
import type { ThreatClass } from './finding.ts';

export type Action = 'accept' | 'tag' | 'hold' | 'defer' | 'reject';

export type Reason = {
  /** The policy rule that spoke, by its name in the policy file. */
  readonly rule: string;
  /** The finding it spoke about, as `check.code`; `rule.…` of a rule that asks for none. */
  readonly finding: string;
  /** English sentence; other languages are rendered from the finding. */
  readonly text: string;
};

export type RecipientVerdict = {
  readonly address: string;
  readonly action: Action;
  readonly class: ThreatClass | 'none';
  readonly reasons: readonly Reason[];
  /** For `tag`: text put before the subject, and header fields added. */
  readonly subjectTag: string | undefined;
};

export type Verdict = {
  readonly recipients: readonly RecipientVerdict[];
  /**
   * The one answer the dialogue can give: `defer` when any recipient defers (nothing is taken), `reject` when all reject,
   * else `accept`. A recipient whose `reject` cannot be said because others accept is held, never bounced.
   */
  readonly answer: 'accept' | 'defer' | 'reject';
  readonly class: ThreatClass | 'none';
  readonly reasons: readonly Reason[];
  /** What the policy wants the peer told with a `defer` or `reject`: one line of printable ASCII. */
  readonly reply: string | undefined;
  readonly policyVersion: string;
};
