/**
 * The same questions to mailauth (an independent implementation, in its strict mode) and to us: SPF and DMARC over random
 * zones of well-formed records. Where the standards leave room and the two chose differently, the question is not asked;
 * each such place is named.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dmarc as mailauthDmarc } from 'mailauth/lib/dmarc/index.js';
import { spf as mailauthSpf } from 'mailauth/lib/spf/index.js';
import { evaluateDmarc } from '#protocol/dmarc/evaluate.ts';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { checkHost } from '#protocol/spf/check-host.ts';
import { runs } from './runs.ts';

const CODES: Readonly<Record<string, string>> = {
  nxdomain: 'ENOTFOUND',
  nodata: 'ENODATA',
  timeout: 'ETIMEOUT',
  badname: 'EBADNAME',
};

/** Our resolver in the shape of node:dns, which is what mailauth asks. */
function nodeResolver(dns: Resolver): (name: string, type: string) => Promise<never[]> {
  const shaped = async (name: string, type: string): Promise<unknown[]> => {
    const answer = await ask(dns, name, type);
    if (answer.kind === 'records') return answer.records.map(shapeOf(type));
    const code = CODES[answer.kind === 'error' ? answer.reason : answer.kind] ?? 'ESERVFAIL';
    throw Object.assign(new Error(code), { code });
  };
  return shaped as (name: string, type: string) => Promise<never[]>; // mailauth types its resolver by one record type
}

function ask(dns: Resolver, name: string, type: string): Promise<DnsAnswer<unknown>> {
  const query = { TXT: dns.txt, A: dns.a, AAAA: dns.aaaa, MX: dns.mx, PTR: dns.ptr, CNAME: dns.cname }[type];
  return query?.(name) ?? assert.fail(`mailauth asked for ${type}`);
}

function shapeOf(type: string): (record: unknown) => unknown {
  if (type === 'TXT') return (text) => [text];
  return type === 'MX'
    ? (mx) => ({ ...(mx as object), priority: (mx as { preference: number }).preference })
    : (r) => r;
}

function dnsOf(zone: unknown): Resolver {
  const parsed = parseZone(zone);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return zoneResolver(parsed.value);
}

const names = ['a.test', 'b.test', 'c.a.test', 'gone.test', 'late.test'];
const target = fc.constantFrom(...names, '%{d}', '%{o}', 'c.%{d2}', '%{ir}.a.test', '%{l}.b.test');
const cidr = fc.constantFrom('', '', '/24', '//64', '/16//32', '/0');
const mechanism = fc.oneof(
  fc.constantFrom(
    'all',
    'a',
    'mx',
    'ip4:192.0.2.0/24',
    'ip4:198.51.100.7',
    'ip6:2001:db8::/32',
    'ip4:203.0.113.1/8',
  ),
  fc.tuple(fc.constantFrom('a', 'mx'), target, cidr).map(([m, t, c]) => `${m}:${t}${c}`),
  fc.tuple(fc.constantFrom('include', 'exists'), target).map(([m, t]) => `${m}:${t}`),
);
const word = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom('', '-', '~', '?', '+'), mechanism).map((p) => p.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('redirect=b.test', 'redirect=c.a.test', 'x=y', 'oops', 'ip4:1.2', 'a:'),
  },
);
const spfRecord = fc.uniqueArray(word, { maxLength: 5 }).map((words) => ['v=spf1', ...words].join(' '));
const ips = fc.constantFrom('192.0.2.7', '198.51.100.7', '2001:db8::7', '203.0.113.99');
const addresses = fc.subarray([
  { A: '192.0.2.7' },
  { A: '198.51.100.9' },
  { AAAA: '2001:db8::7' },
  { MX: [1, 'b.test'] },
  { MX: [2, 'a.test'] },
]);

test('differential: SPF as mailauth judges it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(spfRecord, spfRecord, spfRecord),
      fc.tuple(addresses, addresses),
      ips,
      async ([a, b, c], [forA, forB], ip) => {
        const resolver = dnsOf({
          'a.test': [a, ...forA],
          'b.test': [b, ...forB],
          'c.a.test': c,
          'late.test': 'TIMEOUT',
          'u.b.test': { A: '127.0.0.2' },
        });
        const ours = await checkHost({ ip, helo: 'b.test', mailFrom: 'u@a.test', resolver, nowMs: 0 });
        const theirs = await mailauthSpf({
          sender: 'u@a.test',
          ip,
          helo: 'b.test',
          mta: 'mx.test',
          resolver: nodeResolver(resolver),
          strict: true,
        });
        const expected = theirs.status.result;
        // mailauth also counts the address queries behind an mx as void lookups; RFC 7208 §4.6.4 counts terms.
        if (expected === 'permerror' && /void/i.test(String(theirs.status.comment))) return;
        assert.equal(ours.result, expected, `${ours.reason} | ${theirs.status.comment}`);
      },
    ),
    runs(1500),
  );
});

const policy = fc.constantFrom('none', 'quarantine', 'reject');
const tag = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(value, { nil: '' }).map((v) => (v === '' ? '' : `; ${name}=${v}`));
// Not asked: p absent or malformed without rua (there RFC 9989 §4.7 and §9.2 let us say more than `none`), a tag twice.
const dmarcRecord = fc
  .tuple(
    policy,
    tag('sp', policy),
    tag('np', policy),
    tag('psd', fc.constantFrom('y', 'n', 'u')),
    tag('t', fc.constantFrom('y', 'n')),
    tag('adkim', fc.constantFrom('r', 's')),
    tag('aspf', fc.constantFrom('r', 's')),
  )
  .map(([p, ...rest]) => `v=DMARC1; p=${p}${rest.join('')}`);
const entry = fc.oneof(
  { weight: 5, arbitrary: dmarcRecord },
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('TIMEOUT', 'v=DMARC1 p=none') },
);
const domains = [
  'x.y.org.test',
  'y.org.test',
  'org.test',
  'test',
  'z.org.test',
  'other.example',
  'a.b.c.d.e.f.x.y.org.test',
];
const domain = fc.constantFrom(...domains);

test('differential: DMARC as mailauth judges it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(entry, entry, entry, entry),
      fc.boolean(),
      domain,
      domain,
      fc.array(domain, { maxLength: 2 }),
      async (entries, exists, author, spf, dkim) => {
        const zone = Object.fromEntries(
          domains
            .slice(0, 4)
            .map((d, i) => [`_dmarc.${d}`, entries[i]])
            .filter(([, e]) => e !== undefined),
        );
        const resolver = dnsOf({ ...zone, ...(exists ? { [author]: { A: '192.0.2.1' } } : {}) });
        const ours = await evaluateDmarc({
          authorDomains: [author],
          spf: { result: 'pass', domain: spf },
          dkim: dkim.map((d) => ({ result: 'pass', domain: d })),
          resolver,
        });
        const theirs = await mailauthDmarc({
          headerFrom: [`u@${author}`],
          spfDomains: [spf],
          dkimDomains: dkim.map((d) => ({ domain: d })),
          resolver: nodeResolver(resolver),
          strict: true,
        });
        assert.ok(theirs !== false);
        assert.equal(ours.result, theirs.status.result);
        if (ours.result === 'fail') assert.equal(ours.disposition, theirs.policy);
        if (ours.policyDomain !== undefined && ours.result !== 'temperror')
          assert.equal(ours.policyDomain, theirs.policyDomain);
      },
    ),
    runs(1500),
  );
});
