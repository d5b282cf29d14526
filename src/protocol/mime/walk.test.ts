import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '#core/bytes.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { createMimeWalker, DEFAULT_MIME_OPTIONS, type MimeOptions, type MimeTree } from './walk.ts';

function walk(text: string, chunk = 1 << 20, options: Partial<MimeOptions> = {}): MimeTree {
  const bytes = fromLatin1(text.replaceAll(/\r?\n/g, '\r\n'));
  const header = parseHeader(bytes);
  const walker = createMimeWalker(header, { ...DEFAULT_MIME_OPTIONS, ...options });
  for (let at = header.bodyStart; at < bytes.length; at += chunk)
    walker.update(bytes.subarray(at, at + chunk));
  return walker.finish();
}
const show = (tree: MimeTree): string[] =>
  tree.parts.map((p) => `${p.path} ${p.type} ${p.size} ${p.names.join('|')}`.trim());
const kinds = (tree: MimeTree): string[] => tree.parts.flatMap((p) => p.defects.map((d) => d.kind));
const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');

const NESTED = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

caf=C3=A9 and a soft=
 break
--inner
Content-Type: text/html

<b>x</b>
--inner--
--outer
Content-Type: application/pdf; name="a.pdf"
Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac.pdf
Content-Transfer-Encoding: base64

aGVsbG8g
d29ybGQ=
--outer
Content-Type: message/rfc822

Subject: inside
Content-Type: multipart/mixed; boundary=deep

--deep

plain
--deep--
--outer--
epilogue
`;

test('createMimeWalker() reads nested multiparts, encodings and embedded messages', () => {
  const tree = walk(NESTED);
  assert.deepEqual(show(tree), [
    '0 multipart/mixed 0',
    '1 multipart/alternative 0',
    '1.1 text/plain 22',
    '1.2 text/html 8',
    '2 application/pdf 11 €.pdf|a.pdf',
    '3 message/rfc822 90',
    '3.0 multipart/mixed 0',
    '3.1 text/plain 5',
  ]);
  assert.equal(tree.parts[2]!.sha256, sha256('caf\xc3\xa9 and a soft break'));
  assert.equal(tree.parts[4]!.sha256, sha256('hello world'));
  assert.equal(toLatin1(tree.parts[4]!.head), 'hello world');
  assert.deepEqual(
    tree.root.children[0]!.children.map((c) => c.path),
    ['1.1', '1.2'],
  );
  assert.equal(tree.parts[5]!.children[0], tree.parts[6]);
  assert.deepEqual(kinds(tree), []);
  assert.equal(tree.limitHit, undefined);
});

test('createMimeWalker() sees the same wherever the body is cut', () => {
  const whole = JSON.stringify(walk(NESTED));
  for (const chunk of [1, 2, 3, 5, 7, 11, 64])
    assert.equal(JSON.stringify(walk(NESTED, chunk)), whole, String(chunk));
});

test('createMimeWalker() stops at each limit and says so', () => {
  const limits = DEFAULT_MIME_OPTIONS.limits;
  const hit = (over: Partial<typeof limits>): MimeTree =>
    walk(NESTED, 50, { limits: { ...limits, ...over } });
  assert.equal(hit({ maxParts: 3 }).limitHit, 'parts');
  assert.equal(hit({ maxParts: 3 }).parts.length, 3);
  assert.equal(hit({ maxDepth: 1 }).limitHit, 'depth');
  assert.equal(hit({ maxHeaderBytes: 20 }).limitHit, 'header-bytes');
});

test('createMimeWalker() takes a uuencoded file out of a text', () => {
  const tree = walk('Subject: x\n\nhello\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n');
  assert.deepEqual(show(tree), ['0 text/plain 46', '1 application/octet-stream 3 cat.txt']);
  assert.equal(toLatin1(tree.parts[1]!.head), 'Cat');
  assert.deepEqual(kinds(tree), ['uuencode-inside']);
});

const BASE64: readonly (readonly [string, string, readonly string[]])[] = [
  ['aGVsbG8=', 'hello', []],
  ['aGVs\nbG8=', 'hello', []],
  ['aGVsbG8', 'hello', ['truncated-base64']],
  ['aGVs*bG8=', 'hello', ['base64-junk']],
  ['aGVs=bG8=', 'hello', ['base64-bad-padding', 'base64-data-after-padding']],
  ['YQ==YQ==', 'aa', ['base64-data-after-padding']],
  ['_-8=', '\xff\xef', ['base64-url-alphabet']],
  [`${'QUJD\n'.repeat(40)}QQ==`, `${'ABC'.repeat(40)}A`, []],
  [`${'QUJD\n'.repeat(20)}*${'QUJD\n'.repeat(20)}`, 'ABC'.repeat(40), ['base64-junk']],
];

test('base64 is decoded as most readers do, and what is broken is named', () => {
  for (const [encoded, decoded, defects] of BASE64)
    for (const chunk of [1, 4, 1000]) {
      const tree = walk(`MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n${encoded}\n`, chunk);
      assert.equal(toLatin1(tree.root.head), decoded, encoded);
      assert.deepEqual(kinds(tree), defects, encoded);
    }
});

test('a folded list of signed field names is no hidden MIME field, a folded MIME field is one', () => {
  const withFold = (line: string): string[] =>
    kinds(walk(`DKIM-Signature: v=1; h=from:subject:\n\t${line}\nContent-Type: text/plain\n\nx\n`));
  for (const line of [
    'content-type:content-transfer-encoding;',
    'mime-version:content-type;',
    'content-disposition:from; b=aGk=',
    'content-transfer-encoding:to:content-type;',
  ])
    assert.deepEqual(withFold(line), [], line);
  for (const line of [
    'Content-Type: text/html',
    'content-type:(x) multipart/mixed; boundary=b',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename=a.exe',
    'MIME-Version: 1.0',
  ])
    assert.deepEqual(withFold(line), ['header-folded-field'], line);
});
