/**
 * Sender authentication as one shared step: SPF, DKIM and ARC at the same time, then DMARC over what they found.
 *
 * Each step has its own budget and its own failure: one that throws or is late leaves `temperror` and its mark in
 * `trouble`, and DMARC over such a result is no pass.
 */
import { errorChain } from '#core/errors.ts';
import { verifyArc, type ArcResult } from '#protocol/arc/verify.ts';
import { parseAuthResults } from '#protocol/auth-results/parse.ts';
import { createKeyCache, type KeyCache } from '#protocol/dkim/key-record.ts';
import { verifyDkim, type DkimResult } from '#protocol/dkim/verify.ts';
import { evaluateDmarc, type DmarcResult } from '#protocol/dmarc/evaluate.ts';
import { type Authors, isSingleAuthor, readAuthors } from '#protocol/message/author.ts';
import { checkHost, type SpfResult } from '#protocol/spf/check-host.ts';
import type {
  ArcOutcome,
  Authentication,
  AuthStep,
  DkimOutcome,
  DmarcOutcome,
  IprevOutcome,
  SpfOutcome,
} from './authentication.ts';
import type { CheckInput, InspectDeps } from './check.ts';
import { LATE, within } from './deadlines.ts';

/** RFC 7208 §4.6.4: at least 20 seconds for SPF; the others ask DNS less often. */
const BUDGET_MS = 20_000;

type Log = (check: string, reason: string) => void;

/** Returns the step for an Inspector; keys read once serve every later message. */
export function createAuthenticate(
  onCrash: Log,
): (input: CheckInput, deps: InspectDeps) => Promise<Authentication> {
  const keys = createKeyCache();
  return (input, deps) =>
    input.envelope.direction === 'in' ? authenticate(input, deps, keys, onCrash) : Promise.resolve(NOT_ASKED);
}

async function authenticate(
  input: CheckInput,
  deps: InspectDeps,
  keys: KeyCache,
  onCrash: Log,
): Promise<Authentication> {
  const { envelope, message } = input;
  const { resolver } = deps;
  const nowMs = deps.clock();
  const steps = createSteps(onCrash);
  const signed = { header: message.header, bodyHashes: message.bodyHashes, resolver, nowMs, keys };
  const [spf, dkim, arc] = await Promise.all([
    steps.run('spf', FAILED.spf, async () =>
      spfOutcome(
        await checkHost({
          ip: envelope.peer.ip,
          helo: envelope.helo,
          mailFrom: envelope.mailFrom,
          receiver: deps.hostname,
          resolver,
          nowMs,
        }),
      ),
    ),
    steps.run('dkim', FAILED.dkim, async () => (await verifyDkim(signed)).map(dkimOutcome)),
    steps.run('arc', FAILED.arc, async () => arcOutcome(await verifyArc(signed))),
  ]);
  const dmarc = await steps.run('dmarc', FAILED.dmarc, async () => {
    const authors = readAuthors(message.header);
    // An address that is no domain at all still counts as an author, under a name that can have no policy.
    const authorDomains = authors.addresses.map((a) => a.domain ?? a.address);
    const judged = dmarcOutcome(
      await evaluateDmarc({
        authorDomains,
        fromFields: authors.fromFields,
        spf,
        dkim: dkim.filter(coversWhatIsShown),
        resolver,
      }),
    );
    // Mail programs would show somebody else as well: what was proven is not what is read (RFC 9989 §5.3.1 asks for one author).
    if (judged.result === 'pass' && !isSingleAuthor(authors)) return { ...judged, ...ambiguous(authors) };
    // What SPF or DKIM would have said is unknown, so "fail" would say more than we know.
    const isBlind = steps.trouble.has('spf') || steps.trouble.has('dkim');
    return judged.result === 'fail' && isBlind ? { ...judged, ...UNKNOWN } : judged;
  });
  const iprev: IprevOutcome = {
    result: envelope.peer.name === undefined ? 'fail' : 'pass',
    name: envelope.peer.name,
  };
  return { spf, dkim, arc, dmarc, iprev, trouble: steps.trouble, durationUs: steps.durationUs };
}

/**
 * RFC 6376 §8.2, §8.15: behind a genuine signature that leaves room, anybody can put a body or a second Subject of his
 * own, and send that again. So it proves no author; a list that adds its footer behind `l=` proves none by it either.
 */
function coversWhatIsShown(signature: DkimOutcome): boolean {
  return !signature.partial && signature.unsignedDuplicates.length === 0;
}

function ambiguous(authors: Authors): Pick<DmarcOutcome, 'result' | 'code' | 'reason'> {
  const doubts = authors.defects.map((d) => d.kind).join(', ');
  return {
    result: 'permerror',
    code: 'ambiguous-author',
    reason: `the author can be read in several ways (${doubts})`,
  };
}

const UNKNOWN = {
  result: 'temperror',
  disposition: 'none',
  reason: 'SPF or DKIM could not be judged',
} as const;

type Steps = {
  readonly trouble: ReadonlyMap<AuthStep, 'crashed' | 'timeout'>;
  readonly durationUs: Readonly<Record<AuthStep, number>>;
  readonly run: <T>(step: AuthStep, failed: T, work: () => Promise<T>) => Promise<T>;
};

function createSteps(onCrash: Log): Steps {
  const trouble = new Map<AuthStep, 'crashed' | 'timeout'>();
  const durationUs: Record<AuthStep, number> = { spf: 0, dkim: 0, arc: 0, dmarc: 0, iprev: 0 };
  return {
    trouble,
    durationUs,
    run: async (step, failed, work) => {
      const startedMs = performance.now();
      try {
        const value = await within(work(), BUDGET_MS);
        if (value !== LATE) return value;
        trouble.set(step, 'timeout');
      } catch (error) {
        // Losing the throw is right here: `trouble` turns it into a finding that no policy takes for a pass.
        trouble.set(step, 'crashed');
        onCrash(step, errorChain(error));
      } finally {
        durationUs[step] = Math.round((performance.now() - startedMs) * 1000);
      }
      return failed;
    },
  };
}

const FAILED: { spf: SpfOutcome; dkim: readonly DkimOutcome[]; arc: ArcOutcome; dmarc: DmarcOutcome } = {
  spf: { result: 'temperror', domain: '', scope: 'mfrom', explanation: undefined, detail: undefined },
  dkim: [],
  arc: { result: 'temperror', instances: 0, sealer: undefined, sealedDmarc: undefined, reason: undefined },
  dmarc: {
    result: 'temperror',
    domain: '',
    policyDomain: undefined,
    policy: undefined,
    disposition: 'none',
    alignedBy: [],
    isExplicit: false,
    code: 'dns-failure',
    reason: undefined,
  },
};

/** Outbound mail is ours: nobody is authenticated by DNS, and the sender checks do not apply to it. */
const NOT_ASKED: Authentication = {
  spf: { ...FAILED.spf, result: 'none' },
  dkim: [],
  arc: { ...FAILED.arc, result: 'none' },
  dmarc: { ...FAILED.dmarc, result: 'none' },
  iprev: { result: 'permerror', name: undefined },
  trouble: new Map(),
  durationUs: { spf: 0, dkim: 0, arc: 0, dmarc: 0, iprev: 0 },
};

function spfOutcome(r: SpfResult): SpfOutcome {
  return {
    result: r.result,
    domain: r.domain,
    scope: r.scope === 'helo' ? 'helo' : 'mfrom',
    explanation: r.explanation === '' ? undefined : r.explanation,
    detail: r.reason === '' ? undefined : r.reason,
  };
}

function dkimOutcome(r: DkimResult): DkimOutcome {
  return {
    result: r.result,
    domain: r.domain ?? '',
    selector: r.selector ?? '',
    algorithm: r.algorithm ?? '',
    identity: r.identity,
    bodyHashOk: r.bodyHashOk,
    reason: r.result === 'pass' ? undefined : r.text,
    code: r.reason,
    signaturePrefix: (r.signatureStart ?? '').slice(0, 8),
    partial: r.bodyUncovered > 0,
    unsignedDuplicates: r.unsignedDuplicates,
  };
}

function arcOutcome(r: ArcResult): ArcOutcome {
  const newest = r.sets.at(-1);
  return {
    result: r.result === 'fail' && r.temporary ? 'temperror' : r.result,
    instances: r.instances,
    sealer: newest?.sealer,
    sealedDmarc:
      r.result === 'pass' && newest !== undefined ? sealedDmarc(newest.authenticationResults) : undefined,
    reason: r.result === 'fail' ? r.text : undefined,
  };
}

/** What the newest sealer says that DMARC gave, and for which author; undefined when it does not say so clearly. */
function sealedDmarc(results: string): ArcOutcome['sealedDmarc'] {
  const parsed = parseAuthResults(results);
  const said = parsed.ok ? parsed.value.results.filter((r) => r.method === 'dmarc') : [];
  const [only] = said;
  if (only === undefined || said.length > 1) return undefined;
  const from = only.properties.find((p) => p.type === 'header' && p.property === 'from');
  return { result: only.result, domain: from?.value.slice(from.value.lastIndexOf('@') + 1).toLowerCase() };
}

function dmarcOutcome(r: DmarcResult): DmarcOutcome {
  return {
    result: r.result,
    domain: r.domain,
    policyDomain: r.policyDomain,
    policy: r.policy,
    disposition: r.disposition,
    alignedBy: [
      ...(r.alignedBy.spf ? (['spf'] as const) : []),
      ...(r.alignedBy.dkim.length > 0 ? (['dkim'] as const) : []),
    ],
    isExplicit: r.explicit,
    code: r.reason,
    reason: r.detail === '' ? r.reason : `${r.reason}: ${r.detail}`,
  };
}
