import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { selfSigned } from './self-signed.ts';

test('selfSigned() makes a certificate for the name, keeps it, and renews it before it expires', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
  const now = Date.UTC(2026, 10, 21);
  const files = selfSigned(directory, 'gate.ours.example', now);
  const first = new X509Certificate(readFileSync(files.certificate));
  assert.equal(first.checkHost('gate.ours.example'), 'gate.ours.example');
  assert.ok(first.checkPrivateKey(createPrivateKey(readFileSync(files.key))));
  assert.equal(statSync(files.key).mode & 0o077, 0);
  const fingerprint = (name: string, at: number): string =>
    new X509Certificate(readFileSync(selfSigned(directory, name, at).certificate)).fingerprint256;
  assert.equal(fingerprint('gate.ours.example', now + 86_400_000), first.fingerprint256);
  assert.notEqual(fingerprint('gate.ours.example', now + 10 * 365 * 86_400_000), first.fingerprint256);
  const other = fingerprint('other.example', now);
  assert.notEqual(other, first.fingerprint256);
  rmSync(directory, { recursive: true });
});
