import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '#core/bytes.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { forgedFields } from './trusted-headers.ts';

const ID = 'gate.attack.test';

/** The header that is left, as text. */
function kept(text: string): string {
  const header = parseHeader(fromLatin1(`${text}From: a@b.example\r\n\r\n`));
  let left = '';
  let from = 0;
  for (const range of forgedFields(header, ID)) {
    left += toLatin1(header.bytes.subarray(from, range.start));
    from = range.end;
  }
  return left + toLatin1(header.bytes.subarray(from, header.bodyStart));
}

const FORGED: Readonly<Record<string, string>> = {
  plain: `Authentication-Results: ${ID}; dmarc=pass`,
  'comments and a version': 'Authentication-Results: (x) GATE.attack.test (y) 1; dmarc=pass',
  'a comment inside the name': 'Authentication-Results: gate(x).attack.test; dmarc=pass',
  'a space inside the name': 'Authentication-Results: gate .attack.test; dmarc=pass',
  'a fold inside the name': 'Authentication-Results: gate.\r\n attack.test; dmarc=pass',
  'comments of more than 64 KB': `Authentication-Results: ${`(${'x'.repeat(900)})\r\n `.repeat(75)}${ID}; dmarc=pass`,
  'comments of nearly 64 KB': `Authentication-Results: ${`(${'x'.repeat(900)})\r\n `.repeat(70)}${ID}; dmarc=pass`,
  'a high byte after the field name': `Authentication-Results\xa0: ${ID}; dmarc=pass`,
  'a vertical tab after the field name': `Authentication-Results\x0b: ${ID}; dmarc=pass`,
  'a high byte within the field name': `Authentication\xad-Results: ${ID}; dmarc=pass`,
  'a space after the field name': `Authentication-Results : ${ID}; dmarc=pass`,
  'a colon on the next line': `Authentication-Results\r\n : ${ID}; dmarc=pass`,
  'nothing before the first semicolon': `Authentication-Results: ; ${ID}; dmarc=pass`,
  'a method version after the name': `Authentication-Results: ${ID}/1; dmarc=pass`,
  'a dot at the end': `Authentication-Results: ${ID}.; dmarc=pass`,
  'an escape in quotes': 'Authentication-Results: "gate.attack\\.test"; dmarc=pass',
  'an ideographic full stop': 'Authentication-Results: gate\xe3\x80\x82attack.test; dmarc=pass',
  'our verdict': 'X-Gatehouse-Verdict: accept',
  'our verdict with a colon on the next line': 'X-Gatehouse-Verdict\r\n : accept',
  'our verdict and a form feed': 'X-Gatehouse-Verdict\x0c: accept',
  'our verdict after a high byte': '\xa0X-Gatehouse-Verdict: accept',
  'a return path': 'Return-Path: <a@b.example>',
  'a folded first line': ' ; evil=injected dmarc=pass',
  'a folded first line and more': '\t; evil=injected\r\n dmarc=pass\r\n\tspf=pass',
  'a folded first line that is a field': ` Authentication-Results: ${ID}; dmarc=pass`,
  'a folded first line that looks like the end': ' ',
};
for (const [what, field] of Object.entries(FORGED))
  test(`forgedFields() takes out ${what}`, () => {
    assert.equal(kept(`${field}\r\n`), 'From: a@b.example\r\n\r\n');
  });

const FOREIGN: readonly string[] = [
  'Authentication-Results: other.example; dmarc=pass',
  'Authentication-Results: sub.gate.attack.test; dmarc=pass',
  'Authentication-Results: gate.attack.tester 1; dmarc=pass',
  `Authentication-Results: other.example; spf=pass (${ID}) smtp.mailfrom=a@${ID}`,
  `ARC-Authentication-Results: i=1; ${ID}; dmarc=pass`,
  'X-Gate: open',
  'not a field',
];
for (const field of FOREIGN)
  test(`forgedFields() leaves ${JSON.stringify(field)}`, () => {
    assert.ok(kept(`${field}\r\n`).startsWith(field));
  });

test('forgedFields() reads the longest header in linear time', () => {
  const parts = ['(', '(x)', '"', '\\', ';', ' ', 'gate.', '\xa0', '()'];
  for (const part of parts) {
    const long = part.repeat(Math.ceil(256_000 / part.length));
    const startedMs = performance.now();
    kept(`Authentication-Results: ${long}\r\n`);
    kept(`Authentication-Results: ${long.slice(0, 65_000)}\r\n`);
    kept(`Authentication-Results${long}: ${ID}\r\n`);
    assert.ok(performance.now() - startedMs < 1000, JSON.stringify(part));
  }
});
