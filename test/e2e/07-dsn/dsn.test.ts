/** Reports to the sender: on failure, on demand, never about a report. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { startFaultyHop } from '#test/support/faulty-hop.ts';
import { have } from '#test/support/need.ts';
import { type Reply, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { BOB, letter, startWorld, type World, WORLD_NEEDS } from '#test/support/world.ts';

type Order = {
  readonly subject: string;
  readonly from?: string;
  readonly mailArgs?: string;
  readonly rcptArgs?: string;
};

/** One of our servers sends out through the relay listener. */
async function send(world: World, o: Order): Promise<Reply> {
  using client = await smtpClient(world.gateway.ports.relay);
  await client.command('EHLO app.here.example');
  await client.command(`MAIL FROM:<${o.from ?? BOB}>${o.mailArgs ?? ''}`);
  const rcpt = await client.command(`RCPT TO:<dora@far.example>${o.rcptArgs ?? ''}`);
  if (rcpt.code !== 250) return rcpt;
  await client.command('DATA');
  client.send(`${letter({ subject: o.subject, from: BOB, to: '<dora@far.example>' })}.\r\n`);
  return await client.reply();
}

test('a failure is told to the sender, in RFC 3464 form, and never to the null sender', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  await using far = await startFaultyHop();
  await using world = await startWorld({ gateway: { config: { delivery: { retryWaitsS: [1] } } } });
  const { gateway, hop } = world;
  await gateway.does('sender', 'add-network', 'apps', '127.0.0.0/8');
  await gateway.does(
    'route',
    'partner',
    'far.example',
    '--next-hop',
    `127.0.0.1:${far.port}`,
    '--tls',
    'none',
  );
  far.misbehave({ stage: 'RCPT', how: 550 });
  const taken = await until('the relay to know its network', async () => {
    const reply = await send(world, { subject: 'bounced', mailArgs: ' RET=HDRS ENVID=order-7' });
    return reply.code === 250 ? reply : undefined;
  });
  assert.equal(taken.code, 250, taken.text);
  const { text, recipient } = await hop.receive('Content-Type: message/delivery-status');
  assert.equal(recipient, BOB);
  assert.match(text, /^Return-Path: <>$/m);
  assert.match(text, /^Content-Type: multipart\/report;[^]*?report-type="?delivery-status"?/im);
  assert.match(text, /^Action: failed$/im);
  assert.match(text, /^Status: 5\.3\.0$/im);
  assert.match(text, /^Final-Recipient: rfc822; ?dora@far\.example$/im);
  assert.match(text, /^Original-Envelope-Id: order-7$/im);
  assert.match(text, /^Auto-Submitted: auto-replied/im);
  assert.match(text, /misbehaving at RCPT/, 'what the other side said');
  assert.ok(!text.includes('Good morning.'), 'RET=HDRS returns no body');

  const count = hop.received().length;
  assert.equal((await send(world, { subject: 'silent', rcptArgs: ' NOTIFY=NEVER' })).code, 250);
  assert.equal((await send(world, { subject: 'null', from: '' })).code, 250);
  far.misbehave(undefined);
  assert.equal((await send(world, { subject: 'wanted', rcptArgs: ' NOTIFY=SUCCESS' })).code, 250);
  await hop.receive('Action: relayed', 20_000);
  assert.match(hop.received().find((m) => m.text.includes('Action: relayed'))?.text ?? '', /Subject: wanted/);
  await sleep(1_500);
  assert.equal(hop.received().length, count + 1, 'NEVER and the null sender got no report');
});

test('mail that nobody takes is given up after its time, and the sender hears of it', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  await using far = await startFaultyHop();
  await using world = await startWorld({
    gateway: { config: { delivery: { retryWaitsS: [1], giveUpAfterS: 4 } } },
  });
  const { gateway, hop } = world;
  await gateway.does('sender', 'add-network', 'apps', '127.0.0.0/8');
  await gateway.does(
    'route',
    'partner',
    'far.example',
    '--next-hop',
    `127.0.0.1:${far.port}`,
    '--tls',
    'none',
  );
  far.misbehave({ stage: 'DATA', how: 451 });
  await until(
    'the relay to know its network',
    async () => (await send(world, { subject: 'late' })).code === 250,
  );
  const { text } = await hop.receive('Action: failed', 40_000);
  assert.match(text, /^Status: 4\.|^Status: 5\.4\.7/im);
  assert.ok(far.connections() > 1, `tried ${far.connections()} times`);
  assert.equal(far.taken().length, 0);
});
