import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLimitLink } from './limit-link.ts';
import type { FromMail } from './mail-ipc.ts';

const PLACE = { kind: 'place', name: 'mx open 192.0.2.0/24', size: 5 } as const;

test('a parent that answers too late has said no, and gets its place back', async () => {
  const said: FromMail[] = [];
  const link = createLimitLink((message) => said.push(message), 2, [], 20);
  const asked = link.take(PLACE);
  assert.equal(await asked, 0);
  const [ask] = said;
  assert.ok(ask?.kind === 'limit-ask');
  link.hear({ kind: 'limit-answer', question: ask.question, granted: 1 });
  assert.deepEqual(said[1], { kind: 'limit-back', name: PLACE.name });
  const second = link.take(PLACE);
  link.hear({ kind: 'limit-answer', question: 2, granted: 1 });
  assert.equal(await second, 1);
  await sleep(40);
  assert.equal(said.length, 3, 'an answer in time is kept');
});

test('bans of before and of others reach the listener they are of', () => {
  const ban = { listener: 'mx', network: '192.0.2.0/24', untilMs: 1 };
  const link = createLimitLink(() => {}, 2, [ban, { ...ban, listener: 'relay' }]);
  const heard: unknown[] = [];
  link.onBan('mx', (b) => heard.push(b));
  link.hear({ kind: 'ban', ban: { ...ban, untilMs: 2 } });
  link.hear({ kind: 'ban', ban: { ...ban, listener: 'relay' } });
  assert.deepEqual(heard, [ban, { ...ban, untilMs: 2 }]);
});
