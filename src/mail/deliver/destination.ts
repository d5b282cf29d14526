/**
 * How mail to one destination is treated: what the tenant's rules for destinations and its settings say together. Pure;
 * asked before each attempt.
 *
 * Rules are looked up from the most exact name on: the domain, `*.parent` from the nearest parent on, `*`. Each limit and
 * each source address is that of the first rule that names one; the state is the first that is not `normal`, so that
 * pausing `*` pauses everything. Limits of `*` hold for each destination by itself.
 */
import { parentDomain } from '#protocol/address/domain.ts';
import type { NextHop } from '../directory/types.ts';
import type { DestinationValue, TenantSettings } from '../directory/values.ts';
import { BOUNCE_SCHEDULE, DEFAULT_SCHEDULE, type RetrySchedule } from './retry.ts';
import { DEFAULT_SLOTS, type SlotLimits } from './slots.ts';

export type DestinationState =
  | { readonly kind: 'go' }
  /** Nothing is tried until then, or until the rule is gone; the message grows old meanwhile. */
  | { readonly kind: 'pause'; readonly untilMs: number | undefined }
  /** Nothing is tried and the message leaves the queue: somebody will decide. */
  | { readonly kind: 'hold'; readonly rule: string; readonly reason: string | undefined }
  | { readonly kind: 'reroute'; readonly rule: string; readonly route: NextHop };

export type Source = {
  readonly v4: string | undefined;
  readonly v6: string | undefined;
  /** What we call ourselves when sending from these. */
  readonly heloName: string | undefined;
};

export type Treatment = {
  readonly state: DestinationState;
  readonly limits: SlotLimits;
  /** True when a rule of the tenant set the limits, which then count that tenant's mail alone. */
  readonly isLimited: boolean;
  readonly source: Source;
  readonly schedule: RetrySchedule;
  /** For null-sender mail. */
  readonly bounceSchedule: RetrySchedule;
};

export const DEFAULT_TREATMENT: Treatment = {
  state: { kind: 'go' },
  limits: DEFAULT_SLOTS,
  isLimited: false,
  source: { v4: undefined, v6: undefined, heloName: undefined },
  schedule: DEFAULT_SCHEDULE,
  bounceSchedule: BOUNCE_SCHEDULE,
};

/** What holds where nobody said anything, with the installation's own retry schedule. */
export function standardTreatment(schedule: RetrySchedule): Treatment {
  const maxAgeS = Math.min(schedule.maxAgeS, BOUNCE_SCHEDULE.maxAgeS);
  return { ...DEFAULT_TREATMENT, schedule, bounceSchedule: { ...schedule, maxAgeS, delayNoticesS: [] } };
}

export type DestinationRules = ReadonlyMap<string, DestinationValue>;

export function treat(
  rules: DestinationRules | undefined,
  settings: TenantSettings | undefined,
  domain: string,
  nowMs: number,
  standard: Treatment = DEFAULT_TREATMENT,
): Treatment {
  if (rules === undefined && settings === undefined) return standard;
  const mine = rulesFor(rules ?? new Map(), domain);
  const maxParallel = mine.find((r) => r.maxConnections !== undefined)?.maxConnections;
  const maxPerMinute = mine.find((r) => r.messagesPerMinute !== undefined)?.messagesPerMinute;
  return {
    state: stateOf(mine, nowMs),
    limits: {
      ...DEFAULT_SLOTS,
      maxParallel: maxParallel ?? DEFAULT_SLOTS.maxParallel,
      maxPerMinute: maxPerMinute ?? DEFAULT_SLOTS.maxPerMinute,
    },
    isLimited: maxParallel !== undefined || maxPerMinute !== undefined,
    source: sourceOf([...mine, settings ?? {}]),
    schedule: scheduleOf(standard.schedule, settings, settings?.maxAgeS),
    bounceSchedule: {
      ...scheduleOf(standard.bounceSchedule, settings, settings?.bounceMaxAgeS),
      delayNoticesS: [],
    },
  };
}

/** The names under which a rule may speak for a domain, the most exact first. */
export function ruleNamesFor(domain: string): readonly string[] {
  const names = [domain];
  for (let name = parentDomain(domain); name !== ''; name = parentDomain(name)) names.push(`*.${name}`);
  return [...names, '*'];
}

function rulesFor(rules: DestinationRules, domain: string): DestinationValue[] {
  return ruleNamesFor(domain).flatMap((name) => rules.get(name) ?? []);
}

function stateOf(rules: readonly DestinationValue[], nowMs: number): DestinationState {
  const inForce = (r: DestinationValue): boolean =>
    r.state !== 'normal' && (r.until === undefined || Date.parse(r.until) > nowMs);
  const rule = rules.find(inForce);
  if (rule === undefined) return { kind: 'go' };
  if (rule.state === 'hold') return { kind: 'hold', rule: rule.name, reason: rule.reason };
  if (rule.state === 'reroute' && rule.nextHop !== undefined)
    return {
      kind: 'reroute',
      rule: rule.name,
      route: { kind: 'host', ...rule.nextHop, caPem: rule.nextHop.caPem },
    };
  return { kind: 'pause', untilMs: rule.until === undefined ? undefined : Date.parse(rule.until) };
}

/** Addresses of one rule belong together: a family it does not name is not filled in from another. */
function sourceOf(from: readonly Pick<TenantSettings, 'sourceIp4' | 'sourceIp6' | 'heloName'>[]): Source {
  const chosen = from.find((f) => f.sourceIp4 !== undefined || f.sourceIp6 !== undefined);
  const named = chosen ?? from.find((f) => f.heloName !== undefined);
  return { v4: chosen?.sourceIp4, v6: chosen?.sourceIp6, heloName: named?.heloName };
}

function scheduleOf(
  base: RetrySchedule,
  settings: TenantSettings | undefined,
  maxAgeS: number | undefined,
): RetrySchedule {
  return {
    ...base,
    waitsS: settings?.retryWaitsS ?? base.waitsS,
    maxAgeS: maxAgeS ?? base.maxAgeS,
    delayNoticesS: (settings?.delayNoticesS ?? base.delayNoticesS).toSorted((a, b) => a - b),
  };
}
