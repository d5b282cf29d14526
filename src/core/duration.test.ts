import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDurationS, parseDurationS, roughDuration } from './duration.ts';

test('parseDurationS() demands a unit', () => {
  const cases: [string, number | undefined][] = [
    ['90s', 90],
    ['15m', 900],
    [' 4h ', 14_400],
    ['5d', 432_000],
    ['5', undefined],
    ['5w', undefined],
    ['-1m', undefined],
    ['1.5h', undefined],
    ['', undefined],
    ['9999999999s', undefined],
  ];
  assert.deepEqual(
    cases.map(([text]) => parseDurationS(text)),
    cases.map(([, s]) => s),
  );
});

test('formatDurationS() and roughDuration() say it shortly', () => {
  assert.deepEqual([0, 90, 120, 3600, 90_000, 86_400].map(formatDurationS), [
    '0s',
    '90s',
    '2m',
    '1h',
    '25h',
    '1d',
  ]);
  assert.deepEqual([0, 90, 3599.6, 90_061].map(roughDuration), ['0s', '1m 30s', '1h', '1d 1h']);
});
