/**
 * Whether the author's domain is proven, and what its owner asks for where it is not (RFC 9989 §5.3).
 *
 * Three things are told apart that a plain "fail" hides: failing an explicit policy, failing where no policy is published
 * but authentication was tried, and failing on a path that breaks it honestly: a seal of somebody we trust, or a mailing
 * list the operator named that signs what it sends.
 *
 * Deviates from RFC 9989 §7.4: mail of a list nobody named is treated as the author's policy asks. The marks of a list are
 * free to anybody, and with a domain of his own he can sign them too; they would turn each p=reject into something milder.
 */
import { assertNever } from '#core/result.ts';
import { fieldLatin1, fieldsNamed } from '#protocol/message/header.ts';
import type { Authentication, DmarcOutcome } from '../authentication.ts';
import type { Check, CheckFinding, InspectDeps, SenderInput } from '../check.ts';
import { inTrouble } from '../trouble.ts';

export const dmarc: Check = {
  name: 'dmarc',
  stage: 'sender',
  timeoutMs: 1_000,
  appliesTo: (envelope) => envelope.direction === 'in',
  run: (input, deps) => [inTrouble(input.auth, 'dmarc') ?? judge(input, deps)],
};

function judge(input: SenderInput, deps: InspectDeps): CheckFinding {
  const { dmarc: d } = input.auth;
  switch (d.result) {
    case 'pass':
      return finding('pass', 'pass', 0, d);
    case 'fail':
      return failed(input, deps, d);
    case 'none':
      return hasFailed(input.auth)
        ? finding('implicit-fail', 'fail', 3, d)
        : finding('none', 'neutral', 1, d);
    case 'temperror':
      return finding('temperror', 'temperror', 0, d);
    case 'permerror':
      // RFC 9989 §5.3.1: without one author domain there is nothing to judge; that is the message's fault, not DNS's.
      if (d.code === 'unusable-record') return finding('permerror', 'permerror', 1, d);
      // Proven for one reading, while programs show another: lists write such names honestly, so it is no refusal by itself.
      if (d.code === 'ambiguous-author') return finding('ambiguous-author', 'permerror', 4, d);
      return finding('no-single-author', 'permerror', 6, d);
    default:
      return assertNever(d.result);
  }
}

function failed(input: SenderInput, deps: InspectDeps, d: DmarcOutcome): CheckFinding {
  const sealer = trustedSeal(input.auth, deps);
  if (sealer !== undefined) return finding('overridden', 'neutral', 0, d, { sealer });
  if (d.disposition === 'none') return finding('fail-none', 'fail', 3, d);
  if (d.disposition === 'quarantine') return finding('fail-quarantine', 'fail', 6, d);
  const list = trustedList(input, deps);
  if (list !== undefined) return finding('fail-reject-indirect', 'fail', 6, d, { list });
  return finding('fail-reject', 'fail', 10, d);
}

/** A sealer we trust who saw DMARC pass for this very author domain before it changed the message. */
function trustedSeal(auth: Authentication, deps: InspectDeps): string | undefined {
  const { result, sealer, sealedDmarc } = auth.arc;
  if (result !== 'pass' || sealer === undefined || !deps.trustedSealers.has(sealer)) return undefined;
  return sealedDmarc?.result === 'pass' && sealedDmarc.domain === auth.dmarc.domain ? sealer : undefined;
}

/** A mailing list (RFC 2919 §3) of a domain the operator trusts, whose own valid signature stands behind its List-Id. */
function trustedList({ auth, message }: SenderInput, deps: InspectDeps): string | undefined {
  const ids = fieldsNamed(message.header, 'list-id');
  const [field] = ids;
  if (field === undefined || ids.length > 1) return undefined;
  const id = /<([^<>]{1,255})>\s*$/
    .exec(fieldLatin1(message.header, field).slice(0, 1000))?.[1]
    ?.toLowerCase();
  if (id === undefined) return undefined;
  return auth.dkim.find(
    (s) => s.result === 'pass' && deps.trustedSealers.has(s.domain) && `.${id}`.endsWith(`.${s.domain}`),
  )?.domain;
}

/** No policy, and what was tried failed: SPF said no, or every signature there is is broken. */
function hasFailed({ spf, dkim }: Authentication): boolean {
  if (dkim.some((s) => s.result === 'pass')) return false;
  return (
    spf.result === 'fail' ||
    spf.result === 'softfail' ||
    (spf.result !== 'pass' && dkim.some((s) => s.result === 'fail'))
  );
}

function finding(
  code: string,
  outcome: CheckFinding['outcome'],
  weight: number,
  d: DmarcOutcome,
  more: CheckFinding['params'] = {},
): CheckFinding {
  return {
    code,
    outcome,
    class: 'auth',
    weight,
    params: {
      domain: d.domain,
      ...(d.policy === undefined ? {} : { policy: d.policy, disposition: d.disposition }),
      ...(d.policyDomain === undefined ? {} : { policyDomain: d.policyDomain }),
      ...(d.alignedBy.length === 0 ? {} : { alignedBy: d.alignedBy.join(' ') }),
      ...(d.reason === undefined ? {} : { reason: d.reason }),
      ...more,
    },
    cites: ['RFC 9989 §5.3.5'],
  };
}
