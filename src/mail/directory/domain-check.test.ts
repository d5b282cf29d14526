import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '#core/result.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { dkimKeyRecord, generateDkimKey } from '#protocol/dkim/keys.ts';
import { checkDomain, type OurSide } from './domain-check.ts';

const resolverOf = (zone: Record<string, unknown>) => {
  const parsed = parseZone(zone);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return zoneResolver(parsed.value);
};
const record = dkimKeyRecord((await generateDkimKey('ed25519')).publicKey);
const other = dkimKeyRecord((await generateDkimKey('ed25519')).publicKey);
const OURS: OurSide = {
  hostname: 'gate.example.org',
  addresses: [],
  dkim: [{ selector: 's1', record, state: 'signing' }],
  tlsa: undefined,
  fetchStsPolicy: async () => ok('version: STSv1\nmode: enforce\nmx: gate.example.org\nmax_age: 604800\n'),
  nowMs: Date.UTC(2026, 10, 21, 12),
};
const GOOD = {
  'example.org': [{ MX: [10, 'gate.example.org'] }, { TXT: 'v=spf1 ip4:192.0.2.1 -all' }],
  'gate.example.org': [{ A: '192.0.2.1' }],
  '1.2.0.192.in-addr.arpa': [{ PTR: 'gate.example.org' }],
  's1._domainkey.example.org': [{ TXT: record }],
  '_dmarc.example.org': [{ TXT: 'v=DMARC1; p=reject; rua=mailto:d@example.org' }],
  '_mta-sts.example.org': [{ TXT: 'v=STSv1; id=1' }],
  '_smtp._tls.example.org': [{ TXT: 'v=TLSRPTv1; rua=mailto:t@example.org' }],
};

const outcome = async (zone: Record<string, unknown>, area: string, ours: Partial<OurSide> = {}) => {
  const { lines, publish } = await checkDomain('example.org', { ...OURS, ...ours }, resolverOf(zone));
  return [
    ...lines.filter((l) => l.area === area).map((l) => `${l.outcome}: ${l.text}`),
    ...publish.filter((p) => p.area === area).map((p) => `publish ${p.name} ${p.type} ${p.value}`),
  ];
};

test('a domain that is set up well has nothing bad and nothing to publish', async () => {
  const { lines, publish } = await checkDomain('example.org', OURS, resolverOf(GOOD));
  assert.deepEqual(
    lines.filter((l) => l.outcome === 'bad' || l.outcome === 'unknown'),
    [],
  );
  assert.deepEqual(publish, []);
  assert.equal(new Set(lines.map((l) => l.area)).size, 8);
});

const without = (name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(GOOD).filter(([n]) => n !== name));
const at = (name: string, records: unknown): Record<string, unknown> => ({ ...GOOD, [name]: records });
const cases: readonly (readonly [string, Record<string, unknown>, string, readonly RegExp[]])[] = [
  [
    'no MX',
    at('example.org', [{ TXT: 'v=spf1 -all' }]),
    'mx',
    [/^bad: example.org has no MX/, /^publish example.org MX 10 gate.example.org.$/],
  ],
  [
    'another MX',
    { ...at('example.org', [{ MX: [5, 'old.example'] }]), 'old.example': [{ A: '198.51.100.1' }] },
    'mx',
    [/^warning: MX 5 old.example is not this/, /^bad: No MX record names/, /^publish/],
  ],
  [
    'MX without address',
    { ...GOOD, 'example.org': [{ MX: [5, 'gone.example'] }, { MX: [10, 'gate.example.org'] }] },
    'mx',
    [/^bad: MX 5 gone.example has no address/, /^good: MX 10/],
  ],
  ['DNS down', at('example.org', ['TIMEOUT']), 'mx', [/^unknown: DNS did not answer/]],
  [
    'no SPF',
    at('example.org', [{ MX: [10, 'gate.example.org'] }]),
    'spf',
    [/^bad: .*no SPF/, /^publish example.org TXT v=spf1 ip4:192.0.2.1 -all$/],
  ],
  [
    'SPF without us',
    at('example.org', [{ TXT: 'v=spf1 ip4:198.51.100.1 ~all' }]),
    'spf',
    [
      /^warning: .*~all/,
      /^bad: Our address 192.0.2.1 does not pass \(softfail\)/,
      /^publish example.org TXT v=spf1 ip4:192.0.2.1 ip4:198.51.100.1 ~all$/,
    ],
  ],
  [
    'SPF for all',
    at('example.org', [{ TXT: 'v=spf1 +all' }]),
    'spf',
    [/^bad: SPF lets every address/, /^good/],
  ],
  [
    'two SPF records',
    at('example.org', [{ TXT: 'v=spf1 -all' }, { TXT: 'v=spf1 ~all' }]),
    'spf',
    [/^bad: .*2 SPF records/, /^publish/],
  ],
  [
    'too many lookups',
    at('example.org', [
      { TXT: `v=spf1 ${Array.from({ length: 11 }, (_, i) => `a:h${i}.example.org`).join(' ')} -all` },
    ]),
    'spf',
    [/^bad: The SPF record is broken/, /^bad: Our address/, /^publish/],
  ],
  [
    'DKIM missing',
    without('s1._domainkey.example.org'),
    'dkim',
    [
      /^bad: s1._domainkey.example.org \(signing\) is not published/,
      /^publish s1._domainkey.example.org TXT v=DKIM1/,
    ],
  ],
  [
    'another key',
    at('s1._domainkey.example.org', [{ TXT: other }]),
    'dkim',
    [/^bad: .*another key/, /^publish/],
  ],
  [
    'revoked key',
    at('s1._domainkey.example.org', [{ TXT: 'v=DKIM1; k=ed25519; p=' }]),
    'dkim',
    [/^bad: .*of no use/, /^publish/],
  ],
  [
    'no DMARC',
    without('_dmarc.example.org'),
    'dmarc',
    [/^bad: .*no DMARC/, /^publish _dmarc.example.org TXT v=DMARC1; p=none/],
  ],
  [
    'weak DMARC',
    at('_dmarc.example.org', [{ TXT: 'v=DMARC1; p=none' }]),
    'dmarc',
    [/^warning: .*p=none/, /^warning: .*no reports/],
  ],
  [
    'DMARC test',
    at('_dmarc.example.org', [{ TXT: 'v=DMARC1; p=reject; t=y; rua=mailto:a@b.example' }]),
    'dmarc',
    [/^warning: .*t=y/],
  ],
  [
    'no STS',
    without('_mta-sts.example.org'),
    'mta-sts',
    [
      /^warning/,
      /^publish _mta-sts.example.org TXT v=STSv1; id=20261121120000$/,
      /^publish mta-sts.example.org/,
    ],
  ],
  [
    'no TLS-RPT',
    without('_smtp._tls.example.org'),
    'tls-rpt',
    [/^warning/, /^publish _smtp._tls.example.org TXT v=TLSRPTv1; rua=/],
  ],
  [
    'TLS-RPT without rua',
    at('_smtp._tls.example.org', [{ TXT: 'v=TLSRPTv1; ' }]),
    'tls-rpt',
    [/^bad/, /^publish/],
  ],
  [
    'wrong PTR',
    at('1.2.0.192.in-addr.arpa', [{ PTR: 'dyn.isp.example' }]),
    'ptr',
    [/^bad: 192.0.2.1 is called dyn.isp.example/, /^publish 1.2.0.192.in-addr.arpa PTR gate.example.org.$/],
  ],
];
for (const [name, zone, area, want] of cases) {
  test(`checkDomain() with ${name}`, async () => {
    const said = await outcome(zone, area);
    assert.equal(said.length, want.length, said.join('\n'));
    said.forEach((line, i) => assert.match(line, want[i] ?? /^$/));
  });
}

test('an MTA-STS policy that does not name the MX is bad', async () => {
  const fetchStsPolicy = async () =>
    ok('version: STSv1\nmode: enforce\nmx: other.example.org\nmax_age: 604800\n');
  assert.match(
    (await outcome(GOOD, 'mta-sts', { fetchStsPolicy }))[1] ?? '',
    /^bad: .*does not name gate.example.org/,
  );
  assert.match((await outcome(GOOD, 'mta-sts', { fetchStsPolicy: undefined }))[1] ?? '', /^unknown/);
});

const [NOW, NEXT] = ['ab'.repeat(32), 'cd'.repeat(32)];
const tlsaZone = (...keys: string[]): Record<string, unknown> => ({
  ...at(
    '_25._tcp.gate.example.org',
    keys.map((k) => ({ TLSA: `3 1 1 ${k}` })),
  ),
  '@secure': true,
});
const PUBLISH = 'publish _25._tcp.gate.example.org TLSA 3 1 1';
const both = { tlsa: { current: [NOW], next: NEXT } };
for (const [name, zone, ours, wanted] of [
  ['no record yet', GOOD, both, [/^warning: .* no TLSA/, `${PUBLISH} ${NOW}`, `${PUBLISH} ${NEXT}`]],
  ['both keys', tlsaZone(NOW, NEXT), both, [/^good: /, /^good: .*next key/]],
  ['the key of now alone', tlsaZone(NOW), both, [/^good: /, /^warning: .*next key/, `${PUBLISH} ${NEXT}`]],
  ['the next key alone', tlsaZone(NEXT), both, [/^bad: /, /^good: .*next key/, `${PUBLISH} ${NOW}`]],
  ['no next key', tlsaZone(NOW), { tlsa: { current: [NOW], next: undefined } }, [/^good: /]],
  ['keys not known', tlsaZone(NOW), {}, [/^unknown: /]],
] as const) {
  test(`checkDomain() looks at TLSA: ${name}`, async () => {
    const found = await outcome(zone, 'tlsa', ours);
    assert.equal(found.length, wanted.length, JSON.stringify(found));
    wanted.forEach((w, i) =>
      typeof w === 'string' ? assert.equal(found[i], w) : assert.match(found[i] ?? '', w),
    );
  });
}
