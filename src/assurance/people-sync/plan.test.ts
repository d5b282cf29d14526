import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Known, planPeople, tooMuchVanishes } from './plan.ts';
import type { DirectoryPerson } from './read-directory.ts';

const there = (n: number, change: Partial<DirectoryPerson> = {}): DirectoryPerson => ({
  externalId: `e${n}`,
  dn: `uid=${n}`,
  email: `p${n}@here.example`,
  name: `P ${n}`,
  language: 'en',
  ...change,
});
const ours = (n: number, change: Partial<Known> = {}): Known => {
  const { dn: _, ...rest } = there(n);
  return { ...rest, id: `id${n}`, state: 'active', ...change };
};

test('planPeople() adds, changes, suspends and takes back', () => {
  const plan = planPeople(
    [ours(1), ours(2), ours(3), ours(4, { state: 'suspended' }), ours(5, { state: 'suspended' })],
    [there(1), there(2, { name: 'Another' }), there(4), there(6)],
  );
  assert.deepEqual(
    {
      add: plan.add.map((p) => p.externalId),
      change: plan.change.map((c) => c.known.id),
      reactivate: plan.reactivate.map((k) => k.id),
      suspend: plan.suspend.map((k) => k.id),
    },
    { add: ['e6'], change: ['id2'], reactivate: ['id4'], suspend: ['id3'] },
  );
});

test('tooMuchVanishes(): one leaver always may, an empty directory never, else the share counts', () => {
  const staff = Array.from({ length: 20 }, (_, i) => ours(i));
  const rest = (n: number) => Array.from({ length: n }, (_, i) => there(i));
  for (const [known, left, maxPercent, stops] of [
    [staff, 20, 10, false],
    [staff, 18, 10, false],
    [staff, 17, 10, true],
    [staff, 19, 0, false],
    [staff, 18, 0, true],
    [staff, 1, 100, false],
    [staff, 0, 100, true],
    [[ours(1)], 0, 100, true],
    [[], 0, 10, false],
    [staff.slice(0, 3), 2, 10, false],
  ] as const)
    assert.equal(
      tooMuchVanishes(known, rest(left), known.length - left, maxPercent) !== undefined,
      stops,
      `${known.length} → ${left} at ${maxPercent} %`,
    );
});
