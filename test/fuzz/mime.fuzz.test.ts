import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHeader } from '#protocol/message/header.ts';
import { createMimeWalker, DEFAULT_MIME_OPTIONS } from '#protocol/mime/walk.ts';
import { mailBytes, within } from './mail-bytes.ts';
import { runs } from './runs.ts';
import { fuzz } from './targets/mime.ts';

test('mime: every promise holds on random mail, in less than a second', () => {
  fc.assert(
    fc.property(mailBytes(40), (data) => within(fuzz, data)),
    runs(300),
  );
});

const BIG: readonly (readonly [string, string])[] = [
  ['delimiters', '--b\r\n'],
  ['open multiparts', '--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'],
  ['dashes', '-'],
  ['spaces', ' '],
  ['carriage returns', '\r'],
  ['embedded messages', 'Content-Type: message/rfc822\r\n\r\n'],
  ['junk header lines', 'x\r\n'],
  ['unfinished encoded-words', '=?utf-8?q?'],
  ['base64 padding', '=\r\n'],
  ['uuencoded files', 'begin 644 a\r\n#0V%T\r\nend\r\n'],
];

test('mime: a megabyte of one thing is read in less than a second', () => {
  for (const [name, piece] of BIG) {
    const text = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${piece.repeat(1_000_000 / piece.length)}`;
    const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
    const header = parseHeader(bytes);
    const startedMs = performance.now();
    const walker = createMimeWalker(header, DEFAULT_MIME_OPTIONS);
    for (let at = header.bodyStart; at < bytes.length; at += 1400)
      walker.update(bytes.subarray(at, at + 1400));
    const tree = walker.finish();
    assert.ok(
      performance.now() - startedMs < 1000,
      `${name}: ${Math.round(performance.now() - startedMs)} ms`,
    );
    assert.ok(tree.parts.length <= DEFAULT_MIME_OPTIONS.limits.maxParts);
  }
});
