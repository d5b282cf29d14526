import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SLOTS, DestinationSlots, shareOf } from './slots.ts';

const limits = { maxParallel: 2, maxPerMinute: 3, maxWaitMs: 0 };

test('shareOf() never gives out more than there is, and all of it', () => {
  for (const count of [1, 2, 3, 7])
    for (const n of [1, 2, 5, 20])
      for (const destination of ['a.example', 'smtp:h:25', '']) {
        const whole = { ...DEFAULT_SLOTS, maxParallel: n, maxPerMinute: n };
        const shares = Array.from({ length: count }, (_, rank) =>
          shareOf(whole, { rank, of: count }, destination),
        );
        const sum = (pick: (s: typeof whole) => number): number => shares.reduce((t, s) => t + pick(s), 0);
        assert.deepEqual(
          [sum((s) => s.maxParallel), sum((s) => s.maxPerMinute)],
          [n, n],
          `${n} over ${count}`,
        );
      }
  assert.equal(shareOf(DEFAULT_SLOTS, { rank: 0, of: 2 }, 'x').maxPerMinute, Infinity);
});

test('one place for two processes is at another process for another destination', () => {
  const whole = { ...DEFAULT_SLOTS, maxParallel: 1 };
  const ranks = Array.from(
    { length: 40 },
    (_, i) => shareOf(whole, { rank: 0, of: 2 }, `d${i}.example`).maxParallel,
  );
  assert.ok(ranks.includes(0) && ranks.includes(1));
});

test('enter() counts by minute and by what runs, each destination by itself', async () => {
  let nowMs = 0;
  const slots = new DestinationSlots(undefined, () => nowMs);
  const enter = async (name: string) => await slots.enter(name, limits);
  const [first, second] = [await enter('a'), await enter('a')];
  assert.ok(first.kind === 'go' && second.kind === 'go');
  assert.equal((await enter('a')).kind, 'busy', 'two run');
  assert.equal((await enter('b')).kind, 'go');
  first.leave();
  second.leave();
  const third = await enter('a');
  assert.ok(third.kind === 'go');
  third.leave();
  assert.deepEqual(await enter('a'), { kind: 'busy', retryAtMs: 60_000 }, 'three were sent in this minute');
  nowMs = 60_000;
  assert.equal((await enter('a')).kind, 'go');
});

test('enter() leaves a destination to the process that has the place', async () => {
  const slots = new DestinationSlots(
    () => ({ rank: 0, of: 2 }),
    () => 1000,
  );
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => slots.enter(`d${i}.example`, { ...limits, maxParallel: 1 })),
  );
  const busy = answers.find((a) => a.kind === 'busy');
  assert.ok(busy !== undefined && busy.retryAtMs <= 2000, 'soon again, for the other one');
  assert.ok(answers.some((a) => a.kind === 'go'));
});
