/** Passes on what the block lists said when the client connected (mail/receive asked them), so that policy can count it. */
import type { Check } from '../check.ts';

export const dnsbl: Check = {
  name: 'dnsbl',
  timeoutMs: 1_000,
  appliesTo: (envelope) => envelope.direction === 'in' && envelope.auth === undefined,
  run: (_input, deps) =>
    deps.dnsbl.map((hit) => ({
      code: 'listed',
      outcome: 'fail',
      class: 'spam',
      weight: hit.weight,
      params: { zone: hit.zone, answer: hit.answer },
      // RFC 5782 §2.1: an A record means listed, its last octets say why.
      cites: ['RFC 5782 §2.1'],
    })),
};
