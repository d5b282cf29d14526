/** Bytes that mail must not contain and that mail programs read differently: each kind is one finding. */
import type { ByteDefect } from '../../spooled.ts';
import type { Check } from '../check.ts';

/** The rule broken, and how suspicious: a bare line end can hide one message in another, eight bits are only untidy. */
const KINDS: Readonly<
  Record<ByteDefect['kind'], { readonly weight: number; readonly cites: readonly string[] }>
> = {
  'bare-cr': { weight: 4, cites: ['RFC 5321 §2.3.8'] },
  'bare-lf': { weight: 4, cites: ['RFC 5321 §2.3.8'] },
  nul: { weight: 4, cites: ['RFC 5322 §4.1'] },
  'long-line': { weight: 1, cites: ['RFC 5321 §4.5.3.1.6'] },
  'eight-bit': { weight: 0, cites: ['RFC 5321 §2.4'] },
};

export const byteDefects: Check = {
  name: 'byte-defects',
  timeoutMs: 1_000,
  run: ({ envelope, message }) =>
    message.byteDefects
      // RFC 6152 §3: eight bits are in order where BODY=8BITMIME was said; so are lines of any length in BINARYMIME.
      .filter((d) => d.kind !== 'eight-bit' || envelope.body === '7BIT')
      .map((d) => ({
        code: d.kind,
        outcome: KINDS[d.kind].weight >= 4 ? 'fail' : 'neutral',
        class: 'policy',
        weight: KINDS[d.kind].weight,
        params: { at: d.at, count: d.count },
        cites: KINDS[d.kind].cites,
      })),
};
