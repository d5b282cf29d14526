/** OCSF batches over HTTPS: what makes them taken, how they are signed, and what is not followed. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { after, test } from 'node:test';
import { authority } from '#test/support/certificates.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import type { SiemRecord } from './record.ts';
import { sendBatch } from './send.ts';
import { ocsfSettings } from './sinks.ts';

const temp = tempDir('ocsf');
after(() => temp[Symbol.dispose]());
const ca = authority(temp.path);
const certificate = ca.issue('siem', ['127.0.0.1']);
const RECORD: SiemRecord = {
  kind: 'checkpoint',
  origin: 'o',
  size: 1,
  note: 'n',
  at: '2026-11-21T20:00:00Z',
};

test('an OCSF batch is taken by a 2xx alone, signed over time and body, and redirects are not followed', async () => {
  const seen: { readonly headers: Record<string, unknown>; readonly body: string; readonly path: string }[] =
    [];
  const server = createServer(
    { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
    (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen.push({ headers: request.headers, body, path: request.url ?? '' });
        const status = Number((request.url ?? '').slice(1));
        response.writeHead(status, status === 302 ? { location: '/200' } : {}).end('x');
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const send = (status: number, auth: 'bearer' | 'hmac', caPem: string | undefined) =>
    sendBatch(
      ocsfSettings.parse({ kind: 'ocsf', url: `https://127.0.0.1:${address.port}/${status}`, auth, caPem }),
      'secret',
      [RECORD],
      { hostname: 'h', version: '0', timeoutMs: 5000, signal: new AbortController().signal },
    );
  const caPem = readFileSync(ca.ca, 'utf8');
  for (const [status, taken] of [
    [200, true],
    [202, true],
    [302, false],
    [400, false],
    [500, false],
  ] as const)
    assert.equal((await send(status, 'hmac', caPem)).ok, taken, String(status));
  assert.equal(seen.length, 5, 'the redirect was not followed');
  const { headers, body } = seen[0]!;
  const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['gatehouse-signature'])) ?? [];
  assert.equal(createHmac('sha256', 'secret').update(`${at}.${body}`).digest('hex'), mac);
  await send(200, 'bearer', caPem);
  assert.equal(seen.at(-1)?.headers['authorization'], 'Bearer secret');
  assert.equal(
    (await send(200, 'bearer', undefined)).ok,
    false,
    'an authority that the system does not know',
  );
  assert.equal(seen.length, 6);
  await new Promise((resolve) => server.close(resolve));
});
