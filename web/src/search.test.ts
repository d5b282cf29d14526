import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSearch, searchOf, stringifySearch } from './search.ts';
import { textOnly } from './trusted-types.ts';

test('an address keeps what a page knows and drops the rest', () => {
  const read = searchOf('sender', 'cursor');
  assert.deepEqual(read(parseSearch('?sender=a%40b.example&evil=1&cursor=')), { sender: 'a@b.example' });
  assert.deepEqual(read({ sender: 5, cursor: 'x'.repeat(3000) }), {});
  assert.equal(stringifySearch({ sender: 'a&b', cursor: undefined, verdict: '' }), '?sender=a%26b');
  assert.equal(stringifySearch({}), '');
});

test('only text without markup passes where a library writes HTML', () => {
  assert.equal(textOnly(':root{--a:1}'), ':root{--a:1}');
  assert.throws(() => textOnly('</style><script>1</script>'), TypeError);
});
