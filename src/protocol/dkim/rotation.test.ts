import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DkimKeyKind } from './keys.ts';
import { nextRotationStep, type RotatingKey, type RotationPolicy, type RotationStep } from './rotation.ts';

const POLICY: RotationPolicy = { signForMs: 100, publishAheadMs: 10, keepPublishedMs: 20 };

function key(selector: string, over: Partial<RotatingKey>): RotatingKey {
  return {
    selector,
    kind: 'ed25519',
    state: 'published',
    seenInDnsAtMs: undefined,
    createdAtMs: 0,
    signingSinceMs: undefined,
    retiredAtMs: undefined,
    ...over,
  };
}

const signing = key('a', { state: 'signing', seenInDnsAtMs: 0, signingSinceMs: 10 });

test('nextRotationStep() takes each step at its time and waits otherwise', () => {
  const wait = (untilMs: number | undefined, forRecordOf?: string): RotationStep => ({
    step: 'wait',
    untilMs,
    forRecordOf,
  });
  const next = key('b', { createdAtMs: 100, seenInDnsAtMs: 101 });
  const retired = key('z', { state: 'retired', retiredAtMs: 10 });
  const table: readonly [what: string, keys: readonly RotatingKey[], nowMs: number, step: RotationStep][] = [
    ['no key at all', [], 0, { step: 'create', kind: 'ed25519' }],
    ['another kind does not count', [key('r', { kind: 'rsa2048' })], 0, { step: 'create', kind: 'ed25519' }],
    ['made, record not seen', [key('a', {})], 5000, wait(undefined, 'a')],
    ['record seen, not long enough', [key('a', { seenInDnsAtMs: 5 })], 14, wait(15)],
    [
      'record seen long enough',
      [key('a', { seenInDnsAtMs: 5 })],
      15,
      { step: 'sign', selector: 'a', retire: undefined },
    ],
    ['signing, successor not due', [signing], 99, wait(100)],
    ['signing, successor due', [signing], 100, { step: 'create', kind: 'ed25519' }],
    [
      'successor published, not seen: the old one goes on',
      [signing, key('b', { createdAtMs: 100 })],
      9999,
      wait(undefined, 'b'),
    ],
    ['successor seen, old one not over', [signing, next], 109, wait(111)],
    ['successor takes over', [signing, next], 111, { step: 'sign', selector: 'b', retire: 'a' }],
    ['retired, still in queues', [signing, retired], 29, wait(30)],
    ['retired long enough', [signing, retired], 30, { step: 'withdraw', selector: 'z' }],
    ['revoked goes first', [key('x', { state: 'revoked' })], 0, { step: 'withdraw', selector: 'x' }],
  ];
  for (const [what, keys, nowMs, step] of table)
    assert.deepEqual(nextRotationStep(keys, 'ed25519', nowMs, POLICY), step, what);
});

/** Takes each step as the key store and DNS would; a record is seen 3 after it was published. */
function live(kind: DkimKeyKind, untilMs: number): { signedAt: string[]; keys: RotatingKey[] } {
  let keys: RotatingKey[] = [];
  const signedAt: string[] = [];
  const change = (selector: string, over: Partial<RotatingKey>): void => {
    keys = keys.map((k) => (k.selector === selector ? { ...k, ...over } : k));
  };
  for (let nowMs = 0; nowMs < untilMs; nowMs++) {
    for (const k of keys)
      if (k.seenInDnsAtMs === undefined && nowMs >= k.createdAtMs + 3)
        change(k.selector, { seenInDnsAtMs: nowMs });
    const step = nextRotationStep(keys, kind, nowMs, POLICY);
    if (step.step === 'create') keys.push(key(`k${nowMs}`, { kind, createdAtMs: nowMs }));
    if (step.step === 'withdraw') keys = keys.filter((k) => k.selector !== step.selector);
    if (step.step === 'sign') {
      change(step.selector, { state: 'signing', signingSinceMs: nowMs });
      if (step.retire !== undefined) change(step.retire, { state: 'retired', retiredAtMs: nowMs });
    }
    signedAt.push(
      keys
        .filter((k) => k.state === 'signing')
        .map((k) => k.selector)
        .join('+'),
    );
  }
  return { signedAt, keys };
}

test('over many lives one key signs at any time, and old ones go away', () => {
  const { signedAt, keys } = live('rsa2048', 1000);
  assert.ok(signedAt.slice(0, 13).every((s) => s === ''));
  assert.ok(signedAt.slice(13).every((s) => s !== '' && !s.includes('+')));
  assert.ok(new Set(signedAt).size >= 9, 'keys did change');
  assert.ok(keys.length <= 3);
});
