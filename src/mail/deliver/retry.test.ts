import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNCE_SCHEDULE, DEFAULT_SCHEDULE, type RetryInput, decideRetry } from './retry.ts';

const HOUR_MS = 3_600_000;
const input = (more: Partial<RetryInput>): RetryInput => ({
  schedule: { ...DEFAULT_SCHEDULE, jitter: 0 },
  acceptedMs: 0,
  nowMs: 0,
  failures: 1,
  noticesSent: 0,
  retryAtMs: undefined,
  random: () => 0.5,
  ...more,
});

test('waits follow the list and its last entry repeats', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((failures) => {
    const d = decideRetry(input({ failures }));
    return d.kind === 'retry' ? d.atMs / 60_000 : undefined;
  });
  assert.deepEqual(waits, [5, 10, 20, 30, 60, 120, 240, 240, 240]);
});

test('jitter stays within its share', () => {
  for (const [r, minutes] of [
    [0, 4],
    [1, 6],
  ] as const) {
    const d = decideRetry(input({ schedule: DEFAULT_SCHEDULE, random: () => r }));
    assert.deepEqual(d, { kind: 'retry', atMs: minutes * 60_000, sendDelayNotice: false });
  }
});

test('the last try is at the end of the life, and after it nothing', () => {
  const endMs = 120 * HOUR_MS;
  assert.deepEqual(decideRetry(input({ nowMs: endMs - 1000, failures: 40, noticesSent: 1 })), {
    kind: 'retry',
    atMs: endMs,
    sendDelayNotice: false,
  });
  assert.deepEqual(decideRetry(input({ nowMs: endMs })), { kind: 'give-up' });
  assert.deepEqual(decideRetry(input({ nowMs: 24 * HOUR_MS, schedule: BOUNCE_SCHEDULE })), {
    kind: 'give-up',
  });
});

test('a delay notice is due once for each age reached', () => {
  const notice = (more: Partial<RetryInput>): boolean => {
    const d = decideRetry(input(more));
    return d.kind === 'retry' && d.sendDelayNotice;
  };
  assert.equal(notice({ nowMs: 3.9 * HOUR_MS }), false);
  assert.equal(notice({ nowMs: 4 * HOUR_MS }), true);
  assert.equal(notice({ nowMs: 9 * HOUR_MS, noticesSent: 1 }), false);
});

test('a busy destination says when to come again', () => {
  assert.deepEqual(decideRetry(input({ retryAtMs: 42_000 })), {
    kind: 'retry',
    atMs: 42_000,
    sendDelayNotice: false,
  });
});
