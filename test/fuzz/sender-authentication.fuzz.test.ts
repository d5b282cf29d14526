/**
 * The parsers that read what senders and their DNS wrote: addresses, SPF and DMARC records, Authentication-Results. Text is
 * made of the grammar's own pieces and of anything; whatever comes, they answer, in time, and what they print they read
 * back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gradeAddrSpec } from '#protocol/address/addr-spec.ts';
import { parseAddressList } from '#protocol/address/address-list.ts';
import { isHostName, toAsciiDomain } from '#protocol/address/domain.ts';
import { parseMailbox } from '#protocol/address/mailbox.ts';
import { parseReversePath } from '#protocol/address/path.ts';
import { formatAuthResults } from '#protocol/auth-results/format.ts';
import { claimsAuthservId, parseArcAuthResults, parseAuthResults } from '#protocol/auth-results/parse.ts';
import { isDmarcRecord, parseDmarcRecord } from '#protocol/dmarc/record.ts';
import { evaluateDmarc } from '#protocol/dmarc/evaluate.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { checkHost } from '#protocol/spf/check-host.ts';
import { parseSpfRecord } from '#protocol/spf/record.ts';
import { runs } from './runs.ts';

const anything = fc.string({ unit: 'binary', maxLength: 60 });
const madeOf = (...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: anything }),
      { maxLength: 24 },
    )
    .map((parts) => parts.join(''));

const address = madeOf(
  'a',
  'b.c',
  '@',
  '"',
  '\\',
  '.',
  ' ',
  '(',
  ')',
  '<',
  '>',
  ',',
  ';',
  ':',
  '[',
  ']',
  '\r\n ',
  '192.0.2.1',
  'IPv6:::1',
  'example',
  'ü',
  '=?utf-8?q?x?=',
  '\0',
  '\ud83d',
);
const RESULTS = ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'];

/** Slowest allowed answer; generous, since the machine may be busy. */
const MAX_MS = 1000;
function inTime<T>(work: () => T): T {
  const started = performance.now();
  const value = work();
  assert.ok(performance.now() - started < MAX_MS, 'took too long');
  return value;
}

test('fuzz: an accepted mailbox prints as itself and is one line of address', () => {
  fc.assert(
    fc.property(address, fc.boolean(), (text, smtpUtf8) => {
      const mailbox = parseMailbox(text, { smtpUtf8 });
      if (!mailbox.ok) {
        assert.ok(mailbox.error.at >= 0 && mailbox.error.at <= text.length);
        return;
      }
      assert.doesNotMatch(mailbox.value.address, /[\x00-\x1f\x7f]/);
      const again = parseMailbox(mailbox.value.address, { smtpUtf8 });
      assert.deepEqual(again, mailbox);
      // The header's grammar is wider than the envelope's.
      assert.notEqual(gradeAddrSpec(text), 'invalid');
      const path = parseReversePath(`<${text}> SIZE=1`, { smtpUtf8 });
      assert.ok(path.ok && path.value.end === text.length + 2);
    }),
    runs(4000),
  );
});

test('fuzz: headers of any text are read, and domains come out as host names or literals', () => {
  fc.assert(
    fc.property(address, (text) => {
      gradeAddrSpec(text);
      const list = inTime(() => parseAddressList(text));
      assert.ok(list.mailboxes.length > 0 || list.defects.size > 0);
      for (const { domain } of list.mailboxes)
        assert.ok(
          domain === undefined ||
            domain.startsWith('[') ||
            (isHostName(domain) && toAsciiDomain(domain) === domain),
        );
    }),
    runs(4000),
  );
});

test('fuzz: long hostile headers take linear time', () => {
  const pieces = fc.constantFrom(
    '(',
    '"',
    '\\"',
    '<',
    '@',
    'a@b ',
    ',',
    '=',
    ';',
    ' ',
    '(\\',
    '[',
    'a.',
    'x=y ',
    '\r\n ',
  );
  fc.assert(
    fc.property(pieces, pieces, (a, b) => {
      const text = (a + b).repeat(20_000);
      inTime(() => parseAddressList(text));
      inTime(() => gradeAddrSpec(text.slice(0, 4000)));
      inTime(() => parseAuthResults(text.slice(0, 65_000)));
      inTime(() => parseAuthResults(`a.example; spf=pass ${text.slice(0, 60_000)}`));
      inTime(() => claimsAuthservId(text, 'mx.example'));
      inTime(() => parseSpfRecord(`v=spf1 ${text.slice(0, 60_000)}`));
      inTime(() => parseDmarcRecord(`v=DMARC1; ${text}`));
    }),
    runs(120),
  );
});

const term = madeOf(
  'v=spf1',
  ' ',
  '+',
  '-',
  'all',
  'a',
  'mx',
  'ptr',
  'include:',
  'exists:',
  'ip4:',
  'ip6:',
  'redirect=',
  'exp=',
  ':',
  '/',
  '//',
  '24',
  '192.0.2.1',
  '::1',
  'example.test',
  'x.test',
  '%{',
  '%{i}',
  '%{l1r-}',
  '%{p}',
  '}',
  '%',
  '.',
  'h',
);

test('fuzz: any SPF record gets one of the seven results within its limits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(term, { minLength: 2, maxLength: 4 }), anything, async (texts, localpart) => {
      const [own = '', other = '', more = ''] = texts;
      const zone = parseZone({
        'example.test': [{ TXT: `v=spf1 ${own}` }, { A: '192.0.2.1' }],
        'x.test': [{ TXT: `v=spf1 ${other}` }, { MX: [1, 'example.test'] }],
        '*.x.test': [{ TXT: more }],
        '1.2.0.192.in-addr.arpa': { PTR: 'example.test' },
      });
      assert.ok(zone.ok);
      let queries = 0;
      const known = zoneResolver(zone.value);
      const txt: typeof known.txt = (name) => {
        queries++;
        return known.txt(name);
      };
      const got = await checkHost({
        ip: '192.0.2.1',
        helo: localpart,
        mailFrom: `${localpart}@example.test`,
        resolver: { ...known, txt },
        nowMs: 0,
      });
      assert.ok(RESULTS.includes(got.result));
      assert.ok(got.lookups <= 11 && got.voidLookups <= 3 && queries <= 13);
      for (const text of [got.explanation, got.mechanism, got.reason]) assert.match(text, /^[\x20-\x7e]*$/);
      if (got.result !== 'fail') assert.equal(got.explanation, '');
    }),
    runs(2000),
  );
});

const tags = madeOf(
  'v=DMARC1',
  ';',
  ' ',
  'p=',
  'sp=',
  'np=',
  't=y',
  'psd=y',
  'psd=n',
  'adkim=s',
  'aspf=',
  'none',
  'reject',
  'quarantine',
  'rua=',
  'mailto:a@b.test',
  ',',
  '!10m',
  'fo=',
  '0',
  '1',
  ':',
  '=',
);

test('fuzz: no DMARC record makes a pass out of nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(tags, { minLength: 3, maxLength: 3 }),
      fc.constantFrom('a.b.test', 'b.test', 'test', 'c.b.test'),
      async (texts, author) => {
        const zone = parseZone({
          '_dmarc.b.test': [`v=DMARC1;${texts[0] ?? ''}`],
          '_dmarc.a.b.test': [`v=DMARC1;${texts[1] ?? ''}`],
          '_dmarc.test': [texts[2] ?? ''].filter((t) => isDmarcRecord(t)),
        });
        assert.ok(zone.ok);
        const resolver = zoneResolver(zone.value);
        const none = await evaluateDmarc({
          authorDomains: [author],
          spf: undefined,
          dkim: [{ result: 'pass', domain: 'evil.example' }],
          resolver,
        });
        assert.notEqual(none.result, 'pass');
        if (none.result !== 'fail') assert.equal(none.disposition, 'none');
        const own = await evaluateDmarc({
          authorDomains: [author],
          spf: undefined,
          dkim: [{ result: 'pass', domain: author }],
          resolver,
        });
        assert.equal(own.result, none.result === 'fail' ? 'pass' : none.result);
        assert.equal(own.disposition, 'none');
      },
    ),
    runs(1500),
  );
});

const fieldText = madeOf(
  'mx.example',
  ';',
  ' ',
  'spf',
  'dkim',
  '=',
  'pass',
  'fail',
  'smtp',
  '.',
  'mailfrom',
  '"',
  '\\',
  '(',
  ')',
  '/',
  '1',
  'none',
  'reason',
  'i=1',
  '\r\n ',
  '@',
);

test('fuzz: what formatAuthResults() writes is one field, and reads back', () => {
  const value = fc.oneof(fieldText, anything);
  const result = fc.record({
    method: fc.constantFrom('spf', 'dkim', 'arc'),
    result: fc.constantFrom(...RESULTS),
    reason: value,
    comment: value,
    value,
  });
  fc.assert(
    fc.property(fc.constantFrom('mx.example', 'a b'), fc.array(result, { maxLength: 4 }), (id, list) => {
      const results = list.map((r) => ({
        method: r.method,
        result: r.result,
        reason: r.reason,
        comment: r.comment,
        properties: [{ type: 'smtp', property: 'helo', value: r.value }],
      }));
      const text = formatAuthResults(id, results);
      for (const line of text.split('\r\n')) assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
      assert.doesNotMatch(text, /\r\n(?! *\S)/);
      const parsed = parseAuthResults(text);
      assert.ok(parsed.ok, text);
      assert.equal(parsed.value.authservId, id);
      assert.equal(parsed.value.malformed, 0, text);
      assert.deepEqual(
        parsed.value.results.map((r) => [r.method, r.result]),
        list.map((r) => [r.method, r.result]),
      );
      assert.ok(claimsAuthservId(text, id));
    }),
    runs(2000),
  );
});

test('fuzz: parseAuthResults() answers any text, and our name never slips through', () => {
  fc.assert(
    fc.property(fieldText, (text) => {
      parseArcAuthResults(text);
      const parsed = parseAuthResults(text);
      if (parsed.ok && parsed.value.authservId.toLowerCase() === 'mx.example')
        assert.ok(claimsAuthservId(text, 'mx.example'));
    }),
    runs(4000),
  );
});
