/** The three states over time: announced, fetched, and what holds when DNS or the web goes away. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type Result, err, ok } from '#core/result.ts';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import { createStsPolicies, memoryPolicyStore } from './policies.ts';

const text = (mode: string): string => `version: STSv1\nmode: ${mode}\nmx: mx.example\nmax_age: 1000\n`;
const announce = (id: string): DnsAnswer<string> => ({
  kind: 'records',
  records: [`v=STSv1; id=${id}`],
  secure: false,
  ttlS: 60,
});

let nowMs = 0;
let dns: DnsAnswer<string> = { kind: 'nxdomain', secure: false };
let web: Result<string, string> = ok(text('enforce'));
let fetches = 0;
const never = (): never => assert.fail('only TXT is asked for');
const resolver: Resolver = {
  txt: () => Promise.resolve(dns),
  a: never,
  aaaa: never,
  mx: never,
  ptr: never,
  tlsa: never,
  cname: never,
};
const make = (): ((domain: string) => Promise<string>) => {
  const policies = createStsPolicies({
    resolver,
    store: memoryPolicyStore(),
    clock: () => nowMs,
    fetch: () => {
      fetches++;
      return Promise.resolve(web);
    },
  });
  return async (domain) => {
    const answer = await policies(domain);
    return answer.kind === 'none' ? 'none' : `${answer.policy.mode} ${answer.id} ${answer.from}`;
  };
};
beforeEach(() => {
  nowMs = 0;
  dns = announce('1');
  web = ok(text('enforce'));
  fetches = 0;
});

test('an announced policy is fetched once and then held', async () => {
  const policyOf = make();
  assert.deepEqual(await Promise.all([policyOf('d'), policyOf('d')]), [
    'enforce 1 fetched',
    'enforce 1 fetched',
  ]);
  assert.equal(await policyOf('d'), 'enforce 1 cache');
  assert.equal(fetches, 1);
});

test('a held policy outlives DNS and the web until max_age', async () => {
  const policyOf = make();
  await policyOf('d');
  web = err('gone');
  for (const gone of [
    { kind: 'nxdomain', secure: false },
    { kind: 'error', reason: 'timeout', detail: '' },
    announce('2'),
  ] as const) {
    dns = gone;
    nowMs = 999_000;
    assert.equal(await policyOf('d'), 'enforce 1 cache');
  }
  nowMs = 1_000_001;
  assert.equal(await policyOf('d'), 'none');
});

test('a new id brings the new policy', async () => {
  const policyOf = make();
  await policyOf('d');
  dns = announce('2');
  web = ok(text('testing'));
  assert.equal(await policyOf('d'), 'testing 2 fetched');
});

test('a failed fetch is not tried again for five minutes', async () => {
  const policyOf = make();
  web = ok('rubbish');
  assert.equal(await policyOf('d'), 'none');
  assert.equal(await policyOf('d'), 'none');
  assert.equal(fetches, 1);
  nowMs = 300_001;
  web = ok(text('enforce'));
  assert.equal(await policyOf('d'), 'enforce 1 fetched');
});

test('nothing announced, nothing fetched', async () => {
  dns = { kind: 'nodata', secure: false };
  assert.equal(await make()('d'), 'none');
  assert.equal(fetches, 0);
});
