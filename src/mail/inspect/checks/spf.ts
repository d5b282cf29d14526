/** Whether the client may send for the domain of the reverse path, or of its HELO name (RFC 7208). */
import type { SpfOutcome } from '../authentication.ts';
import type { Check, CheckFinding } from '../check.ts';
import { inTrouble } from '../trouble.ts';

/** RFC 7208 §8: what each result says, as a finding's outcome and weight. */
const MEANING: Readonly<Record<SpfOutcome['result'], readonly [CheckFinding['outcome'], number]>> = {
  pass: ['pass', 0],
  fail: ['fail', 3],
  softfail: ['neutral', 1],
  neutral: ['neutral', 0],
  none: ['neutral', 0],
  temperror: ['temperror', 0],
  permerror: ['permerror', 1],
};

export const spf: Check = {
  name: 'spf',
  stage: 'sender',
  timeoutMs: 1_000,
  appliesTo: (envelope) => envelope.direction === 'in',
  run: ({ envelope, auth }) => {
    const trouble = inTrouble(auth, 'spf');
    if (trouble !== undefined) return [trouble];
    const { result, domain, scope, explanation } = auth.spf;
    const [outcome, weight] = MEANING[result];
    return [
      {
        code: result,
        outcome,
        class: 'auth',
        weight,
        params: {
          ip: envelope.peer.ip,
          domain,
          scope,
          ...(explanation === undefined ? {} : { explanation }),
        },
        cites: ['RFC 7208 §8'],
      },
    ];
  },
};
