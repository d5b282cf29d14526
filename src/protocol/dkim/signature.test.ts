import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '#core/bytes.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { MAX_DKIM_SIGNATURES, signaturesOf } from './signature.ts';

const BASE = 'v=1; a=rsa-sha256; d=X.example; s=sel; h=From : To; bh=AAAA; b=AA\r\n\tAA';

function read(tags: string, name = 'DKIM-Signature'): string {
  const { dkim, arcMessage } = signaturesOf(parseHeader(fromLatin1(`${name}: ${tags}\r\n\r\n`)));
  const parsed = [...dkim, ...arcMessage][0]!.parsed;
  return parsed.ok ? 'ok' : parsed.error.code;
}

test('a signature is read by its tags, each mistake by its name', () => {
  const table: readonly [tags: string, expected: string][] = [
    [BASE, 'ok'],
    [`${BASE}; i=@sub.x.example; l=5; t=1; x=2; q=dns/txt; unknown=1`, 'ok'],
    [`${BASE}; i=a=3Db@x.example`, 'ok'],
    [BASE.replace('v=1', 'v=2'), 'version-unsupported'],
    [BASE.replace('v=1; ', ''), 'tag-missing'],
    [BASE.replace('bh=AAAA; ', ''), 'tag-missing'],
    [BASE.replace('bh=AAAA', 'bh=A'), 'tag-invalid'],
    [BASE.replace('rsa-sha256', 'rsa-sha1'), 'algorithm-forbidden'],
    [BASE.replace('rsa-sha256', 'RSA-SHA256'), 'algorithm-unsupported'],
    [BASE.replace('X.example', 'localhost'), 'tag-invalid'],
    [BASE.replace('X.example', 'x.example/'), 'tag-invalid'],
    [BASE.replace('s=sel', 's=se\0l'), 'tag-list-invalid'],
    [BASE.replace('s=sel', 's=se"l'), 'tag-invalid'],
    [BASE.replace('From : To', 'To'), 'from-not-signed'],
    [BASE.replace('From : To', `From${':x'.repeat(501)}`), 'tag-invalid'],
    [`${BASE}; c=relaxed/strict`, 'canonicalization-unsupported'],
    [`${BASE}; c=`, 'canonicalization-unsupported'],
    [`${BASE}; q=http`, 'query-unsupported'],
    [`${BASE}; t=5; x=5`, 'expires-before-signed'],
    [`${BASE}; t=soon`, 'tag-invalid'],
    [`${BASE}; l=-1`, 'tag-invalid'],
    [`${BASE}; i=a@y.example`, 'identity-outside-domain'],
    [`${BASE}; i=a@notx.example`, 'identity-outside-domain'],
    [`${BASE}; i=nobody`, 'tag-invalid'],
    [`${BASE}; i=a=0D=0AEvil:@x.example`, 'tag-invalid'],
    [`${BASE}; d=y.example`, 'tag-list-invalid'],
    [`${BASE}; z=${'x'.repeat(20_000)}`, 'tag-list-invalid'],
  ];
  for (const [tags, expected] of table) assert.equal(read(tags), expected, tags.slice(0, 120));
  const arc = BASE.replace('v=1; ', 'i=1; ').replace('From : To', 'to');
  assert.equal(read(arc, 'ARC-Message-Signature'), 'ok');
  assert.equal(read(arc.replace('h=to', 'h=arc-seal'), 'ARC-Message-Signature'), 'header-list-forbidden');
});

test('names are put into the form DNS is asked in', () => {
  const header = parseHeader(
    fromLatin1(
      `DKIM-Signature: ${BASE.replace('X.example', 'B\xc3\xbccher.example').replace('sel', 'SEL')}\r\n\r\n`,
    ),
  );
  const parsed = signaturesOf(header).dkim[0]!.parsed;
  assert.ok(parsed.ok);
  assert.deepEqual([parsed.value.domain, parsed.value.selector], ['xn--bcher-kva.example', 'sel']);
});

test('a header is read once, and only so many signatures of it', () => {
  const header = parseHeader(fromLatin1(`DKIM-Signature: ${BASE}\r\n`.repeat(200)));
  const read = signaturesOf(header);
  assert.equal(read.dkim.length, MAX_DKIM_SIGNATURES);
  assert.equal(read.dkimIgnored, 190);
  assert.equal(signaturesOf(header), read);
});
