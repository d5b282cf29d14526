/**
 * A finding: what one check saw, in a form that a policy can match, a person can read and an auditor can follow.
 *
 * `check` is the file name of the check and stays the same word in policy, metrics, docs and `gatehouse explain`. `code`
 * names what was seen; the sentence for people is made from `check.code` and `params` by mail/texts/*.
 */
export type Outcome = 'pass' | 'fail' | 'neutral' | 'temperror' | 'permerror' | 'crashed' | 'timeout';

/** Threat classes are kept apart, because who may release what depends on them. */
export type ThreatClass = 'spam' | 'graymail' | 'phish' | 'impersonation' | 'malware' | 'policy' | 'auth';

export type Finding = {
  readonly check: string;
  readonly code: string;
  readonly outcome: Outcome;
  readonly class: ThreatClass;
  /** Points towards "unwanted"; negative speaks for the message; 0 informs only. */
  readonly weight: number;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Standards the finding rests on, as `RFC 7208 §4.6.4`. */
  readonly cites: readonly string[];
  /** How long the check took; several findings of one check share it. */
  readonly durationUs: number;
};
