/** readAuthors(): never throws, bounded, and never calls a message with a second From field one author. */
import assert from 'node:assert/strict';
import { fromLatin1, concat } from '#core/bytes.ts';
import { isSingleAuthor, readAuthors } from '#protocol/message/author.ts';
import { parseHeader } from '#protocol/message/header.ts';

const FIRST = fromLatin1('From: a@good.example\r\n');
const FROM = fromLatin1('From: ');
const END = fromLatin1('\r\n\r\n');

export function fuzz(data: Uint8Array): void {
  const whole = readAuthors(parseHeader(data));
  assert.ok(whole.addresses.length <= 64 && whole.defects.length <= 40);
  const value = readAuthors(parseHeader(concat([FROM, data, END])));
  if (isSingleAuthor(value)) assert.equal(value.addresses.length, 1);
  assert.equal(isSingleAuthor(readAuthors(parseHeader(concat([FIRST, FROM, data, END])))), false);
}
