/** The database goes away, or only answers late: no 250 without a commit, nothing lost, and it goes on by itself afterwards. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { type Gateway, gatewayProcesses, startGateway } from '#test/support/gateway.ts';
import { startFaultyHop, type FaultyHop } from '#test/support/faulty-hop.ts';
import { type Reply, sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { letter } from '#test/support/world.ts';
import { TRY_DOMAIN } from '../../src/try-zone.ts';

const FROM = `a@good.${TRY_DOMAIN}`;

async function send(gateway: Gateway, subject: string): Promise<Reply> {
  using client = await smtpClient(gateway.ports.mx, { timeoutMs: 60_000 });
  return await sendMail(client, {
    from: FROM,
    to: ['bob@here.example'],
    data: letter({ subject, from: FROM }),
  });
}

async function start(hop: FaultyHop, config: Record<string, unknown>): Promise<Gateway> {
  const gateway = await startGateway({
    listeners: ['mx'],
    config: { delivery: { retryWaitsS: [1] }, ...config },
  });
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
  await until('the first message', async () => (await send(gateway, 'before')).code === 250);
  return gateway;
}

const has = (hop: FaultyHop, subject: string): number =>
  hop.taken().filter((m) => m.includes(`Subject: ${subject}\r\n`)).length;

test('a database that stops answering for a while: mail waits or is put off, never lost, never promised in vain', async () => {
  await using hop = await startFaultyHop();
  await using gateway = await start(hop, { database: { embedded: true, statementTimeoutMs: 2_000 } });
  const servers = gatewayProcesses(gateway, /postgres/);
  assert.ok(servers.length > 0, 'the database runs below the gateway');
  const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
    for (const pid of gatewayProcesses(gateway, /postgres/)) process.kill(pid, name);
  };
  signal('SIGSTOP');
  const short = send(gateway, 'short');
  await sleep(800);
  signal('SIGCONT');
  assert.equal((await short).code, 250, 'a short stall only costs time');

  signal('SIGSTOP');
  const long = send(gateway, 'long');
  await sleep(25_000);
  signal('SIGCONT');
  const answer = await long;
  assert.ok(answer.code === 250 || answer.code === 451 || answer.code === 421, answer.text);
  await until(
    'service after the stall',
    async () => (await send(gateway, 'after')).code === 250,
    30_000,
    500,
  );
  await until('what was promised', () => has(hop, 'short') === 1 && has(hop, 'after') >= 1, 30_000);
  if (answer.code === 250) await until('the long one', () => has(hop, 'long') === 1, 30_000);
  await gateway.verify();
});

test('a database that is killed: 4yz or no answer, and what had its 250 comes after a restart', async () => {
  await using hop = await startFaultyHop();
  await using gateway = await start(hop, {});
  hop.misbehave({ stage: 'connect', how: 'drop' });
  const kept: string[] = [];
  for (let i = 0; i < 20; i++) if ((await send(gateway, `kept ${i}`)).code === 250) kept.push(`kept ${i}`);
  assert.equal(kept.length, 20);
  for (const pid of gatewayProcesses(gateway, /postgres/)) process.kill(pid, 'SIGKILL');
  const during = await send(gateway, 'during').catch(() => undefined);
  assert.ok(during === undefined || (during.code >= 400 && during.code < 500), during?.text);
  hop.misbehave(undefined);
  await gateway.kill9();
  await gateway.start();
  await until('everything promised', () => kept.every((subject) => has(hop, subject) >= 1), 60_000, 200);
  for (const subject of kept) assert.equal(has(hop, subject), 1, subject);
  assert.equal(has(hop, 'during'), 0);
  await gateway.verify();
});

test('a killed database whose processes linger: the gateway waits for them and then starts', async () => {
  await using gateway = await startGateway({ listeners: ['mx'] });
  const lingering = gatewayProcesses(gateway, /postgres: .*(writer|checkpointer)/);
  assert.ok(lingering.length > 0);
  for (const pid of lingering) process.kill(pid, 'SIGSTOP');
  const others = gatewayProcesses(gateway, /bin\/postgres|mail-process|main\.ts/).filter(
    (pid) => !lingering.includes(pid),
  );
  for (const pid of others) process.kill(pid, 'SIGKILL');
  const later = setTimeout(() => {
    for (const pid of lingering) process.kill(pid, 'SIGCONT');
  }, 3_000);
  await sleep(300);
  const startedMs = Date.now();
  await gateway.start();
  assert.ok(Date.now() - startedMs > 1_500, 'it had to wait');
  clearTimeout(later);
  await gateway.verify();
});
