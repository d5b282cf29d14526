/**
 * Recipients known by asking the real next hop, at the running gateway: its "no" is the answer at RCPT, what it said is
 * remembered, and while it is away nobody is refused for good.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPostfix } from '#test/peers/postfix.ts';
import { have } from '#test/support/need.ts';
import { type Reply, sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { ALICE, BOB, idIn, letter, OURS, startWorld, type World, WORLD_NEEDS } from '#test/support/world.ts';

async function askFor(world: World, address: string): Promise<Reply> {
  using client = await smtpClient(world.gateway.ports.mx);
  await client.command('EHLO client.example');
  await client.command(`MAIL FROM:<${ALICE}>`);
  return await client.command(`RCPT TO:<${address}>`);
}

test('recipients are known by asking the next hop', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  await using world = await startWorld({
    recipients: 'callout',
    hop: { main: { virtual_mailbox_maps: `inline:{ ${BOB}=all/, carol@${OURS}=all/ }` } },
    // One process, so that one cache answers all.
    gateway: { config: { workers: { processes: 1 } } },
  });
  const { gateway, hop } = world;
  const questions = (): number =>
    hop
      .log()
      .split('\n')
      .filter((line) => / connect from /.test(line)).length;

  const nobody = `nobody@${OURS}`;
  const refused = await askFor(world, nobody);
  assert.match(refused.text, /^550 5\.1\.1 /);
  assert.match(hop.log(), new RegExp(`reject: RCPT.*<${nobody}>`), 'the next hop was asked and said no');
  const asked = questions();
  assert.equal((await askFor(world, nobody)).code, 550);
  assert.equal((await askFor(world, BOB)).code, 250, 'asked while the world was made');
  assert.equal(questions(), asked, 'both answers came from the cache');

  using client = await smtpClient(gateway.ports.mx);
  const mail = letter({ subject: 'called out' });
  const taken = await sendMail(client, { from: ALICE, to: [BOB], data: mail });
  idIn(taken.text);
  await hop.receive('Subject: called out');

  // A next hop that is away says nothing about a person; what it said before still counts.
  const { port } = hop;
  await hop[Symbol.asyncDispose]();
  assert.match((await askFor(world, `carol@${OURS}`)).text, /^451 4\.\d\.\d /);
  assert.equal((await askFor(world, BOB)).code, 250);
  assert.equal((await askFor(world, nobody)).code, 550);
  await using again = await startPostfix({ keeps: [OURS], port });
  await until('the next hop to be asked again', async () => {
    const reply = await askFor(world, `carol@${OURS}`);
    return reply.code === 250;
  });
  assert.match(again.log(), / connect from /);
});
