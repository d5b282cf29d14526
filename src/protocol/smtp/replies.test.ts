import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReply, replies, type Reply } from './replies.ts';

const all: readonly (readonly [string, Reply])[] = Object.entries(replies).map(([name, make]) => [
  name,
  (make as (...args: unknown[]) => Reply)('x', ['y']),
]);

test('each reply has an enhanced code of the class its basic code has, or may have none', () => {
  assert.ok(all.length > 50);
  for (const [name, reply] of all) {
    const bare = ['greeting', 'ehlo', 'helo'].includes(name) || (reply.code >= 300 && reply.code < 400);
    if (bare) assert.equal(reply.enhanced, undefined, name);
    else
      assert.match(
        reply.enhanced ?? '',
        new RegExp(`^${String(reply.code)[0]}\\.\\d{1,3}\\.\\d{1,3}$`),
        name,
      );
    if (reply.code === 421) assert.equal(reply.close, true, name);
    assert.ok(reply.lines.length > 0 && reply.lines.every((l) => l !== ''), name);
    assert.match(formatReply(reply), /^(\d{3}[- ][\x20-\x7e]+\r\n)+$/, name);
  }
});

test('formatReply() keeps hostile text inside its line and every line within 512 octets', () => {
  const text = formatReply(replies.rejected('id', `a\r\n250 ok\n\0é${'x'.repeat(900)}`));
  assert.equal(text.split('\r\n').length, 2);
  assert.ok(text.length <= 512);
  assert.equal(formatReply(replies.ehlo('h', ['A', 'B'])), '250-h\r\n250-A\r\n250 B\r\n');
});
