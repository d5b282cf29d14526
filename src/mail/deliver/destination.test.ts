import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationValue, destinationValue } from '../directory/values.ts';
import { DEFAULT_TREATMENT, treat } from './destination.ts';
import { DEFAULT_SCHEDULE } from './retry.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const hop = { host: 'other.example', port: 2525 };
const rules = (...values: readonly unknown[]): ReadonlyMap<string, DestinationValue> =>
  new Map(values.map((v) => destinationValue.parse(v)).map((v) => [v.name, v]));
const pause = { state: 'pause' };

const states: [string, readonly unknown[], string][] = [
  ['no rule', [], 'go'],
  ['all', [{ name: '*', ...pause }], 'pause'],
  ['the domain', [{ name: 'a.b.c.example', state: 'hold' }], 'hold'],
  ['another domain', [{ name: 'b.example', ...pause }], 'go'],
  ['below a parent', [{ name: '*.c.example', ...pause }], 'pause'],
  [
    'below a near parent',
    [
      { name: '*.b.c.example', ...pause },
      { name: '*.c.example', state: 'hold' },
    ],
    'pause',
  ],
  ['a suffix is no parent', [{ name: '*.xb.c.example', ...pause }], 'go'],
  ['not below itself', [{ name: '*.a.b.c.example', ...pause }], 'go'],
  ['over', [{ name: '*', ...pause, until: '2026-11-21T12:00:00Z' }], 'go'],
  ['not over', [{ name: '*', ...pause, until: '2026-11-21T12:00:01Z' }], 'pause'],
  [
    'over, but a wider one is not',
    [
      { name: 'a.b.c.example', ...pause, until: '2020-01-01T00:00:00Z' },
      { name: '*', state: 'hold' },
    ],
    'hold',
  ],
  [
    'a rule that only limits does not lift a pause',
    [
      { name: 'a.b.c.example', maxConnections: 1 },
      { name: '*', ...pause },
    ],
    'pause',
  ],
  ['elsewhere', [{ name: 'a.b.c.example', state: 'reroute', nextHop: hop }], 'reroute'],
];
for (const [name, values, expected] of states) {
  test(`treat(): the state is that of ${name}`, () =>
    assert.equal(treat(rules(...values), undefined, 'a.b.c.example', NOW).state.kind, expected));
}

test('treat() without rules and settings is the default', () => {
  assert.equal(treat(undefined, undefined, 'a.example', NOW), DEFAULT_TREATMENT);
  const nothing = treat(rules(), {}, 'a.example', NOW);
  assert.deepEqual(nothing, DEFAULT_TREATMENT);
});

test('treat() takes each limit from the most exact rule that names it', () => {
  const t = treat(
    rules(
      { name: '*', maxConnections: 9, messagesPerMinute: 60 },
      { name: '*.b.example', maxConnections: 2 },
    ),
    undefined,
    'a.b.example',
    NOW,
  );
  assert.equal(t.isLimited, true);
  assert.deepEqual([t.limits.maxParallel, t.limits.maxPerMinute], [2, 60]);
});

test('treat() never mixes the source addresses of two rules', () => {
  const all = rules({ name: '*', sourceIp4: '192.0.2.1', sourceIp6: '2001:db8::1', heloName: 'out.example' });
  const settings = { sourceIp4: '192.0.2.9', heloName: 'tenant.example' };
  assert.deepEqual(treat(all, settings, 'a.example', NOW).source, {
    v4: '192.0.2.1',
    v6: '2001:db8::1',
    heloName: 'out.example',
  });
  const exact = rules({ name: '*', sourceIp6: '2001:db8::1' }, { name: 'a.example', sourceIp4: '192.0.2.2' });
  assert.deepEqual(treat(exact, settings, 'a.example', NOW).source, {
    v4: '192.0.2.2',
    v6: undefined,
    heloName: undefined,
  });
  assert.deepEqual(treat(undefined, settings, 'a.example', NOW).source, {
    v4: '192.0.2.9',
    v6: undefined,
    heloName: 'tenant.example',
  });
});

test('treat() takes the schedule of the tenant', () => {
  const t = treat(
    undefined,
    { retryWaitsS: [60], bounceMaxAgeS: 120, delayNoticesS: [600, 60] },
    'a.example',
    NOW,
  );
  assert.deepEqual(t.schedule, { ...DEFAULT_SCHEDULE, waitsS: [60], delayNoticesS: [60, 600] });
  assert.deepEqual([t.bounceSchedule.maxAgeS, t.bounceSchedule.delayNoticesS], [120, []]);
});

const refused: [string, unknown, RegExp][] = [
  ['a reroute to nowhere', { name: 'a.example', state: 'reroute' }, /nextHop/],
  ['a next hop nobody goes to', { name: 'a.example', nextHop: hop }, /nextHop/],
  ['an end of nothing', { name: 'a.example', until: '2026-11-21T12:00:00Z' }, /until/],
  ['a name that is none', { name: '**.example' }, /neither a domain name/],
];
for (const [name, value, sentence] of refused) {
  test(`destinationValue refuses ${name}`, () => {
    const parsed = destinationValue.safeParse(value);
    assert.match(JSON.stringify(parsed.error?.issues), sentence);
  });
}
