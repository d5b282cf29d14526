/** A held message waits, is shown, is released once, or deleted; each of it leaves its record. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { have } from '#test/support/need.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { ALICE, BOB, idIn, letter, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

/** The head of a Windows program: recognised as one, and nothing that could run. */
const PROGRAM = `TVqQAAMAAAAEAAAA${'A'.repeat(60)}`;
const withProgram = (subject: string): string =>
  letter({
    subject,
    fields: [
      'MIME-Version: 1.0',
      'Content-Type: application/octet-stream; name="invoice.exe"',
      'Content-Transfer-Encoding: base64',
    ],
    body: PROGRAM,
  });

test('a program is held for each recipient, released once, and the other deleted', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  await using world = await startWorld();
  const { gateway, hop } = world;
  using client = await smtpClient(gateway.ports.mx);
  const reply = await sendMail(client, {
    from: ALICE,
    to: [BOB, 'carol@here.example'],
    data: withProgram('held program'),
  });
  assert.equal(reply.code, 250, reply.text);
  const id = idIn(reply.text);
  const list = await gateway.does('held', 'list');
  assert.ok(list.includes(id) && list.includes(BOB) && list.includes('carol@here.example'), list);
  assert.match(await gateway.does('held', 'show', id), /invoice\.exe/);

  await gateway.does('held', 'release', id, '--recipient', BOB);
  const { recipient, text } = await hop.receive('Subject: held program');
  assert.equal(recipient, BOB);
  assert.ok(text.includes(PROGRAM.slice(0, 40)), 'what was held is what comes');
  const again = await gateway.cli('held', 'release', id, '--recipient', BOB);
  assert.equal(again.code, 1, `a second release: ${again.stdout}${again.stderr}`);
  await gateway.does('held', 'delete', id, '--recipient', 'carol@here.example');
  assert.equal((await gateway.cli('held', 'release', id)).code, 1, 'what is deleted stays so');
  await sleep(1_000);
  assert.equal(hop.received().length, 1, 'once, and to one');
  assert.ok(!(await gateway.does('held', 'list')).includes(id));
  const story = await gateway.does('explain', id);
  for (const word of ['released', 'deleted'])
    assert.ok(story.toLowerCase().includes(word), `"${word}" in:\n${story}`);
});
