import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSpan, parseSpans, printSpan } from './span.ts';

test('spans are read as people write them and printed as short as is exact', () => {
  for (const [text, seconds] of [
    ['90s', 90],
    [' 5 M ', 300],
    ['4h', 14_400],
    ['2d', 172_800],
    ['', undefined],
    ['5', undefined],
    ['-5m', undefined],
    ['5 weeks', undefined],
    ['99999999d', undefined],
  ] as const)
    assert.equal(parseSpan(text), seconds, text);
  assert.deepEqual(parseSpans('5m, 1h'), [300, 3600]);
  assert.equal(parseSpans('5m,,1h'), undefined);
  for (const text of ['90s', '5m', '4h', '2d', '36h']) assert.equal(printSpan(parseSpan(text) ?? 0), text);
});
