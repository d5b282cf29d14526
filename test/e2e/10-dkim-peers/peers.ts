/** The judges beside ours: dkimpy through one Python process, OpenDKIM in its test mode with keys from a file. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fromLatin1 } from '#core/bytes.ts';
import { dkimKeyRecord } from '#protocol/dkim/keys.ts';

const PYTHON = '/usr/bin/python3';
const OPENDKIM = '/usr/sbin/opendkim';

/** False, and the test skipped, where a peer is missing; with CI=true that is a failure. */
export function peersAreThere(t: TestContext): boolean {
  const hasDkimpy =
    existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import dkim, nacl'], { timeout: 30_000 }).status === 0;
  const missing = [
    ...(hasDkimpy ? [] : ['python3-dkim and python3-nacl']),
    ...(existsSync(OPENDKIM) ? [] : ['opendkim']),
  ];
  if (missing.length === 0) return true;
  assert.notEqual(process.env['CI'], 'true', `the peers ${missing.join(', ')} are missing`);
  t.skip(`needs the Debian packages ${missing.join(', ')}`);
  return false;
}

export type PeerKey = {
  readonly selector: string;
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
  readonly privateKey: KeyObject;
  /** As dkimpy wants it: PEM, or the 32 bytes of an Ed25519 seed in base64. */
  readonly forDkimpy: string;
  readonly record: string;
};

export const DOMAIN = 'peer.example';

export function makeKeys(): readonly PeerKey[] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const seed = ed.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  return [
    {
      selector: 'r',
      algorithm: 'rsa-sha256',
      privateKey: rsa,
      forDkimpy: rsa.export({ format: 'pem', type: 'pkcs1' }).toString(),
      record: dkimKeyRecord(createPublicKey(rsa)),
    },
    {
      selector: 'e',
      algorithm: 'ed25519-sha256',
      privateKey: ed,
      forDkimpy: seed.toString('base64'),
      record: dkimKeyRecord(createPublicKey(ed)),
    },
  ];
}

export type Question = Readonly<Record<string, unknown>> & { readonly op: string };
export type Answer = { readonly result: string; readonly text?: string; readonly field?: string };

/** Puts all questions to dkimpy at once; `message` of each is one character per byte. */
export function askDkimpy(questions: readonly Question[]): Answer[] {
  const input = JSON.stringify({
    questions: questions.map((q) => ({
      ...q,
      message: Buffer.from(String(q['message']), 'latin1').toString('base64'),
    })),
  });
  const out = execFileSync(PYTHON, [join(import.meta.dirname, 'peer.py')], {
    input,
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const answers = JSON.parse(out.toString()) as Answer[];
  assert.equal(answers.length, questions.length);
  return answers.map((a) =>
    a.field === undefined ? a : { ...a, field: Buffer.from(a.field, 'base64').toString('latin1') },
  );
}

/** OpenDKIM's words on each message, in order: `pass`, `fail`, … as it would write them into a header. */
export function askOpenDkim(
  folder: string,
  zone: Readonly<Record<string, string>>,
  messages: readonly string[],
): string[] {
  const keys = join(folder, 'keys.txt');
  writeFileSync(
    keys,
    Object.entries(zone)
      .map(([name, record]) => `${name} ${record}\n`)
      .join(''),
  );
  const config = join(folder, 'opendkim.conf');
  writeFileSync(config, `Mode v\nTestPublicKeys ${keys}\nOn-BadSignature accept\nSyslog no\n`);
  return messages.map((message, i) => {
    const file = join(folder, `m${i}.eml`);
    writeFileSync(file, fromLatin1(message));
    const ran = spawnSync(OPENDKIM, ['-t', file, '-x', config, '-vv'], { timeout: 60_000 });
    return /\bdkim=(\w+)/.exec(ran.stdout.toString())?.[1] ?? `no word: ${ran.stderr.toString()}`;
  });
}

/** A message signed by OpenDKIM, From oversigned. */
export function signWithOpenDkim(
  folder: string,
  key: PeerKey,
  canonicalization: string,
  message: string,
): string {
  const keyFile = join(folder, `${key.selector}.pem`);
  writeFileSync(keyFile, key.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const config = join(folder, 'sign.conf');
  const lines = [
    'Mode s',
    `Domain ${DOMAIN}`,
    `Selector ${key.selector}`,
    `KeyFile ${keyFile}`,
    `SignatureAlgorithm ${key.algorithm}`,
    `Canonicalization ${canonicalization}`,
    'Syslog no',
    'RequireSafeKeys no',
    'InternalHosts 127.0.0.1',
    'OversignHeaders From',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const file = join(folder, 'to-sign.eml');
  writeFileSync(file, fromLatin1(message));
  const out = execFileSync(OPENDKIM, ['-t', file, '-x', config, '-vv'], { timeout: 60_000 }).toString();
  const value = /hname='DKIM-Signature' hvalue='([^']+)'/.exec(out)?.[1];
  assert.ok(value !== undefined, out);
  return `DKIM-Signature: ${value.replaceAll(/\r?\n/g, '\r\n')}\r\n${message}`;
}
