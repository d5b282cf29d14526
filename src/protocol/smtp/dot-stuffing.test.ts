import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromUtf8, toUtf8 } from '#core/bytes.ts';
import { DotStuffer } from './dot-stuffing.ts';

const cases: readonly [string, string, string][] = [
  ['plain', 'a\r\nb\r\n', 'a\r\nb\r\n.\r\n'],
  ['empty', '', '.\r\n'],
  ['no last line end', 'a', 'a\r\n.\r\n'],
  ['dots at line starts', '.\r\n..\r\na.b\r\n.c', '..\r\n...\r\na.b\r\n..c\r\n.\r\n'],
  ['bare LF', 'a\n.\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['bare CR', 'a\r.\rb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['smuggling', 'a\r\n.\nb\n.\r\nc\r\n', 'a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n'],
  ['CR CR LF', 'a\r\r\nb\r\n', 'a\r\n\r\nb\r\n.\r\n'],
  ['CR at the end', 'a\r', 'a\r\n.\r\n'],
];

for (const [name, input, expected] of cases) {
  test(`dot-stuffing, ${name}, split everywhere`, () => {
    const bytes = fromUtf8(input);
    for (let size = 1; size <= bytes.length + 1; size++) {
      const out: Uint8Array[] = [];
      const stuffer = new DotStuffer();
      for (let at = 0; at < bytes.length; at += size) stuffer.push(bytes.subarray(at, at + size), out);
      stuffer.end(out);
      assert.equal(toUtf8(concat(out)), expected, `in pieces of ${size}`);
    }
  });
}
