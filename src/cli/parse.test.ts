import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from './parse.ts';

const MESSAGE = [
  'From: "\u202eevil" <a@x.example>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  'Content-Type: application/x-msdownload; name=a.exe',
  '',
  'MZ',
  '--b--',
  '',
].join('\r\n');

async function parse(...args: string[]): Promise<{ code: number; out: string; complaint: string }> {
  let out = '';
  let complaint = '';
  const code = await run(args, { stdout: (t) => (out += t), stderr: (t) => (complaint += t) });
  return { code, out, complaint };
}

test('parse shows parts, defects and other readings, as text and as JSON', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-parse-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'm.eml');
  writeFileSync(file, MESSAGE);

  const text = await parse(file);
  assert.equal(text.code, 0);
  assert.match(text.out, /^0 multipart\/mixed$/m);
  assert.match(text.out, /1 text\/plain "a\.exe" 2 bytes/);
  assert.match(text.out, /several Content-Type fields/);
  assert.match(text.out, /Another reading: the last of several fields counts/);
  assert.ok(!text.out.includes('\u202e'));

  const json = JSON.parse((await parse('--json', file)).out) as Record<string, unknown>;
  assert.equal(json['ambiguous'], true);
  const [, part] = json['parts'] as Record<string, unknown>[];
  assert.deepEqual(
    [part?.['path'], part?.['type'], part?.['names'], part?.['size']],
    ['1', 'text/plain', ['a.exe'], 2],
  );
  const [reading] = json['readings'] as { parts: { type: string }[] }[];
  assert.equal(reading?.parts[1]?.type, 'application/x-msdownload');
});

const BAD: readonly (readonly [readonly string[], number, RegExp])[] = [
  [[], 2, /FILE is missing/],
  [['--nonsense', 'x'], 2, /no option "--nonsense"/],
  [['x', 'y'], 2, /"y" is one too many/],
  [['/nonexistent/x.eml'], 1, /\/nonexistent\/x\.eml: ENOENT/],
];

test('parse answers bad usage with one sentence', async () => {
  for (const [args, expected, pattern] of BAD) {
    const { code, out, complaint } = await parse(...args);
    assert.equal(code, expected);
    assert.match(complaint, pattern);
    assert.equal(out, '');
  }
});

test('what was typed never steers the terminal', async () => {
  const evil = 'm\u001b]0;x\u0007\u202e';
  for (const args of [[`/nowhere/${evil}`], [`--${evil}`], ['a', evil]]) {
    const { code, complaint } = await parse(...args);
    assert.ok(code > 0);
    assert.doesNotMatch(complaint.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  }
});
