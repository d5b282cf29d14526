import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { openLog } from '#platform/log.ts';
import type { TlsMaterial } from './tls.ts';
import { authority } from '#test/support/certificates.ts';
import { startEdge } from '#test/support/edge.ts';
import { smtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';

function material(): TlsMaterial {
  using dir = tempDir('secrets');
  const { cert, key } = authority(dir.path).issue('mx', ['mx.ours.example']);
  return { certPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8'), clientCaPem: undefined };
}

test('what is said in AUTH never reaches the log', async () => {
  let written = '';
  const logger = openLog({
    level: 'debug',
    readable: false,
    destination: { write: (line) => (written += line) },
  });
  await using edge = await startEdge({
    log: logger,
    tls: material(),
    config: { kind: 'submission', maxAuthFailures: 9 },
  });
  using client = await smtpClient(edge.port);
  await client.command('EHLO c');
  await client.startTls('mx.ours.example');
  await client.command('EHLO c');
  const exchange = [btoa('\0alice\0hunter2hunter2'), btoa('alice'), btoa('hunter3hunter3')];
  assert.equal((await client.command(`AUTH PLAIN ${exchange[0]}`)).code, 535);
  await client.command('AUTH LOGIN');
  await client.command(exchange[1] ?? '');
  assert.equal((await client.command(exchange[2] ?? '')).code, 535);
  // A client that is out of step says its password as a command.
  assert.equal((await client.command(exchange[2] ?? '')).code, 502);
  assert.match(written, /"verb":"AUTH"/);
  const log = written.toLowerCase();
  for (const secret of ['hunter', ...exchange.map((e) => e.slice(0, 8))])
    assert.ok(!log.includes(secret.toLowerCase()), `the log has ${secret}`);
});

test('what is said in the clear behind STARTTLS is never answered', async () => {
  await using edge = await startEdge({ tls: material() });
  const plain = createConnection(edge.port, '127.0.0.1');
  await new Promise((resolve) => plain.once('data', resolve));
  plain.write('EHLO c\r\n');
  await new Promise((resolve) => plain.once('data', resolve));
  plain.write('STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@x.example>\r\n');
  const said = await new Promise<Buffer>((resolve) => plain.once('data', resolve));
  assert.equal(said.toString('latin1'), '220 2.0.0 ready for TLS\r\n');
  plain.removeAllListeners('data');
  const secure = connect({ socket: plain, rejectUnauthorized: false });
  await new Promise((resolve) => secure.once('secureConnect', resolve));
  secure.write('NOOP\r\nMAIL FROM:<a@x.example>\r\nQUIT\r\n');
  let out = '';
  secure.on('data', (chunk) => (out += chunk.toString('latin1')));
  await new Promise((resolve) => secure.once('close', resolve));
  assert.deepEqual(
    [...out.matchAll(/^(\d{3}) /gm)].map((m) => m[1]),
    ['250', '503', '221'],
  );
});
