import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { selfSigned } from '#platform/self-signed.ts';
import { authority, tlsa311 } from '#test/support/certificates.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { readConfig } from './config.ts';
import { ourTlsKeys } from './tls-keys.ts';

test('ourTlsKeys() has the keys of the certificates in use, as OpenSSL reckons them, and of the next one', () => {
  using temp = tempDir('tls-keys');
  const ca = authority(temp.path);
  const one = ca.issue('one', ['gate.example']);
  const next = ca.issue('next', ['gate.example']);
  const keysOf = (tls: Record<string, string>) => {
    const file = temp.in('gatehouse.yaml');
    const listeners = [{ name: 'in', kind: 'mx', port: 2525 }];
    writeFileSync(file, JSON.stringify({ data: temp.in('data'), hostname: 'gate.example', tls, listeners }));
    const config = readConfig({ environment: {}, flags: { '--config': file }, workingDirectory: temp.path });
    assert.ok(config.ok, JSON.stringify(config));
    return ourTlsKeys(config.value);
  };
  const files = { certificate: one.cert, key: one.key };
  assert.deepEqual(keysOf(files), { current: [tlsa311(one.cert)], next: undefined });
  assert.deepEqual(keysOf({ ...files, nextKey: next.key }), {
    current: [tlsa311(one.cert)],
    next: tlsa311(next.cert),
  });
  assert.equal(keysOf({ ...files, nextKey: temp.in('absent.key') }), undefined);
  assert.equal(keysOf({}), undefined, 'nothing was made yet');
  const own = selfSigned(join(temp.in('data'), 'tls'), 'gate.example', Date.now());
  assert.deepEqual(keysOf({})?.current, [tlsa311(own.certificate)]);
});
