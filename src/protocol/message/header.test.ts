import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '#core/bytes.ts';
import { fieldLatin1, fieldsNamed, findBodyStart, parseHeader, rawField } from './header.ts';

const read = (text: string) => parseHeader(fromLatin1(text));

test('parseHeader() keeps fields, folding and the offset of the body', () => {
  const header = read('From: a@x.example\r\nSubject: one\r\n two\r\n\r\nbody\r\n');
  assert.deepEqual(
    header.fields.map((f) => f.lower),
    ['from', 'subject'],
  );
  assert.equal(fieldLatin1(header, header.fields[1]!), 'one two');
  assert.equal(toLatin1(rawField(header, header.fields[1]!)), 'Subject: one\r\n two\r\n');
  assert.equal(toLatin1(header.bytes.subarray(header.bodyStart)), 'body\r\n');
  assert.deepEqual(header.defects, []);
});

test('parseHeader() names each defect and loses no byte of any field', () => {
  const kinds = (text: string): string[] => read(text).defects.map((d) => d.kind);
  assert.deepEqual(kinds('From : a\r\n\r\n'), ['space-before-colon']);
  assert.deepEqual(kinds('nonsense\r\nFrom: a\r\n\r\n'), ['not-a-field']);
  assert.deepEqual(kinds(' folded\r\nFrom: a\r\n\r\n'), ['first-line-folded', 'not-a-field']);
  assert.deepEqual(kinds('From: a\nTo: b\r\n\r\n'), ['bare-line-feed']);
  assert.deepEqual(kinds('From: a\rTo: b\r\n\r\n'), ['bare-carriage-return']);
  assert.deepEqual(kinds('From: a\0\r\n\r\n'), ['nul']);
  assert.deepEqual(kinds('From: \xe9\r\n\r\n'), ['eight-bit']);
  assert.deepEqual(kinds('From: a\r\n \r\n\r\n'), ['whitespace-only-line']);
  assert.deepEqual(kinds('From: a\r\n'), ['no-body-separator']);
  assert.deepEqual(kinds(`X: ${'a'.repeat(1000)}\r\n\r\n`), ['line-too-long']);
  assert.equal(fieldsNamed(read('FROM: a\r\nfrom: b\r\n\r\n'), 'From').length, 2);
});

test('findBodyStart() finds the empty line wherever the chunks were cut', () => {
  const bytes = fromLatin1('A: b\r\n\r\nbody');
  assert.equal(findBodyStart(bytes), 8);
  assert.equal(findBodyStart(fromLatin1('\r\nbody')), 2);
  assert.equal(findBodyStart(fromLatin1('A: b\r\nC: d\r\n')), -1);
});
