/** Safe transport at the running gateway: a partner's certificate is demanded, DANE is enforced, and explain says so. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { KNOT_NEEDS, startKnot } from '#test/peers/knot.ts';
import { startPostfix } from '#test/peers/postfix.ts';
import { authority, tlsa311 } from '#test/support/certificates.ts';
import type { Gateway } from '#test/support/gateway.ts';
import { have } from '#test/support/need.ts';
import { freePort } from '#test/support/ports.ts';
import { smtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { BOB, idIn, letter, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

/** Sends from one of our servers; the id of the message. */
async function send(gateway: Gateway, to: string, subject: string): Promise<string> {
  using client = await smtpClient(gateway.ports.relay);
  await client.command('EHLO app.here.example');
  for (const line of [`MAIL FROM:<${BOB}>`, `RCPT TO:<${to}>`]) {
    const reply = await client.command(line);
    if (reply.code !== 250) throw new Error(reply.text);
  }
  await client.command('DATA');
  client.send(`${letter({ subject, from: BOB, to: `<${to}>` })}.\r\n`);
  return idIn((await client.reply()).text);
}

const story = (gateway: Gateway, id: string, words: RegExp): Promise<string> =>
  until(`${words} in the story of ${id}`, async () => {
    const text = await gateway.does('explain', id);
    return words.test(text) ? text : undefined;
  });

test('a partner must prove its certificate, and DANE must match, or mail waits', async (t) => {
  if (!have(t, ...WORLD_NEEDS, ...KNOT_NEEDS)) return;
  using temp = tempDir('partner');
  const ca = authority(temp.path);
  const tls = ca.issue('partner', ['mx.partner.example', 'mx.right.example', 'mx.wrong.example']);
  const port = await freePort();
  await using partner = await startPostfix({
    keeps: ['partner.example', 'right.example', 'wrong.example'],
    tls,
    port,
  });
  const host = (tlsa: string): string[] => [
    '@ MX 10 mx',
    'mx A 127.0.0.1',
    `_${port}._tcp.mx TLSA 3 1 1 ${tlsa}`,
  ];
  await using knot = await startKnot([
    { name: 'right.example', signed: true, records: host(tlsa311(tls.cert)) },
    { name: 'wrong.example', signed: true, records: host('ab'.repeat(32)) },
    { name: 'partner.example', records: ['mx A 127.0.0.1', 'other A 127.0.0.1'] },
  ]);
  const stubs = ['right.example', 'wrong.example', 'partner.example'].map((zone) => ({
    zone,
    host: knot.host,
    port: knot.port,
  }));
  await using world = await startWorld({
    dns: { stubs, trustAnchors: knot.trustAnchors },
    validating: true,
    gateway: { config: { delivery: { mxPort: port, allowMxInto: ['127.0.0.0/8'], retryWaitsS: [1] } } },
  });
  const { gateway } = world;
  await gateway.does('sender', 'add-network', 'apps', '127.0.0.0/8');
  const route = (name: string, hop: string, ...more: string[]): Promise<string> =>
    gateway.does(
      'route',
      'partner',
      name,
      '--next-hop',
      `${hop}:${port}`,
      '--tls',
      'verified',
      '--replace',
      ...more,
    );

  await route('partner.example', 'mx.partner.example');
  const unknown = await send(gateway, 'dora@partner.example', 'unknown anchor');
  await story(gateway, unknown, /deferred/i);
  await route('partner.example', 'other.partner.example', '--ca', ca.ca);
  const named = await send(gateway, 'dora@partner.example', 'wrong name');
  await story(gateway, named, /deferred/i);
  assert.equal(partner.received().length, 0, 'nothing goes to whom we cannot verify');
  await route('partner.example', 'mx.partner.example', '--ca', ca.ca);
  await partner.receive('Subject: unknown anchor', 30_000);
  await partner.receive('Subject: wrong name', 30_000);

  const right = await send(gateway, 'dora@right.example', 'dane right');
  await partner.receive('Subject: dane right', 30_000);
  assert.match(await story(gateway, right, /dane/i), /dane/i);
  const wrong = await send(gateway, 'dora@wrong.example', 'dane wrong');
  await story(gateway, wrong, /deferred[^]*dane|dane[^]*deferred/i);
  await sleep(2_000);
  assert.equal(partner.received().length, 3, 'a wrong TLSA record keeps mail back');
});
