/** Whatever a server says, the session ends each transaction once, with one result per recipient, and never invents a delivery. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8 } from '#core/bytes.ts';
import { type ClientEvent, ClientSession } from '#protocol/smtp/client-session.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

const reply = fc.oneof(
  fc.constantFrom(
    '250 ok\r\n',
    '354 go\r\n',
    '550 5.1.1 no\r\n',
    '451 later\r\n',
    '421 bye\r\n',
    '220 hi\r\n',
    '250-a\r\n',
  ),
  fc.constantFrom(
    '250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n',
    '250-mx\r\n250 PIPELINING\r\n',
    '\r\n',
    '250\r\n',
  ),
  fc.string({ maxLength: 20 }),
);
const polite = fc.constantFrom(
  '250-mx\r\n250-PIPELINING\r\n250-BINARYMIME\r\n250 CHUNKING\r\n',
  '250-mx\r\n250 PIPELINING\r\n',
  '250 mx\r\n',
);
const steps = fc.oneof(
  fc.array(reply, { maxLength: 25 }),
  fc.tuple(polite, fc.array(reply, { maxLength: 20 })).map(([ehlo, rest]) => ['220 hi\r\n', ehlo, ...rest]),
);
const options = fc.record({
  protocol: fc.constantFrom('smtp' as const, 'lmtp' as const),
  recipients: fc.integer({ min: 1, max: 4 }),
  small: fc.boolean(),
  binary: fc.boolean(),
});

test(`any dialogue gives every recipient one result (seed ${seed})`, () => {
  let transactions = 0;
  let deliveries = 0;
  fc.assert(
    fc.property(steps, options, (said, o) => {
      const session = new ClientSession({ protocol: o.protocol, name: 'us.example' });
      const done: ClientEvent[] = [];
      let began = 0;
      let finals = 0;
      const react = (): void => {
        for (let e = session.takeEvent(); e !== undefined; e = session.takeEvent()) {
          if (e.kind === 'done') done.push(e);
          if (e.kind === 'body') {
            session.bodyChunk(fromUtf8('x\r\n'));
            session.bodyEnd();
          }
          if (e.kind === 'ready' && began === 0) {
            began++;
            const recipients = Array.from({ length: o.recipients }, (_, i) => ({
              address: `r${i}@x.example`,
              notify: undefined,
              orcpt: undefined,
            }));
            const body = o.binary ? ('BINARYMIME' as const) : ('7BIT' as const);
            session.begin(
              {
                mailFrom: 'a@x.example',
                recipients,
                size: 3,
                body,
                smtpUtf8: false,
                requireTls: false,
                ret: undefined,
                envid: undefined,
              },
              o.small ? [fromUtf8('x\r\n')] : undefined,
            );
          }
        }
        session.takeOutput();
      };
      for (const text of said) {
        if (/^2\d\d/m.test(text)) finals++;
        session.feed(fromUtf8(text));
        react();
      }
      session.lost('closed');
      react();
      assert.equal(done.length, began);
      const [first] = done;
      if (first?.kind !== 'done') return;
      assert.equal(first.results.length, o.recipients);
      const delivered = first.results.filter(
        (r) => r.kind === 'reply' && r.stage === 'end-of-data' && r.reply.code < 300,
      );
      // A delivery needs a greeting, EHLO, MAIL, RCPT and a final reply; one chunk of ours may hold two of them.
      transactions++;
      deliveries += delivered.length;
      if (delivered.length > 0) assert.ok(finals >= 4);
    }),
    { numRuns: 10_000, seed },
  );
  // A generator that never gets as far as a message would prove nothing.
  assert.ok(transactions > 1000 && deliveries > 10, `${transactions} transactions, ${deliveries} deliveries`);
  console.log(`client session: ${transactions} transactions, ${deliveries} deliveries`);
});
