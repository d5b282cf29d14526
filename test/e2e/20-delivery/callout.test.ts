/** Callout against a scripted host: only a clear no is a no. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyRecipientByCallout } from '#mail/deliver/callout.ts';
import { hop, tableResolver } from './bench-deps.ts';
import { startFakeRemote } from './fake-remote.ts';

const table: [string, Record<string, string>, string][] = [
  ['taken', {}, 'known'],
  ['no such user', { RCPT: '550 5.1.1 no such user' }, 'unknown'],
  ['greylisted', { RCPT: '450 4.7.1 later' }, 'unavailable'],
  ['blocked', { RCPT: '554 5.7.1 we do not like you' }, 'unavailable'],
  ['MAIL refused', { MAIL: '550 5.1.0 no null senders' }, 'unavailable'],
  ['dropped', { RCPT: 'drop' }, 'unavailable'],
  ['silent', { RCPT: 'silence' }, 'unavailable'],
  ['greeting refused', { greeting: '554 no' }, 'unavailable'],
];

for (const extensions of [['PIPELINING'], []]) {
  for (const [name, replies, expected] of table) {
    test(`callout: ${name}${extensions.length > 0 ? ', pipelining' : ''}`, async () => {
      await using remote = await startFakeRemote({ extensions, reply: (v) => replies[v] });
      const deps = {
        resolver: tableResolver({}),
        heloName: 'gate.example',
        stageTimeoutMs: 300,
        nowMs: Date.now(),
      };
      const answer = await verifyRecipientByCallout(hop(remote.port), 'b@two.example', deps);
      assert.equal(answer.kind, expected);
      assert.ok(!remote.lines.includes('DATA'));
      if (expected === 'known')
        assert.deepEqual(remote.lines.slice(1, 3), ['MAIL FROM:<>', 'RCPT TO:<b@two.example>']);
    });
  }
}

test('callout: nobody listens', async () => {
  const remote = await startFakeRemote({});
  const { port } = remote;
  await remote[Symbol.asyncDispose]();
  const deps = { resolver: tableResolver({}), heloName: 'gate.example', nowMs: Date.now() };
  assert.equal((await verifyRecipientByCallout(hop(port), 'b@two.example', deps)).kind, 'unavailable');
});
