/**
 * The contract of a check: one question put to one message. A check reads values and returns values; it never sees the
 * policy, never changes the message and never speaks to another check.
 *
 * To add one: a file in checks/ named as the check, its line in checks.ts, its sentences in mail/texts/{en,de,nl}.ts.
 * The file name is the word used in findings, policy, metrics and docs.
 */
import type { Clock } from '#core/time.ts';
import type { ClamdClient } from '#platform/clamd.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import type { SpooledMessage } from '../spooled.ts';
import type { Authentication } from './authentication.ts';

/** What a check says; the runner adds the check's name and how long it took. */
export type CheckFinding = Omit<Finding, 'check' | 'durationUs'>;

export type CheckInput = {
  readonly envelope: Envelope;
  readonly message: SpooledMessage;
};
export type SenderInput = CheckInput & { readonly auth: Authentication };

export type InspectDeps = {
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Our own name, which SPF macros may ask for. */
  readonly hostname: string;
  /** Undefined where no engine is configured: a finding of its own, never silence. */
  readonly clamd: ClamdClient | undefined;
  /** Domains (A-label, lower case) of forwarders and lists: their ARC seal is believed, and their List-Id where they sign. */
  readonly trustedSealers: ReadonlySet<string>;
  /** Weighted DNSBL hits that receive found at connect, if any. */
  readonly dnsbl: readonly DnsblHit[];
};

export type DnsblHit = { readonly zone: string; readonly answer: string; readonly weight: number };

type Common = {
  readonly name: string;
  /** Applies to checks that return a promise; what computes only must be bounded by its own limits. */
  readonly timeoutMs: number;
  readonly appliesTo?: (envelope: Envelope) => boolean;
};

type Answer = Promise<readonly CheckFinding[]> | readonly CheckFinding[];

/** Runs at once, beside sender authentication. */
export type ContentCheck = Common & {
  readonly stage?: 'content';
  readonly run: (input: CheckInput, deps: InspectDeps) => Answer;
};
/** Runs after sender authentication and reads what it learned. */
export type SenderCheck = Common & {
  readonly stage: 'sender';
  readonly run: (input: SenderInput, deps: InspectDeps) => Answer;
};
export type Check = ContentCheck | SenderCheck;
