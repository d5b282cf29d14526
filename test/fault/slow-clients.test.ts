/**
 * Memory with many slow clients and big messages is bounded by the listener's limits, not by what is sent.
 *
 * CI plays a small version; the numbers of the promise are GATEHOUSE_SLOW_CLIENTS=200 GATEHOUSE_SLOW_MB=50 (10 GB of disk).
 */
import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { test } from 'node:test';
import { openBlobDirectory } from '#platform/blob-directory.ts';
import { startEdge } from '#test/support/edge.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const CLIENTS = Number(process.env['GATEHOUSE_SLOW_CLIENTS'] ?? 40);
const MEGABYTES = Number(process.env['GATEHOUSE_SLOW_MB'] ?? 4);
const MIB = 1024 * 1024;
const LINE = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(200), 'latin1');

const HEAD =
  'EHLO c\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<alice@ours.example>\r\nDATA\r\nSubject: big\r\n\r\n';

function connect(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('error', reject);
    socket.once('data', () => resolve(socket)); // the greeting
  });
}

async function send(socket: Socket, bytes: number): Promise<void> {
  socket.write(HEAD);
  for (let sent = 0; sent < bytes; sent += LINE.length)
    if (!socket.write(LINE)) await new Promise((resolve) => socket.once('drain', resolve));
}

/** The last reply of the message. */
function finish(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    socket.on('data', (chunk) => {
      out += chunk.toString('latin1');
      if (/^(250 2\.0\.0 .* accepted|[45]\d\d )/m.test(out)) resolve(out);
    });
    socket.once('close', () => reject(new Error(`closed after ${out}`)));
    socket.write('\r\n.\r\n');
  });
}

function used(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test(`${CLIENTS} slow clients with ${MEGABYTES} MB each stay within bounds`, async () => {
  using dir = tempDir('slow');
  const blobs = await openBlobDirectory(dir.in('blobs'));
  let peak = 0;
  let accepted = 0;
  await using edge = await startEdge({
    blobs,
    config: { maxConnections: CLIENTS + 1, maxMessageBytes: (MEGABYTES + 1) * MIB },
    flow: async (_, arrival) => {
      await arrival.commitBlob();
      accepted++;
      return { kind: 'accepted' };
    },
  });
  const before = used();
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => connect(edge.port)));
  const watch = setInterval(() => (peak = Math.max(peak, used() - before)), 50);
  try {
    await Promise.all(sockets.map((s) => send(s, MEGABYTES * MIB)));
    // All of them now stand one line before the end: as slow as a client can be.
    peak = Math.max(peak, used() - before);
    await Promise.all(sockets.map(finish));
  } finally {
    clearInterval(watch);
    for (const s of sockets) s.destroy();
  }
  assert.equal(accepted, CLIENTS);
  // What stays in memory until it spills, a frame being sealed and one being written, and the garbage of a busy process.
  const bound = CLIENTS * (256 * 1024 + 4 * 65_536 + 65_536) + 64 * MIB;
  console.log(
    `peak ${(peak / MIB).toFixed(1)} MiB of ${(bound / MIB).toFixed(1)} allowed, ${CLIENTS * MEGABYTES} MiB sent`,
  );
  assert.ok(peak < bound, `${peak} bytes at the peak, ${bound} allowed`);
  assert.ok(CLIENTS * MEGABYTES * MIB > bound, 'so little was sent that the bound proves nothing');
});

test('a message sent in single bytes costs no more than its bytes', async () => {
  await using edge = await startEdge();
  const socket = await connect(edge.port);
  socket.setNoDelay(true);
  const before = used();
  socket.write(HEAD);
  // Dots at the start of lines make the reader hand out the smallest pieces there are.
  for (let i = 0; i < 200; i++) {
    socket.write('..\r\n'.repeat(300));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const grown = used() - before;
  assert.match(await finish(socket), /accepted/);
  socket.destroy();
  assert.ok(grown < 24 * MIB, `${grown} bytes for 60000 pieces`);
});
