/** What the scanner is given beside the message itself; the scanner is a stand-in that remembers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromLatin1, toLatin1 } from '#core/bytes.ts';
import type { ClamdClient } from '#platform/clamd.ts';
import { readMessage } from '../offline.ts';
import type { SpooledMessage } from '../../spooled.ts';
import type { InspectDeps } from '../check.ts';
import { clamav } from './clamav.ts';

const HIDDEN = `MZ this only some programs show ${'x'.repeat(60_000)}`;
const HEAD = 'From: a@x.example\r\nMIME-Version: 1.0\r\n';

/** The codes of the findings, and the decoded attachments of everything given after the message. */
async function scan(message: SpooledMessage, verdicts: readonly ('clean' | 'found')[]) {
  const given: string[] = [];
  const clamd: ClamdClient = {
    scan: async (chunks, sizeBytes) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      const bytes = concat(parts);
      assert.ok(
        bytes.length <= sizeBytes + 1_000,
        `${bytes.length} are more than the ${sizeBytes} that were announced`,
      );
      given.push(toLatin1(bytes));
      return verdicts[given.length - 1] === 'found' ? { kind: 'found', signature: 's' } : { kind: 'clean' };
    },
  };
  const deps = { clamd } as InspectDeps; // as: the check looks at nothing else
  const findings = await clamav.run({ message } as never, deps); // likewise
  const files = given.slice(1).flatMap((text) => readMessage(fromLatin1(text)).mime.parts.slice(1));
  return { codes: findings.map((f) => f.code), files, scans: given.length };
}

test('an unambiguous message is scanned once', async () => {
  const message = readMessage(fromLatin1(`${HEAD}\r\nhello\r\n`));
  assert.deepEqual(await scan(message, ['clean']), { codes: ['clean'], files: [], scans: 1 });
});

test('parts of other readings, and files in text, are scanned as attachments of their own', async () => {
  const base64 = Buffer.from(HIDDEN).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const part = `Content-Type: application/octet-stream; name="a b.exe"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`;
  const multipart = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';
  const uu = 'begin 644 cat.exe\r\n#0V%T\r\n`\r\nend\r\n';
  for (const [text, wanted] of [
    [`${HEAD}${multipart}--b\r\n\r\ntext\r\n--b--\r\n--b\r\n${part}--b--\r\n`, ['a_b.exe 60032']],
    [`${HEAD}\r\nhello\r\n${uu}`, ['cat.exe 3']],
    [`${HEAD}${multipart}--b\r\n\r\n${uu}--b--\r\n--b\r\n${part}`, ['cat.exe 3', 'a_b.exe 60032']],
  ] as const) {
    const clean = await scan(readMessage(fromLatin1(text)), ['clean', 'clean']);
    const named = clean.files.map((p) => `${p.names.join()} ${p.size}`).filter((f) => f.includes('.exe'));
    assert.deepEqual([...new Set(named)], wanted);
    assert.deepEqual(clean.codes, ['clean']);
    assert.deepEqual((await scan(readMessage(fromLatin1(text)), ['clean', 'found'])).codes, ['malware']);
    assert.equal((await scan(readMessage(fromLatin1(text)), ['found'])).scans, 1, 'one verdict is enough');
  }
});

test('what cannot be given to the scanner is unread, never clean', async () => {
  const long =
    'begin 644 cat.exe\r\n#0V%T\r\n`\r\nend\r\n' + 'a line of text that goes on\r\n'.repeat(640_000);
  assert.deepEqual((await scan(readMessage(fromLatin1(`${HEAD}\r\n${long}`)), ['clean'])).codes, ['unread']);
});
