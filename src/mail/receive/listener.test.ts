import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromLatin1 } from '#core/bytes.ts';
import { replies } from '#protocol/smtp/replies.ts';
import { authority } from '#test/support/certificates.ts';
import type { Directory, Sender } from '#mail/directory/types.ts';
import { startEdge, TENANT, testDirectory, type EdgeOptions } from '#test/support/edge.ts';
import { smtpClient, type SmtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const PROXY_SENDER: Sender = {
  tenant: TENANT,
  method: 'certificate',
  who: 'proxy',
  mayUse: ['@ours.example'],
};
const MESSAGE = 'From: a@x.example\r\nSubject: hi\r\n\r\nbody\r\n';

async function say(client: SmtpClient, ...lines: string[]): Promise<number[]> {
  const codes: number[] = [];
  for (const line of lines) codes.push((await client.command(line)).code);
  return codes;
}

const envelope = (to = 'alice@ours.example', from = 'a@x.example'): string[] => [
  'EHLO c.example',
  `MAIL FROM:<${from}>`,
  `RCPT TO:<${to}>`,
  'DATA',
];

test('a message arrives whole, hashed, walked, and its id is in the reply', async () => {
  await using edge = await startEdge();
  using client = await smtpClient(edge.port);
  assert.equal(client.greeting.code, 220);
  assert.deepEqual(await say(client, ...envelope()), [250, 250, 250, 354]);
  client.send(`${MESSAGE}.\r\n`);
  const reply = await client.reply();
  const [one] = edge.taken;
  assert.ok(one !== undefined);
  assert.equal(reply.text.trim(), `250 2.0.0 ${one.envelope.id} accepted`);
  assert.equal(one.content, MESSAGE);
  assert.equal(one.envelope.tenant, TENANT);
  assert.deepEqual(
    [one.envelope.direction, one.envelope.protocol, one.envelope.helo, one.envelope.peer.ip],
    ['in', 'ESMTP', 'c.example', '127.0.0.1'],
  );
  const { message } = one.arrival;
  assert.equal(message.size, MESSAGE.length);
  assert.equal(message.sha256, createHash('sha256').update(MESSAGE).digest('hex'));
  assert.equal(message.mime.parts.length, 1);
  assert.equal(message.header.fields.length, 2);
});

test('recipients are refused by what the directory says', async () => {
  await using edge = await startEdge();
  using client = await smtpClient(edge.port);
  assert.deepEqual(
    await say(
      client,
      'EHLO c.example',
      'MAIL FROM:<a@x.example>',
      'RCPT TO:<nobody@ours.example>',
      'RCPT TO:<x@foreign.example>',
      'RCPT TO:<x@away.example>',
      'DATA',
      'RCPT TO:<postmaster>',
      'RCPT TO:<x@other.example>',
      'RCPT TO:<bob@ours.example>',
    ),
    [250, 250, 550, 550, 451, 554, 250, 452, 250],
  );
});

test('what the flow answers or throws is what the peer hears, and nothing refused stays', async () => {
  const cases: readonly (readonly [NonNullable<EdgeOptions['answer']>, RegExp])[] = [
    [() => ({ kind: 'deferred' }), /^451 4\.7\.1 \S{36} deferred/],
    [() => ({ kind: 'rejected' }), /^550 5\.7\.1 \S{36} message refused/],
    [({ envelope: e }) => ({ kind: 'rejected', reply: replies.spfFailed(e.id) }), /^550 5\.7\.23 \S{36} SPF/],
    [() => Promise.reject(new Error('boom')), /^451 4\.3\.0 \S{36} local error/],
  ];
  for (const [answer, expected] of cases) {
    await using edge = await startEdge({ answer });
    using client = await smtpClient(edge.port);
    await say(client, ...envelope());
    client.send(`${MESSAGE}.\r\n`);
    assert.match((await client.reply()).text, expected);
    assert.equal(edge.blobs.committed.size, 0);
    assert.deepEqual(await say(client, 'NOOP'), [250]);
  }
});

test('big messages stream to disk, headers have a limit, and loops end', async () => {
  await using edge = await startEdge({ config: { memoryBytes: 50_000, maxHeaderBytes: 20_000 } });
  using client = await smtpClient(edge.port);
  const big = MESSAGE + `${'0123456789'.repeat(7)}\r\n`.repeat(20_000);
  const loop = 'Received: from a by mx.ours.example; now\r\n'.repeat(5) + MESSAGE;
  const far = 'Received: from a by b; now\r\n'.repeat(50) + MESSAGE;
  for (const [content, code] of [
    [big, 250],
    [`X: ${'y'.repeat(25_000)}\r\n\r\n`, 552],
    [`X: ${'y'.repeat(100_000)}`, 552],
    [loop, 554],
    [far, 554],
    ['no header at all\r\n', 250],
  ] as const) {
    await say(client, ...envelope());
    client.send(`${content}\r\n.\r\n`);
    assert.equal((await client.reply()).code, code);
  }
  assert.equal(edge.taken.length, 2);
  assert.equal(edge.taken[0]?.content, `${big}\r\n`);
  assert.equal(edge.blobs.committed.size, 2);
});

test('submission wants TLS and a password, and the sender must be the login’s', async () => {
  using dir = tempDir('edge');
  const { cert, key } = authority(dir.path).issue('mx', ['mx.ours.example']);
  const tls = {
    certPem: readFileSync(cert, 'utf8'),
    keyPem: readFileSync(key, 'utf8'),
    clientCaPem: undefined,
  };
  await using edge = await startEdge({ tls, config: { kind: 'submission' } });
  using client = await smtpClient(edge.port);
  assert.deepEqual(
    await say(client, 'EHLO c', 'MAIL FROM:<alice@ours.example>', 'AUTH PLAIN AAAA'),
    [250, 530, 538],
  );
  await client.startTls('mx.ours.example');
  const plain = (password: string): string => `AUTH PLAIN ${btoa(`\0alice\0${password}`)}`;
  assert.deepEqual(
    await say(client, 'EHLO c', 'MAIL FROM:<alice@ours.example>', plain('wrong'), plain('wonderland')),
    [250, 530, 535, 235],
  );
  assert.deepEqual(
    await say(
      client,
      'MAIL FROM:<x@foreign.example>',
      ...envelope('x@foreign.example', 'alice@ours.example').slice(1),
    ),
    [553, 250, 250, 354],
  );
  client.send(`${MESSAGE}.\r\n`);
  assert.equal((await client.reply()).code, 250);
  const [one] = edge.taken;
  assert.deepEqual([one?.envelope.direction, one?.envelope.protocol], ['out', 'ESMTPSA']);
  assert.deepEqual(one?.envelope.auth, { method: 'password', who: 'alice' });
  assert.match(one?.envelope.tls?.version ?? '', /^TLSv1\.[23]$/);
});

test('a shared cloud is ours only with the pin in the message', async () => {
  await using edge = await startEdge();
  for (const [pin, code] of [
    ['X-Cloud-Tenant: ours\r\n', 250],
    ['X-Cloud-Tenant: theirs\r\n', 550],
    ['', 550],
  ] as const) {
    using client = await smtpClient(edge.port, { from: '127.0.0.8' });
    assert.deepEqual(
      await say(client, ...envelope('x@foreign.example', 'alice@ours.example')),
      [250, 250, 250, 354],
    );
    client.send(`${pin}${MESSAGE}.\r\n`);
    assert.equal((await client.reply()).code, code);
  }
  assert.equal(edge.taken[0]?.envelope.auth?.who, 'test-cloud');
});

test('PROXY and XCLIENT are believed from named addresses only', async () => {
  const header = 'PROXY TCP4 203.0.113.9 198.51.100.1 4660 25\r\n';
  await using trusting = await startEdge({
    config: { proxyFrom: ['127.0.0.0/8'], xclientFrom: ['203.0.113.9'] },
  });
  const { createConnection } = await import('node:net');
  const socket = createConnection(trusting.port, '127.0.0.1');
  let out = '';
  socket.setEncoding('latin1').on('data', (text: string) => (out += text));
  const until = async (pattern: RegExp): Promise<void> => {
    for (let i = 0; i < 200 && !pattern.test(out); i++) await new Promise((r) => setTimeout(r, 10));
    assert.match(out, pattern);
  };
  socket.write(header);
  await until(/^220 /);
  socket.write('EHLO c\r\n');
  await until(/250 XCLIENT/);
  socket.write('XCLIENT ADDR=198.51.100.77 PORT=99\r\n');
  await until(/220 .*\r\n$/s);
  socket.write(`${envelope().slice(0, 3).join('\r\n')}\r\nDATA\r\n`);
  await until(/354 /);
  socket.end(fromLatin1(`${MESSAGE}.\r\nQUIT\r\n`));
  await until(/221 /);
  assert.equal(trusting.taken[0]?.envelope.peer.ip, '198.51.100.77');

  await using plain = await startEdge({ config: { earlyTalkers: 'note' } });
  using client = await smtpClient(plain.port);
  assert.deepEqual(await say(client, 'XCLIENT ADDR=198.51.100.77', header.trim()), [502, 502]);
});

test('XCLIENT takes away whatever the proxy itself may do, also when it does not know the client', async () => {
  using dir = tempDir('xclient');
  const ca = authority(dir.path);
  const { cert, key } = ca.issue('mx', ['mx.ours.example']);
  const proxy = ca.issue('proxy', ['proxy.ours.example']);
  const caPem = readFileSync(ca.ca, 'utf8');
  const tls = {
    certPem: readFileSync(cert, 'utf8'),
    keyPem: readFileSync(key, 'utf8'),
    clientCaPem: caPem,
  };
  const trusted: Directory = {
    ...testDirectory,
    clientSender: (client) =>
      client.clientCertSha256 === undefined ? testDirectory.clientSender(client) : PROXY_SENDER,
  };
  await using edge = await startEdge({ tls, directory: trusted, config: { xclientFrom: ['127.0.0.0/8'] } });
  const [, mail = '', rcpt = ''] = envelope('x@foreign.example', 'a@ours.example');
  const relays = async (client: SmtpClient): Promise<number | undefined> =>
    (await say(client, 'EHLO c', mail, rcpt)).at(-1);

  const cases = ['ADDR=[UNAVAILABLE]', 'ADDR=[TEMPUNAVAIL] PORT=1', 'NAME=c.example', 'ADDR=198.51.100.7'];
  for (const facts of cases) {
    using byNetwork = await smtpClient(edge.port, { from: '127.0.0.9' });
    assert.equal(await relays(byNetwork), 250, 'the proxy itself may send');
    assert.deepEqual(await say(byNetwork, 'RSET', `XCLIENT ${facts}`), [250, 220]);
    assert.equal(await relays(byNetwork), 550, `network, ${facts}`);

    const showing = { cert: readFileSync(proxy.cert, 'utf8'), key: readFileSync(proxy.key, 'utf8') };
    using before = await smtpClient(edge.port);
    await say(before, 'EHLO c');
    await before.startTls('mx.ours.example', showing);
    assert.equal(await relays(before), 250, 'the certificate may send');
    assert.deepEqual(await say(before, 'RSET', `XCLIENT ${facts}`), [250, 220]);
    assert.equal(await relays(before), 550, `certificate, ${facts}`);

    using after = await smtpClient(edge.port);
    assert.deepEqual(await say(after, 'EHLO c', `XCLIENT ${facts}`, 'EHLO c'), [250, 220, 250]);
    await after.startTls('mx.ours.example', showing);
    assert.equal(await relays(after), 550, `certificate shown later, ${facts}`);
  }
});

test('<postmaster> is taken for the domain above the host’s name, or the first one we own', async () => {
  for (const [hostname, firstDomain, expected] of [
    ['mx.ours.example', 'ours.example', 'postmaster@ours.example'],
    ['a.b.elsewhere.example', 'ours.example', 'postmaster@ours.example'],
    ['mx.foreign.example', undefined, undefined],
  ] as const) {
    const directory: Directory = { ...testDirectory, firstDomain: () => firstDomain };
    await using edge = await startEdge({ directory, config: { hostname } });
    using client = await smtpClient(edge.port);
    const codes = await say(client, 'EHLO c', 'MAIL FROM:<a@x.example>', 'RCPT TO:<Postmaster>');
    assert.equal(codes.at(-1), expected === undefined ? 550 : 250, hostname);
    if (expected === undefined) continue;
    await say(client, 'DATA');
    client.send(`${MESSAGE}.\r\n`);
    assert.equal((await client.reply()).code, 250);
    assert.equal(edge.taken[0]?.envelope.recipients[0]?.address, expected);
  }
});

test('a slow command, a slow message and a shutdown end with 421', async () => {
  await using edge = await startEdge({ config: { commandTimeoutMs: 150, dataTimeoutMs: 150 } });
  using slow = await smtpClient(edge.port);
  slow.send('NOO');
  setTimeout(() => slow.send('P'), 100);
  assert.equal((await slow.reply()).code, 421);
  using content = await smtpClient(edge.port);
  await say(content, ...envelope());
  content.send('half a mess');
  assert.equal((await content.reply()).code, 421);
  using idle = await smtpClient(edge.port);
  const stopped = edge.listener.stop();
  assert.match((await idle.reply()).text, /^421 4\.3\.2 /);
  await stopped;
  assert.equal(edge.taken.length, 0);
});

test('a harvester is banned', async () => {
  const config = { unknownRecipientsPerHour: 3, limitExempt: [] };
  await using edge = await startEdge({ config });
  using client = await smtpClient(edge.port);
  await say(client, 'EHLO c', 'MAIL FROM:<>');
  for (let i = 0; i < 4; i++) await client.command(`RCPT TO:<user${i}@ours.example>`);
  assert.match((await client.reply()).text, /^421 4\.7\.1 /);
  const again = await smtpClient(edge.port);
  assert.equal(again.greeting.code, 421);
  again.close();
});
