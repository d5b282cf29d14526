/** The edge as an operator would try it: swaks, in the clear, with STARTTLS, with TLS from the start, and with AUTH. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { swaks, SWAKS_NEEDS } from '#test/peers/swaks.ts';
import { authority } from '#test/support/certificates.ts';
import { startEdge } from '#test/support/edge.ts';
import { run } from '#test/support/child.ts';
import { have } from '#test/support/need.ts';
import { tempDir } from '#test/support/temp-dir.ts';

/** swaks finds out at run time whether Perl can do TLS (Debian: libnet-ssleay-perl). */
function haveTls(t: TestContext): boolean {
  if (run(['swaks', '--support']).stdout.includes('TLS supported')) return true;
  if (process.env['CI'] === 'true') throw new Error('in CI swaks needs libnet-ssleay-perl');
  console.error(`SKIPPED "${t.name}": swaks needs libnet-ssleay-perl (sh tools/peers.sh installs it)`);
  t.skip('swaks needs libnet-ssleay-perl');
  return false;
}

test('swaks delivers by every door, and is refused where it should be', async (t) => {
  if (!have(t, ...SWAKS_NEEDS, 'openssl') || !haveTls(t)) return;
  using dir = tempDir('swaks');
  const ca = authority(dir.path);
  const { cert, key } = ca.issue('mx', ['mx.ours.example']);
  const person = ca.issue('person', ['person.example']);
  const tls = {
    certPem: readFileSync(cert, 'utf8'),
    keyPem: readFileSync(key, 'utf8'),
    clientCaPem: readFileSync(ca.ca, 'utf8'),
  };
  await using mx = await startEdge({ tls });
  await using submission = await startEdge({ tls, config: { kind: 'submission' } });
  await using implicit = await startEdge({ tls, config: { kind: 'submission', tls: 'implicit' } });
  const inbound = { port: mx.port, from: 'a@x.example', to: 'alice@ours.example' };
  const outbound = { from: 'alice@ours.example', to: 'x@foreign.example' };
  const login = ['--auth-user', 'alice', '--auth-password', 'wonderland'];

  assert.equal((await swaks(inbound)).code, 0);
  assert.equal((await swaks({ ...inbound, args: ['--tls'] })).code, 0);
  assert.equal(
    (await swaks({ ...inbound, args: ['--tls', '--tls-cert', person.cert, '--tls-key', person.key] })).code,
    0,
  );
  using elsewhere = tempDir('swaks-other');
  const other = authority(elsewhere.path, 'Somebody else').issue('person', ['person.example']);
  assert.equal(
    (await swaks({ ...inbound, args: ['--tls', '--tls-cert', other.cert, '--tls-key', other.key] })).code,
    0,
  );
  assert.equal((await swaks({ ...inbound, to: 'nobody@ours.example' })).code, 24);
  assert.equal((await swaks({ ...inbound, to: 'x@foreign.example' })).code, 24);
  const [plain, secure, certified, foreign] = mx.taken.map((m) => m.envelope);
  assert.equal(mx.taken.length, 4);
  assert.deepEqual([plain?.protocol, secure?.protocol, plain?.tls], ['ESMTP', 'ESMTPS', undefined]);
  assert.match(secure?.tls?.cipher ?? '', /^TLS_/);
  assert.equal(secure?.tls?.clientCertSha256, undefined);
  assert.match(certified?.tls?.clientCertSha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(certified?.tls?.clientCertTrusted, true);
  assert.match(foreign?.tls?.clientCertSha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(foreign?.tls?.clientCertTrusted, false);

  assert.notEqual((await swaks({ ...outbound, port: submission.port })).code, 0);
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    const args = ['--tls', '--auth', mechanism, ...login];
    assert.equal((await swaks({ ...outbound, port: submission.port, args })).code, 0, mechanism);
  }
  const wrong = ['--tls', '--auth', 'PLAIN', '--auth-user', 'alice', '--auth-password', 'x'];
  assert.equal((await swaks({ ...outbound, port: submission.port, args: wrong })).code, 28);
  assert.equal(submission.taken.length, 2);

  assert.equal(
    (await swaks({ ...outbound, port: implicit.port, args: ['--tlsc', '--auth', 'PLAIN', ...login] })).code,
    0,
  );
  assert.equal(implicit.taken[0]?.envelope.protocol, 'ESMTPSA');
});
