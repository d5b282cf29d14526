/**
 * A policy: ordered rules that say what is done about what was found.
 *
 * For each recipient and each finding, the first rule that fits decides what this finding asks for; over all findings the
 * harshest action wins. So order only settles exceptions for one finding (put the narrow rule first), and one more finding
 * can never make a verdict milder. A rule without `finding`, `outcome` or `class` fits every finding, and also the message
 * itself when nothing was found.
 */
import type { Direction } from '../envelope.ts';
import type { Outcome, ThreatClass } from '../finding.ts';
import type { Action } from '../verdict.ts';

/** `check.code`; `*` for either half, and a code may end in `*`. */
export type FindingPattern = { readonly check: string; readonly code: string; readonly isPrefix: boolean };

/** Each list means "any of"; all lists present must fit. */
export type Conditions = {
  readonly finding: readonly FindingPattern[] | undefined;
  readonly outcome: readonly Outcome[] | undefined;
  readonly class: readonly ThreatClass[] | undefined;
  readonly direction: Direction | undefined;
  /** Domain of the reverse path: said by the peer, proven by nobody. `*.d` means the subdomains of d. */
  readonly senderDomain: readonly string[] | undefined;
  /** The author domain, only where DMARC passed: the one to make exceptions by. */
  readonly authenticatedDomain: readonly string[] | undefined;
  readonly recipient: readonly string[] | undefined;
  readonly recipientDomain: readonly string[] | undefined;
  readonly listener: readonly string[] | undefined;
  /** Fits when the weights of all findings add up to at least this. */
  readonly minWeight: number | undefined;
};

export type Rule = {
  readonly name: string;
  readonly when: Conditions;
  readonly action: Action;
  readonly tag: string | undefined;
  readonly reply: string | undefined;
};

export type Policy = {
  readonly rules: readonly Rule[];
  /** First 16 hex digits of the SHA-256 of the file: the same text is the same version everywhere. */
  readonly version: string;
};

/** From mildest to harshest; the index is how actions are compared. */
export const ACTIONS: readonly Action[] = ['accept', 'tag', 'hold', 'defer', 'reject'];
export const OUTCOMES: readonly Outcome[] = [
  'pass',
  'fail',
  'neutral',
  'temperror',
  'permerror',
  'crashed',
  'timeout',
];
export const CLASSES: readonly ThreatClass[] = [
  'spam',
  'graymail',
  'phish',
  'impersonation',
  'malware',
  'policy',
  'auth',
];
