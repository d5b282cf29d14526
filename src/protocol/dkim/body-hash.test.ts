import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { concat, fromLatin1, toLatin1 } from '#core/bytes.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { bodyHashKey, createBodyHasher, MAX_BODY_HASHES, requestedBodyHashes } from './body-hash.ts';
import { relaxedBody, simpleBody } from './canonical-body.ts';

function canonical(kind: 'simple' | 'relaxed', chunks: readonly string[]): string {
  const out: Uint8Array[] = [];
  const machine = (kind === 'simple' ? simpleBody : relaxedBody)((bytes) => out.push(bytes.slice()));
  for (const chunk of chunks) machine.update(fromLatin1(chunk));
  machine.finish();
  return toLatin1(concat(out));
}

const CASES: readonly { body: string; simple: string; relaxed: string }[] = [
  { body: '', simple: '\r\n', relaxed: '' },
  { body: '\r\n', simple: '\r\n', relaxed: '' },
  { body: '\r\n\r\n\r\n', simple: '\r\n', relaxed: '' },
  { body: ' \t\r\n\t\r\n ', simple: ' \t\r\n\t\r\n \r\n', relaxed: '' },
  // RFC 6376 §3.4.5, the examples of the standard.
  { body: ' C \r\nD \t E\r\n\r\n\r\n', simple: ' C \r\nD \t E\r\n', relaxed: ' C\r\nD E\r\n' },
  { body: 'no end', simple: 'no end\r\n', relaxed: 'no end\r\n' },
  { body: 'no end  ', simple: 'no end  \r\n', relaxed: 'no end\r\n' },
  { body: 'a\r', simple: 'a\r\r\n', relaxed: 'a\r\r\n' },
  { body: 'a\nb\r\n', simple: 'a\nb\r\n', relaxed: 'a\nb\r\n' },
  { body: 'a \rb\r\r\n', simple: 'a \rb\r\r\n', relaxed: 'a \rb\r\r\n' },
  { body: 'a\r\n\r\n\r\nb\r\n', simple: 'a\r\n\r\n\r\nb\r\n', relaxed: 'a\r\n\r\n\r\nb\r\n' },
  { body: 'a\r\n \r\n\t b\tc\r\n', simple: 'a\r\n \r\n\t b\tc\r\n', relaxed: 'a\r\n\r\n b c\r\n' },
  { body: 'a\r\n \r\n \r\n', simple: 'a\r\n \r\n \r\n', relaxed: 'a\r\n' },
  { body: '\0\x01 \xff\r\n', simple: '\0\x01 \xff\r\n', relaxed: '\0\x01 \xff\r\n' },
];

test('canonicalisation gives the same bytes wherever the body is cut', () => {
  for (const c of CASES) {
    for (const kind of ['simple', 'relaxed'] as const) {
      assert.equal(canonical(kind, [c.body]), c[kind], `${kind} ${JSON.stringify(c.body)}`);
      assert.equal(
        canonical(kind, c.body.split('')),
        c[kind],
        `${kind} ${JSON.stringify(c.body)} byte by byte`,
      );
      for (let i = 0; i <= c.body.length; i++)
        assert.equal(canonical(kind, [c.body.slice(0, i), c.body.slice(i)]), c[kind], `${kind} cut at ${i}`);
    }
  }
});

test('canonicalisation keeps big bodies whole across its buffers', () => {
  const line = `${'word  '.repeat(20)}\r\n`;
  const body = `${line.repeat(400)}${'\r\n'.repeat(9000)}${'x'.repeat(9000)} \t\r\n`;
  const relaxed = `${`${'word '.repeat(20).trimEnd()}\r\n`.repeat(400)}${'\r\n'.repeat(9000)}${'x'.repeat(9000)}\r\n`;
  assert.equal(canonical('relaxed', [body]), relaxed);
  assert.equal(canonical('simple', [body]), body);
});

test('createBodyHasher() answers every request from one pass, l= included', () => {
  const requests = [
    { algorithm: 'sha256', canonicalization: 'relaxed', length: undefined },
    { algorithm: 'sha256', canonicalization: 'relaxed', length: 3 },
    { algorithm: 'sha256', canonicalization: 'simple', length: 0 },
    { algorithm: 'sha256', canonicalization: 'simple', length: 999 },
  ] as const;
  const hasher = createBodyHasher(requests);
  for (const chunk of ['one  t', 'wo\r', '\n\r\n']) hasher.update(fromLatin1(chunk));
  const hashes = hasher.finish();
  const sha = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');
  const hex = (i: number): string =>
    Buffer.from(hashes.get(bodyHashKey(requests[i]!))!.digest).toString('hex');
  assert.equal(hex(0), sha('one two\r\n'));
  assert.equal(hex(1), sha('one'));
  assert.equal(hex(2), sha(''));
  assert.equal(hex(3), sha('one  two\r\n'));
  assert.equal(hashes.get(bodyHashKey(requests[1]))?.canonicalLength, 9);
  assert.equal(hashes.get(bodyHashKey(requests[2]))?.canonicalLength, 10);
});

const signature = (extra: string, name = 'DKIM-Signature: v=1;'): string =>
  `${name} a=rsa-sha256; d=x.example; s=s; h=from; bh=AAAA; b=AAAA; ${extra}\r\n`;

test('requestedBodyHashes() asks once for each distinct hash, and for a bounded number', () => {
  const ask = (text: string): string[] =>
    requestedBodyHashes(parseHeader(fromLatin1(`${text}From: a@x.example\r\n\r\n`))).map(bodyHashKey);
  assert.deepEqual(ask(''), []);
  assert.deepEqual(ask(signature('c=relaxed/relaxed') + signature('c=simple/relaxed')), ['sha256/relaxed/']);
  assert.deepEqual(ask(signature('') + signature('c=relaxed; l=5')), ['sha256/simple/', 'sha256/simple/5']);
  assert.deepEqual(
    ask(signature('i=1; c=relaxed/relaxed; l=7', 'ARC-Message-Signature:') + signature('').repeat(20)),
    ['sha256/relaxed/7', 'sha256/simple/'],
  );
  const many = Array.from({ length: 200 }, (_, i) => signature(`l=${i}`)).join('');
  assert.equal(ask(many).length, MAX_BODY_HASHES);
  assert.deepEqual(ask('DKIM-Signature: v=1; a=rsa-sha1; d=x.example; s=s; h=from; bh=AAAA; b=AAAA\r\n'), []);
  assert.deepEqual(ask('DKIM-Signature: nonsense\r\n'), []);
});
