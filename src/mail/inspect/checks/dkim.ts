/**
 * One finding for each DKIM signature (RFC 6376 §6), and one more where a genuine one leaves part of what is shown to
 * anybody; such a signature counts for no author (authenticate.ts).
 */
import type { DkimOutcome } from '../authentication.ts';
import type { Check, CheckFinding } from '../check.ts';
import { inTrouble } from '../trouble.ts';

const OUTCOME: Readonly<Record<DkimOutcome['result'], CheckFinding['outcome']>> = {
  pass: 'pass',
  // RFC 6376 §6.1: a message with a failed signature is to be treated like one without.
  fail: 'neutral',
  policy: 'neutral',
  neutral: 'neutral',
  none: 'neutral',
  temperror: 'temperror',
  permerror: 'permerror',
};

export const dkim: Check = {
  name: 'dkim',
  stage: 'sender',
  timeoutMs: 1_000,
  appliesTo: (envelope) => envelope.direction === 'in',
  run: ({ auth }) => {
    const trouble = inTrouble(auth, 'dkim');
    if (trouble !== undefined) return [trouble];
    if (auth.dkim.length === 0) return [finding('none', 'neutral', {}, ['RFC 6376 §6.1'])];
    return auth.dkim.flatMap((s) => [
      finding(s.result, OUTCOME[s.result], paramsOf(s), ['RFC 6376 §6.1']),
      // RFC 6376 §8.2: with l= whoever passes the message on can add to it.
      ...(s.result === 'pass' && s.partial
        ? [finding('partial', 'neutral', paramsOf(s), ['RFC 6376 §8.2'])]
        : []),
      // RFC 6376 §8.15: a field added above the signed one is what many programs show.
      ...(s.result === 'pass' && s.unsignedDuplicates.length > 0
        ? [finding('unsigned-duplicate', 'neutral', duplicateParams(s), ['RFC 6376 §8.15'])]
        : []),
    ]);
  },
};

function paramsOf(s: DkimOutcome): CheckFinding['params'] {
  return {
    domain: s.domain,
    selector: s.selector,
    algorithm: s.algorithm,
    prefix: s.signaturePrefix,
    ...(s.reason === undefined ? {} : { reason: s.reason, because: s.code }),
  };
}

function duplicateParams(s: DkimOutcome): CheckFinding['params'] {
  return { ...paramsOf(s), fields: s.unsignedDuplicates.join(' ') };
}

const WEIGHTS: Readonly<Record<string, number>> = { partial: 2, 'unsigned-duplicate': 2 };

function finding(
  code: string,
  outcome: CheckFinding['outcome'],
  params: CheckFinding['params'],
  cites: readonly string[],
): CheckFinding {
  return { code, outcome, class: 'auth', weight: WEIGHTS[code] ?? 0, params, cites };
}
