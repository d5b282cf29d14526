/** The two signatures the act station may ask for: DKIM on what we send, ARC on what we changed and pass on. */
import type { Clock } from '#core/time.ts';
import { type ChainResult, sealArc } from '#protocol/arc/seal.ts';
import { readAuthors } from '#protocol/message/author.ts';
import type { ActSettings, EditedMessage } from '../act/plan.ts';
import type { Envelope } from '../envelope.ts';
import { signAs, type Signers } from './signers.ts';

export function signing(signers: Signers, clock: Clock): Pick<ActSettings, 'sign' | 'seal'> {
  return {
    sign: (envelope, edited) => {
      const domain = signingDomain(envelope, edited);
      return domain === undefined ? [] : signAs(signers, envelope.tenant, domain, edited, clock);
    },
    seal: (envelope, edited, results, chain) => seal(signers, envelope, edited, results, chain, clock),
  };
}

/** The author's domain, since only a signature of that domain (or its organisation) helps DMARC (RFC 9989 §4.4.1). */
function signingDomain(envelope: Envelope, edited: EditedMessage): string | undefined {
  const author = readAuthors(edited.header).addresses[0]?.domain;
  if (author !== undefined && author !== '') return author;
  const at = envelope.mailFrom.lastIndexOf('@');
  return at < 0 ? undefined : envelope.mailFrom.slice(at + 1).toLowerCase();
}

/** Seals as the domain that received the message; without a key of its own it is passed on unsealed. */
function seal(
  signers: Signers,
  envelope: Envelope,
  edited: EditedMessage,
  results: string,
  chain: ChainResult,
  clock: Clock,
): readonly Uint8Array[] {
  for (const recipient of envelope.recipients) {
    // RFC 8617 §4.1.3 asks for one algorithm; RSA is the one every verifier knows.
    const key = signers.keysFor(envelope.tenant, recipient.domain).find((k) => k.algorithm === 'rsa-sha256');
    if (key === undefined) continue;
    return sealArc({ ...key, ...edited, authResultsPayload: results, chainResult: chain, nowMs: clock() });
  }
  return [];
}
