/** Where a stranger's DNS sends the fetch of a policy: not into networks that are refused. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { parseNetwork } from '#core/ip.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { fetchStsPolicy } from './fetch.ts';

test('fetchStsPolicy() does not connect to an address in a refused network', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const never = (): never => assert.fail('not asked');
  const resolver: Resolver = {
    txt: never,
    mx: never,
    ptr: never,
    tlsa: never,
    cname: never,
    a: () => Promise.resolve({ kind: 'records', records: ['127.0.0.1'], secure: false, ttlS: 60 }),
    aaaa: () => Promise.resolve({ kind: 'records', records: ['::ffff:127.0.0.1'], secure: false, ttlS: 60 }),
  };
  const options = { resolver, port: address.port, timeoutMs: 2000 };
  const loopback = parseNetwork('127.0.0.0/8')!; // `!`: a network
  const refused = await fetchStsPolicy('two.example', { ...options, refused: [loopback] });
  assert.ok(!refused.ok && refused.error.includes('may be used'));
  assert.equal(connections, 0);
  await fetchStsPolicy('two.example', { ...options, refused: [] });
  assert.equal(connections, 2, 'the same without the refusal does connect');
  server.close();
});
