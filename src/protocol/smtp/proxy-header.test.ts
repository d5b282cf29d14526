import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromLatin1 } from '#core/bytes.ts';
import { parseProxyHeader } from './proxy-header.ts';

const SIGNATURE = fromLatin1('\r\n\r\n\0\r\nQUIT\n');
const v4 = (command: number, family: number, size = 12): Uint8Array =>
  concat([
    SIGNATURE,
    Uint8Array.of(command, family, 0, size, 192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x34, 0, 25),
  ]);

test('parseProxyHeader() reads version 2', () => {
  assert.deepEqual(parseProxyHeader(concat([v4(0x21, 0x11), fromLatin1('EHLO')])), {
    kind: 'header',
    length: 28,
    source: { ip: '192.0.2.7', port: 0x1234 },
  });
  const mapped = concat([
    SIGNATURE,
    Uint8Array.of(0x21, 0x21, 0, 36),
    new Uint8Array(10),
    Uint8Array.of(255, 255, 192, 0, 2, 9),
    new Uint8Array(16),
    Uint8Array.of(0, 1, 0, 25),
  ]);
  assert.deepEqual(parseProxyHeader(mapped), {
    kind: 'header',
    length: 52,
    source: { ip: '192.0.2.9', port: 1 },
  });
  assert.deepEqual(parseProxyHeader(v4(0x20, 0, 12)), { kind: 'header', length: 28, source: undefined });
});

test('parseProxyHeader() waits for the rest and refuses what is none', () => {
  const whole = v4(0x21, 0x11);
  for (let i = 0; i < whole.length; i++)
    assert.equal(parseProxyHeader(whole.subarray(0, i)).kind, 'incomplete', `${i}`);
  assert.equal(parseProxyHeader(v4(0x31, 0x11)).kind, 'malformed');
  assert.equal(parseProxyHeader(v4(0x21, 0x12)).kind, 'malformed');
  assert.equal(parseProxyHeader(v4(0x21, 0x11, 4)).kind, 'malformed');
  assert.equal(parseProxyHeader(concat([SIGNATURE, Uint8Array.of(0x21, 0x11, 255, 255)])).kind, 'malformed');
  assert.equal(parseProxyHeader(fromLatin1('EHLO c.example\r\n')).kind, 'malformed');
});

test('parseProxyHeader() reads version 1', () => {
  const read = (text: string) => parseProxyHeader(fromLatin1(text));
  assert.deepEqual(read('PROXY TCP4 192.0.2.7 198.51.100.1 4660 25\r\nEHLO'), {
    kind: 'header',
    length: 43,
    source: { ip: '192.0.2.7', port: 4660 },
  });
  assert.equal(read('PROXY TCP6 2001:db8::1 2001:db8::2 1 25\r\n').kind, 'header');
  assert.deepEqual(read('PROXY UNKNOWN\r\n'), { kind: 'header', length: 15, source: undefined });
  assert.equal(read('PROXY TCP4 192.0.2.7').kind, 'incomplete');
  assert.equal(read('PROXY TCP4 2001:db8::1 ::1 1 25\r\n').kind, 'malformed');
  assert.equal(read(`PROXY ${'x'.repeat(200)}`).kind, 'malformed');
});
