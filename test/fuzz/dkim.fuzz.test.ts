/** Tag lists, signature fields and the body canonicaliser under arbitrary input. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromLatin1, toLatin1 } from '#core/bytes.ts';
import { readChain } from '#protocol/arc/chain.ts';
import {
  bodyHashKey,
  createBodyHasher,
  MAX_BODY_HASHES,
  requestedBodyHashes,
} from '#protocol/dkim/body-hash.ts';
import { relaxedBody, simpleBody } from '#protocol/dkim/canonical-body.ts';
import { parseKeyRecord } from '#protocol/dkim/key-record.ts';
import { dkimKeyRecord } from '#protocol/dkim/keys.ts';
import { signDkim, SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { signaturesOf } from '#protocol/dkim/signature.ts';
import { describeTagListError, parseTagList } from '#protocol/dkim/tag-list.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { readWhole, verifyWhole, zoneOf } from '../support/signed.ts';
import { runs } from './runs.ts';

/** Text made of the bytes that canonicalisation is about. */
const bodyText = fc
  .array(
    fc.constantFrom(
      '\r\n',
      '\r\n',
      '\r',
      '\n',
      ' ',
      '  ',
      '\t',
      'a',
      '!',
      'word',
      '\0',
      '\xff',
      'x'.repeat(70),
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

/** The definitions of RFC 6376 §3.4.3 and §3.4.4 written down as such, slow and plain. */
function byDefinition(kind: 'simple' | 'relaxed', body: string): string {
  if (kind === 'simple') return `${body.replace(/(?:\r\n)+$/, '')}\r\n`;
  const lines = body.split('\r\n').map((line) => line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, ''));
  const text = lines.join('\r\n').replace(/(?:\r\n)+$/, '');
  return text === '' ? '' : `${text}\r\n`;
}

function cut(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = fromLatin1(text);
  const at = [...new Set(cuts.map((c) => c % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

test('a body is canonicalised as defined, wherever it is cut', () => {
  fc.assert(
    fc.property(
      bodyText,
      fc.array(fc.nat(5000), { maxLength: 12 }),
      fc.constantFrom('simple', 'relaxed'),
      (text, cuts, kind) => {
        const out: Uint8Array[] = [];
        const machine = (kind === 'simple' ? simpleBody : relaxedBody)((b) => out.push(b.slice()));
        for (const chunk of cut(text, cuts)) machine.update(chunk);
        machine.finish();
        assert.equal(toLatin1(concat([new Uint8Array(0), ...out])), byDefinition(kind, text));
      },
    ),
    runs(3000),
  );
});

test('the hash of a body is that of its canonical form, up to l=', () => {
  fc.assert(
    fc.property(bodyText, fc.option(fc.nat(300)), fc.constantFrom('simple', 'relaxed'), (text, l, kind) => {
      const request = { algorithm: 'sha256', canonicalization: kind, length: l ?? undefined } as const;
      const hasher = createBodyHasher([request]);
      hasher.update(fromLatin1(text));
      const hash = hasher.finish().get(bodyHashKey(request));
      const canonical = byDefinition(kind, text);
      const expected = createHash('sha256')
        .update(canonical.slice(0, l ?? undefined), 'latin1')
        .digest('hex');
      assert.equal(Buffer.from(hash!.digest).toString('hex'), expected);
      assert.equal(hash!.canonicalLength, canonical.length);
    }),
    runs(400),
  );
});

const tagText = fc
  .array(
    fc.constantFrom(
      'v=1',
      'a=rsa-sha256',
      'b=',
      'bh=',
      'd=x.example',
      's=s',
      'h=from',
      'i=1',
      ';',
      '; ',
      '=',
      ' ',
      '\0',
      '\xff',
      'AAAA',
      'l=9',
      't=1',
      'cv=none',
      'p=AAAA',
      '\r\n ',
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => parts.join(''));

test('any text is a tag list or has a described mistake, and a list written out is the same list', () => {
  fc.assert(
    fc.property(fc.oneof(tagText, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      const list = parseTagList(text);
      if (!list.ok) return assert.match(describeTagListError(list.error), /\w/);
      const again = parseTagList([...list.value].map(([k, v]) => `${k}=${v}`).join(';'));
      assert.deepEqual(again, list);
    }),
    runs(3000),
  );
});

test('any header is read, with bounded work asked for; any key record is read', async () => {
  const name = fc.constantFrom(
    'DKIM-Signature',
    'ARC-Message-Signature',
    'ARC-Seal',
    'ARC-Authentication-Results',
    'From',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, tagText), { maxLength: 20 }), async (fields) => {
      const text = `${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\nbody`;
      const header = parseHeader(fromLatin1(text));
      assert.ok(requestedBodyHashes(header).length <= MAX_BODY_HASHES);
      for (const s of signaturesOf(header).dkim) if (!s.parsed.ok) assert.notEqual(s.parsed.error.text, '');
      readChain(header);
      for (const r of await verifyWhole(text, zoneOf({ 's._domainkey.x.example': 'p=AAAA' }), 0))
        assert.notEqual(r.result, 'pass');
      for (const [, value] of fields) assert.equal(parseKeyRecord(value).ok, false);
    }),
    runs(400),
  );
});

const ed = generateKeyPairSync('ed25519');
const KEY = { domain: 'x.example', selector: 's', key: ed.privateKey, algorithm: 'ed25519-sha256' } as const;
const resolver = zoneOf({ 's._domainkey.x.example': dkimKeyRecord(ed.publicKey) });

test('what is signed verifies, and any change of a signed field does not', async () => {
  const value = fc.stringMatching(/^[!-~]( {0,2}[!-~]){0,40}$/);
  const c14n = fc.constantFrom('simple', 'relaxed');
  await fc.assert(
    fc.asyncProperty(value, value, bodyText, c14n, c14n, async (subject, to, body, header, bodyKind) => {
      const message = `From: a@x.example\r\nSubject: ${subject}\r\nTo: ${to}\r\n\r\n${body}`;
      const request = { ...SIGNING_BODY_HASH, canonicalization: bodyKind };
      const field = signDkim({
        ...readWhole(message, [request]),
        ...KEY,
        nowMs: 1_700_000_000_000,
        headerCanonicalization: header,
        bodyCanonicalization: bodyKind,
      });
      const signed = toLatin1(field) + message;
      const [good] = await verifyWhole(signed, resolver, 1_700_000_000_000);
      assert.equal(good?.result, 'pass', good?.text);
      const [bad] = await verifyWhole(
        signed.replace('\nSubject: ', '\nSubject: +'),
        resolver,
        1_700_000_000_000,
      );
      assert.equal(bad?.reason, 'signature-mismatch');
    }),
    runs(400),
  );
});
