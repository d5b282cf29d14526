/**
 * The MTA-STS policy in force for a domain, now (RFC 8461 §3 and §5).
 *
 * Trust on first use: once a policy has been seen it holds for its max_age even if DNS or the web server goes away, since
 * making them go away is the attack. The store therefore has to outlive the process; the one in memory is for tests.
 */
import { type Result, err } from '#core/result.ts';
import { type Clock, systemClock } from '#core/time.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { type StsPolicy, parseStsPolicy } from '#protocol/mta-sts/policy.ts';
import { parseStsRecord } from '#protocol/mta-sts/record.ts';

export type StoredPolicy = { readonly id: string; readonly policy: StsPolicy; readonly fetchedMs: number };

export type PolicyStore = {
  readonly get: (domain: string) => Promise<StoredPolicy | undefined>;
  readonly put: (domain: string, stored: StoredPolicy) => Promise<void>;
};

export type StsAnswer =
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'policy';
      readonly policy: StsPolicy;
      readonly id: string;
      readonly from: 'fetched' | 'cache';
    };

export type StsPolicies = (domain: string) => Promise<StsAnswer>;

export type StsOptions = {
  readonly resolver: Resolver;
  readonly fetch: (domain: string) => Promise<Result<string, string>>;
  readonly store: PolicyStore;
  readonly clock?: Clock;
};

/** RFC 8461 §3.3: after a failed fetch, not again for at least five minutes. */
const REFETCH_AFTER_MS = 300_000;
const MAX_REMEMBERED_FAILURES = 10_000;

export function createStsPolicies(options: StsOptions): StsPolicies {
  const clock = options.clock ?? systemClock;
  const inFlight = new Map<string, Promise<Result<StoredPolicy, string>>>();
  const failures = new Map<string, { readonly atMs: number; readonly why: string }>();

  const refresh = async (domain: string, id: string): Promise<Result<StoredPolicy, string>> => {
    const failure = failures.get(domain);
    if (failure !== undefined && clock() - failure.atMs < REFETCH_AFTER_MS) return err(failure.why);
    const document = await options.fetch(domain);
    const parsed = document.ok ? parseStsPolicy(document.value) : document;
    if (!parsed.ok) {
      if (failures.size >= MAX_REMEMBERED_FAILURES) failures.clear();
      failures.set(domain, { atMs: clock(), why: parsed.error });
      return parsed;
    }
    failures.delete(domain);
    const stored = { id, policy: parsed.value, fetchedMs: clock() };
    await options.store.put(domain, stored);
    return { ok: true, value: stored };
  };

  /** Mail to one domain comes in bursts; one fetch serves all of it. */
  const refreshOnce = (domain: string, id: string): Promise<Result<StoredPolicy, string>> => {
    let running = inFlight.get(domain);
    if (running === undefined) {
      running = refresh(domain, id).finally(() => inFlight.delete(domain));
      inFlight.set(domain, running);
    }
    return running;
  };

  return async (domain) => {
    const stored = await options.store.get(domain);
    const held =
      stored !== undefined && stored.fetchedMs + stored.policy.maxAgeS * 1000 > clock() ? stored : undefined;
    const txt = await options.resolver.txt(`_mta-sts.${domain}`);
    const id = txt.kind === 'records' ? parseStsRecord(txt.records) : undefined;
    if (id !== undefined && id !== held?.id) {
      const fresh = await refreshOnce(domain, id);
      if (fresh.ok)
        return { kind: 'policy', policy: fresh.value.policy, id: fresh.value.id, from: 'fetched' };
      // RFC 8461 §3.3: what could not be fetched leaves the held policy in force; without one there is none.
      if (held === undefined) return { kind: 'none', why: `the policy could not be fetched: ${fresh.error}` };
    }
    if (held === undefined) return { kind: 'none', why: 'no policy is announced' };
    return { kind: 'policy', policy: held.policy, id: held.id, from: 'cache' };
  };
}

/** A bounded store in memory. */
export function memoryPolicyStore(maxEntries = 10_000): PolicyStore {
  const policies = new Map<string, StoredPolicy>();
  return {
    get: (domain) => Promise.resolve(policies.get(domain)),
    put: (domain, stored) => {
      const oldest = policies.size >= maxEntries ? policies.keys().next().value : undefined;
      if (oldest !== undefined) policies.delete(oldest);
      policies.set(domain, stored);
      return Promise.resolve();
    },
  };
}
