/**
 * A day in the life of an operator, on a real gateway with two mail processes: keys are made, published and rotated,
 * destinations are steered, mail that waits is tried again, settings change while connections stay open.
 */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { authority } from '#test/support/certificates.ts';
import { type DnsServer, startDnsServer } from '#test/support/dns-server.ts';
import { type Gateway, startGateway } from '#test/support/gateway.ts';
import { verifyWhole, zoneOf } from '#test/support/signed.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { type FakeRemote, startFakeRemote } from '../20-delivery/fake-remote.ts';

const folder = tempDir('operations');
let dns: DnsServer;
let there: FakeRemote;
let elsewhere: FakeRemote;
let gateway: Gateway;
/** What the remote says to RCPT while it is set. */
let refusal: string | undefined;
const certificate = { cert: folder.in('now.pem'), key: folder.in('now.key') };
const policyFile = folder.in('policy.yaml');
const ca = authority(folder.path);

function install(name: string): void {
  const made = ca.issue(name, ['gate.example']);
  copyFileSync(made.cert, certificate.cert);
  copyFileSync(made.key, certificate.key);
}

before(async () => {
  install('first');
  copyFileSync('policies/default.yaml', policyFile);
  dns = await startDnsServer();
  there = await startFakeRemote({ reply: (verb) => (verb === 'RCPT' ? refusal : undefined) });
  elsewhere = await startFakeRemote();
  gateway = await startGateway({
    listeners: ['relay', 'mx'],
    dns: { servers: [dns.address] },
    config: {
      policy: policyFile,
      tls: { certificate: certificate.cert, key: certificate.key },
      workers: { processes: 2 },
    },
  });
  const hop = ['--next-hop', `127.0.0.1:${there.port}`, '--tls', 'none'];
  await gateway.does('domain', 'add', 'ours.example', ...hop, '--recipients', 'any');
  await gateway.does('route', 'partner', 'there.example', ...hop);
  await gateway.does('sender', 'add-network', 'tests', '127.0.0.1/32');
});
after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await there?.[Symbol.asyncDispose]();
  await elsewhere?.[Symbol.asyncDispose]();
  await dns?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Sends one message through the relay and returns the id in the 250. */
async function send(subject: string, to = 'bob@there.example'): Promise<string> {
  using client = await smtpClient(gateway.ports.relay);
  const header = `From: ann@ours.example\r\nTo: ${to}\r\nSubject: ${subject}\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000`;
  const data = `${header}\r\nMessage-ID: <${subject}@ours.example>\r\n\r\nhello`;
  const reply = await sendMail(client, { from: 'ann@ours.example', to: [to], data });
  const id = /^250 2\.0\.0 .*?([0-9a-f]{8}-[0-9a-f-]{27})/.exec(reply.text)?.[1];
  assert.ok(id !== undefined, reply.text);
  return id;
}
const arrived = (at: FakeRemote, subject: string) =>
  until(
    `"${subject}" to arrive`,
    () => at.messages.find((m) => m.data.includes(`Subject: ${subject}\r\n`)),
    20_000,
  );
const waiting = async (): Promise<{ message: string; attempts: number; lastReply: string | null }[]> =>
  JSON.parse(await gateway.does('queue', 'list', '--json')) as {
    message: string;
    attempts: number;
    lastReply: string | null;
  }[]; // `as`: our own command
type Key = { name: string; record: string; state: string };
const keys = async (): Promise<Key[]> => JSON.parse(await gateway.does('dkim', 'list', '--json')) as Key[]; // `as`: our own command

test('keys of a new domain are made at once, sign when DNS shows them, and are rotated', async () => {
  const made = await until('keys', async () => {
    const found = await keys();
    return found.length === 2 && found;
  });
  assert.deepEqual(
    made.map((k) => k.state),
    ['published', 'published'],
  );
  await send('unsigned');
  assert.doesNotMatch(
    (await arrived(there, 'unsigned')).data,
    /DKIM-Signature/i,
    'nobody could verify it yet',
  );

  const zone: Record<string, string> = {};
  for (const k of made) {
    dns.txt(k.name, k.record);
    zone[k.name] = k.record;
  }
  await gateway.does('dkim', 'check');
  assert.deepEqual(
    (await keys()).map((k) => k.state),
    ['signing', 'signing'],
  );
  // Both mail processes hear of it; which one takes the connection is the kernel's choice.
  for (const n of [1, 2, 3, 4]) {
    await send(`signed-${n}`);
    const { data } = await arrived(there, `signed-${n}`);
    const results = await verifyWhole(data, zoneOf(zone), Date.now());
    assert.deepEqual(
      results.map((r) => r.result),
      ['pass', 'pass'],
      `signed-${n}`,
    );
  }

  await gateway.does('dkim', 'rotate', 'ours.example');
  await gateway.does('dkim', 'use', 'ours.example');
  for (const k of await keys()) zone[k.name] = k.record;
  assert.deepEqual((await keys()).map((k) => k.state).toSorted(), [
    'retired',
    'retired',
    'signing',
    'signing',
  ]);
  await send('rotated');
  const { data } = await arrived(there, 'rotated');
  const signing = (await keys()).filter((k) => k.state === 'signing').map((k) => k.name.split('.', 1).join());
  for (const selector of signing)
    assert.match(data.replaceAll(/\r\n\s+/g, ' '), new RegExp(`s=${selector};`));
  assert.deepEqual(
    (await verifyWhole(data, zoneOf(zone), Date.now())).map((r) => r.result),
    ['pass', 'pass'],
  );
});

test('a destination is paused, held, rerouted, given a source address, and let go on', async () => {
  await gateway.does('destination', 'pause', 'there.example', '--reason', 'maintenance');
  await send('paused');
  await until('it to wait', async () => (await waiting()).length === 1);
  await gateway.does('destination', 'hold', 'there.example');
  assert.equal((await waiting()).length, 0);
  await send('held');
  const held = await until('both to be held', async () => {
    const list = JSON.parse(await gateway.does('held', 'list', '--json')) as unknown;
    return JSON.stringify(list).split('there.example').length > 2 && JSON.stringify(list);
  });
  assert.match(held, /paused/);
  assert.ok(!there.messages.some((m) => /Subject: (paused|held)/.test(m.data)));
  await gateway.verify();
  assert.match(await gateway.does('destination', 'resume', 'there.example'), /2 waiting recipient/);
  await arrived(there, 'paused');
  await arrived(there, 'held');

  await gateway.does(
    'destination',
    'reroute',
    'there.example',
    '--next-hop',
    `127.0.0.1:${elsewhere.port}`,
    '--tls',
    'none',
  );
  await send('rerouted');
  await arrived(elsewhere, 'rerouted');
  await gateway.does('destination', 'resume', 'there.example');
  await gateway.does(
    'destination',
    'set',
    'there.example',
    '--source-ip4',
    '127.0.0.5',
    '--helo',
    'five.example',
  );
  await send('from-five');
  await arrived(there, 'from-five');
  assert.ok(there.clients.includes('127.0.0.5'));
  assert.ok(there.lines.includes('EHLO five.example'));
});

test('mail that waits is shown with what the remote said, and tried again when asked', async () => {
  refusal = '451 4.7.1 not now';
  await gateway.does('tenant', 'settings', '--waits', '1h');
  const id = await send('later');
  const item = await until('the first try', async () =>
    (await waiting()).find((i) => i.message === id && i.attempts === 1),
  );
  assert.match(item.lastReply ?? '', /not now/);
  assert.match(
    await gateway.does('queue', 'list'),
    /in (4[89]m|5\dm|1h)/,
    'an hour, the tenant’s wait, give or take its fifth of jitter',
  );
  refusal = undefined;
  await gateway.does('queue', 'retry', id);
  await arrived(there, 'later');
  await until('the queue to be empty', async () => (await waiting()).length === 0);
});

test('the supervisor counts what its mail processes do', async () => {
  const reply = await fetch(`http://127.0.0.1:${gateway.ports.http}/metrics`);
  const text = await reply.text();
  const value = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((l) => l.startsWith(`${series} `))
        ?.split(' ')
        .at(-1),
    );
  assert.ok(value('gatehouse_messages_total{direction="out",verdict="accept"}') >= 10, text);
  assert.ok(value('gatehouse_deliveries_total{outcome="delivered",security="none"}') >= 10);
  assert.ok(value('gatehouse_deliveries_total{outcome="deferred",security="none"}') >= 1);
  assert.ok(value('gatehouse_job_runs_total{job="dkim-rotation",result="ok"}') >= 1);
  assert.ok(value('gatehouse_commit_messages_count') >= 10);
  assert.equal(value('gatehouse_queue_recipients{state="due"}'), 0);
  assert.equal(
    value('gatehouse_dkim_keys{state="signing",dns="right"}') +
      value('gatehouse_dkim_keys{state="signing",dns="unknown"}'),
    2,
  );
  for (const name of [
    'gatehouse_dns_queries_total',
    'gatehouse_smtp_connections',
    'gatehouse_queue_oldest_seconds',
  ])
    assert.ok(Number.isFinite(value(name)), name);
  assert.equal(text.split('\n').filter((l) => l.startsWith('# TYPE gatehouse_messages_total')).length, 1);
});

test('SIGHUP takes over policy and certificate, keeps connections, and refuses what is wrong', async () => {
  using early = await smtpClient(gateway.ports.relay);
  assert.equal((await early.command('EHLO client.example')).code, 250);
  const serial = await certificateSerial();

  writeFileSync(
    policyFile,
    'rules:\n  - name: broken\n    when: { recipent: x@there.example }\n    action: reject\n',
  );
  assert.equal((await gateway.cli('policy', 'check', policyFile)).code, 1);
  install('second');
  process.kill(gateway.pid(), 'SIGHUP');
  await until('the new certificate', async () => (await certificateSerial()) !== serial);
  await until('both processes to complain', () => gateway.output().split('recipent').length > 2);
  await send('old-policy');
  await arrived(there, 'old-policy');

  const rule =
    '  - name: no more to carl\n    when: { recipient: carl@there.example }\n    action: reject\n    reply: Carl has moved\n';
  writeFileSync(
    policyFile,
    readFileSync('policies/default.yaml', 'utf8').replace('rules:\n', `rules:\n${rule}`),
  );
  await gateway.does('policy', 'check', policyFile);
  process.kill(gateway.pid(), 'SIGHUP');
  await until(
    'both processes to take it over',
    () => gateway.output().split('policy and certificates read again').length > 2,
  );
  const data = 'From: ann@ours.example\r\nSubject: x\r\n\r\nhello';
  const refused = await sendMail(early, { from: 'ann@ours.example', to: ['carl@there.example'], data });
  assert.match(refused.text, /^550 .*Carl has moved/, 'on a connection that was open before');
  const taken = await sendMail(early, { from: 'ann@ours.example', to: ['dora@there.example'], data });
  assert.equal(taken.code, 250);
  await gateway.verify();
});

/** Of the certificate that a new connection is shown. */
async function certificateSerial(): Promise<string> {
  using client = await smtpClient(gateway.ports.mx);
  await client.command('EHLO client.example');
  return await client.startTls();
}
