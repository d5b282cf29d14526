import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCsv } from './csv.ts';

const read = (text: string | Uint8Array): string => {
  const result = readCsv(typeof text === 'string' ? new TextEncoder().encode(text) : text, [
    'address',
    'email',
    'e-mail',
  ]);
  return result.ok
    ? result.value.map((c) => `${c.line}:${c.text}`).join(' ')
    : result.error.map((c) => `${c.at}: ${c.text}`).join('\n');
};

test('readCsv() reads what spreadsheets and people write', () => {
  for (const [text, want] of [
    ['a@x.example\nb@x.example', '1:a@x.example 2:b@x.example'],
    ['\ufeffaddress\r\na@x.example\r\n\r\nb@x.example\r\n', '2:a@x.example 4:b@x.example'],
    ['Name;Address\nAnn;a@x.example\n"Bob; B";"b@x.example"\n', '2:a@x.example 3:b@x.example'],
    ['address,name\n"""a b""@x.example","A, B"', '2:"a b"@x.example'],
    ['  a@x.example  ', '1:a@x.example'],
    ['', ''],
    ['\n\n', ''],
    ['address\n', ''],
    ['E-Mail\na@x.example', '2:a@x.example'],
    ['Name;EMAIL\nAnn;a@x.example', '2:a@x.example'],
  ] as const)
    assert.equal(read(text), want, JSON.stringify(text));
});

test('readCsv() names every mistake with its line', () => {
  for (const [text, want] of [
    ['mail,name\na,b', 'line 1: There is no column named "address"; found are mail, name.'],
    [
      'address,name\na\nb,c,d\ne,f',
      'line 2: There is 1 column instead of 2.\nline 3: There are 3 columns instead of 2.',
    ],
    ['a@x.example\n"b@x.example\nc@x.example', 'line 2: The quotes do not match.'],
    ['a@x.example\n"b"@x.example', 'line 2: The quotes do not match.'],
    [Uint8Array.of(97, 10, 98, 0xff), 'line 2: This is not UTF-8; save the file as UTF-8.'],
  ] as const)
    assert.equal(read(text), want);
});
