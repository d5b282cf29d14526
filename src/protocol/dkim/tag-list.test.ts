import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeTagListError, MAX_TAG_LIST, parseTagList } from './tag-list.ts';

test('parseTagList() reads lists by the grammar and names what is none', () => {
  const table: readonly [text: string, expected: string | Record<string, string>][] = [
    ['a=1', { a: '1' }],
    [' a = 1 ; b\t=\r\n x y ;', { a: '1', b: 'x y' }],
    ['a=1;b=;', { a: '1', b: '' }],
    ['a=1; A=2', { a: '1', A: '2' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=1; \t ', { a: '1' }],
    ['', 'empty-tag'],
    [' ; ', 'empty-tag'],
    ['a=1;;', 'empty-tag'],
    [';a=1', 'empty-tag'],
    ['a=1;;b=2', 'empty-tag'],
    ['a', 'no-equals-sign'],
    ['a=1; b', 'no-equals-sign'],
    ['=1', 'bad-name'],
    ['_a=1', 'bad-name'],
    ['1a=1', 'bad-name'],
    ['a b=1', 'bad-name'],
    ['a=1; a=1', 'duplicate-tag'],
    ['a=x\0y', 'bad-value'],
    ['a=x\x7fy', 'bad-value'],
    [Array.from({ length: 100 }, (_, i) => `t${i}=1`).join(';'), 'too-many-tags'],
    [`a=${'x'.repeat(MAX_TAG_LIST)}`, 'too-long'],
  ];
  for (const [text, expected] of table) {
    const list = parseTagList(text);
    assert.deepEqual(
      list.ok ? Object.fromEntries(list.value) : list.error.kind,
      expected,
      JSON.stringify(text),
    );
    if (!list.ok) assert.match(describeTagListError(list.error), /\w/);
  }
});
