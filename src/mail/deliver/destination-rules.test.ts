import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '#core/id.ts';
import { type DestinationRule, decideDestination } from './destination-rules.ts';

const tenant = newId<'tenant'>();
const question = {
  tenant,
  domain: 'a.example',
  route: { kind: 'mx', tls: 'opportunistic' },
  nowMs: 1000,
} as const;
const hop = {
  kind: 'host',
  host: 'h',
  port: 25,
  protocol: 'smtp',
  tls: 'none',
  fingerprints: [],
  caPem: undefined,
} as const;
const rule = (more: Partial<DestinationRule>): DestinationRule => ({
  id: 'r',
  tenant: undefined,
  destination: '*',
  untilMs: undefined,
  reason: 'test',
  what: { kind: 'pause' },
  ...more,
});

const table: [string, readonly DestinationRule[], string][] = [
  ['no rule', [], 'go'],
  ['all', [rule({})], 'pause'],
  ['the domain', [rule({ destination: 'a.example', what: { kind: 'hold' } })], 'hold'],
  ['another domain', [rule({ destination: 'b.example' })], 'go'],
  ['a suffix is no parent', [rule({ destination: '*.ample' })], 'go'],
  ['below a parent', [rule({ destination: '*.example' })], 'pause'],
  ['another tenant', [rule({ tenant: newId<'tenant'>() })], 'go'],
  ['over', [rule({ untilMs: 1000 })], 'go'],
  ['not over', [rule({ untilMs: 1001 })], 'pause'],
  ['the first wins', [rule({ what: { kind: 'hold' } }), rule({})], 'hold'],
];
for (const [name, rules, expected] of table) {
  test(`destination rules: ${name}`, () => assert.equal(decideDestination(rules, question).kind, expected));
}

test('a reroute changes the route and names its rule', () => {
  const r = rule({ what: { kind: 'reroute', route: hop } });
  assert.deepEqual(decideDestination([r], question), { kind: 'go', route: hop, rule: r });
  const byKey = rule({ destination: 'smtp:h:25', what: { kind: 'hold' } });
  assert.equal(decideDestination([byKey], { ...question, route: hop }).kind, 'hold');
});
