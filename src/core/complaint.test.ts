import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaintText, nearest } from './complaint.ts';

test('nearest() finds what was meant and guesses nothing else', () => {
  const known = ['hostname', 'http', 'listeners', 'database'];
  for (const [word, want] of [
    ['hostnme', 'hostname'],
    ['Listener', 'listeners'],
    ['htpp', 'http'],
    ['colour', undefined],
    ['x'.repeat(10_000), undefined],
  ] as const)
    assert.equal(nearest(word, known), want, word.slice(0, 20));
});

test('complaintText() puts the place first', () => {
  assert.equal(complaintText({ at: 'line 2', text: 'no.' }), 'line 2: no.');
  assert.equal(complaintText({ at: '', text: 'no.' }), 'no.');
});
