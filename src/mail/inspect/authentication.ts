/**
 * What sender authentication learned about one message, worked out once and shared by every check that asks.
 *
 * Results are the words of the RFCs. A step that crashed or was too slow has the result `temperror` and stands in
 * `trouble`, so that nobody downstream can mistake it for an answer.
 */

import type { DmarcReason } from '#protocol/dmarc/evaluate.ts';

/** RFC 8601 §2.7: the result words of spf, dkim and dmarc that we use. */
export type AuthWord =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'policy'
  | 'temperror'
  | 'permerror';

export type SpfOutcome = {
  readonly result: Exclude<AuthWord, 'policy'>;
  /** The domain checked, A-label, lower case; empty when there was none to check. */
  readonly domain: string;
  /** RFC 7208 §2.4: the MAIL FROM identity, or the HELO identity where the reverse path is null. */
  readonly scope: 'mfrom' | 'helo';
  /** The sentence the domain owner gave for a `fail`, already bounded and printable. */
  readonly explanation: string | undefined;
  readonly detail: string | undefined;
};

export type DkimOutcome = {
  readonly result: Exclude<AuthWord, 'softfail'>;
  /** The `d=` tag. */
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: string;
  /** `i=` as written, or undefined. */
  readonly identity: string | undefined;
  readonly bodyHashOk: boolean | undefined;
  /** A sentence, where it did not pass. */
  readonly reason: string | undefined;
  /** The same as a stable word. */
  readonly code: string;
  /** First characters of `b=`, to tell signatures of one domain apart (RFC 8601 §2.7.1, RFC 6008). */
  readonly signaturePrefix: string;
  /** True when `l=` leaves bytes of the body unsigned. */
  readonly partial: boolean;
  /** Names of signed fields that stand in the message once more, outside the signature; programs may show that one. */
  readonly unsignedDuplicates: readonly string[];
};

export type ArcOutcome = {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror';
  readonly instances: number;
  /** `d=` of the newest seal. */
  readonly sealer: string | undefined;
  /** What a chain that passes says the newest sealer saw of DMARC, and for which author domain. */
  readonly sealedDmarc: { readonly result: string; readonly domain: string | undefined } | undefined;
  readonly reason: string | undefined;
};

export type DmarcOutcome = {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  /** The author domain that was judged; empty when there was no single one. */
  readonly domain: string;
  /** Where the policy record was found, which may be a parent. */
  readonly policyDomain: string | undefined;
  /** The policy that applies to this author domain; undefined when no record was found. */
  readonly policy: 'none' | 'quarantine' | 'reject' | undefined;
  readonly disposition: 'none' | 'quarantine' | 'reject';
  readonly alignedBy: readonly ('spf' | 'dkim')[];
  /** Whether a policy record was found, so that a failure is one of an explicit policy. */
  readonly isExplicit: boolean;
  /** Why, as a stable word and for people. */
  readonly code: DmarcReason | 'ambiguous-author';
  readonly reason: string | undefined;
};

export type IprevOutcome = {
  readonly result: 'pass' | 'fail' | 'temperror' | 'permerror';
  readonly name: string | undefined;
};

export type AuthStep = 'spf' | 'dkim' | 'arc' | 'dmarc' | 'iprev';

export type Authentication = {
  readonly spf: SpfOutcome;
  readonly dkim: readonly DkimOutcome[];
  readonly arc: ArcOutcome;
  readonly dmarc: DmarcOutcome;
  readonly iprev: IprevOutcome;
  readonly trouble: ReadonlyMap<AuthStep, 'crashed' | 'timeout'>;
  readonly durationUs: Readonly<Record<AuthStep, number>>;
};
