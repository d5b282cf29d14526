/** Whether the chain of seals holds (RFC 8617 §5.2), and whether its newest sealer is one we trust. */
import type { ArcOutcome } from '../authentication.ts';
import type { Check, CheckFinding } from '../check.ts';
import { inTrouble } from '../trouble.ts';

const OUTCOME: Readonly<Record<ArcOutcome['result'], CheckFinding['outcome']>> = {
  pass: 'pass',
  // RFC 8617 §5.2: a failed chain is treated like none; it proves nothing against the message.
  fail: 'neutral',
  none: 'neutral',
  temperror: 'temperror',
};

export const arc: Check = {
  name: 'arc',
  stage: 'sender',
  timeoutMs: 1_000,
  appliesTo: (envelope) => envelope.direction === 'in',
  run: ({ auth }, deps) => {
    const trouble = inTrouble(auth, 'arc');
    if (trouble !== undefined) return [trouble];
    const { result, instances, sealer, reason } = auth.arc;
    const isTrusted = result === 'pass' && sealer !== undefined && deps.trustedSealers.has(sealer);
    return [
      {
        code: isTrusted ? 'trusted' : result,
        outcome: OUTCOME[result],
        class: 'auth',
        weight: 0,
        params: {
          instances,
          ...(sealer === undefined ? {} : { sealer }),
          ...(reason === undefined ? {} : { reason }),
        },
        cites: ['RFC 8617 §5.2'],
      },
    ];
  },
};
