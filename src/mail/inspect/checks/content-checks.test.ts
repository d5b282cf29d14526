import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8 } from '#core/bytes.ts';
import type { Envelope } from '../../envelope.ts';
import { findingText } from '../../texts/finding-text.ts';
import type { ContentCheck, InspectDeps } from '../check.ts';
import { readMessage } from '../offline.ts';
import { createFileType, DEFAULT_FILE_TYPES, fileType } from './file-type.ts';
import { fromHeader } from './from-header.ts';
import { mimeStructure } from './mime-structure.ts';
import { createSizesCounts, DEFAULT_SIZES } from './sizes-counts.ts';

const ENVELOPE = { direction: 'in', recipients: [] } as unknown as Envelope;

async function codes(check: { readonly name: string }, text: string): Promise<string[]> {
  const message = readMessage(fromUtf8(text.replaceAll(/\r?\n/g, '\r\n')));
  const findings = await (check as ContentCheck).run({ envelope: ENVELOPE, message }, {} as InspectDeps);
  for (const f of findings)
    assert.notEqual(findingText({ check: check.name, ...f }, 'de'), `${check.name}.${f.code}`, f.code);
  return findings.map((f) => `${f.code} ${f.outcome}`);
}

const FROM: readonly (readonly [string, readonly string[]])[] = [
  ['From: a@x.example', []],
  ['Subject: x', ['none fail']],
  ['From: a@x.example\nFrom: b@y.example', ['several fail']],
  ['From: a@x.example, b@y.example', ['several fail']],
  ['From: "a@x.example" <b@y.example>', ['display-name neutral']],
  ['From: "a@x.example" <b@y.example> (note)', ['display-name neutral']],
  ['From: "a@x.example" <b%x.example@y.example>', ['ambiguous fail']],
  ['From: =?utf-7?q?a+AEA-x.example?= <b@y.example>', ['ambiguous fail']],
  ['From: a\u202e <b@y.example>', ['disguised fail']],
  ['From: <a(x)@y.example>', ['ambiguous fail']],
];

test('from-header: one author passes, every doubt is a finding', async () => {
  for (const [header, expected] of FROM)
    assert.deepEqual(await codes(fromHeader, `${header}\n\n`), expected, header);
});

const mixed = (part: string): string =>
  `From: a@x.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n${part}\n--b--\n`;

const STRUCTURE: readonly (readonly [string, readonly string[]])[] = [
  [mixed('Content-Type: text/plain\n\nhi'), []],
  [
    mixed('Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVs*bG8='),
    ['hidden-part fail', 'ambiguous fail'],
  ],
  [
    mixed('Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(40)),
    ['limit fail', 'ambiguous fail', 'untidy neutral'],
  ],
  [
    mixed('Content-Type: multipart/mixed\nContent-Type: text/plain\n\nhi'),
    ['hidden-part fail', 'ambiguous fail'],
  ],
];

test('mime-structure: what readers differ on and what was not read is never a pass', async () => {
  for (const [text, expected] of STRUCTURE) {
    const seen = await codes(mimeStructure, text);
    for (const e of expected)
      assert.ok(seen.includes(e), `${text.slice(0, 300)}: ${e} not in ${seen.join()}`);
    assert.equal(seen.length === 0, expected.length === 0, seen.join());
  }
});

const file = (name: string, content: string): string =>
  mixed(
    `Content-Type: application/octet-stream; name="${name}"\nContent-Transfer-Encoding: base64\n\n${Buffer.from(content, 'latin1').toString('base64')}`,
  );

const FILES: readonly (readonly [string, string, readonly string[]])[] = [
  ['a.txt', 'hello', []],
  ['a.pdf', '%PDF-1.7', []],
  ['a.exe', 'hello', ['blocked fail']],
  ['a.txt', '\x7fELF', ['blocked fail']],
  ['a.pdf.js', 'x', ['double-extension fail']],
  ['\u202etxt.exe', 'x', ['reversed-name fail']],
  ['a.png', 'PK\x05\x06', ['mismatch neutral']],
];

test('file-type: blocked by content and by name, also of a part that only some programs show', async () => {
  for (const [name, content, expected] of FILES)
    assert.deepEqual(await codes(fileType, file(name, content)), expected, name);
  const hidden = mixed('Content-Type: text/plain\nContent-Type: application/x; name=a.exe\n\nhi');
  assert.deepEqual(await codes(fileType, hidden), ['blocked fail']);
});

test('file-type: the list is a setting', async () => {
  const allowed = createFileType({ ...DEFAULT_FILE_TYPES, allowedTypes: new Set(['py']) });
  assert.deepEqual(await codes(allowed, file('a.py', 'x = 1')), []);
  const blocked = createFileType({ ...DEFAULT_FILE_TYPES, blockedTypes: new Set(['pdf']) });
  assert.deepEqual(await codes(blocked, file('a.bin', '%PDF-1.7')), ['blocked fail']);
});

test('sizes-counts: a limit that is passed is a fail', async () => {
  const strict = createSizesCounts({ ...DEFAULT_SIZES, maxParts: 2, maxHeaderBytes: 10 });
  assert.deepEqual(await codes(strict, file('a.txt', 'x')), ['parts fail', 'header-bytes fail']);
  assert.deepEqual(await codes(createSizesCounts(DEFAULT_SIZES), file('a.txt', 'x')), []);
});
