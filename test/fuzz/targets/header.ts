/** parseHeader(): never throws, loses no byte of any field, bounded defects. */
import assert from 'node:assert/strict';
import { fieldLatin1, fieldText, findBodyStart, parseHeader } from '#protocol/message/header.ts';

export function fuzz(data: Uint8Array): void {
  const header = parseHeader(data);
  let at = 0;
  for (const field of header.fields) {
    assert.equal(field.start, at, 'fields follow each other without a gap');
    assert.ok(field.valueStart >= field.start && field.end > field.start);
    at = field.end;
    fieldLatin1(header, field);
    fieldText(header, field);
  }
  assert.ok(header.bodyStart >= at && header.bodyStart <= data.length);
  assert.ok(header.defects.length <= 11);
  const found = findBodyStart(data);
  assert.ok(found === -1 || found <= data.length);
}
