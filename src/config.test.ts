/** Each wrong configuration we have met is a folder below test/config/bad; GATEHOUSE_TEST_RENEW=1 rewrites what is expected. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { complaintText } from '#core/complaint.ts';
import { openConfig, readConfig, type ConfigInput } from './config.ts';

const bad = join(import.meta.dirname, '../test/config/bad');
const empty = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
after(() => rmSync(empty, { recursive: true }));
const folders = readdirSync(bad);
const renew = process.env['GATEHOUSE_TEST_RENEW'] === '1';

const read = (input: Partial<ConfigInput>) =>
  readConfig({ environment: {}, flags: {}, workingDirectory: empty, ...input });

for (const folder of folders) {
  test(`bad configuration ${folder}: every complaint, with its place`, () => {
    const result = read({ workingDirectory: join(bad, folder), flags: { '--config': 'config.yaml' } });
    assert.ok(!result.ok, 'it was accepted');
    const said = `${result.error.map(complaintText).join('\n')}\n`;
    const file = join(bad, folder, 'expected');
    if (renew) writeFileSync(file, said);
    assert.equal(said, readFileSync(file, 'utf8'));
  });
}

test('there are at least fifteen bad configurations', () => assert.ok(folders.length >= 15));

test('without a file everything has a default that is safe to start with', () => {
  const result = read({});
  assert.ok(result.ok);
  const c = result.value;
  assert.equal(c.data, join(empty, 'data'));
  assert.equal(c.keys, join(empty, 'keys'));
  assert.equal(c.http.host, '127.0.0.1');
  assert.deepEqual(
    c.listeners.map((l) => [l.name, l.host, l.port]),
    [
      ['mx', '127.0.0.1', 2525],
      ['submission', '127.0.0.1', 2587],
    ],
  );
  assert.ok(Object.isFrozen(c) && Object.isFrozen(c.http));
});

test('flags win over environment, environment wins over the file', () => {
  const file = join(empty, 'a.yaml');
  writeFileSync(file, 'data: below\nhttp: {port: 1}\nhostname: file.example\nlog: {level: warn}\n');
  const result = read({
    environment: {
      GATEHOUSE_CONFIG: file,
      GATEHOUSE_HTTP_PORT: '2',
      GATEHOUSE_HOSTNAME: 'Env.Example',
      PATH: '/bin',
    },
    flags: { '--http-port': '3', '--mx-port': '0', '--relay-port': '26' },
    workingDirectory: '/nowhere',
  });
  assert.ok(result.ok, JSON.stringify(result));
  const c = result.value;
  assert.equal(c.http.port, 3);
  assert.equal(c.hostname, 'env.example');
  assert.equal(c.log.level, 'warn');
  assert.equal(c.data, join(empty, 'below'), 'a path in the file starts at the folder of the file');
  assert.deepEqual(
    c.listeners.map((l) => [l.kind, l.port]),
    [
      ['mx', 0],
      ['submission', 2587],
      ['relay', 26],
    ],
  );
});

test('what is wrong in environment and flags is named by variable and flag', () => {
  for (const [input, want] of [
    [
      { environment: { GATEHOUSE_HTP_PORT: '1' } },
      /^GATEHOUSE_HTP_PORT: no setting .* GATEHOUSE_HTTP_PORT\?$/,
    ],
    [{ environment: { GATEHOUSE_MX_PORT: 'x' } }, /^GATEHOUSE_MX_PORT: "x" is no port number$/],
    [{ environment: { GATEHOUSE_HTTP_PORT: '-1' } }, /^GATEHOUSE_HTTP_PORT: http.port: must be at least 0$/],
    [{ environment: { GATEHOUSE_DATA: '' } }, /^GATEHOUSE_DATA: data: must not be empty$/],
    [{ flags: { '--http-port': '' } }, /^--http-port: http.port: must be a number$/],
    [{ flags: { '--config': 'none.yaml' } }, /^none.yaml: the configuration file cannot be read \(ENOENT\)$/],
  ] as const) {
    const result = read(input);
    assert.ok(!result.ok);
    assert.match(result.error.map(complaintText).join('\n'), want);
  }
});

test('openConfig() throws every complaint at once', () => {
  const input = {
    environment: { GATEHOUSE_X: '', GATEHOUSE_MX_PORT: 'a' },
    flags: {},
    workingDirectory: empty,
  };
  assert.throws(() => openConfig(input), {
    name: 'ConfigError',
    message: /GATEHOUSE_X[^]*GATEHOUSE_MX_PORT/,
  });
});
