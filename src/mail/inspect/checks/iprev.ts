/** Whether the client's address has a name that leads back to it (RFC 8601 §2.7.3); receive looked it up at connect. */
import type { Check } from '../check.ts';

export const iprev: Check = {
  name: 'iprev',
  stage: 'sender',
  timeoutMs: 1_000,
  appliesTo: (envelope) => envelope.direction === 'in',
  run: ({ envelope, auth }) => {
    const { result, name } = auth.iprev;
    return [
      {
        code: result,
        outcome: result === 'pass' ? 'pass' : result === 'fail' ? 'neutral' : result,
        class: 'auth',
        weight: result === 'fail' ? 1 : 0,
        params: { ip: envelope.peer.ip, name: name ?? '' },
        cites: ['RFC 8601 §2.7.3'],
      },
    ];
  },
};
