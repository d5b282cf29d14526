/**
 * What the operator has said about destinations: pause, hold, or send elsewhere. Decided before an attempt, from a table
 * that the queue keeps; the first rule that speaks for the destination wins, in the order given.
 */
import type { TenantId } from '#core/id.ts';
import { assertNever } from '#core/result.ts';
import type { Route } from '../directory/types.ts';
import { destinationKey } from './attempt.ts';

export type DestinationRule = {
  readonly id: string;
  /** Undefined speaks for every tenant. */
  readonly tenant: TenantId | undefined;
  /** A domain, `*.domain` for everything below it, a destination key of a next hop, or `*`. */
  readonly destination: string;
  readonly untilMs: number | undefined;
  readonly reason: string;
  readonly what:
    /** Nothing is tried until then or until the rule is gone; the message ages on. */
    | { readonly kind: 'pause' }
    /** Nothing is tried and the message does not age: the operator will decide. */
    | { readonly kind: 'hold' }
    | { readonly kind: 'reroute'; readonly route: Route };
};

export type DestinationDecision =
  | { readonly kind: 'go'; readonly route: Route; readonly rule: DestinationRule | undefined }
  | { readonly kind: 'pause'; readonly untilMs: number | undefined; readonly rule: DestinationRule }
  | { readonly kind: 'hold'; readonly rule: DestinationRule };

export type DestinationQuestion = {
  readonly tenant: TenantId;
  readonly domain: string;
  readonly route: Route;
  readonly nowMs: number;
};

/** How the queue hands over the rules in force. */
export type DestinationRules = () => readonly DestinationRule[];

export function decideDestination(
  rules: readonly DestinationRule[],
  q: DestinationQuestion,
): DestinationDecision {
  const rule = rules.find((r) => speaksFor(r, q));
  if (rule === undefined) return { kind: 'go', route: q.route, rule: undefined };
  const { what } = rule;
  switch (what.kind) {
    case 'pause':
      return { kind: 'pause', untilMs: rule.untilMs, rule };
    case 'hold':
      return { kind: 'hold', rule };
    case 'reroute':
      return { kind: 'go', route: what.route, rule };
  }
  return assertNever(what);
}

function speaksFor(rule: DestinationRule, q: DestinationQuestion): boolean {
  if (rule.tenant !== undefined && rule.tenant !== q.tenant) return false;
  if (rule.untilMs !== undefined && rule.untilMs <= q.nowMs) return false;
  const { destination } = rule;
  if (destination === '*' || destination === q.domain || destination === destinationKey(q)) return true;
  return destination.startsWith('*.') && q.domain.endsWith(destination.slice(1));
}
