/**
 * The clamav check against a real clamd with a database of our own: one signature of ours and EICAR. Found in the body, in
 * an attachment, in a large message; over a Unix socket and TCP; and when the engine dies, refuses or stops answering.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { concat, fromUtf8 } from '#core/bytes.ts';
import { decide } from '#mail/decide/decide.ts';
import { defaultPolicy } from '#mail/decide/default-policy.ts';
import type { Finding } from '#mail/finding.ts';
import { createAuthenticate } from '#mail/inspect/authenticate.ts';
import { clamav } from '#mail/inspect/checks/clamav.ts';
import { readMessage } from '#mail/inspect/offline.ts';
import { inspect } from '#mail/inspect/run-checks.ts';
import { createClamd, type ClamdAddress, type ClamdClient } from '#platform/clamd.ts';
import { emptyResolver } from '#test/support/edge.ts';
import { sampleEnvelope } from '#test/support/messages.ts';
import { have } from '#test/support/need.ts';
import { freePort } from '#test/support/ports.ts';
import { startChild, type Child } from '#test/support/child.ts';
import { tempDir } from '#test/support/temp-dir.ts';

// In two pieces, so that no scanner takes this file for the test virus.
const EICAR = String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR` + '-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
const MARK = 'gatehouse-own-test-signature-7f3a';
const STREAM_MAX = 4 * 1024 * 1024;

type Engine = { readonly child: Child; readonly unix: ClamdAddress; readonly tcp: ClamdAddress };

async function withEngine(t: TestContext, body: (engine: Engine) => Promise<void>): Promise<void> {
  if (!have(t, 'clamd')) return;
  using folder = tempDir('clamav');
  const db = folder.in('db');
  mkdirSync(db);
  const md5 = createHash('md5').update(EICAR).digest('hex');
  writeFileSync(`${db}/own.hdb`, `${md5}:${EICAR.length}:Eicar-Test\n`);
  writeFileSync(`${db}/own.ndb`, `Gatehouse.Own.Test:0:*:${Buffer.from(MARK).toString('hex')}\n`);
  const port = await freePort();
  const path = folder.in('clamd.sock');
  const lines = [
    `DatabaseDirectory ${db}`,
    `LocalSocket ${path}`,
    'TCPAddr 127.0.0.1',
    `TCPSocket ${port}`,
    'Foreground yes',
  ];
  lines.push(
    `TemporaryDirectory ${folder.path}`,
    `StreamMaxLength ${STREAM_MAX}`,
    'MaxThreads 4',
    'OfficialDatabaseOnly no',
  );
  writeFileSync(folder.in('clamd.conf'), `${lines.join('\n')}\n`);
  const unix: ClamdAddress = { kind: 'unix', path };
  await using child = await startChild({
    name: 'clamd',
    command: ['clamd', '--config-file', folder.in('clamd.conf')],
    timeoutMs: 60_000,
    ready: async () => (await client(unix).scan(pieces(fromUtf8('x')), 1)).kind === 'clean',
  });
  await body({ child, unix, tcp: { kind: 'tcp', host: '127.0.0.1', port } });
}

function client(address: ClamdAddress, more: { timeoutMs?: number; maxBytes?: number } = {}): ClamdClient {
  return createClamd({
    address,
    maxConcurrent: 4,
    timeoutMs: more.timeoutMs ?? 10_000,
    maxBytes: more.maxBytes ?? STREAM_MAX,
  });
}

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncIterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

const mail = (body: string): Uint8Array => fromUtf8(`From: a@b.example\r\nSubject: x\r\n\r\n${body}\r\n`);
const attached = (content: string): Uint8Array =>
  fromUtf8(
    [
      'From: a@b.example',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: application/octet-stream; name=x.com',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(content).toString('base64'),
      '--b--',
      '',
    ].join('\r\n'),
  );

async function findingOf(clamd: ClamdClient | undefined, bytes: Uint8Array): Promise<Finding> {
  const authenticate = createAuthenticate(() => {});
  const inspector = { checks: [clamav], authenticate, onCrash: () => {} };
  const deps = {
    resolver: emptyResolver,
    clock: () => 0,
    hostname: 'x',
    clamd,
    trustedSealers: new Set<string>(),
    dnsbl: [],
  };
  const { findings } = await inspect(inspector, sampleEnvelope(), readMessage(bytes), deps);
  assert.equal(findings.length, 1);
  return findings[0]!; // `!`: counted above
}

test('clamd finds what its database knows, over either socket, and nothing else', async (t) => {
  await withEngine(t, async ({ unix, tcp }) => {
    for (const address of [unix, tcp]) {
      const engine = client(address);
      const own = await findingOf(engine, mail(`hello ${MARK} bye`));
      assert.deepEqual(
        [own.code, own.outcome, own.params['signature']],
        ['malware', 'fail', 'Gatehouse.Own.Test.UNOFFICIAL'],
      );
      const eicar = await findingOf(engine, attached(EICAR));
      assert.deepEqual([eicar.code, eicar.params['signature']], ['malware', 'Eicar-Test.UNOFFICIAL']);
      assert.equal((await findingOf(engine, mail('hello'))).code, 'clean');
      const verdict = decide(defaultPolicy(), sampleEnvelope(), [eicar]);
      assert.deepEqual([verdict.answer, verdict.class], ['reject', 'malware']);
    }
  });
});

test('clamd is given what it would not find itself: a file in yEnc, a part that only some programs show', async (t) => {
  await withEngine(t, async ({ unix }) => {
    const yenc = EICAR.split('').map((c) => {
      const byte = (c.charCodeAt(0) + 42) & 255;
      return [0, 10, 13, 61].includes(byte)
        ? `=${String.fromCharCode(byte + 64)}`
        : String.fromCharCode(byte);
    });
    const text = `=ybegin line=128 size=${EICAR.length} name=x.com\r\n${yenc.join('')}\r\n=yend size=${EICAR.length}\r\n`;
    const bytes = Buffer.from(`From: a@b.example\r\nSubject: x\r\n\r\n${text}`, 'latin1');
    assert.equal((await client(unix).scan(pieces(bytes), bytes.length)).kind, 'clean', 'not by itself');
    const found = await findingOf(client(unix), bytes);
    assert.deepEqual([found.code, found.params['signature']], ['malware', 'Eicar-Test.UNOFFICIAL']);
  });
});

test('clamd sees the end of a large message, many at once', async (t) => {
  await withEngine(t, async ({ unix }) => {
    const filler = new Uint8Array(3 * 1024 * 1024).fill(97);
    const bytes = concat([mail('x'), filler, fromUtf8(`\r\n${MARK}\r\n`)]);
    const engine = client(unix);
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) => engine.scan(pieces(i % 2 === 0 ? bytes : filler), bytes.length)),
    );
    assert.deepEqual(
      results.map((r) => r.kind),
      Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 'found' : 'clean')),
    );
  });
});

test('an engine that refuses, dies or stops is unavailable, never clean', async (t) => {
  await withEngine(t, async ({ child, unix }) => {
    const tooMuch = new Uint8Array(STREAM_MAX + 1_000_000).fill(97);
    const refused = await client(unix, { maxBytes: 1e9 }).scan(pieces(tooMuch), tooMuch.length);
    assert.equal(refused.kind, 'unavailable', JSON.stringify(refused));
    assert.equal((await findingOf(client(unix, { maxBytes: 10 }), mail('hello'))).code, 'too-large');

    process.kill(child.pid, 'SIGSTOP');
    const stopped = await findingOf(client(unix, { timeoutMs: 300 }), mail('hello'));
    process.kill(child.pid, 'SIGCONT');
    assert.deepEqual([stopped.code, stopped.params['reason']], ['unavailable', 'timeout']);

    child.kill('SIGKILL');
    await child.exited;
    const dead = await findingOf(client(unix), mail('hello'));
    assert.deepEqual(
      [dead.code, dead.outcome, dead.params['reason']],
      ['unavailable', 'temperror', 'connect'],
    );
    assert.equal(decide(defaultPolicy(), sampleEnvelope(), [dead]).answer, 'defer');
  });
  const absent = await findingOf(undefined, mail('hello'));
  assert.equal(absent.code, 'absent');
});
