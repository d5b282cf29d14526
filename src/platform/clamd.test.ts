import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fromUtf8 } from '#core/bytes.ts';
import { createClamd, parseReply, type ClamdClient } from './clamd.ts';

const replies: readonly (readonly [string, string])[] = [
  ['stream: OK', 'clean'],
  ['stream: Win.Test.EICAR_HDB-1 FOUND', 'found'],
  ['stream:  FOUND', 'unavailable'],
  ['stream: OK ', 'unavailable'],
  ['OK', 'unavailable'],
  ['', 'unavailable'],
  ['stream: two words FOUND', 'unavailable'],
  ['INSTREAM size limit exceeded. ERROR', 'unavailable'],
];
for (const [line, kind] of replies)
  test(`parseReply() reads "${line}" as ${kind}`, () => assert.equal(parseReply(line).kind, kind));

async function withServer(
  serve: (socket: Socket) => void,
  body: (client: ClamdClient) => Promise<void>,
  options: { maxConcurrent?: number; timeoutMs?: number } = {},
): Promise<void> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createClamd({
    address: { kind: 'tcp', host: '127.0.0.1', port },
    maxConcurrent: options.maxConcurrent ?? 2,
    timeoutMs: options.timeoutMs ?? 1000,
    maxBytes: 1000,
  });
  try {
    await body(client);
  } finally {
    server.close();
  }
}

async function* bytes(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const t of texts) yield fromUtf8(t);
}

test('scan() frames the stream, and an empty chunk does not end it', async () => {
  let got = '';
  await withServer(
    (socket) =>
      socket.setEncoding('latin1').on('data', (data) => {
        got += String(data);
        if (got.endsWith('\0\0\0\0')) socket.write('stream: OK\0');
      }),
    async (client) => assert.deepEqual(await client.scan(bytes('ab', '', 'cde'), 5), { kind: 'clean' }),
  );
  assert.equal(got, 'zINSTREAM\0\0\0\0\x02ab\0\0\0\x03cde\0\0\0\0');
});

test('scan() of a server that hangs up, stays silent or is absent is unavailable', async () => {
  const reason = async (client: ClamdClient): Promise<string> => {
    const r = await client.scan(bytes('x'), 1);
    return r.kind === 'unavailable' ? r.reason : r.kind;
  };
  await withServer(
    (s) => s.end(),
    async (c) => assert.equal(await reason(c), 'closed'),
  );
  await withServer(
    () => {},
    async (c) => assert.equal(await reason(c), 'timeout'),
    { timeoutMs: 50 },
  );
  const nobody = createClamd({
    address: { kind: 'unix', path: '/nonexistent/clamd.sock' },
    maxConcurrent: 1,
    timeoutMs: 500,
    maxBytes: 10,
  });
  assert.equal(await reason(nobody), 'connect');
});

test('scan() runs no more than maxConcurrent at once, and waiting counts against the time', async () => {
  let open = 0;
  let most = 0;
  await withServer(
    (socket) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        socket.write('stream: OK\0');
      }, 30);
    },
    async (client) => {
      const all = await Promise.all(Array.from({ length: 6 }, () => client.scan(bytes('x'), 1)));
      assert.deepEqual(new Set(all.map((r) => r.kind)), new Set(['clean']));
    },
    { maxConcurrent: 2 },
  );
  assert.equal(most, 2);
});

test('scan() refuses what is over the size cap without connecting', async () => {
  await withServer(
    () => assert.fail('connected'),
    async (client) =>
      assert.deepEqual(await client.scan(bytes('x'), 1001), { kind: 'too-large', maxBytes: 1000 }),
  );
});
