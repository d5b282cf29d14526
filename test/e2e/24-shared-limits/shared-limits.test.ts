/** Two mail processes behind one port count together: no more get in than the setting says, and a ban holds in both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayProcesses, startGateway } from '#test/support/gateway.ts';
import { type SmtpClient, smtpClient } from '#test/support/smtp-client.ts';

test('limits and bans hold over both processes', async () => {
  await using gateway = await startGateway({
    listeners: ['mx'],
    listenerFields: {
      limitExempt: [],
      maxConnectionsPerNetwork: 40,
      unknownRecipientsPerHour: 20,
      tarpitMs: 0,
    },
    config: { workers: { processes: 2 } },
  });
  assert.equal(gatewayProcesses(gateway, /mail-process/).length, 2);
  await gateway.does('domain', 'add', 'here.example', '--next-hop', '127.0.0.1:9', '--recipients', 'list');
  const connect = async (): Promise<SmtpClient> => await smtpClient(gateway.ports.mx);

  const all = await Promise.all(Array.from({ length: 100 }, connect));
  const inside = all.filter((c) => c.greeting.code === 220);
  assert.ok(inside.length >= 36 && inside.length <= 40, `${inside.length} of 40 got in`);
  assert.ok(all.every((c) => c.greeting.code === 220 || c.greeting.code === 421));
  for (const client of all) client.close();

  // A harvester is banned by the process it met, and an honest neighbour meets the ban at either.
  using harvester = await smtpClient(gateway.ports.mx);
  await harvester.command('EHLO client.example');
  await harvester.command('MAIL FROM:<>');
  for (let n = 0, code = 0; n < 60 && code !== 421; n++)
    ({ code } = await harvester.command(`RCPT TO:<guess${n}@here.example>`).catch(() => ({ code: 421 })));
  await sleep(1_000); // by then the other process knows
  const tries = await Promise.all(Array.from({ length: 30 }, connect));
  assert.deepEqual(
    tries.filter((c) => c.greeting.code === 220),
    [],
  );
  for (const client of tries) client.close();
});
