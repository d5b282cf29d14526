/**
 * The life of signing keys, as a pure decision: publish → sign → retire → withdraw. What is in the key store and in DNS
 * comes in as values, the one next step goes out; somebody else takes it and asks again.
 *
 * A key signs only after its record was seen in DNS for a while, so that no receiver holds an older answer. It stays
 * published after its last signature, since mail rests in queues (RFC 6376 §3.6.1 speaks of removal as revocation). If
 * anything goes wrong the old key goes on signing: a step that cannot be taken is waited for, never skipped.
 */
import type { DkimKeyKind } from './keys.ts';

export type KeyState = 'published' | 'signing' | 'retired' | 'revoked';

export type RotatingKey = {
  readonly selector: string;
  readonly kind: DkimKeyKind;
  readonly state: KeyState;
  /** When its record was first seen in DNS as it must be; undefined while it was not. */
  readonly seenInDnsAtMs: number | undefined;
  /** When it was made, began to sign, and stopped. */
  readonly createdAtMs: number;
  readonly signingSinceMs: number | undefined;
  readonly retiredAtMs: number | undefined;
};

export type RotationPolicy = {
  /** How long a key signs before the next takes over. */
  readonly signForMs: number;
  /** How long the record must have been seen before the key signs: above the TTL and negative TTL of the zone. */
  readonly publishAheadMs: number;
  /** How long a record stays after the last signature: above the longest queue life of mail. */
  readonly keepPublishedMs: number;
};

const DAY_MS = 86_400_000;
export const ROTATION_POLICY: RotationPolicy = {
  signForMs: 180 * DAY_MS,
  publishAheadMs: 2 * DAY_MS,
  keepPublishedMs: 14 * DAY_MS,
};

export type RotationStep =
  /** Make a key of this kind and publish its record. */
  | { readonly step: 'create'; readonly kind: DkimKeyKind }
  /** Let this key sign; the other of its kind, if any, is retired in the same act. */
  | { readonly step: 'sign'; readonly selector: string; readonly retire: string | undefined }
  /** Take the record out of DNS (or publish it with an empty p=) and destroy the private key. */
  | { readonly step: 'withdraw'; readonly selector: string }
  /** Nothing to do; look again at that time, or when DNS shows the record that is waited for. */
  | { readonly step: 'wait'; readonly untilMs: number | undefined; readonly forRecordOf: string | undefined };

/** The next step for the keys of one domain and one kind; keys of other kinds are not looked at. */
export function nextRotationStep(
  keys: readonly RotatingKey[],
  kind: DkimKeyKind,
  nowMs: number,
  policy: RotationPolicy = ROTATION_POLICY,
): RotationStep {
  const mine = keys.filter((k) => k.kind === kind);
  const withdrawn = mine.find((k) => mayBeWithdrawn(k, nowMs, policy));
  if (withdrawn !== undefined) return { step: 'withdraw', selector: withdrawn.selector };
  const signing = newest(mine.filter((k) => k.state === 'signing'));
  const next = newest(mine.filter((k) => k.state === 'published'));
  if (next === undefined) return withoutSuccessor(mine, signing, kind, nowMs, policy);
  return withSuccessor(next, signing, nowMs, policy);
}

function mayBeWithdrawn(key: RotatingKey, nowMs: number, policy: RotationPolicy): boolean {
  if (key.state === 'revoked') return true;
  return key.state === 'retired' && nowMs >= withdrawalAt(key, policy);
}

/** A retired key without a time of retirement is kept as if it had been retired when it was made. */
function withdrawalAt(key: RotatingKey, policy: RotationPolicy): number {
  return (key.retiredAtMs ?? key.createdAtMs) + policy.keepPublishedMs;
}

function newest(keys: readonly RotatingKey[]): RotatingKey | undefined {
  return keys.toSorted((a, b) => b.createdAtMs - a.createdAtMs)[0];
}

function signsUntil(key: RotatingKey, policy: RotationPolicy): number {
  return (key.signingSinceMs ?? key.createdAtMs) + policy.signForMs;
}

function withoutSuccessor(
  keys: readonly RotatingKey[],
  signing: RotatingKey | undefined,
  kind: DkimKeyKind,
  nowMs: number,
  policy: RotationPolicy,
): RotationStep {
  if (signing === undefined) return { step: 'create', kind };
  // The successor is published ahead, so that it can take over on the day.
  const createAtMs = signsUntil(signing, policy) - policy.publishAheadMs;
  if (nowMs >= createAtMs) return { step: 'create', kind };
  const withdrawals = keys.filter((k) => k.state === 'retired').map((k) => withdrawalAt(k, policy));
  return { step: 'wait', untilMs: Math.min(createAtMs, ...withdrawals), forRecordOf: undefined };
}

function withSuccessor(
  next: RotatingKey,
  signing: RotatingKey | undefined,
  nowMs: number,
  policy: RotationPolicy,
): RotationStep {
  if (next.seenInDnsAtMs === undefined)
    return { step: 'wait', untilMs: undefined, forRecordOf: next.selector };
  // The first key of a domain replaces nothing that a receiver could have cached but its absence; it waits all the same.
  const readyAtMs = next.seenInDnsAtMs + policy.publishAheadMs;
  const dueAtMs = signing === undefined ? readyAtMs : Math.max(readyAtMs, signsUntil(signing, policy));
  if (nowMs < dueAtMs) return { step: 'wait', untilMs: dueAtMs, forRecordOf: undefined };
  return { step: 'sign', selector: next.selector, retire: signing?.selector };
}
