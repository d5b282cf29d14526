import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, fromUtf8 } from '#core/bytes.ts';
import { isSingleAuthor, readAuthors, type Authors } from './author.ts';
import { parseHeader } from './header.ts';

const read = (text: string): Authors => readAuthors(parseHeader(fromUtf8(`${text}\r\n\r\n`)));
const domains = (a: Authors): string[] => [...new Set(a.addresses.map((x) => x.domain ?? '?'))].sort();

const word = (text: string): string => `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`;

/** From fields that every reader shows alike: field, address, display name. */
const CLEAN: readonly (readonly [string, string, string])[] = [
  ['From: a@good.example', 'a@good.example', ''],
  ['From: <a@good.example>', 'a@good.example', ''],
  ['From: Ann <a@good.example>', 'a@good.example', 'Ann'],
  ['From: "Ann, B." <a@good.example>', 'a@good.example', 'Ann, B.'],
  ['From: "Ann \\"B\\" C" <a@good.example>', 'a@good.example', 'Ann "B" C'],
  ['FROM: Ann\r\n <a@good.example>', 'a@good.example', 'Ann'],
  ['From: a@good.example (Ann)', 'a@good.example', ''],
  ['From: =?utf-8?q?M=C3=BCller?= <a@good.example>', 'a@good.example', 'Müller'],
  ['From: =?utf-8?b?TcO8?= =?utf-8?b?bGxlcg==?= <a@good.example>', 'a@good.example', 'Müller'],
  ['From: =?utf-8?q?Ann=2C_Sales?= <a@good.example>', 'a@good.example', 'Ann, Sales'],
  ['From: Müller <a@good.example>', 'a@good.example', 'Müller'],
  ['From: Ann <müller@bücher.example>', 'müller@bücher.example', 'Ann'],
  ['From: "a.b c"@good.example', '"a.b c"@good.example', ''],
  ['From: Ann <a@[192.0.2.1]>', 'a@[192.0.2.1]', 'Ann'],
  ['From: "a@good.example" <a@good.example>', 'a@good.example', 'a@good.example'],
  ['From: "a@mail.good.example" <a@good.example>', 'a@good.example', 'a@mail.good.example'],
  ['From: "Ann @ Acme" <a@good.example>', 'a@good.example', 'Ann @ Acme'],
  [`From: ${word('モーニング娘。')} <a@good.example>`, 'a@good.example', 'モーニング娘。'],
  ['From: =?utf-8*en?q?Ann?= <a@good.example>', 'a@good.example', 'Ann'],
  ['From: =?iso-2022-jp?b?GyRCJCIbKEI=?= <a@good.example>', 'a@good.example', 'あ'],
  ['From: a@good.example (=?utf-8?q?M=C3=BCller?=)', 'a@good.example', ''],
  ['From: Ann <A@GOOD.Example.>', 'A@GOOD.Example.', 'Ann'],
];

test('readAuthors() reads a clean From as the single author', () => {
  for (const [text, address, displayName] of CLEAN) {
    const authors = read(text);
    assert.equal(isSingleAuthor(authors), true, `${text}: ${JSON.stringify(authors.defects)}`);
    assert.equal(authors.addresses[0]!.address, address, text);
    assert.equal(authors.addresses[0]!.displayName, displayName, text);
  }
});

/** From fields that readers show differently: field, all domains some reader shows, one defect that must be named. */
const DOUBTFUL: readonly (readonly [string, readonly string[], string])[] = [
  ['To: a@good.example', [], 'no-from'],
  ['From:', [], 'empty'],
  ['From: Ann', [], 'no-address'],
  ['From: <>', [], 'no-address'],
  ['From: undisclosed:;', [], 'group'],
  ['From: group: a@good.example;', ['good.example'], 'group'],
  ['From: g: a@good.example, b@evil.example;', ['evil.example', 'good.example'], 'group'],
  ['From: a@good.example\r\nFrom: b@evil.example', ['evil.example', 'good.example'], 'several-from-fields'],
  ['From: a@good.example\r\nFrom: a@good.example', ['good.example'], 'several-from-fields'],
  ['From: a@good.example\r\nfrom : b@evil.example', ['evil.example', 'good.example'], 'odd-from-field'],
  [' From: b@evil.example\r\nFrom: a@good.example', ['evil.example', 'good.example'], 'odd-from-field'],
  ['From\0: b@evil.example\r\nFrom: a@good.example', ['evil.example', 'good.example'], 'odd-from-field'],
  ['\u200bFrom: b@evil.example\r\nFrom: a@good.example', ['evil.example', 'good.example'], 'odd-from-field'],
  [
    'X: y\rFrom: b@evil.example\r\nFrom: a@good.example',
    ['evil.example', 'good.example'],
    'hidden-from-field',
  ],
  [
    'X: y\r\n From: b@evil.example\r\nFrom: a@good.example',
    ['evil.example', 'good.example'],
    'hidden-from-field',
  ],
  ['From: a@good.example, b@evil.example', ['evil.example', 'good.example'], 'several-authors'],
  ['From: a@good.example; b@evil.example', ['evil.example', 'good.example'], 'several-authors'],
  ['From: a@good.example b@evil.example', ['evil.example', 'good.example'], 'several-addresses-in-one'],
  ['From: <a@good.example> <b@evil.example>', ['evil.example', 'good.example'], 'several-addresses-in-one'],
  ['From: <a@good.example>b@evil.example', ['evil.example', 'good.example'], 'text-after-address'],
  ['From: <a@good.example>,<b@evil.example>', ['evil.example', 'good.example'], 'several-authors'],
  ['From: <@good.example,@x.example:b@evil.example>', ['evil.example'], 'route'],
  ['From: a@good.example@evil.example', ['evil.example', 'good.example'], 'several-at'],
  ['From: <a@good.example@evil.example>', ['evil.example', 'good.example'], 'several-at'],
  ['From: "a@good.example"@evil.example', ['evil.example', 'good.example'], 'quoted-at'],
  ['From: "a@good.example <x"@evil.example', ['evil.example', 'good.example'], 'quoted-at'],
  ['From: "a@good.example', ['good.example'], 'unclosed'],
  ['From: "Ann <a@good.example>', ['good.example'], 'unclosed'],
  ['From: Ann <a@good.example', ['good.example'], 'unclosed'],
  ['From: Ann (x <a@good.example>', ['good.example'], 'unclosed'],
  ['From: a@good.example (b@evil.example)', ['evil.example', 'good.example'], 'comment-with-address'],
  ['From: (<b@evil.example>) <a@good.example>', ['evil.example', 'good.example'], 'comment-with-address'],
  ['From: <a(x)@good.example>', ['good.example'], 'comment-in-address'],
  ['From: a@(x)good.example', ['good.example'], 'comment-in-address'],
  ['From: a@good.example(.evil.example)', ['good.example'], 'comment-in-address'],
  ['From: =?utf-8?q?a=40good.example?=', ['good.example'], 'no-address'],
  [
    'From: =?utf-8?q?=3Cb=40evil.example=3E?= <a@good.example>',
    ['evil.example', 'good.example'],
    'several-addresses-in-one',
  ],
  [
    'From: =?utf-8?b?PGJAZXZpbC5leGFtcGxlPiw=?= <a@good.example>',
    ['evil.example', 'good.example'],
    'several-authors',
  ],
  ['From: =?utf-8?q?a?=@good.example', ['good.example'], 'encoded-word-in-address'],
  [
    'From: <=?utf-8?q?a=40good.example=00?=@evil.example>',
    ['evil.example', 'good.example'],
    'encoded-word-in-address',
  ],
  ['From: <a@good.example\0.evil.example>', ['good.example', 'good.example.evil.example'], 'nul'],
  ['From: <a@good.example\x01.evil.example>', ['good.example.evil.example'], 'control-character'],
  ['From: a\uff20good.example', ['good.example'], 'look-alike-character'],
  ['From: a@good\uff0eexample', ['good.example'], 'look-alike-character'],
  ['From: "a\uff20good.example" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "a@good.example" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: a@good.example <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: =?utf-8?q?a=40good.example?= <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "Ann <a@good.example>" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "Ann <a@mail.good.example>" <b@good.example>', ['good.example'], 'several-addresses-in-one'],
  // Only the owner of a name can give out names below it, so this way round it proves nothing.
  ['From: "a@pages.example" <b@evil.pages.example>', ['evil.pages.example'], 'address-in-display-name'],
  ['From: "b@evil.example a@good.example" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "a @good.example" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "a@ good.example" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "a@good.example/x" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  ['From: "a@good.example_" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  [`From: "${'a'.repeat(70)}@good.example" <b@evil.example>`, ['evil.example'], 'address-in-display-name'],
  ['From: "a@goo\u034fd.example" <b@evil.example>', ['evil.example'], 'address-in-display-name'],
  [`From: ${word('a@good\u3002example')} <b@evil.example>`, ['evil.example'], 'look-alike-character'],
  [`From: ${word('a@good\u3002example')} <b@evil.example>`, ['evil.example'], 'address-in-display-name'],
  [`From: ${word('a\uff20good.example')} <b@evil.example>`, ['evil.example'], 'look-alike-character'],
  ['From: a\u3002 =?utf-8?q?=40good.example?= <b@evil.example>', ['evil.example'], 'look-alike-character'],
  [
    'From: b@evil.example (=?utf-8?q?a=40good.example?=)',
    ['evil.example', 'good.example'],
    'comment-with-address',
  ],
  [
    `From: b@evil.example (Ann (${word('Ann <a@good.example>')}))`,
    ['evil.example', 'good.example'],
    'comment-with-address',
  ],
  [
    `From: b@evil.example (${word('a\uff20good.example')})`,
    ['evil.example', 'good.example'],
    'comment-with-address',
  ],
  ['From: =?utf-7?q?a+AEA-good.example?= <b@evil.example>', ['evil.example'], 'undecodable-word'],
  ['From: =?x-foo?q?a?= <b@evil.example>', ['evil.example'], 'undecodable-word'],
  ['From: =?utf-8?x?a=40good.example?= <b@evil.example>', ['evil.example'], 'undecodable-word'],
  [`From: =?${'a'.repeat(90)}?q?a=40good.example?= <b@evil.example>`, ['evil.example'], 'undecodable-word'],
  ['From: =?utf-8?q?a=40good.example <b@evil.example>', ['evil.example'], 'undecodable-word'],
  [`From: =?utf-8?q?a=40good.example${'_'.repeat(2500)}?= <b@evil.example>`, [], 'too-long'],
  ['From: "a\u202e@moc.doog" <b@evil.example>', ['evil.example'], 'bidi-control'],
  ['From: "a\u200b" <b@evil.example>', ['evil.example'], 'invisible-character'],
  ['From: a%good.example@evil.example', ['evil.example'], 'percent-hack'],
  ['From: good.example!a@evil.example', ['evil.example'], 'percent-hack'],
  ['From: a@-bad-', ['?'], 'bad-domain'],
  ['From: a@good example', ['?', 'good'], 'several-addresses-in-one'],
  [
    'From: Ann <a@good.example>\r\n ,\r\n b@evil.example',
    ['evil.example', 'good.example'],
    'several-authors',
  ],
  ['From: "\\" <a@good.example>, b@evil.example', ['evil.example', 'good.example'], 'unclosed'],
];

test('readAuthors() lists what every reader would show, and never calls it one author', () => {
  for (const [text, expected, defect] of DOUBTFUL) {
    const authors = read(text);
    const kinds = authors.defects.map((d) => d.kind);
    const seen = domains(authors);
    for (const domain of expected)
      if (domain !== '?') assert.ok(seen.includes(domain), `${text}: ${domain} not in ${seen.join(' ')}`);
    assert.ok(
      kinds.some((k) => k === defect),
      `${text}: ${defect} not in ${kinds.join(' ')}`,
    );
    assert.equal(isSingleAuthor(authors), false, text);
    if (expected.length === 0) assert.equal(authors.addresses.length, 0, text);
  }
});

test('a name that reads like an address of another domain is noted, whatever it is made of', () => {
  const table: [string, string | undefined][] = [
    ['"ceo@bank" <x@evil.example>', 'address-like-name'],
    ['ceo@bank <x@evil.example>', 'address-like-name'],
    ['"ceo (at) bank.example" <x@evil.example>', 'address-like-name'],
    ['ceo (at) bank.example <x@evil.example>', 'address-like-name'],
    ['"ceo[at]bank[dot]example" <x@evil.example>', 'address-like-name'],
    ['"ceo {AT} bank" <x@evil.example>', 'address-like-name'],
    ['"ceo\uff20bank" <x@evil.example>', 'address-like-name'],
    ['"ceo\uff20bank\uff0eexample" <x@evil.example>', 'address-in-display-name'],
    ['"ceo@bank\u3002example" <x@evil.example>', 'address-in-display-name'],
    ['"ceo\\@bank.example" <x@evil.example>', 'address-in-display-name'],
    ['"ceo\\@bank\\.example" <x@evil.example>', 'address-in-display-name'],
    ['"ceo\\@b\\ank" <x@evil.example>', 'address-like-name'],
    ['=?utf-8?q?ceo=40bank?= <x@evil.example>', 'address-like-name'],
    ['=?utf-8?b?Y2VvIChhdCkgYmFuay5leGFtcGxl?= <x@evil.example>', 'address-like-name'],
    // Honest names.
    ['"Service@Bank" <x@bank.example>', undefined],
    ['"Service (at) mail.bank.example" <x@bank.example>', undefined],
    ['"Anna @anna" <x@one.example>', undefined],
    ['"Team @ Work" <x@one.example>', undefined],
    ['"Cafe (at the lake)" <x@one.example>', undefined],
    ['x@bank.example', undefined],
  ];
  for (const [field, expected] of table) {
    const authors = readAuthors(parseHeader(fromUtf8(`From: ${field}\r\n\r\n`)));
    const kinds = authors.defects.map((d) => d.kind);
    const found = kinds.filter((k) => k === 'address-like-name' || k === 'address-in-display-name');
    assert.deepEqual(found, expected === undefined ? [] : [expected], `${field}: ${kinds.join(' ')}`);
    if (expected === 'address-like-name' && !/[^\0-\x7f]/.test(field) && !field.includes('\\'))
      assert.equal(isSingleAuthor(authors), true, field);
  }
});

test('readAuthors() gives Sender and Reply-To beside the authors', () => {
  const authors = read(
    'From: a@x.example, b@y.example\r\nSender: S <s@z.example>\r\nReply-To: r@x.example, q@x.example',
  );
  assert.equal(authors.sender?.domain, 'z.example');
  assert.deepEqual(
    authors.replyTo.map((a) => a.localpart),
    ['r', 'q'],
  );
});

const LONG: readonly string[] = [
  `From: ${'a@x.example,'.repeat(5000)}`,
  `From: a${' '.repeat(60_000)}b`,
  `From: ${'('.repeat(60_000)}`,
  `From: ${'"'.repeat(9999)}`,
  `From: ${'=?utf-8?q?'.repeat(6000)}`,
  `From: ${'<'.repeat(60_000)}@`,
  `From: Ann${' '.repeat(3000)} <a@x.example>`,
  `From: a@x.example\r\nSubject: ${'\r\n from'.repeat(30_000)}`,
  `From: a@x.example\r\nSubject: ${`\r\n${' '.repeat(80)}from`.repeat(3000)}`,
  `From: a@x.example\r\nSubject: ${'\r from:'.repeat(30_000)}`,
  `From: ${'<'.repeat(16_000)}\r\n`.repeat(8).trim(),
  `From: ${'@'.repeat(16_000)}\r\n`.repeat(8).trim(),
  `From: ${')x'.repeat(8000)}\r\n`.repeat(8).trim(),
  `From: a@x.example\r\n`.repeat(10_000).trim(),
];

test('readAuthors() takes time in step with the size of long and broken fields, and passes none', () => {
  for (const text of LONG) {
    const startedUs = process.cpuUsage();
    const authors = readAuthors(parseHeader(fromLatin1(`${text}\r\n\r\n`)));
    const { user, system } = process.cpuUsage(startedUs);
    assert.ok(user + system < 1_000_000, `${text.slice(0, 40)}: ${user + system} µs`);
    assert.ok(authors.addresses.length <= 64);
    const isHarmless = /^From: a@x\.example\r\nSubject: [^:]*$/s.test(text);
    assert.equal(isSingleAuthor(authors), isHarmless, text.slice(0, 40));
  }
});
