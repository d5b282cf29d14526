import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { selfSigned } from '#platform/self-signed.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { fileComplaints } from './config-files.ts';
import { openConfig } from './config.ts';

test('fileComplaints() refuses what `up` would refuse, and nothing else', async () => {
  using temp = tempDir('config-files');
  const one = selfSigned(temp.in('one'), 'one.example', Date.now());
  const two = selfSigned(temp.in('two'), 'two.example', Date.now());
  writeFileSync(temp.in('bad.yaml'), 'rules: [{name: x}]\n');
  writeFileSync(temp.in('good.yaml'), 'rules: []\n');
  writeFileSync(temp.in('text.pem'), 'no certificate\n');
  const complaints = async (yaml: string): Promise<readonly string[]> => {
    writeFileSync(temp.in('gatehouse.yaml'), yaml);
    const file = temp.in('gatehouse.yaml');
    return await fileComplaints(
      openConfig({ environment: {}, flags: { '--config': file }, workingDirectory: temp.in('.') }),
    );
  };
  const tls = (certificate: string, key: string): string =>
    `tls: {certificate: ${certificate}, key: ${key}}\n`;
  assert.deepEqual(await complaints(`policy: good.yaml\n${tls(one.certificate, one.key)}`), []);
  for (const [yaml, want] of [
    ['policy: none.yaml', /^policy: .*none\.yaml cannot be read \(ENOENT\)$/],
    ['policy: bad.yaml', /bad\.yaml:1:\d+: "action" must be one of/],
    [tls('none.pem', one.key), /none\.pem cannot be read/],
    [tls(one.certificate, 'text.pem'), /the certificate or key cannot be used/],
    [tls(one.certificate, two.key), /the certificate or key cannot be used/],
  ] as const)
    assert.match((await complaints(yaml)).join('\n'), new RegExp(want.source, 'm'), yaml);
});
