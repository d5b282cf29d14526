import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseZoneText } from '#protocol/dns/zone-text.ts';
import { run } from './check.ts';

let folder = '';
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
});
after(() => rmSync(folder, { recursive: true }));

async function check(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(args, { stdout: (t) => (out += t), stderr: (t) => (err += t) });
  return { code, out, err };
}

const MAIL =
  'From: A <a@author.example>\nTo: b@ours.example\nSubject: x\nContent-Type: text/plain\n\nhello\n';
const ZONE = JSON.stringify({
  'author.example': ['v=spf1 ip4:192.0.2.1 -all'],
  '_dmarc.author.example': ['v=DMARC1; p=reject'],
  '1.2.0.192.in-addr.arpa': [{ PTR: 'mx.author.example' }],
  'mx.author.example': [{ A: '192.0.2.1' }],
});

test('check prints the promised JSON and exits 0 for mail that is accepted', async () => {
  const { code, out, err } = await check(
    file('good.eml', `From someone Thu Jan  1\n${MAIL}`),
    '--ip',
    '192.0.2.1',
    '--helo',
    'mx.author.example',
    '--from',
    'a@author.example',
    '--to',
    'b@ours.example',
    '--zone',
    file('zone.json', ZONE),
    '--now',
    '2026-06-02T12:00:00Z',
    '--json',
  );
  assert.equal(err, '');
  assert.equal(code, 0);
  const json = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual(Object.keys(json).slice(0, 9), [
    'spf',
    'dkim',
    'arc',
    'dmarc',
    'authenticationResults',
    'parts',
    'findings',
    'verdict',
    'timings',
  ]);
  const at = (path: string): unknown =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], json);
  assert.deepEqual(
    [
      'spf.result',
      'spf.domain',
      'spf.scope',
      'arc.result',
      'dmarc.result',
      'dmarc.disposition',
      'verdict.action',
    ].map(at),
    ['pass', 'author.example', 'mfrom', 'none', 'pass', 'none', 'accept'],
  );
  assert.deepEqual(at('dkim'), []);
  assert.deepEqual(at('dmarc.alignedBy'), ['spf']);
  assert.deepEqual(at('notes'), ['mbox-line', 'lf-lines']);
  assert.match(
    String(at('authenticationResults')),
    /^gatehouse\.invalid; .*spf=pass smtp\.mailfrom=a@author\.example;.*dmarc=pass/,
  );
  assert.equal(at('parts.0.type'), 'text/plain');
});

test('check exits 1 for mail that is rejected, and says why in words', async () => {
  const message = file('bad.eml', MAIL);
  const zone = file('zone.json', ZONE);
  const args = [message, '--ip', '192.0.2.9', '--from', 'a@author.example', '--zone', zone];
  const english = await check(...args);
  assert.equal(english.code, 1);
  assert.match(
    english.out,
    /^note: .*\nRejected \(auth\) by policy [0-9a-f]{16}\n {2}- rule "the author's domain asks to reject":/,
  );
  const dutch = await check(...args, '--lang', 'nl');
  assert.match(dutch.out, /Geweigerd/);
});

test('check claims nothing about a client it was not told of', async () => {
  const { out } = await check(file('good.eml', MAIL), '--zone', file('zone.json', ZONE));
  assert.doesNotMatch(out, /server -/);
  assert.match(out, /spf\.none +not asked: .*--ip/);
  assert.match(out, /iprev\.\w+ +not asked/);
});

test('check asks the servers of the configuration, and refuses a master file as a zone', async () => {
  const asked: string[] = [];
  const server = createSocket('udp4');
  server.on('message', (query) => void asked.push(query.toString('latin1')));
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  const config = file(
    'dns.yaml',
    `hostname: gate.example\ndns: {servers: ['127.0.0.1:${server.address().port}'], timeoutMs: 50, rounds: 1}\n`,
  );
  await check(file('good.eml', MAIL), '--config', config, '--ip', '192.0.2.1');
  server.close();
  assert.ok(
    asked.some((query) => query.includes('_dmarc')),
    `${asked.length} questions came`,
  );
  const bind = file('zone.txt', '$ORIGIN author.example.\n@ 3600 IN TXT "v=spf1 -all"\n');
  const refused = await check(file('good.eml', MAIL), '--zone', bind);
  assert.equal(refused.code, 2);
  assert.match(
    refused.err,
    /^gatehouse check: --zone [^\n]*: line 1: expected a zone in JSON[^\n]*\n"gatehouse check --help"/,
  );
});

test('the zone files of the documentation are read', () => {
  const file = new URL('../../docs/operations/zone-file.md', import.meta.url);
  const blocks = [...readFileSync(file, 'utf8').matchAll(/```\w*\n([^]*?)```/g)].map((m) => m[1] ?? '');
  assert.equal(blocks.length, 2);
  for (const block of blocks) assert.ok(parseZoneText(block).ok, JSON.stringify(parseZoneText(block)));
});

test('check obeys a policy file', async () => {
  const policy = file('p.yaml', 'rules: [{name: all, when: {}, action: hold}]');
  const { code, out } = await check(
    file('good.eml', MAIL),
    '--policy',
    policy,
    '--zone',
    file('zone.json', ZONE),
    '--json',
  );
  assert.equal(code, 1);
  assert.match(out, /"action": "hold"/);
});

test('check tells every mistake of its arguments at once and exits 2', async () => {
  const { code, out, err } = await check(
    'a.eml',
    'b.eml',
    '--ip',
    '1.2.3',
    '--now',
    'yesterday',
    '--direction',
    'up',
    '--zone',
    '/nonexistent',
    '--to',
    'nobody',
    '--policy',
    file('bad.yaml', 'rules: [{}]'),
  );
  assert.deepEqual([code, out], [2, '']);
  for (const part of [
    'b.eml',
    '--ip must be',
    '--now must be',
    '--direction must be',
    '--zone /nonexistent: ENOENT',
    '--to must be',
    'bad.yaml:1:9',
  ])
    assert.ok(err.includes(part), `${part}\n${err}`);
  for (const wrong of [['--frob'], [], ['/nonexistent.eml', '--zone', file('zone.json', ZONE)]])
    assert.equal((await check(...wrong)).code, 2);
});
