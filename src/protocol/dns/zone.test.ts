import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseZone } from './zone.ts';
import { zoneResolver } from './zone-resolver.ts';
import { parseZoneText } from './zone-text.ts';
import type { Resolver } from './resolver.ts';

function resolver(json: unknown): Resolver {
  const zone = parseZone(json);
  assert.ok(zone.ok, JSON.stringify(zone));
  return zoneResolver(zone.value);
}

const zone = {
  'Full.Example.': [
    { TXT: ['v=spf1 -all', ['split ', 'string']] },
    { TXT: ['one ', 'record'] },
    { A: '192.0.2.1' },
    { A: ['192.0.2.2', '192.0.2.3'] },
    { AAAA: 'CAFE:BABE::1' },
    { MX: [10, 'mx.example.'] },
    { MX: [0, ''] },
    { PTR: 'Host.Example' },
    { TLSA: [3, 1, 1, 'AB01'] },
  ],
  'text.example': 'v=DKIM1; p=',
  'texts.example': ['one', ['t', 'wo']],
  'object.example': { A: '192.0.2.9', MX: 'TIMEOUT' },
  'gone.example': 'NXDOMAIN',
  'ill.example': '!SERVFAIL',
  'late.example': [{ TXT: 'here' }, 'TIMEOUT'],
  'spf-only.example': [{ SPF: 'v=spf1 +all' }],
  'both.example': [{ SPF: 'v=spf1 +all' }, { TXT: 'v=spf1 -all' }],
  'none.example': [{ SPF: 'v=spf1 +all' }, { TXT: 'NONE' }],
  'alias.example': { CNAME: 'object.example.' },
  'loop.example': { CNAME: 'loop.example' },
  '*.wild.example': { A: '192.0.2.77' },
  'deep.below.example': { A: '192.0.2.1' },
  'bytes.example': { TXT: '\u00ef\u00bb\u00bf' },
  'wide.example': { TXT: '\u20ac' },
};
const dns = resolver(zone);

const records = async (answer: ReturnType<Resolver[keyof Resolver]>): Promise<unknown> => {
  const a = await answer;
  return a.kind === 'records' ? a.records : a.kind === 'error' ? a.reason : a.kind;
};

test('zoneResolver() answers each form of entry', async () => {
  assert.deepEqual(await records(dns.txt('full.example')), ['v=spf1 -all', 'split string', 'one record']);
  assert.deepEqual(await records(dns.a('FULL.example.')), ['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  assert.deepEqual(await records(dns.aaaa('full.example')), ['cafe:babe::1']);
  assert.deepEqual(await records(dns.mx('full.example')), [
    { preference: 10, exchange: 'mx.example' },
    { preference: 0, exchange: '' },
  ]);
  assert.deepEqual(await records(dns.ptr('full.example')), ['host.example']);
  assert.deepEqual(await records(dns.tlsa('full.example')), [
    { usage: 3, selector: 1, matching: 1, data: Uint8Array.of(0xab, 1) },
  ]);
  assert.deepEqual(await records(dns.txt('text.example')), ['v=DKIM1; p=']);
  assert.deepEqual(await records(dns.txt('texts.example')), ['one', 'two']);
  assert.deepEqual(await records(dns.txt('bytes.example')), ['\u00ef\u00bb\u00bf']);
  assert.deepEqual(await records(dns.txt('wide.example')), ['\u00e2\u0082\u00ac']);
});

test('zoneResolver() fails as the zone says, for the types it says', async () => {
  const cases: readonly (readonly [ReturnType<Resolver['a']> | ReturnType<Resolver['mx']>, unknown])[] = [
    [dns.a('gone.example'), 'nxdomain'],
    [dns.a('ill.example'), 'servfail'],
    [dns.txt('late.example'), ['here']],
    [dns.a('late.example'), 'timeout'],
    [dns.mx('object.example'), 'timeout'],
    [dns.a('object.example'), ['192.0.2.9']],
    [dns.txt('object.example'), 'nodata'],
    [dns.txt('spf-only.example'), ['v=spf1 +all']],
    [dns.txt('both.example'), ['v=spf1 -all']],
    [dns.txt('none.example'), 'nodata'],
    [dns.a('below.example'), 'nodata'],
    [dns.a('nowhere.example'), 'nxdomain'],
    [dns.a('a..example'), 'badname'],
    [dns.a(`${'x'.repeat(64)}.example`), 'badname'],
  ];
  for (const [answer, expected] of cases) assert.deepEqual(await records(answer), expected);
});

test('zoneResolver() follows CNAMEs, ends loops, and knows wildcards', async () => {
  assert.deepEqual(await records(dns.a('alias.example')), ['192.0.2.9']);
  assert.deepEqual(await records(dns.cname('alias.example')), ['object.example']);
  assert.equal(await records(dns.a('loop.example')), 'servfail');
  assert.deepEqual(await records(dns.a('a.b.wild.example')), ['192.0.2.77']);
  assert.equal(await records(dns.a('wild.example')), 'nodata');
});

test('zoneResolver() calls secure only what the zone marks', async () => {
  const secure = async (mark: unknown, name: string): Promise<boolean> => {
    const answer = await resolver({ '@secure': mark, 'a.signed.example': 'x', 'plain.example': 'x' }).txt(
      name,
    );
    return answer.kind !== 'error' && answer.secure;
  };
  assert.equal(await secure(true, 'plain.example'), true);
  assert.equal(await secure(['signed.example'], 'a.signed.example'), true);
  assert.equal(await secure(['signed.example'], 'plain.example'), false);
  assert.equal(await secure(false, 'plain.example'), false);
});

test('parseZone() lists every mistake with its place', () => {
  const bad = parseZone({
    'a.example': [{ A: '1.2.3' }, 5],
    'b.example': { MX: [10] },
    'c.example': { NAPTR: 'x' },
    'd.example': { TLSA: '3 1 1 xyz' },
    '@secure': 1,
  });
  assert.equal(bad.ok, false);
  assert.deepEqual(bad.ok ? [] : bad.error.map((c) => c.at).toSorted(), [
    '@secure',
    'a.example[0].A',
    'a.example[1]',
    'b.example.MX',
    'c.example.NAPTR',
    'd.example.TLSA',
  ]);
  assert.equal(parseZone([]).ok, false);
});

test('parseZoneText() reads JSON and lines', async () => {
  const lines = parseZoneText(
    '# dns\n\na.example  v=DKIM1; p=x\nb.example NXDOMAIN\nc.example ~~Query timed out~~\nd.example ~~SERVFAIL~~\ne.example ""\n',
  );
  assert.ok(lines.ok);
  const dns = zoneResolver(lines.value);
  assert.deepEqual(await records(dns.txt('a.example')), ['v=DKIM1; p=x']);
  assert.equal(await records(dns.txt('b.example')), 'nxdomain');
  assert.equal(await records(dns.txt('c.example')), 'timeout');
  assert.equal(await records(dns.txt('d.example')), 'servfail');
  assert.deepEqual(await records(dns.txt('e.example')), ['']);
  assert.equal(parseZoneText('{"a": ').ok, false);
  // A master file looks like lines; each of these would otherwise be a TXT record of a name nobody meant.
  for (const [text, line] of [
    ['$ORIGIN example.org.\n@ IN MX 10 mx', 1],
    ['# x\nexample.org. 3600 IN TXT "v=spf1 -all"', 2],
    ['example.org. IN A 192.0.2.1', 1],
    ['example.org MX 10 mx.example.org.', 1],
    ['; comment\nexample.org x', 1],
    ['a.example v=spf1 -all\nb.example', 2],
    ['[1]', 1],
    ['a.example ok\n  IN NS ns.example', 2],
  ] as const) {
    const refused = parseZoneText(text);
    assert.ok(!refused.ok, text);
    assert.equal(refused.error.length, 1);
    assert.equal(refused.error[0]?.at, `line ${line}`, text);
    assert.match(refused.error[0]?.expected ?? '', /JSON.*master file/);
  }
  assert.equal(parseZoneText('{"a.example": "x"}').ok, true);
});
