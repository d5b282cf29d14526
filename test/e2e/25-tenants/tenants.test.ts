/** Two tenants behind one gateway: mail of both flows, each sees only its own, and an operator's acts are felt at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { have } from '#test/support/need.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { ALICE, BOB, idIn, isKnown, letter, OURS, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

const SECOND = ['--tenant', 'second'] as const;
const CAROL = 'carol@second.example';
/** The head of a Windows program: recognised as one, and nothing that could run. */
const PROGRAM = `TVqQAAMAAAAEAAAA${'A'.repeat(60)}`;

test('the second tenant has its own mail, holds, keys and limits, and can be suspended', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  await using world = await startWorld({ hop: { keeps: [OURS, 'second.example'] } });
  const { gateway, hop } = world;
  const { does, cli } = gateway;
  await does('tenant', 'create', 'second');
  await does(
    'domain',
    'add',
    'second.example',
    '--next-hop',
    `127.0.0.1:${hop.port}`,
    '--recipients',
    'any',
    ...SECOND,
  );
  await until('the gateway to know the second tenant', () => isKnown(gateway.ports.mx, CAROL));

  const send = async (to: string, subject: string, body?: string): Promise<string> => {
    using client = await smtpClient(gateway.ports.mx);
    const fields =
      body === undefined ? [] : ['MIME-Version: 1.0', 'Content-Type: application/octet-stream; name="a.exe"'];
    const reply = await sendMail(client, {
      from: ALICE,
      to: [to],
      data: letter({ subject, to, fields, body: body ?? 'Hello.' }),
    });
    assert.equal(reply.code, 250, reply.text);
    return idIn(reply.text);
  };
  const theirs = await send(CAROL, 'for the second');
  const ours = await send(BOB, 'for the first');
  await hop.receive('Subject: for the second');
  await hop.receive('Subject: for the first');
  for (const [mine, other, tenant] of [
    [ours, theirs, []],
    [theirs, ours, SECOND],
  ] as const) {
    const found = await does('search', ...tenant);
    assert.ok(found.includes(mine) && !found.includes(other), found);
    assert.match(await does('explain', mine, ...tenant), /deliver/i);
    assert.notEqual((await cli('explain', other, ...tenant)).code, 0);
  }
  const held = await send(CAROL, 'held program', PROGRAM);
  assert.ok(!(await does('held', 'list')).includes(held));
  assert.ok((await does('held', 'list', ...SECOND)).includes(held));
  assert.equal((await cli('held', 'release', held)).code, 1, 'not by the first tenant');
  await does('held', 'release', held, ...SECOND);
  await hop.receive('Subject: held program');
  assert.ok(!(await does('dkim', 'list', ...SECOND)).includes(OURS));

  await does('tenant', 'suspend', 'second', '--reason', 'test');
  await until(
    'mail to the suspended tenant to be put off',
    async () => !(await isKnown(gateway.ports.mx, CAROL)),
  );
  using client = await smtpClient(gateway.ports.mx);
  await client.command('EHLO client.example');
  await client.command(`MAIL FROM:<${ALICE}>`);
  const put = await client.command(`RCPT TO:<${CAROL}>`);
  assert.equal(put.code, 450, put.text);
  assert.match(put.text, /4\.2\.1 .*suspended/);
  assert.ok(await isKnown(gateway.ports.mx, BOB), 'the first tenant goes on');
  await does('tenant', 'resume', 'second');
  await until('mail to be taken again', () => isKnown(gateway.ports.mx, CAROL));

  await does('tenant', 'quota', 'second', '--domains', '1');
  const more = await cli(
    'domain',
    'add',
    'more.example',
    '--next-hop',
    '127.0.0.1',
    '--recipients',
    'any',
    ...SECOND,
  );
  assert.equal(more.code, 1);
  assert.match(more.stderr, /limit of 1 domains is reached/);
});
