/** One finding for each DKIM signature (RFC 6376 §6), and one more where a signature leaves part of the body to anybody. */
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

function finding(
  code: string,
  outcome: CheckFinding['outcome'],
  params: CheckFinding['params'],
  cites: readonly string[],
): CheckFinding {
  return { code, outcome, class: 'auth', weight: code === 'partial' ? 2 : 0, params, cites };
}
