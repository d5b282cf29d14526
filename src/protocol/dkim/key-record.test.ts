import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { zoneOf } from '#test/support/signed.ts';
import { createKeyCache, fetchKeys, parseKeyRecord } from './key-record.ts';
import { dkimKeyRecord } from './keys.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const P = dkimKeyRecord(rsa.publicKey).replace(/.*p=/, '');
const PKCS1 = rsa.publicKey.export({ format: 'der', type: 'pkcs1' }).toString('base64');
const ED = generateKeyPairSync('ed25519').publicKey;
const HUGE = generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 0x80000001 });

test('parseKeyRecord() takes what is a key for mail and says why another is none', () => {
  const table: readonly [record: string, expected: string][] = [
    [`p=${P}`, 'rsa'],
    [`v=DKIM1; k=rsa; p=${P};`, 'rsa'],
    [`v=DKIM1; p=${PKCS1}`, 'rsa'],
    [`v=DKIM1; h=sha1 : sha256; s=email; t=s; n=a note; p=${P.slice(0, 30)} ${P.slice(30)}`, 'rsa'],
    [dkimKeyRecord(ED), 'ed25519'],
    [dkimKeyRecord(HUGE.publicKey), 'rsa'],
    [`v=DKIM1; k=ed25519; p=${P}`, 'key-data-invalid'],
    [`v=DKIM1; k=rsa; p=AAAA`, 'key-data-invalid'],
    [`v=DKIM1; k=rsa; p=@`, 'key-data-invalid'],
    ['v=DKIM1; k=rsa; p=', 'key-revoked'],
    ['v=DKIM1; k=rsa', 'key-record-invalid'],
    [`k=rsa; v=DKIM1; p=${P}`, 'key-record-invalid'],
    [`v=DKIM1; p=${P}; p=${P}`, 'key-record-invalid'],
    [`v=DKIM1;; p=${P}`, 'key-record-invalid'],
    ['', 'key-record-invalid'],
    [`v=dkim1; p=${P}`, 'key-version-unsupported'],
    [`k=dsa; p=${P}`, 'key-type-unsupported'],
    [`s=tlsrpt; p=${P}`, 'key-not-for-mail'],
    [`h=sha1; p=${P}`, 'key-hash-excluded'],
  ];
  for (const [record, expected] of table) {
    const key = parseKeyRecord(record);
    assert.equal(key.ok ? key.value.type : key.error.code, expected, record.slice(0, 60));
  }
});

test('createKeyCache() keeps a bounded number of readings and hands out the same key object', () => {
  const cache = createKeyCache(2);
  const first = cache.read(`p=${P}`);
  cache.read('p=');
  assert.equal(cache.read(`p=${P}`), first);
  cache.read('p=AAAA');
  assert.equal(cache.read(`p=${P}`), first, 'used lately, so it stays');
});

test('fetchKeys() finds the key that fits, and never takes a failure for an absent key', async () => {
  const resolver = zoneOf({
    'two._domainkey.x.example': ['v=spf1 -all', dkimKeyRecord(ED), `p=${P}`].map((TXT) => ({ TXT })),
    'ed._domainkey.x.example': dkimKeyRecord(ED),
    'junk._domainkey.x.example': 'v=spf1 -all',
    'down._domainkey.x.example': '!SERVFAIL',
    'late._domainkey.x.example': '!TIMEOUT',
    'a._domainkey.x.example': { A: '192.0.2.1' },
  });
  const ask = async (selector: string): Promise<string> => {
    const keys = await fetchKeys(resolver, { selector, domain: 'x.example', type: 'rsa' });
    return keys.ok ? keys.value.map((k) => k.type).join() : keys.error.code;
  };
  assert.equal(await ask('two'), 'rsa');
  assert.equal(await ask('ed'), 'key-type-unsupported');
  assert.equal(await ask('junk'), 'key-version-unsupported');
  assert.equal(await ask('down'), 'key-unavailable');
  assert.equal(await ask('late'), 'key-unavailable');
  assert.equal(await ask('a'), 'key-missing');
  assert.equal(await ask('nobody'), 'key-missing');
  assert.equal(
    await ask('x'.repeat(63) + '.' + 'y'.repeat(63) + '.' + 'z'.repeat(63) + '.' + 'w'.repeat(60)),
    'key-missing',
  );
});
