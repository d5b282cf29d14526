/** parseContentField() and encoded-words: never throw, and give a bounded number of candidates. */
import assert from 'node:assert/strict';
import { toLatin1 } from '#core/bytes.ts';
import { parseContentField } from '#protocol/mime/content-type.ts';
import { decodeEncodedWords } from '#protocol/mime/encoded-word.ts';
import { extensionsOf } from '#protocol/mime/file-name.ts';
import { detectType } from '#protocol/mime/file-type.ts';

export function fuzz(data: Uint8Array): void {
  const text = toLatin1(data);
  const field = parseContentField(text);
  assert.ok(field.parameters.size <= 70);
  for (const [name, values] of field.parameters) {
    assert.ok(values.length > 0 && values.length <= 12, name);
    assert.equal(new Set(values).size, values.length, 'no candidate twice');
    for (const value of values) extensionsOf(value);
  }
  assert.ok(new Set(field.defects.map((d) => d.kind)).size === field.defects.length, 'no defect twice');
  decodeEncodedWords(text);
  detectType(data, [text.slice(0, 300)], field.value);
}
