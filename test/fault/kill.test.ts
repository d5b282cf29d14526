/** Three kills at each named point in every run of the tests; `gatehouse bench kill` does 500. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_POINTS } from '#platform/fault-point.ts';
import { benchKill, isGood, judge } from '../../bench/kill.ts';

test('judge() counts lost, cut and unexplained arrivals', () => {
  const promised = new Map(['a', 'b', 'c', 'd'].map((id) => [id, { id, gatewayId: `g-${id}` }]));
  const at = (id: string, atS: number): { id: string; atNs: number; verified: boolean } => ({
    id,
    atNs: atS * 1e9,
    verified: true,
  });
  const arrivals = [at('a', 1), at('b', 10), at('b', 14), at('c', 20), at('c', 21), at('x', 3)];
  const report = judge({ promised }, arrivals, [11e9, 40e9]);
  assert.deepEqual(report, {
    promised: 4,
    arrived: 4,
    lost: ['d (g-d)'],
    cutAttempts: 1,
    unexplained: ['c came 2 times, 0 of them before a kill'],
    unpromisedArrivals: 1,
  });
});

for (const seed of [1, 2, 3])
  test(`kill -9 at every named point under load, seed ${seed}: nothing promised is lost, nothing comes twice unexplained`, async () => {
    const said: string[] = [];
    const kills = Object.keys(FAULT_POINTS).length;
    const report = await benchKill({ kills, seed, say: (line) => said.push(line) });
    assert.ok(isGood(report), `${said.join('\n')}\n${JSON.stringify(report, null, 2)}`);
    assert.ok(report.promised > 50, `only ${report.promised} messages were promised`);
    assert.deepEqual(Object.keys(report.perPoint).toSorted(), Object.keys(FAULT_POINTS).toSorted());
  });
