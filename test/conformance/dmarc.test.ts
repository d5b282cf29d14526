/**
 * DMARC: the nine examples of appendix B (transcribed from the last draft of RFC 9989), and the walks its §4.10 tells in
 * words.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { evaluateDmarc } from '#protocol/dmarc/evaluate.ts';
import { dmarcLookup, organizationalDomain, walkTargets, walkTree } from '#protocol/dmarc/tree-walk.ts';
import { corpusText, judgeSuite, type SuiteCase } from './suite.ts';

type Modes = { readonly strict: boolean; readonly relaxed: boolean };
type Case = {
  readonly id: string;
  readonly records: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly author_domain?: string;
  readonly mail_from?: string;
  readonly mail_from_domain?: string;
  readonly dkim_d?: string;
  readonly spf_aligned?: boolean | Modes;
  readonly dkim_aligned?: boolean | Modes;
  readonly queries?: Readonly<Record<string, readonly string[]>>;
  readonly org_domain?: Readonly<Record<string, string>>;
  readonly policy_domain?: string;
};

function zoneOf(records: Readonly<Record<string, string>>, more = ''): Resolver {
  const zone = parseZone(
    Object.fromEntries(Object.entries(records).map(([d, r]) => [`_dmarc.${d}`, r + more])),
  );
  assert.ok(zone.ok);
  return zoneResolver(zone.value);
}

const domainOf = (address: string): string => address.slice(address.indexOf('@') + 1);

/** The names asked for by a walk, and the organization it finds. */
async function walk(resolver: Resolver, domain: string): Promise<{ asked: string[]; org: string }> {
  const asked: string[] = [];
  const txt = (name: string): ReturnType<Resolver['txt']> => {
    asked.push(name);
    return resolver.txt(name);
  };
  const walked = await walkTree(dmarcLookup({ ...resolver, txt }), domain);
  assert.ok(walked.ok);
  return { asked, org: organizationalDomain(domain, walked.found) };
}

async function judgeAlignment(c: Case, author: string, mode: 'strict' | 'relaxed'): Promise<void> {
  const tags = mode === 'strict' ? '; adkim=s; aspf=s' : '; adkim=r; aspf=r';
  const written = Object.fromEntries(
    Object.entries(c.records).map(([d, r]) => [d, r.replaceAll(/; *a(spf|dkim)=[rs]/g, '')]),
  );
  const mailFrom = c.mail_from_domain ?? (c.mail_from === undefined ? undefined : domainOf(c.mail_from));
  const got = await evaluateDmarc({
    authorDomains: [author],
    spf: mailFrom === undefined ? undefined : { result: 'pass', domain: mailFrom },
    dkim: c.dkim_d === undefined ? [] : [{ result: 'pass', domain: c.dkim_d }],
    resolver: zoneOf(written, tags),
  });
  const wanted = (expected: boolean | Modes | undefined): boolean | undefined =>
    typeof expected === 'object' ? expected[mode] : mode === 'relaxed' ? expected : undefined;
  const spf = wanted(c.spf_aligned);
  const dkim = wanted(c.dkim_aligned);
  if (spf !== undefined) assert.equal(got.alignedBy.spf, spf, `${mode} SPF`);
  if (dkim !== undefined) assert.equal(got.alignedBy.dkim.length > 0, dkim, `${mode} DKIM`);
  if (c.policy_domain !== undefined) assert.equal(got.policyDomain, c.policy_domain);
  if (spf !== undefined || dkim !== undefined)
    assert.equal(got.result, spf === true || dkim === true ? 'pass' : 'fail');
}

async function judge(c: Case): Promise<void> {
  const author = c.author_domain ?? domainOf(c.from ?? '');
  const starts: Readonly<Record<string, string | undefined>> = {
    author,
    mail_from: c.mail_from_domain,
    dkim: c.dkim_d,
  };
  for (const [who, queries] of Object.entries(c.queries ?? {}))
    assert.deepEqual((await walk(zoneOf(c.records), starts[who]!)).asked, queries, who); // `!`: such cases name it
  for (const [who, org] of Object.entries(c.org_domain ?? {}))
    assert.equal((await walk(zoneOf(c.records), starts[who]!)).org, org, who); // `!`: such cases name it
  await judgeAlignment(c, author, 'strict');
  await judgeAlignment(c, author, 'relaxed');
}

test('DMARC: appendix B', async (t) => {
  const text = corpusText(t, 'dmarc/dmarcbis-appendix-b.json');
  if (text === undefined) return;
  const { cases } = JSON.parse(text) as { readonly cases: readonly Case[] };
  const suite: SuiteCase[] = cases.map((c) => ({ id: c.id, judge: () => judge(c) }));
  await judgeSuite(t, { name: 'dmarc-appendix-b', cases: suite, count: 9 });
});

test('DMARC: the walks told in RFC 9989 §4.10', async () => {
  assert.deepEqual(
    [...walkTargets('a.b.c.d.e.f.g.h.i.j.mail.example.com')],
    [
      'a.b.c.d.e.f.g.h.i.j.mail.example.com',
      'g.h.i.j.mail.example.com',
      'h.i.j.mail.example.com',
      'i.j.mail.example.com',
      'j.mail.example.com',
      'mail.example.com',
      'example.com',
      'com',
    ],
  );
  assert.equal([...walkTargets('1.2.3.4.5.6.7.8')].length, 8);
  assert.deepEqual([...walkTargets('com')], ['com']);
  const record = 'v=DMARC1; p=none';
  const organizations: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ 'mail.example.com': record, 'example.com': record }, 'example.com'],
    [{ 'mail.example.com': `${record}; psd=n`, 'example.com': record }, 'mail.example.com'],
    [{ com: `${record}; psd=y` }, 'example.com'],
    [{ 'example.com': `${record}; psd=y`, 'mail.example.com': record }, 'mail.example.com'],
    [{ 'a.mail.example.com': `${record}; psd=y`, 'example.com': record }, 'a.mail.example.com'],
    [{}, 'a.mail.example.com'],
  ];
  for (const [records, org] of organizations)
    assert.equal((await walk(zoneOf(records), 'a.mail.example.com')).org, org, JSON.stringify(records));
});
