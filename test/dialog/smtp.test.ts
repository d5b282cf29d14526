/** Every dialogue in test/dialog/smtp, played against the session and over sockets, with the bytes cut in several ways. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TlsMaterial } from '#mail/receive/tls.ts';
import { authority } from '#test/support/certificates.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { playOverSocket, playPure } from './play.ts';
import { parseScript, recut, type Cut, type Script } from './script.ts';

const FOLDER = join(import.meta.dirname, 'smtp');
const scripts: readonly Script[] = readdirSync(FOLDER)
  .filter((f) => f.endsWith('.dialog'))
  .toSorted()
  .map((f) => parseScript(f, readFileSync(join(FOLDER, f), 'utf8')));

function certificate(): TlsMaterial {
  using dir = tempDir('dialog');
  const { cert, key } = authority(dir.path).issue('mx', ['mx.ours.example']);
  return { certPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8'), clientCaPem: undefined };
}

test('there are at least 60 dialogues', () => assert.ok(scripts.length >= 60, `only ${scripts.length}`));

const tls = certificate();
for (const script of scripts) {
  // What is said ahead of STARTTLS is dropped, so such a dialogue cannot be said all at once.
  const hasTls = script.steps.some((s) => s.kind === 'tls');
  const cuts: readonly Cut[] = hasTls ? ['turns', 'bytes', 'lines'] : ['turns', 'bytes', 'lines', 'ahead'];
  test(`dialogue ${script.name}`, async (t) => {
    for (const cut of cuts) {
      await t.test(`${cut}, session alone`, () => playPure(recut(script, cut)));
      await t.test(`${cut}, over a socket`, () => playOverSocket(recut(script, cut), tls));
    }
  });
}
