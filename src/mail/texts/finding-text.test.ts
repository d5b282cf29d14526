import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findingText } from './finding-text.ts';
import { CATALOGUES, LANGUAGES } from './text.ts';

test('every sentence names the same params in all languages', () => {
  for (const [key, sentence] of Object.entries(CATALOGUES.en)) {
    const params = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();
    for (const language of LANGUAGES) {
      const other = (CATALOGUES[language] as Readonly<Record<string, string>>)[key];
      assert.ok(other !== undefined && other.length > 0, `${key} in ${language}`);
      assert.deepEqual(params(other), params(sentence), `${key} in ${language}`);
    }
  }
});

test('every code that a check writes out has a sentence', () => {
  const folder = new URL('../inspect/checks/', import.meta.url);
  const files = readdirSync(folder).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));
  assert.ok(files.length >= 3);
  let seen = 0;
  for (const file of files) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const check = file.slice(0, -'.ts'.length);
    // Codes stand in `code: '…'` or as the first argument of a `finding('…'` of the check's own.
    for (const match of source.matchAll(/(?:\bcode: |\bfinding\(\s*)'([a-z0-9-]+)'/g)) {
      seen++;
      const finding = { check, code: match[1]!, params: {} }; // `!`: the group is not optional
      for (const language of LANGUAGES)
        assert.notEqual(
          findingText(finding, language),
          `${check}.${finding.code}`,
          `${file}: ${finding.code}`,
        );
    }
  }
  assert.ok(seen > 5, 'the search found too few codes to mean anything');
});

test('a hostile param cannot leave its sentence', () => {
  const text = findingText(
    { check: 'dmarc', code: 'pass', params: { domain: `a\r\nb\u{202e}${'x'.repeat(500)}` } },
    'en',
  );
  assert.ok(!/[\r\n\u{202e}]/u.test(text));
  assert.ok(text.length < 300);
});
