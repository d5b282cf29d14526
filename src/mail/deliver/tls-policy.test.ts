/** Which demand wins, over everything that has a say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DaneResult } from '#protocol/dane/lookup.ts';
import type { StsAnswer } from '#platform/mta-sts/policies.ts';
import type { TlsDemand } from '../directory/types.ts';
import { type PlanInput, planTls } from './tls-policy.ts';

const record = { usage: 3, selector: 1, matching: 1, data: new Uint8Array(32) };
const dane: Readonly<Record<string, DaneResult>> = {
  none: { kind: 'none', why: '' },
  error: { kind: 'error', detail: 'servfail' },
  usable: { kind: 'tlsa', base: 'mx.example', usable: [record] },
  unusable: { kind: 'tlsa', base: 'mx.example', usable: [] },
};
const policy = (mode: 'enforce' | 'testing', mx: string): StsAnswer => ({
  kind: 'policy',
  id: '1',
  from: 'cache',
  policy: { mode, mx: [mx], maxAgeS: 1 },
});
const sts: Readonly<Record<string, StsAnswer>> = {
  none: { kind: 'none', why: '' },
  enforce: policy('enforce', 'mx.example'),
  'enforce-other': policy('enforce', 'other.example'),
  testing: policy('testing', 'mx.example'),
  'testing-other': policy('testing', 'other.example'),
};

/** route tls, dane, sts, REQUIRETLS, name proven → plan or refusal */
const table: readonly [TlsDemand, string, string, boolean, boolean, string][] = [
  ['opportunistic', 'none', 'none', false, false, 'opportunistic by default, clear allowed'],
  ['none', 'none', 'none', false, false, 'none by route, clear allowed'],
  ['none', 'usable', 'enforce', true, true, 'dane by dane'],
  ['required', 'none', 'none', false, false, 'required by route'],
  ['verified', 'none', 'none', false, false, 'verified by route'],
  ['opportunistic', 'usable', 'none', false, true, 'dane by dane'],
  // RFC 8461 §2: MTA-STS never overrides DANE.
  ['opportunistic', 'usable', 'enforce-other', false, true, 'dane by dane'],
  ['opportunistic', 'unusable', 'none', false, true, 'required by dane'],
  ['verified', 'unusable', 'none', false, true, 'verified by route'],
  ['opportunistic', 'unusable', 'enforce', false, true, 'verified by mta-sts'],
  ['opportunistic', 'error', 'none', false, true, 'refused dns-failed'],
  ['opportunistic', 'none', 'enforce', false, false, 'verified by mta-sts'],
  ['opportunistic', 'none', 'enforce-other', false, false, 'refused sts-mismatch'],
  ['opportunistic', 'none', 'testing', false, false, 'opportunistic by default, clear allowed'],
  ['required', 'none', 'testing-other', false, false, 'required by route'],
  ['opportunistic', 'none', 'none', true, false, 'refused requiretls-unverifiable'],
  ['opportunistic', 'none', 'none', true, true, 'verified by requiretls'],
  ['opportunistic', 'none', 'testing', true, false, 'verified by requiretls'],
  ['opportunistic', 'none', 'testing-other', true, false, 'refused requiretls-unverifiable'],
];

for (const [tls, d, s, requireTls, hostSecure, expected] of table) {
  test(`TLS plan: route ${tls}, DANE ${d}, MTA-STS ${s}${requireTls ? ', REQUIRETLS' : ''}${hostSecure ? ', name proven' : ''}`, () => {
    const input: PlanInput = {
      route: { kind: 'mx', tls },
      domain: 'example',
      host: 'mx.example',
      hostSecure,
      dane: dane[d]!, // `!`: the table names what is above
      sts: sts[s]!,
      requireTls,
    };
    const plan = planTls(input);
    const got = plan.ok
      ? `${plan.value.policy} by ${plan.value.by}${plan.value.clearAllowed ? ', clear allowed' : ''}`
      : `refused ${plan.error.problem}`;
    assert.equal(got, expected);
  });
}

test('TLS plan: a pin of the operator stands before everything', () => {
  const route = {
    kind: 'host',
    host: 'h',
    port: 25,
    protocol: 'smtp',
    tls: 'required',
    fingerprints: ['ab'],
    caPem: undefined,
  } as const;
  const plan = planTls({
    route,
    domain: 'example',
    host: 'h',
    hostSecure: true,
    dane: dane['usable']!,
    sts: sts['none']!,
    requireTls: false,
  });
  assert.equal(plan.ok && plan.value.policy, 'pinned');
});
