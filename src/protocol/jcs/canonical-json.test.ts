import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from './canonical-json.ts';

test('canonicalJson() gives the examples of RFC 8785', () => {
  // RFC 8785 §3.2.2 and §3.2.3
  const value = {
    numbers: [JSON.parse('333333333.33333329') as number, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\u002f',
    literals: [null, true, false],
  };
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  assert.deepEqual(
    Object.values(JSON.parse(canonicalJson(names)) as object).toSorted(),
    [1, 2, 3, 4, 5, 6, 7],
  );
  const order = [...canonicalJson(names).matchAll(/:(\d)/g)].map((m) => m[1]).join('');
  assert.equal(order, '2467153');
});

test('canonicalJson() refuses what is not JSON', () => {
  assert.throws(() => canonicalJson(Number.NaN), RangeError);
  let deep: unknown[] = [];
  for (let i = 0; i < 70; i++) deep = [deep];
  assert.throws(() => canonicalJson(deep as never), RangeError);
});
