import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { clamdProbe, spaceProbe } from './readiness.ts';

const GIB = 1024 ** 3;

test('spaceProbe() is not ready below 5 % or 200 MB', async () => {
  for (const [blocks, bavail, want] of [
    [100 * GIB, 50 * GIB, undefined],
    [100 * GIB, 4 * GIB, '4096 MiB (4 %) left in the data folder'],
    [GIB, GIB / 8, '128 MiB (12 %) left in the data folder'],
    [100 * GIB, 0, '0 MiB (0 %) left in the data folder'],
  ] as const) {
    const probe = spaceProbe('/x', () => Promise.resolve({ bsize: 1, blocks, bavail }));
    assert.equal(await probe.check(), want);
  }
  await assert.rejects(async () => spaceProbe('/nonexistent').check());
});

test('clamdProbe() is satisfied by PONG only', async () => {
  for (const [reply, want] of [
    ['PONG\0', undefined],
    ['ERROR\0', /does not answer as clamd/],
    ['x'.repeat(100), /does not answer as clamd/],
    ['', /closed the connection/],
  ] as const) {
    const server = createServer((socket: Socket) => socket.end(reply));
    const port = await listening(server);
    const said = await clamdProbe({ kind: 'tcp', host: '127.0.0.1', port }).check();
    if (want === undefined) assert.equal(said, undefined);
    else assert.match(said ?? '', want);
    server.close();
  }
  const gone = await clamdProbe({ kind: 'unix', path: '/nonexistent/clamd.sock' }).check();
  assert.equal(gone, 'no connection (ENOENT)');
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}
