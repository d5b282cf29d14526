/** The two signatures the act station may ask for: DKIM on what we send, ARC on what we changed and pass on. */
import type { Clock } from '#core/time.ts';
import { type ChainResult, sealArc } from '#protocol/arc/seal.ts';
import { readAuthors, soleAuthor } from '#protocol/message/author.ts';
import type { Header } from '#protocol/message/header.ts';
import type { ActSettings, EditedMessage } from '../act/plan.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import { signAs, type Signers } from './signers.ts';

export type Signing = Pick<ActSettings, 'sign' | 'seal'> & {
  /** Why an outbound message will leave without our signature; undefined where it gets one. */
  readonly unsigned: (envelope: Envelope, header: Header) => Finding | undefined;
};

export function signing(signers: Signers, clock: Clock): Signing {
  return {
    sign: (envelope, edited) => {
      const domain = signingDomain(edited.header);
      return domain === undefined ? [] : signAs(signers, envelope.tenant, domain, edited, clock);
    },
    unsigned: (envelope, header) =>
      envelope.direction === 'out' ? unsigned(signers, envelope, header) : undefined,
    seal: (envelope, edited, results, chain) => seal(signers, envelope, edited, results, chain, clock),
  };
}

/**
 * The author's domain, since only a signature of that domain (or its organisation) helps DMARC (RFC 9989 §4.4.1). None
 * where readers may see different authors: we would vouch for one of them only.
 */
function signingDomain(header: Header): string | undefined {
  return soleAuthor(readAuthors(header))?.domain;
}

function unsigned(signers: Signers, { tenant }: Envelope, header: Header): Finding | undefined {
  const domain = signingDomain(header);
  if (domain === undefined) return unsignedFinding('', 'it has no single author');
  if (signers.keysFor(tenant, domain).length > 0) return undefined;
  return unsignedFinding(
    domain,
    signers.isWaiting(tenant, domain)
      ? 'the keys are made but not in use before DNS shows them (gatehouse dkim list)'
      : 'there is no key for this domain',
  );
}

function unsignedFinding(domain: string, reason: string): Finding {
  return {
    check: 'dkim-sign',
    code: 'unsigned',
    outcome: 'neutral',
    class: 'auth',
    weight: 0,
    params: { domain, reason },
    cites: [],
    durationUs: 0,
  };
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
