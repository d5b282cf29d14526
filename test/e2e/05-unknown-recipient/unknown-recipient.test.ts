/** Nobody's mail is refused at RCPT, and nothing that is not ours is relayed for strangers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { have } from '#test/support/need.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { ALICE, BOB, isKnown, letter, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

test('unknown recipients and foreign domains are refused at RCPT; the known ones get their mail', async (t) => {
  if (!have(t, ...WORLD_NEEDS)) return;
  await using world = await startWorld();
  const { gateway, hop } = world;
  using client = await smtpClient(gateway.ports.mx);
  await client.command('EHLO client.example');
  await client.command(`MAIL FROM:<${ALICE}>`);
  const rcpt = async (address: string): Promise<string> =>
    (await client.command(`RCPT TO:<${address}>`)).text;
  assert.match(await rcpt('nobody@here.example'), /^550 5\.1\.1 /);
  assert.match(await rcpt('bob@elsewhere.example'), /^550 5\.7\.1 |^554 5\.7\.1 /);
  assert.match(await rcpt('bob%elsewhere.example@here.example'), /^550 5\.1\.1 /);
  assert.match(await rcpt('@here.example:bob@elsewhere.example'), /^5/);
  assert.match(await rcpt(BOB), /^250 /);
  await client.command('DATA');
  client.send(`${letter({ subject: 'known' })}.\r\n`);
  assert.equal((await client.reply()).code, 250);
  await hop.receive('Subject: known');

  // A list imported from CSV counts within moments, without a restart.
  const csv = 'address\r\ndora@here.example\r\n';
  const imported = await gateway.cliWith({ input: csv }, 'address', 'import', '-');
  assert.equal(imported.code, 0, imported.stderr);
  await until('the import to be heard of', () => isKnown(gateway.ports.mx, 'dora@here.example'));
  using second = await smtpClient(gateway.ports.mx);
  const data = letter({ subject: 'imported', to: '<dora@here.example>' });
  assert.equal((await sendMail(second, { from: ALICE, to: ['dora@here.example'], data })).code, 250);
  await hop.receive('Subject: imported');
});
