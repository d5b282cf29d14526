import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageId, TenantId } from '#core/id.ts';
import type { Envelope } from '../envelope.ts';
import type { SpooledMessage } from '../spooled.ts';
import type { Authentication } from './authentication.ts';
import type { Check, CheckFinding, InspectDeps } from './check.ts';
import { inspect, type Inspector } from './run-checks.ts';

const SEEN: CheckFinding = {
  code: 'seen',
  outcome: 'neutral',
  class: 'policy',
  weight: 1,
  params: { n: 1 },
  cites: [],
};
const AUTH = { spf: { result: 'pass' }, durationUs: { spf: 5000 } } as unknown as Authentication;
const ENVELOPE = { id: 'm' as MessageId, tenant: 't' as TenantId, direction: 'in' } as Envelope;
const MESSAGE = {} as SpooledMessage;
const DEPS = {} as InspectDeps;

async function outcomes(checks: readonly Check[], crashes: string[] = []): Promise<string[]> {
  const inspector: Inspector = {
    checks,
    authenticate: () => Promise.resolve(AUTH),
    onCrash: (check, reason) => crashes.push(`${check} ${reason}`),
  };
  const { findings } = await inspect(inspector, ENVELOPE, MESSAGE, DEPS);
  return findings.map((f) => `${f.check}.${f.code} ${f.outcome}`);
}

const cases: readonly { readonly name: string; readonly check: Check; readonly expected: string }[] = [
  {
    name: 'says what it saw',
    check: { name: 'a', timeoutMs: 100, run: () => [SEEN] },
    expected: 'a.seen neutral',
  },
  {
    name: 'says clean for a silent check',
    check: { name: 'a', timeoutMs: 100, run: () => [] },
    expected: 'a.clean pass',
  },
  {
    name: 'turns a throw into crashed',
    check: {
      name: 'a',
      timeoutMs: 100,
      run: () => {
        throw new Error('broken');
      },
    },
    expected: 'a.crashed crashed',
  },
  {
    name: 'turns a rejection into crashed',
    check: { name: 'a', timeoutMs: 100, run: () => Promise.reject(new Error('broken')) },
    expected: 'a.crashed crashed',
  },
  {
    name: 'turns lateness into timeout',
    check: { name: 'a', timeoutMs: 20, run: () => new Promise(() => {}) },
    expected: 'a.timeout timeout',
  },
];
for (const { name, check, expected } of cases)
  test(`inspect() ${name}`, async () => assert.deepEqual(await outcomes([check]), [expected]));

test('inspect() keeps the order of the list and runs sender checks with the authentication', async () => {
  const slow: Check = {
    name: 'slow',
    timeoutMs: 1000,
    run: () => new Promise((resolve) => setTimeout(() => resolve([SEEN]), 10)),
  };
  const sender: Check = {
    name: 'sender',
    stage: 'sender',
    timeoutMs: 1000,
    run: ({ auth }) => [{ ...SEEN, code: auth.spf.result }],
  };
  const skipped: Check = { name: 'skipped', timeoutMs: 1000, appliesTo: () => false, run: () => [SEEN] };
  assert.deepEqual(await outcomes([slow, skipped, sender]), ['slow.seen neutral', 'sender.pass neutral']);
});

test('inspect() tells the reason of a crash to the log and not to the finding', async () => {
  const crashes: string[] = [];
  await outcomes(
    [{ name: 'a', timeoutMs: 10, run: () => Promise.reject(new Error('secret path')) }],
    crashes,
  );
  assert.deepEqual(crashes, ['a Error: secret path']);
});

test('a check that rejects after its time is up is forgotten', async () => {
  const late: Check = {
    name: 'late',
    timeoutMs: 10,
    run: () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('too late')), 120)),
  };
  assert.deepEqual(await outcomes([late]), ['late.timeout timeout']);
  await new Promise((resolve) => setTimeout(resolve, 150));
});

test('inspect() counts the step of authentication as the time of its check', async () => {
  const inspector: Inspector = {
    checks: [{ name: 'spf', stage: 'sender', timeoutMs: 10, run: () => [SEEN] }],
    authenticate: () => Promise.resolve(AUTH),
    onCrash: () => {},
  };
  const { findings } = await inspect(inspector, ENVELOPE, MESSAGE, DEPS);
  assert.ok((findings[0]?.durationUs ?? 0) >= 5000);
});
