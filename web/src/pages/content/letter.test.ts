import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readLetter } from './letter.ts';

const read = (...lines: readonly string[]) => readLetter(Buffer.from(lines.join('\r\n'), 'latin1'));
const texts = (...lines: readonly string[]) => read(...lines).parts.map((p) => p.text);

test('the texts of a letter are read in the encoding and charset that it names', () => {
  const cases: readonly (readonly [lines: readonly string[], texts: readonly (string | undefined)[]])[] = [
    [['Subject: a', '', 'Hello', 'you'], ['Hello\nyou']],
    [['Subject: no body at all'], ['']],
    [['', 'no head at all'], ['no head at all']],
    [['Content-Transfer-Encoding: base64', '', 'R3LD', 'vMOfZQ=='], ['Grüße']],
    [['Content-Transfer-Encoding: base64', '', 'AAAAA'], ['\0\0\0']],
    [['Content-Transfer-Encoding: quoted-printable', '', 'Gr=C3=BC=', '=C3=9Fe =zz'], ['Grüße =zz']],
    [['Content-Type: text/plain;', ' charset="iso-8859-1"', '', 'Gr\xfc\xdfe'], ['Grüße']],
    [['Content-Type: text/plain; charset=nobody-knows', '', 'a'], ['a']],
    [['Content-Type: image/png; name=x.png', '', 'bytes'], [undefined]],
  ];
  for (const [lines, expected] of cases) assert.deepEqual(texts(...lines), expected, lines.join('|'));
});

test('a multipart is walked: nested, without an end, and with lines around that are for no one', () => {
  const nested = [
    'Content-Type: multipart/mixed; boundary="out"',
    '',
    'preamble',
    '--out',
    'Content-Type: multipart/alternative; boundary=in',
    '',
    '--in',
    '',
    'plain',
    '--in',
    'Content-Type: text/html',
    '',
    '<b>rich</b>',
    '--in--',
    '--out',
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename="offer.pdf"',
    '',
    '%PDF',
    '--out--',
    'epilogue',
  ];
  assert.deepEqual(
    read(...nested).parts.map(({ path, type, name, text }) => [path, type, name, text]),
    [
      ['1.1.1', 'text/plain', undefined, 'plain'],
      ['1.1.2', 'text/html', undefined, '<b>rich</b>'],
      ['1.2', 'application/pdf', 'offer.pdf', undefined],
    ],
  );
  const unclosed = ['Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'one', '--b', '', 'two'];
  assert.deepEqual(texts(...unclosed), ['one', 'two']);
  const longer = [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'one',
    '--bc',
    'still',
    '--b--',
  ];
  assert.deepEqual(texts(...longer), ['one\n--bc\nstill']);
});

test('a letter that nests without end, or has parts without number, is cut and says so', () => {
  const deep = Array.from({ length: 40 }, (_, n) => [
    `Content-Type: multipart/mixed; boundary=b${n}`,
    '',
    `--b${n}`,
  ]);
  assert.equal(read(...deep.flat(), '', 'end').isCut, true);
  const many = Array.from({ length: 300 }, () => ['--b', '', 'x']).flat();
  const wide = read('Content-Type: multipart/mixed; boundary=b', '', ...many);
  assert.deepEqual([wide.parts.length, wide.isCut], [100, true]);
});

test('whatever bytes there are, reading ends and throws nothing', () => {
  const word = fc.constantFrom(
    '--b',
    '\r\n',
    '\n\n',
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Transfer-Encoding: base64',
    '=',
    '=4',
    '--',
    ':',
    'x',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.uint8Array({ maxLength: 40 }), (words, bytes) => {
      const letter = readLetter(Buffer.concat([Buffer.from(words.join('')), bytes]));
      assert.ok(letter.parts.length <= 100);
    }),
    { numRuns: 500 },
  );
});
