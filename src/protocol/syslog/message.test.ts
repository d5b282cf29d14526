import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toUtf8 } from '#core/bytes.ts';
import { encodeMessage, frame, MAX_MESSAGE_BYTES, type SyslogMessage } from './message.ts';

const message: SyslogMessage = {
  severity: 'notice',
  at: '2026-11-21T20:00:00.123456Z',
  hostname: 'gate.example',
  appName: 'gatehouse',
  procId: '-',
  msgId: 'domain.added',
  data: [{ id: 'gatehouse@32473', params: { index: '7', subject: 'a"b\\c]d' } }],
  text: 'grüezi\r\nwohl',
};

test('encodeMessage() writes what RFC 5424 §6 shows', () => {
  // The byte order mark is there, though TextDecoder swallows only a leading one.
  assert.equal(
    toUtf8(encodeMessage(message)),
    '<109>1 2026-11-21T20:00:00.123456Z gate.example gatehouse - domain.added ' +
      '[gatehouse@32473 index="7" subject="a\\"b\\\\c\\]d"] \u{feff}grüezi  wohl',
  );
});

test('encodeMessage() replaces what has no place in a header', () => {
  const odd = { ...message, at: 'yesterday', hostname: '', msgId: 'a b\nc', data: [] };
  assert.match(toUtf8(encodeMessage(odd)), /^<109>1 - - gatehouse - a_b_c - /);
});

test('a message is one line of bounded length, and its frame counts octets', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 12_000 }),
      fc.string({ unit: 'binary' }),
      (text, value) => {
        const bytes = encodeMessage({
          ...message,
          msgId: value,
          text,
          data: [{ id: value, params: { [value]: value } }],
        });
        assert.ok(bytes.length <= MAX_MESSAGE_BYTES);
        assert.ok(!bytes.includes(10) && !bytes.includes(13) && !bytes.includes(0));
        // Cut between characters: strict decoding takes it.
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        const framed = frame(bytes);
        const [count = ''] = toUtf8(framed).split(' ', 1);
        assert.equal(framed.length, count.length + 1 + Number(count));
      },
    ),
    { numRuns: 300 },
  );
});
