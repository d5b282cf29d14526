/**
 * When to try again, when to say so to the sender, when to give up. Pure: the queue stores what comes out.
 *
 * A schedule is a list of waits; its last one repeats until the message is too old (RFC 5321 §4.5.4.1: at least half an
 * hour between tries as a rule, at least four to five days in all).
 */
export type RetrySchedule = {
  /** Seconds to wait after the first, second, … failure; the last one repeats. */
  readonly waitsS: readonly number[];
  /** Spread of each wait, 0 to 1, so that a burst does not come back as a burst. */
  readonly jitter: number;
  /** After this the sender is told that the message failed. */
  readonly maxAgeS: number;
  /** Ages at which the sender is told that the message is late; sorted. */
  readonly delayNoticesS: readonly number[];
};

const MINUTE = 60;
const HOUR = 3600;

export const DEFAULT_SCHEDULE: RetrySchedule = {
  // The first wait is short, for greylisting.
  waitsS: [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
  jitter: 0.2,
  maxAgeS: 5 * 24 * HOUR,
  delayNoticesS: [4 * HOUR],
};

/** Null-sender mail has nobody to tell and is given up sooner. */
export const BOUNCE_SCHEDULE: RetrySchedule = { ...DEFAULT_SCHEDULE, maxAgeS: 24 * HOUR, delayNoticesS: [] };

export type RetryInput = {
  readonly schedule: RetrySchedule;
  /** When responsibility became ours. */
  readonly acceptedMs: number;
  readonly nowMs: number;
  /** Failed tries so far, this one included. */
  readonly failures: number;
  /** Delay notices already sent. */
  readonly noticesSent: number;
  /** From the attempt: not before this. */
  readonly retryAtMs: number | undefined;
  readonly random: () => number;
};

export type RetryDecision =
  | { readonly kind: 'retry'; readonly atMs: number; readonly sendDelayNotice: boolean }
  | { readonly kind: 'give-up' };

export function decideRetry(input: RetryInput): RetryDecision {
  const { schedule, acceptedMs, nowMs } = input;
  const endMs = acceptedMs + schedule.maxAgeS * 1000;
  if (nowMs >= endMs) return { kind: 'give-up' };
  const sendDelayNotice = noticeIsDue(input);
  if (input.retryAtMs !== undefined && input.retryAtMs > nowMs)
    return { kind: 'retry', atMs: Math.min(input.retryAtMs, endMs), sendDelayNotice };
  const last = schedule.waitsS.length - 1;
  const waitS = schedule.waitsS[Math.min(Math.max(0, input.failures - 1), last)] ?? 30 * MINUTE;
  const spread = 1 + schedule.jitter * (2 * input.random() - 1);
  // One last try right at the end rather than a message that dies between two tries.
  const atMs = Math.min(nowMs + Math.max(1000, waitS * 1000 * spread), endMs);
  return { kind: 'retry', atMs: Math.round(atMs), sendDelayNotice };
}

function noticeIsDue(input: RetryInput): boolean {
  const ageS = (input.nowMs - input.acceptedMs) / 1000;
  const due = input.schedule.delayNoticesS.filter((s) => s <= ageS).length;
  return due > input.noticesSent;
}
