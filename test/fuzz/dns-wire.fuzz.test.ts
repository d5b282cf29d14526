/** No bytes make the DNS decoder throw or run long, and what dns-packet writes it reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { decodeResponse, encodeQuery } from '#protocol/dns/wire.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

test(`any bytes decode to a response or a complaint (seed ${seed})`, () => {
  const honest = dnsPacket.encode({
    id: 1,
    type: 'response',
    questions: [{ type: 'MX', name: 'x.example' }],
    answers: [
      { type: 'MX', name: 'x.example', ttl: 5, data: { preference: 1, exchange: 'mx.x.example' } },
      { type: 'TXT', name: 'x.example', ttl: 5, data: ['some text', 'more'] },
      { type: 'CNAME', name: 'y.example', ttl: 5, data: 'x.example' },
    ],
  });
  const edit = fc.record({ at: fc.nat(honest.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), fc.nat(honest.length), (edits, cut) => {
      const bytes = new Uint8Array(honest);
      for (const e of edits) bytes[e.at] = e.byte;
      decodeResponse(bytes.subarray(0, honest.length - (cut % 9)));
    }),
    { numRuns: 20_000, seed },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      decodeResponse(bytes);
    }),
    { numRuns: 5_000, seed },
  );
});

test(`queries read back as asked (seed ${seed})`, () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,63}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), fc.nat(65535), (labels, id) => {
      const name = labels.join('.');
      const query = encodeQuery(id, name, 'TLSA');
      if (name.length > 253) return assert.ok(!query.ok);
      assert.ok(query.ok);
      const back = dnsPacket.decode(Buffer.from(query.value));
      return assert.deepEqual(
        [back.id, back.questions?.[0]?.name, back.questions?.[0]?.type],
        [id, name, 'TLSA'],
      );
    }),
    { numRuns: 500, seed },
  );
});
