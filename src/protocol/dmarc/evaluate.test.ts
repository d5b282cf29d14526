import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { evaluateDmarc, type DmarcInput, type DmarcResult } from './evaluate.ts';
import { isDmarcRecord, parseDmarcRecord, type DmarcRecord } from './record.ts';

const zone = parseZone({
  '_dmarc.reject.example': 'v=DMARC1; p=reject; sp=quarantine; np=reject; rua=mailto:a@reject.example',
  'lives.reject.example': { A: '192.0.2.1' },
  'sick.reject.example': 'SERVFAIL',
  'alias.reject.example': { CNAME: 'gone.example' },
  '_dmarc.strict.example': 'v=DMARC1; p=reject; adkim=s; aspf=s',
  '_dmarc.test.example': 'v=DMARC1; p=reject; t=y',
  '_dmarc.testq.example': 'v=DMARC1;p=quarantine;t=y;pct=0',
  '_dmarc.broken.example': 'v=DMARC1; p=rejct',
  '_dmarc.asks.example': 'v=DMARC1; p=rejct; rua=mailto:a@asks.example',
  '_dmarc.nop.example': 'v=DMARC1',
  '_dmarc.twice.example': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'],
  '_dmarc.down.example': 'TIMEOUT',
  '_dmarc.bank.test': 'v=DMARC1; p=reject; psd=y; np=quarantine',
  'giant.bank.test': { A: '192.0.2.1' },
  '_dmarc.half.sick.test': 'v=DMARC1; p=reject',
  '_dmarc.sick.test': 'SERVFAIL',
});
assert.ok(zone.ok);
const resolver = zoneResolver(zone.value);
const evaluate = (authors: readonly string[], more: Partial<DmarcInput> = {}): Promise<DmarcResult> =>
  evaluateDmarc({ authorDomains: authors, spf: undefined, dkim: [], resolver, ...more });
const pass = (domain: string): { result: string; domain: string } => ({ result: 'pass', domain });
const late = (domain: string): { result: string; domain: string } => ({ result: 'temperror', domain });

const cases: readonly (readonly [readonly string[], Partial<DmarcInput>, Partial<DmarcResult>])[] = [
  [['sick.reject.example'], { dkim: [pass('reject.example')] }, { result: 'pass', policy: undefined }],
  [['alias.reject.example'], {}, { result: 'fail', policy: 'quarantine' }],
  [['half.sick.test'], { dkim: [pass('evil.example')] }, { result: 'fail' }],
  [
    ['reject.example'],
    { spf: pass('reject.example') },
    {
      result: 'pass',
      policy: 'reject',
      disposition: 'none',
      alignedBy: { spf: true, dkim: [] },
      explicit: true,
    },
  ],
  [
    ['reject.example'],
    { dkim: [pass('x.reject.example')] },
    { result: 'pass', orgDomain: 'reject.example', alignedBy: { spf: false, dkim: ['x.reject.example'] } },
  ],
  [
    ['Reject.Example'],
    { dkim: [pass('reject.example.evil.test')] },
    { result: 'fail', domain: 'reject.example', disposition: 'reject' },
  ],
  [
    ['reject.example'],
    { spf: { result: 'softfail', domain: 'reject.example' } },
    { result: 'fail', reason: 'not-aligned' },
  ],
  [
    ['lives.reject.example'],
    {},
    { result: 'fail', policy: 'quarantine', disposition: 'quarantine', policyDomain: 'reject.example' },
  ],
  [['ghost.reject.example'], {}, { result: 'fail', policy: 'reject', disposition: 'reject' }],
  [['sick.reject.example'], {}, { result: 'temperror', reason: 'dns-failure', disposition: 'none' }],
  [
    ['strict.example'],
    { dkim: [pass('x.strict.example')], spf: pass('y.strict.example') },
    { result: 'fail' },
  ],
  [['strict.example'], { dkim: [pass('STRICT.example')] }, { result: 'pass' }],
  [['test.example'], {}, { result: 'fail', policy: 'reject', disposition: 'quarantine', testing: true }],
  [['testq.example'], {}, { result: 'fail', policy: 'quarantine', disposition: 'none' }],
  [['broken.example'], { spf: pass('broken.example') }, { result: 'permerror', reason: 'unusable-record' }],
  [['asks.example'], { spf: pass('asks.example') }, { result: 'pass', policy: 'none' }],
  [['nop.example'], {}, { result: 'fail', policy: 'none', disposition: 'none' }],
  [['twice.example'], { spf: pass('twice.example') }, { result: 'none', explicit: false }],
  [['down.example'], { spf: pass('down.example') }, { result: 'temperror' }],
  [['nothing.example'], { spf: pass('nothing.example') }, { result: 'none', reason: 'no-record' }],
  [
    ['giant.bank.test'],
    { dkim: [pass('mega.bank.test')] },
    { result: 'fail', policy: 'reject', policyDomain: 'bank.test', orgDomain: 'giant.bank.test' },
  ],
  [['ghost.bank.test'], {}, { result: 'fail', policy: 'quarantine' }],
  [['bank.test'], { dkim: [pass('giant.bank.test')] }, { result: 'fail' }],
  [['half.sick.test'], { dkim: [pass('half.sick.test')] }, { result: 'pass' }],
  [['half.sick.test'], { dkim: [pass('x.half.sick.test')] }, { result: 'temperror' }],
  [['half.sick.test'], {}, { result: 'fail', disposition: 'reject' }],
  [['reject.example'], { dkim: [late('reject.example')] }, { result: 'temperror' }],
  [['reject.example'], { dkim: [late('evil.test')] }, { result: 'fail' }],
  [['reject.example'], { dkim: [late('reject.example')], spf: pass('reject.example') }, { result: 'pass' }],
  [[], { spf: pass('reject.example') }, { result: 'permerror', reason: 'no-author-domain', domain: '' }],
  [['[192.0.2.1]'], {}, { result: 'permerror', reason: 'bad-author-domain' }],
  [['reject.example', 'REJECT.example'], { spf: pass('reject.example') }, { result: 'pass' }],
  [
    ['reject.example'],
    { spf: pass('reject.example'), fromFields: 2 },
    { result: 'permerror', reason: 'several-from-fields' },
  ],
  [
    ['nothing.example', 'testq.example', 'reject.example'],
    { spf: pass('nothing.example') },
    { result: 'fail', reason: 'several-author-domains', domain: 'reject.example', disposition: 'reject' },
  ],
  [
    ['reject.example', 'strict.example'],
    { dkim: [pass('reject.example'), pass('strict.example')] },
    { result: 'permerror', reason: 'several-author-domains' },
  ],
  [['nothing.example', 'down.example'], {}, { result: 'temperror', reason: 'several-author-domains' }],
  [
    Array.from({ length: 9 }, (_, i) => `n${i}.example`),
    {},
    { result: 'permerror', reason: 'too-many-author-domains' },
  ],
];

test('evaluateDmarc() passes what is aligned and nothing else', async () => {
  for (const [authors, more, expected] of cases) {
    const got = await evaluate(authors, more);
    const seen = Object.fromEntries(Object.keys(expected).map((k) => [k, got[k as keyof DmarcResult]]));
    assert.deepEqual(seen, expected, `${authors.join()} ${JSON.stringify(more)}`);
  }
});

const records: readonly (readonly [string, Partial<DmarcRecord> | undefined])[] = [
  [
    'v=DMARC1; p=reject',
    { policy: 'reject', isUsable: true, psd: 'u', dkimAlignment: 'relaxed', defects: [] },
  ],
  [
    'v = DMARC1 ;p = Quarantine; ADKIM=S;psd=N; t=Y',
    { policy: 'quarantine', dkimAlignment: 'strict', psd: 'n', isTesting: true },
  ],
  ['v=DMARC1;p=none;p=reject', { policy: 'none', defects: ['p'], isUsable: false }],
  ['v=DMARC1; p=reject; sp=all', { policy: 'none', isUsable: false, defects: ['sp'] }],
  [
    'v=DMARC1; p=reject; aspf=x; new=1',
    { policy: 'reject', spfAlignment: 'relaxed', isUsable: true, defects: ['aspf'] },
  ],
  [
    'v=DMARC1; rua=mailto:a@b.example!10m, https://x.example/,nonsense',
    { aggregateReports: ['mailto:a@b.example', 'https://x.example/'], defects: ['rua'] },
  ],
  ['v=DMARC1; p=none; ruf=mailto:a@b.example; fo=1:d', { failureOptions: ['1', 'd'] }],
  ['v=DMARC1; p=none; ruf=mailto:a@b.example; fo=0:1', { failureOptions: ['0'], defects: ['fo'] }],
  ['v=DMARC1; p=none; fo=1', { failureOptions: [] }],
  ['v=dmarc1; p=reject', undefined],
  ['v=DMARC1 p=reject', undefined],
  ['p=reject; v=DMARC1', undefined],
  ['v=DMARC10; p=reject', undefined],
];

test('parseDmarcRecord() keeps what is well-formed', () => {
  for (const [text, expected] of records) {
    assert.equal(isDmarcRecord(text), expected !== undefined, text);
    if (expected === undefined) continue;
    const record = parseDmarcRecord(text);
    const seen = Object.fromEntries(Object.keys(expected).map((k) => [k, record[k as keyof DmarcRecord]]));
    assert.deepEqual(seen, expected, text);
  }
});
