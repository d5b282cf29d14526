/** The hosts of a job in the order to try them, with what DNS and MTA-STS say about each. */
import { parseIp } from '#core/ip.ts';
import type { StsAnswer, StsPolicies } from '#platform/mta-sts/policies.ts';
import { type DaneResult, lookupDane } from '#protocol/dane/lookup.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { NextHop } from '../directory/types.ts';
import type { LocalProblem } from './classify.ts';
import { type SelfKnowledge, findMailHosts } from './mx.ts';
import type { DeliveryJob } from './types.ts';

export type Candidate = {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  /** Named by the operator, not by DNS. */
  readonly configured: boolean;
  /** The name is proven: configured, or from a signed answer. */
  readonly secure: boolean;
  readonly dane: () => Promise<DaneResult>;
};

export type Candidates = {
  readonly kind: 'candidates';
  readonly candidates: readonly Candidate[];
  readonly sts: StsAnswer;
};
export type NoCandidates = {
  readonly kind: 'problem';
  readonly problem: LocalProblem;
  readonly detail: string;
};

export type CandidateDeps = {
  readonly resolver: Resolver;
  readonly stsPolicies: StsPolicies;
  readonly self: SelfKnowledge;
  readonly mxPort: number;
  readonly random?: () => number;
};

const NO_STS: StsAnswer = { kind: 'none', why: 'the route is configured' };
const NO_DANE = (why: string): Promise<DaneResult> => Promise.resolve({ kind: 'none', why });

export async function findCandidates(
  job: DeliveryJob,
  deps: CandidateDeps,
): Promise<Candidates | NoCandidates> {
  if (job.route.kind === 'host')
    return { kind: 'candidates', candidates: [configured(job.route, deps)], sts: NO_STS };
  const [found, sts] = await Promise.all([
    findMailHosts(job.domain, deps.resolver, deps.self, deps.random),
    job.route.tls === 'none' ? NO_STS : deps.stsPolicies(job.domain),
  ]);
  if (found.kind === 'problem') return found;
  const candidates = found.hosts.map((host): Candidate => ({
    host: host.name,
    port: deps.mxPort,
    protocol: 'smtp',
    configured: false,
    secure: found.secure,
    // RFC 7672 §2.2.1: no DANE behind an MX answer that is not signed.
    dane: () =>
      found.secure
        ? lookupDane(deps.resolver, host.name, deps.mxPort)
        : NO_DANE('the MX answer is not signed'),
  }));
  return { kind: 'candidates', candidates, sts };
}

function configured(route: NextHop, deps: CandidateDeps): Candidate {
  const { host, port, protocol } = route;
  // DANE may raise an opportunistic route; where the operator has said how to verify, that stands.
  const mayAsk =
    protocol === 'smtp' &&
    (route.tls === 'opportunistic' || route.tls === 'required') &&
    route.fingerprints.length === 0 &&
    parseIp(host) === undefined;
  const dane = (): Promise<DaneResult> =>
    mayAsk ? lookupDane(deps.resolver, host, port) : NO_DANE('the route says how to verify');
  return { host, port, protocol, configured: true, secure: true, dane };
}
