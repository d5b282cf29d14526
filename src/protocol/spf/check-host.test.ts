import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { checkHost, type SpfInput, type SpfResult } from './check-host.ts';

const zone = parseZone({
  'ok.example': 'v=spf1 include:inner.example mx ~all',
  'inner.example': 'v=spf1 ip4:192.0.2.0/24 -all',
  'bad.example': 'v=spf1 ip4:192.0.2.1 mox -all',
  'exp.example': 'v=spf1 -all exp=%{l}.exp.example',
  'a.exp.example': 'no %{s} from %{c} at %{t} for %{r}',
  'inject.example': 'v=spf1 -all exp=text.inject.example',
  'text.inject.example': 'hello %{l}',
  'mapped.example': 'v=spf1 ip6:::ffff:0:0/96 -all',
  'chain.example': 'v=spf1 redirect=chain.example',
  'voids.example': 'v=spf1 a:x.no.example a:y.no.example a:z.no.example +all',
  'mxs.example': [{ TXT: 'v=spf1 mx -all' }, { MX: [1, 'down.example'] }, { MX: [2, 'up.example'] }],
  'down.example': { A: 'SERVFAIL' },
  'up.example': { A: '198.51.100.1' },
  'many.example': `v=spf1 ${'ip4:203.0.113.1 '.repeat(400)}-all`,
});
assert.ok(zone.ok);
const resolver = zoneResolver(zone.value);

const check = (mailFrom: string, more: Partial<SpfInput> = {}): Promise<SpfResult> =>
  checkHost({ ip: '192.0.2.1', helo: 'helo.example', mailFrom, resolver, nowMs: 1_700_000_000_000, ...more });

const cases: readonly (readonly [string, Partial<SpfInput>, Partial<SpfResult>])[] = [
  [
    'a@ok.example',
    {},
    {
      result: 'pass',
      scope: 'mailfrom',
      domain: 'ok.example',
      mechanism: 'include:inner.example',
      lookups: 1,
    },
  ],
  [
    'a@OK.example',
    { ip: '203.0.113.1' },
    { result: 'softfail', domain: 'ok.example', mechanism: '~all', lookups: 2, voidLookups: 1 },
  ],
  ['', { helo: 'ok.example' }, { result: 'pass', scope: 'helo', domain: 'ok.example' }],
  ['', { helo: '[192.0.2.1]' }, { result: 'none', scope: 'helo' }],
  ['a@bad.example', {}, { result: 'permerror', mechanism: '' }],
  [
    'a@exp.example',
    { receiver: 'mx.example' },
    { result: 'fail', explanation: 'no a@exp.example from 192.0.2.1 at 1700000000 for mx.example' },
  ],
  ['b@exp.example', {}, { result: 'fail', explanation: '' }],
  ['x\r\nRCPT@inject.example', {}, { result: 'fail', explanation: '' }],
  ['ok@inject.example', {}, { result: 'fail', explanation: 'hello ok' }],
  ['a@mapped.example', { ip: '::ffff:192.0.2.1' }, { result: 'fail' }],
  ['a@chain.example', {}, { result: 'permerror', lookups: 11 }],
  ['a@voids.example', {}, { result: 'permerror', voidLookups: 3 }],
  ['a@voids.example', { limits: { maxVoidLookups: 3 } }, { result: 'pass' }],
  ['a@mxs.example', { ip: '198.51.100.1' }, { result: 'temperror' }],
  ['a@many.example', {}, { result: 'fail', lookups: 0 }],
  ['a@ok.example', { ip: 'local' }, { result: 'none' }],
  ['a@bücher.example', {}, { result: 'none', domain: 'xn--bcher-kva.example' }],
  ['a@single', {}, { result: 'none', domain: 'single' }],
];

test('checkHost() judges the identity it was given', async () => {
  for (const [mailFrom, more, expected] of cases) {
    const got = await check(mailFrom, more);
    const seen = Object.fromEntries(Object.keys(expected).map((k) => [k, got[k as keyof SpfResult]]));
    assert.deepEqual(seen, expected, `${mailFrom}: ${got.reason}`);
  }
});

test('checkHost() says temperror when DNS does not come back in time, and asks nothing more', async () => {
  let asked = 0;
  const slow: Resolver = {
    ...resolver,
    txt: (name) => {
      asked++;
      return new Promise((resolve) => setTimeout(() => void resolver.txt(name).then(resolve), 30));
    },
  };
  const got = await check('a@ok.example', { resolver: slow, limits: { timeoutMs: 10 } });
  assert.equal(got.result, 'temperror');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(asked, 1);
});

test('checkHost() finds what ends the check in each broken record', async () => {
  const broken = [
    'a:',
    'a/33',
    'ip4:1.2.3',
    'ip6:1.2.3.4',
    'exists',
    'exp=a.example exp=b.example',
    'all:x',
    'a:%{q}.x',
    'a:%{d0}.x',
    'a:x.123',
    '-',
    'redirect=-all',
    '1x=y',
  ];
  for (const term of broken) {
    const zone = parseZone({ 'x.example': `v=spf1 +all ${term}` });
    assert.ok(zone.ok);
    const got = await check('a@x.example', { resolver: zoneResolver(zone.value) });
    assert.equal(got.result, 'permerror', `${term}: ${got.reason}`);
    assert.match(got.reason, /^SPF record of x\.example: "/);
  }
});
