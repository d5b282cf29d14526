import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainIsOrUnder, parentDomain, toAsciiDomain } from './domain.ts';
import { parseMailbox } from './mailbox.ts';
import { parseForwardPath, parseReversePath } from './path.ts';
import { parseAddressList } from './address-list.ts';

const names: readonly (readonly [string, string | undefined])[] = [
  ['Example.COM', 'example.com'],
  ['example.com.', 'example.com'],
  ['Bücher.example', 'xn--bcher-kva.example'],
  ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
  ['faß.de', 'xn--fa-hia.de'],
  ['_x.example', '_x.example'],
  ['a..b', undefined],
  ['-a.example', undefined],
  ['', undefined],
  ['ä/b', undefined],
  ['ä@b', undefined],
  ['ä:80', undefined],
  ['１.２.３.４', undefined],
  [`${'a'.repeat(64)}.example`, undefined],
  [`${'ä'.repeat(600)}.example`, undefined],
];

test('toAsciiDomain() makes A-labels or nothing', () => {
  for (const [text, expected] of names) assert.equal(toAsciiDomain(text), expected, text);
});

test('domainIsOrUnder() compares whole labels', () => {
  assert.equal(domainIsOrUnder('a.example', 'a.example'), true);
  assert.equal(domainIsOrUnder('b.a.example', 'a.example'), true);
  assert.equal(domainIsOrUnder('ba.example', 'a.example'), false);
  assert.equal(domainIsOrUnder('example', 'a.example'), false);
  assert.equal(parentDomain('a.b.example'), 'b.example');
  assert.equal(parentDomain('example'), '');
});

const mailboxes: readonly (readonly [string, boolean, string | { at: number }])[] = [
  ['User@Example.COM', false, 'User@example.com'],
  ['"a b"@example.com', false, '"a b"@example.com'],
  ['"plain"@example.com', false, 'plain@example.com'],
  ['"a\\"b"@example.com', false, '"a\\"b"@example.com'],
  ['a@[192.0.2.1]', false, 'a@[192.0.2.1]'],
  ['a@[ipv6:2001:DB8::1]', false, 'a@[IPv6:2001:db8::1]'],
  ['a@[2001:db8::1]', false, { at: 2 }],
  ['jürgen@bücher.example', true, 'jürgen@xn--bcher-kva.example'],
  ['jürgen@example.com', false, { at: 1 }],
  ['a@bücher.example', false, { at: 2 }],
  ['\u{1f600}@example.com', true, '\u{1f600}@example.com'],
  ['\ud83d@example.com', true, { at: 0 }],
  ['a@b@example.com', false, { at: 2 }],
  ['a..b@example.com', false, { at: 2 }],
  ['a.@example.com', false, { at: 2 }],
  ['"open@example.com', false, { at: 17 }],
  ['a@', false, { at: 2 }],
  ['', false, { at: 0 }],
  ['a\r\nb@example.com', false, { at: 1 }],
  ['"a\r\nRCPT"@example.com', false, { at: 2 }],
  ['a@example.com\n', false, { at: 2 }],
  [`${'a'.repeat(65)}@example.com`, false, { at: 0 }],
];

test('parseMailbox() reads one mailbox or says where it went wrong', () => {
  for (const [text, smtpUtf8, expected] of mailboxes) {
    const mailbox = parseMailbox(text, { smtpUtf8 });
    if (typeof expected === 'string')
      assert.equal(mailbox.ok ? mailbox.value.address : mailbox, expected, text);
    else assert.equal(mailbox.ok ? 'a mailbox' : mailbox.error.at, expected.at, text);
  }
});

test('paths end at their bracket', () => {
  const options = { smtpUtf8: false };
  const reverse = (text: string): unknown => {
    const path = parseReversePath(text, options);
    return path.ok ? [path.value.mailbox?.address, path.value.end] : path.error.at;
  };
  assert.deepEqual(reverse('<> SIZE=1'), [undefined, 2]);
  assert.deepEqual(reverse('<a@b.example> BODY=8BITMIME'), ['a@b.example', 13]);
  assert.deepEqual(reverse('<"a>b"@c.example>'), ['"a>b"@c.example', 17]);
  assert.deepEqual(reverse('<@x.example,@y.example:a@b.example>'), ['a@b.example', 35]);
  assert.equal(reverse('a@b.example'), 0);
  assert.equal(reverse('<a@b.example'), 12);
  assert.equal(reverse('<a@b..example>'), 3);
  const postmaster = parseForwardPath('<POSTMASTER>', options);
  assert.deepEqual(postmaster.ok && postmaster.value, { mailbox: undefined, end: 12 });
  assert.equal(parseForwardPath('<>', options).ok, false);
});

const lists: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['A <a@x.example>', ['x.example'], []],
  ['a@x.example', ['x.example'], []],
  ['"B, C" <b@x.example>, d@Y.example', ['x.example', 'y.example'], []],
  ['a@x.example (c@y.example)', ['x.example'], ['comment']],
  ['<a@x.example> <b@y.example>', ['x.example', 'y.example'], ['several-addresses-in-one']],
  ['a@x.example b@y.example', ['x.example', 'y.example'], ['several-addresses-in-one']],
  ['g: a@x.example, b@y.example;', ['x.example', 'y.example'], ['group']],
  ['a@x.example: b@y.example', ['x.example', 'y.example'], ['group']],
  ['<@r.example:a@x.example>', ['x.example'], ['route']],
  ['A <a@x.example> b@y.example', ['y.example', 'x.example'], ['text-after-address']],
  ['"open <a@x.example>', ['x.example'], ['unclosed']],
  ['A <a@x.example', ['x.example'], ['unclosed']],
  ['"a@x.example" <b@y.example>', ['y.example'], []],
  ['"a@x"@y.example', ['y.example'], []],
  ['a@x.example@y.example', ['y.example'], ['several-addresses-in-one']],
  ['<a@bücher.example>', ['xn--bcher-kva.example'], []],
  ['=?utf-8?q?a=40x.example?=', [], ['no-address']],
  ['<=?utf-8?q?a?=@x.example>', ['x.example'], ['encoded-word-in-address']],
  ['undisclosed:;', [], ['group']],
  ['', [], ['empty']],
  ['a@x\0.example', [], ['control-character', 'bad-domain']],
];

test('parseAddressList() finds every domain a mail program might show', () => {
  for (const [text, domains, defects] of lists) {
    const list = parseAddressList(text);
    const found = list.mailboxes.map((m) => m.domain).filter((d) => d !== undefined);
    assert.deepEqual(found, domains, text);
    assert.deepEqual([...list.defects], defects, text);
  }
});
