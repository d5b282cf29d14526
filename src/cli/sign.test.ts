import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { concat, toLatin1 } from '#core/bytes.ts';
import { verifyArc } from '#protocol/arc/verify.ts';
import { dkimKeyRecord } from '#protocol/dkim/keys.ts';
import { readWhole, verifyWhole, zoneOf } from '#test/support/signed.ts';
import { sign } from './sign.ts';

const NOW_MS = Date.parse('2025-06-02T12:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sign-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text, 'latin1');
  return join(folder, name);
};

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const pem = { format: 'pem', type: 'pkcs8' } as const;
const rsaKey = file('rsa.pem', rsa.privateKey.export(pem).toString());
const edKey = file('ed.pem', ed.privateKey.export(pem).toString());
const zone = {
  'r._domainkey.ours.example': dkimKeyRecord(rsa.publicKey),
  'e._domainkey.ours.example': dkimKeyRecord(ed.publicKey),
};
const zoneFile = file('zone.json', JSON.stringify(zone));
const message = file('m.eml', 'From: a@ours.example\nSubject: caf\xe9\nTo: b@x.example\n\nbody \xe9\n');
const BASE = ['--domain', 'ours.example', '--now', '2025-06-02T12:00:00Z'];
const RSA = [...BASE, '--selector', 'r', '--key', rsaKey];
const ED = [...BASE, '--selector', 'e', '--key', edKey];

type Ran = { readonly code: number; readonly out: string; readonly err: string };

async function run(...args: string[]): Promise<Ran> {
  const out: Uint8Array[] = [];
  let err = '';
  const code = await sign(args, {
    stderr: (text) => (err += text),
    stdoutBytes: (bytes) => out.push(bytes.slice()),
  });
  return { code, out: toLatin1(concat([new Uint8Array(0), ...out])), err };
}

test('sign dkim prints a message that verifies, bytes kept, line ends as in mail', async () => {
  for (const key of [RSA, ED]) {
    const { code, out, err } = await run('dkim', message, ...key, '--zone', zoneFile);
    assert.deepEqual([code, err], [0, '']);
    assert.ok(out.endsWith('Subject: caf\xe9\r\nTo: b@x.example\r\n\r\nbody \xe9\r\n'));
    assert.equal((await verifyWhole(out, zoneOf(zone), NOW_MS))[0]?.result, 'pass');
  }
});

test('every tag of a DKIM signature can be set', async () => {
  const given =
    '--algorithm rsa-sha256 --headers From:To:Subject --oversign From --canonicalization simple/relaxed ' +
    '--expire 3600 --identity a@sub.ours.example --length 4 --tag q=dns/txt';
  const { code, out } = await run('dkim', message, ...RSA, ...given.split(' '));
  assert.equal(code, 0);
  const text = out.replaceAll(/\r\n\t/g, ' ');
  assert.match(text, /c=simple\/relaxed; d=ours.example; s=r; t=1748865600; x=1748869200;/);
  assert.match(text, /i=a@sub.ours.example; l=4; q=dns\/txt; h=From:To:Subject:from;/);
  const [result] = await verifyWhole(out, zoneOf(zone), NOW_MS);
  assert.equal(result?.result, 'pass', result?.text);
});

test('sign arc seals, and seals again what it can check', async () => {
  const first = await run('arc', message, ...RSA, '--auth-results', 'mx.ours.example; spf=pass');
  assert.equal(first.code, 0, first.err);
  const once = file('once.eml', first.out);
  const second = await run('arc', once, ...ED, '--zone', zoneFile);
  assert.equal(second.code, 0, second.err);
  const arc = await verifyArc({ ...readWhole(second.out), resolver: zoneOf(zone), nowMs: NOW_MS });
  assert.deepEqual([arc.result, arc.instances], ['pass', 2], arc.text);
  assert.equal(arc.sets[0]?.authenticationResults, 'mx.ours.example; spf=pass');
  assert.equal(arc.sets[1]?.authenticationResults, 'ours.example; none');
  assert.equal((await run('arc', once, ...ED)).code, 1, 'nobody said what the chain is worth');
  assert.equal((await run('arc', once, ...ED, '--cv', 'none')).code, 1);
  assert.equal((await run('arc', message, ...ED, '--cv', 'pass')).code, 1);
  assert.equal((await run('arc', once, ...ED, '--cv', 'fail')).code, 0);
});

test('--json prints the fields alone', async () => {
  const { out } = await run('dkim', message, ...RSA, '--json');
  const { fields } = JSON.parse(out) as { fields: string[] };
  assert.equal(fields.length, 1);
  assert.match(fields[0]!, /^DKIM-Signature: v=1;/);
});

test('each wrong argument gets one clear sentence', async () => {
  const weak = file(
    'weak.pem',
    generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export(pem).toString(),
  );
  const ec = file(
    'ec.pem',
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString(),
  );
  const junk = file('junk.pem', 'junk');
  const table: readonly [args: readonly string[], code: number, sentence: RegExp][] = [
    [[], 2, /"dkim" or "arc" must come first/],
    [['smime', message], 2, /not "smime"/],
    [['dkim'], 2, /the message is missing/],
    [['dkim', message, message, ...RSA], 2, /one message at a time/],
    [['dkim', message, '--selector', 'r', '--key', rsaKey], 2, /--domain is missing/],
    [['dkim', message, ...BASE, '--key', rsaKey], 2, /--selector is missing/],
    [['dkim', message, ...BASE, '--selector', 'r'], 2, /--key is missing/],
    [['dkim', message, ...RSA, '--domain', 'a b'], 2, /--domain "a b" is no domain name/],
    [['dkim', message, ...RSA, '--selector', 'a b'], 2, /--selector "a b"/],
    [['dkim', message, ...RSA, '--key', junk], 2, /holds no private key/],
    [['dkim', message, ...RSA, '--key', join(folder, 'none')], 2, /ENOENT/],
    [['dkim', message, ...RSA, '--key', weak], 2, /512 bits are too few/],
    [['dkim', message, ...RSA, '--key', ec], 2, /type ec cannot sign mail/],
    [['dkim', message, ...RSA, '--algorithm', 'rsa-sha1'], 2, /neither rsa-sha256/],
    [['dkim', message, ...RSA, '--algorithm', 'ed25519-sha256'], 2, /does not fit the key/],
    [['dkim', message, ...RSA, '--canonicalization', 'loose'], 2, /--canonicalization "loose"/],
    [['dkim', message, ...RSA, '--timestamp', '1'], 2, /give one of them/],
    [['dkim', message, ...RSA, '--now', 'today'], 2, /--now "today"/],
    [['dkim', message, ...RSA, '--expire', '0'], 2, /--expire "0"/],
    [['dkim', message, ...RSA, '--identity', 'a@other.example'], 2, /not within ours.example/],
    [['dkim', message, ...RSA, '--length', '-1'], 2, /--length/],
    [['dkim', message, ...RSA, '--length', '9999'], 1, /more than the 8 bytes/],
    [['dkim', message, ...RSA, '--headers', 'to'], 1, /must list From/],
    [['dkim', message, ...RSA, '--headers', 'fr om'], 2, /"fr om" is no field name/],
    [['dkim', message, ...RSA, '--tag', 'b=x'], 2, /--tag b=/],
    [['dkim', message, ...RSA, '--cv', 'none'], 2, /--cv does not belong/],
    [['arc', message, ...RSA, '--length', '1'], 2, /--length does not belong/],
    [['arc', message, ...RSA, '--cv', 'maybe'], 2, /--cv "maybe"/],
    [['arc', message, ...RSA, '--headers', 'arc-seal'], 2, /ARC-Seal/],
    [['dkim', message, ...RSA, '--zone', file('bad.json', '{')], 2, /--zone .*JSON/],
    [['dkim', message, ...RSA, '--nonsense'], 2, /--nonsense/],
    [['dkim', join(folder, 'none.eml'), ...RSA], 2, /none.eml/],
    [['dkim', file('odd.eml', 'no header\n\nbody'), ...RSA], 1, /is no header field/],
  ];
  for (const [args, code, sentence] of table) {
    const ran = await run(...args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.err}`);
    assert.match(ran.err, sentence);
    assert.equal(ran.err.trimEnd().split('\n').length, 1, ran.err);
    assert.equal(ran.out, '');
  }
  assert.match((await run('--help')).out, /^Usage: gatehouse sign/);
});

test('a key that the zone does not publish is warned of', async () => {
  const other = file('other.json', '{}');
  const ran = await run('dkim', message, ...RSA, '--zone', other);
  assert.equal(ran.code, 0);
  assert.match(ran.err, /no pass: r._domainkey.ours.example has no key record/);
});

test('what was typed never steers the terminal', async () => {
  const evil = 'm\u001b]0;x\u0007\u202e';
  for (const args of [['dkim', ...RSA, `/nowhere/${evil}`], ['dkim', ...RSA, `--${evil}`, message], [evil]]) {
    const { code, err } = await run(...args);
    assert.equal(code, 2, err);
    assert.doesNotMatch(err.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  }
});
