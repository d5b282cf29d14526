import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { authenticateAll } from '#test/support/caller.ts';
import type { Database } from '#platform/db.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { readConsole } from './console.ts';
import { buildApi } from './server.ts';

function built(): { app: ReturnType<typeof buildApi>; folder: Disposable } {
  const folder = tempDir('console');
  mkdirSync(folder.in('dist/assets'), { recursive: true });
  writeFileSync(
    folder.in('dist/index.html'),
    '<meta property="csp-nonce" nonce="CSP-NONCE"><script src="/assets/index-abc.js" nonce="CSP-NONCE"></script>',
  );
  writeFileSync(folder.in('dist/assets/index-abc.js'), 'console.log(1)');
  writeFileSync(folder.in('dist/.stamp'), 'secret');
  writeFileSync(folder.in('secret.js'), 'secret');
  const app = buildApi({
    routes: [],
    db: {} as Database, // no route, so nothing asks it
    authenticate: authenticateAll,
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
    console: readConsole(folder.in('dist')),
  });
  return { app, folder };
}
const HOST = { host: 'localhost:8080' };
const PAGE = { ...HOST, accept: 'text/html,*/*' };

test('the page has a strict policy with a nonce of its own each time, and is never kept', async () => {
  const { app, folder } = built();
  using _ = folder;
  const nonces = new Set<string>();
  for (const url of ['/', '/messages', '/messages/0190-ab?lang=de', '/domains/ours.example']) {
    const reply = await app.inject({ url, headers: PAGE });
    assert.equal(reply.statusCode, 200, url);
    assert.equal(reply.headers['cache-control'], 'no-store');
    const csp = String(reply.headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self';",
      "connect-src 'self'",
      "img-src 'self' data:",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "require-trusted-types-for 'script'",
      'trusted-types default',
    ])
      assert.ok(csp.includes(part), part);
    assert.ok(!csp.includes('unsafe'), csp);
    const [, nonce = ''] = /style-src 'self' 'nonce-([^']+)'/.exec(csp) ?? [];
    assert.ok(
      nonce.length >= 22 && reply.body.includes(`nonce="${nonce}"`) && !reply.body.includes('CSP-NONCE'),
    );
    nonces.add(nonce);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    assert.equal(reply.headers['referrer-policy'], 'no-referrer');
    assert.equal(reply.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(reply.headers['cross-origin-resource-policy'], 'same-origin');
    assert.match(String(reply.headers['permissions-policy']), /publickey-credentials-get=\(self\)/);
  }
  assert.equal(nonces.size, 4);
});

test('hashed files are kept for ever, compressed where asked, and not sent again', async () => {
  const { app, folder } = built();
  using _ = folder;
  const plain = await app.inject({ url: '/assets/index-abc.js', headers: HOST });
  assert.equal(plain.body, 'console.log(1)');
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
  const again = await app.inject({
    url: '/assets/index-abc.js',
    headers: { ...HOST, 'if-none-match': String(plain.headers['etag']) },
  });
  assert.equal(again.statusCode, 304);
  const gzip = await app.inject({
    url: '/assets/index-abc.js',
    headers: { ...HOST, 'accept-encoding': 'br, gzip' },
  });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
});

test('what is no page and no file of the build is a problem, however it is spelt', async () => {
  const { app, folder } = built();
  using _ = folder;
  for (const url of [
    '/.stamp',
    '/assets/../.stamp',
    '/assets/../../secret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/%2e%2e/secret.js',
    '/assets%2findex-abc.js',
    '/assets/..\\..\\secret.js',
    '//etc/passwd',
    '/./secret.js',
    '/assets/gone.js',
    '/assets/',
    '/assets',
    '/api/v1/nothing',
    '/api',
    '/messages/',
    '/a%00b',
  ]) {
    const reply = await app.inject({ url, headers: PAGE });
    assert.ok([400, 404].includes(reply.statusCode), `${url}: ${reply.statusCode}`);
    assert.match(String(reply.headers['content-type']), /problem\+json/);
    assert.ok(!reply.body.includes('secret'));
  }
  assert.equal((await app.inject({ url: '/messages', headers: HOST })).statusCode, 404); // a program, not a browser
  assert.equal((await app.inject({ url: '/messages', method: 'POST', headers: PAGE })).statusCode, 404);
});

test('a link on another site opens a page in a tab, but nothing of the API, no frame and no file', async () => {
  const { app, folder } = built();
  using _ = folder;
  const opened = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };
  const status = async (url: string, headers: Record<string, string>, method: 'GET' | 'POST' = 'GET') =>
    (await app.inject({ url, method, headers: { ...PAGE, ...headers } })).statusCode;
  assert.equal(await status('/messages', opened), 200);
  assert.equal(await status('/messages', opened, 'POST'), 403);
  assert.equal(await status('/messages', { ...opened, origin: 'https://evil.example' }), 403);
  assert.equal(await status('/api/v1/openapi.json', opened), 403);
  assert.equal(await status('/messages', { ...opened, 'sec-fetch-dest': 'iframe' }), 403);
  const loaded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' };
  assert.equal(await status('/assets/index-abc.js', loaded), 403);
});
