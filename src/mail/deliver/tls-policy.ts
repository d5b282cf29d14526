/**
 * How safe the transport to one host must be, from everything that has a say: the route, DANE, MTA-STS, REQUIRETLS.
 * Pure: the lookups are done before.
 *
 * DANE goes first, because what it says is signed (RFC 8461 §2: MTA-STS never overrides a failing DANE). The strictest
 * demand wins; nothing here can lower what the operator's route asks for.
 */
import { type Result, err, ok } from '#core/result.ts';
import type { DaneResult } from '#protocol/dane/lookup.ts';
import type { TlsaRecord } from '#protocol/dns/resolver.ts';
import { policyNamesMx } from '#protocol/mta-sts/policy.ts';
import type { StsAnswer } from '#platform/mta-sts/policies.ts';
import type { Route } from '../directory/types.ts';
import type { LocalProblem } from './classify.ts';
import type { SecurityResult } from './types.ts';

export type TlsPlan = {
  readonly policy: SecurityResult['policy'];
  readonly by: SecurityResult['by'];
  /** Sent as SNI. */
  readonly sni: string;
  /** For `verified` and DANE-TA: one of them must be in the certificate. */
  readonly names: readonly string[];
  readonly records: readonly TlsaRecord[];
  readonly fingerprints: readonly string[];
  readonly caPem: string | undefined;
  /** The handshake may fail and the mail go in clear: only where nobody demands TLS. */
  readonly clearAllowed: boolean;
  /** MTA-STS in testing mode: judged and reported, not enforced. */
  readonly stsTesting: boolean;
  readonly dane: string | undefined;
  readonly sts: string | undefined;
};

export type PlanInput = {
  readonly route: Route;
  readonly domain: string;
  readonly host: string;
  /** The host's name is to be trusted: configured, or from a signed MX answer. */
  readonly hostSecure: boolean;
  readonly dane: DaneResult;
  readonly sts: StsAnswer;
  readonly requireTls: boolean;
};

export type PlanRefusal = { readonly problem: LocalProblem; readonly detail: string };

export function planTls(input: PlanInput): Result<TlsPlan, PlanRefusal> {
  const { route, host, dane, sts } = input;
  const fingerprints = route.kind === 'host' ? route.fingerprints : [];
  const base: TlsPlan = {
    policy: 'opportunistic',
    by: 'default',
    sni: host,
    names: [host],
    records: [],
    fingerprints,
    caPem: route.kind === 'host' ? route.caPem : undefined,
    clearAllowed: false,
    stsTesting: false,
    dane: dane.kind === 'none' ? undefined : daneWord(dane),
    sts: sts.kind === 'none' ? undefined : sts.policy.mode,
  };
  if (route.tls === 'none' && !input.requireTls)
    return ok({ ...base, policy: 'none', by: 'route', clearAllowed: true });
  // The operator's own pin says more than anything DNS could.
  if (fingerprints.length > 0) return ok({ ...base, policy: 'pinned', by: 'route' });
  // RFC 7672 §2.1.1: what DNS says could not be learnt, so this host is not used now.
  if (dane.kind === 'error') return err({ problem: 'dns-failed', detail: `TLSA of ${host}: ${dane.detail}` });
  if (dane.kind === 'tlsa' && dane.usable.length > 0) return ok(danePlan(base, dane, input));
  return planWithoutDane(base, input);
}

function daneWord(dane: DaneResult): string {
  if (dane.kind !== 'tlsa') return dane.kind;
  return dane.usable.length > 0 ? 'usable' : 'unusable';
}

function danePlan(
  base: TlsPlan,
  dane: { base: string; usable: readonly TlsaRecord[] },
  input: PlanInput,
): TlsPlan {
  // RFC 7672 §3.2.2: the base name, the host as named, and the domain itself.
  const names = [...new Set([dane.base, input.host, input.domain])];
  return { ...base, policy: 'dane', by: 'dane', sni: dane.base, names, records: dane.usable };
}

function planWithoutDane(base: TlsPlan, input: PlanInput): Result<TlsPlan, PlanRefusal> {
  const { route, sts, host, dane } = input;
  const listed = sts.kind === 'policy' && policyNamesMx(sts.policy, host);
  if (sts.kind === 'policy' && sts.policy.mode === 'enforce') {
    // RFC 8461 §5: a host that the policy does not name gets nothing.
    if (!listed)
      return err({
        problem: 'sts-mismatch',
        detail: `${host} is not named by the policy of ${input.domain}`,
      });
    return ok({ ...base, policy: 'verified', by: 'mta-sts' });
  }
  const stsTesting = sts.kind === 'policy' && sts.policy.mode === 'testing';
  const noted =
    stsTesting && !listed
      ? { ...base, stsTesting, sts: 'testing: host not listed' }
      : { ...base, stsTesting };
  if (input.requireTls) {
    // RFC 8689 §4.2.1: the host's name must itself be proven, by DNSSEC, MTA-STS or our own configuration.
    if (!input.hostSecure && !(stsTesting && listed))
      return err({ problem: 'requiretls-unverifiable', detail: `the name ${host} is not proven` });
    return ok({ ...noted, policy: 'verified', by: 'requiretls' });
  }
  if (route.tls === 'verified') return ok({ ...noted, policy: 'verified', by: 'route' });
  // RFC 7672 §2.2: TLSA records that cannot be used still say that the host speaks TLS.
  if (dane.kind === 'tlsa') return ok({ ...noted, policy: 'required', by: 'dane' });
  if (route.tls === 'required') return ok({ ...noted, policy: 'required', by: 'route' });
  return ok({ ...noted, clearAllowed: true });
}

/** Connections are shared only among plans that ask for the same. */
export function planKey(plan: TlsPlan): string {
  const records = plan.records.map(
    (r) => `${r.usage}${r.selector}${r.matching}${Buffer.from(r.data).toString('base64')}`,
  );
  return [
    plan.policy,
    plan.sni,
    plan.stsTesting,
    plan.names,
    plan.fingerprints,
    records,
    plan.caPem ?? '',
  ].join('|');
}
