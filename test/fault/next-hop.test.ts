/** A next hop that fails at each stage of SMTP: the mail waits, and comes exactly once when the hop behaves again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway, type Gateway } from '#test/support/gateway.ts';
import { type Misbehaviour, startFaultyHop } from '#test/support/faulty-hop.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { idIn, letter } from '#test/support/world.ts';
import { TRY_DOMAIN } from '../../src/try-zone.ts';

const FROM = `a@good.${TRY_DOMAIN}`;
const FAULTS: readonly Misbehaviour[] = [
  { stage: 'connect', how: 'drop' },
  { stage: 'connect', how: 421 },
  { stage: 'EHLO', how: 'drop' },
  { stage: 'EHLO', how: 421 },
  { stage: 'MAIL', how: 'drop' },
  { stage: 'MAIL', how: 451 },
  { stage: 'RCPT', how: 'drop' },
  { stage: 'RCPT', how: 450 },
  { stage: 'DATA', how: 'drop' },
  { stage: 'DATA', how: 452 },
  { stage: 'content', how: 'drop' },
  { stage: 'dot', how: 'drop' },
  { stage: 'dot', how: 451 },
];

async function send(gateway: Gateway, subject: string): Promise<string> {
  using client = await smtpClient(gateway.ports.mx);
  const data = letter({ subject, from: FROM, body: 'line\r\n'.repeat(20_000) });
  const reply = await sendMail(client, { from: FROM, to: ['bob@here.example'], data });
  assert.equal(reply.code, 250, reply.text);
  return idIn(reply.text);
}

test('a next hop that fails at any stage gets the mail later, once', async () => {
  await using hop = await startFaultyHop();
  await using gateway = await startGateway({ listeners: ['mx'], config: { delivery: { retryWaitsS: [1] } } });
  await gateway.does(
    'domain',
    'add',
    'here.example',
    '--next-hop',
    `127.0.0.1:${hop.port}`,
    '--tls',
    'none',
    '--recipients',
    'any',
  );
  await until('the gateway to know its domain', async () => {
    using client = await smtpClient(gateway.ports.mx);
    await client.command('EHLO x.example');
    await client.command(`MAIL FROM:<${FROM}>`);
    return (await client.command('RCPT TO:<bob@here.example>')).code === 250;
  });
  for (const fault of FAULTS) {
    const name = `${fault.stage} ${fault.how}`;
    const before = hop.connections();
    hop.misbehave(fault);
    const id = await send(gateway, name);
    await until(
      `an attempt that fails: ${name}`,
      async () => /deferred/.test(await gateway.does('explain', id)),
      20_000,
      300,
    );
    assert.ok(hop.connections() > before, name);
    assert.ok(!hop.taken().some((text) => text.includes(`Subject: ${name}\r\n`)), name);
    hop.misbehave(undefined);
    await until(
      `the mail to come: ${name}`,
      () => hop.taken().some((text) => text.includes(`Subject: ${name}\r\n`)),
      40_000,
      100,
    );
  }
  await until(
    'the last delivery to be written down',
    async () => !/waiting|queued/.test(await gateway.does('queue', 'list')),
  );
  for (const fault of FAULTS) {
    const subject = `Subject: ${fault.stage} ${fault.how}\r\n`;
    assert.equal(hop.taken().filter((text) => text.includes(subject)).length, 1, subject);
  }
  await gateway.verify();
});
