/** The SMTP session against generated dialogues, and the outside seeds replayed. The promises are in targets/smtp-session.ts. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromLatin1 } from '#core/bytes.ts';
import { corpusPath } from '#test/conformance/suite.ts';
import { createSession } from '#protocol/smtp/server-session.ts';
import { converse, cut, fuzz, FUZZ_CONFIG } from './targets/smtp-session.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

const crumb = fc.constantFrom(
  '\r\n',
  '\n',
  '\r',
  '.',
  '..',
  '\0',
  'a',
  'From: b',
  ' ',
  'é',
  '\r\n.\r\n',
  '\r\n.\r',
  '\n.\n',
);
const content = fc.array(crumb, { maxLength: 30 }).map((c) => c.join(''));
const command = fc.oneof(
  fc.constantFrom(
    'EHLO c',
    'HELO c',
    'EHLO slow',
    'MAIL FROM:<a@x.example>',
    'MAIL FROM:<no@x.example>',
    'MAIL FROM:<> BODY=BINARYMIME SIZE=10',
    'RCPT TO:<b@y.example>',
    'RCPT TO:<no@y.example> NOTIFY=NEVER',
    'RSET',
    'NOOP',
    'DATA',
    'BDAT 0 LAST',
    'AUTH LOGIN',
    'AUTH PLAIN AGEAYg==',
    'YQ==',
    '*',
    'XCLIENT ADDR=192.0.2.1 HELO=h',
    'STARTTLS',
    'VRFY a',
    'QUIT',
    '.',
  ),
  fc.string({ maxLength: 40, unit: 'binary' }),
);
const turn = fc.oneof(
  { weight: 6, arbitrary: command.map((c) => `${c}\r\n`) },
  {
    weight: 2,
    arbitrary: content.map(
      (c) => `EHLO c\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n${c}\r\n.\r\n`,
    ),
  },
  { weight: 2, arbitrary: content.map((c) => `BDAT ${c.length} LAST\r\n${c}`) },
  { weight: 1, arbitrary: content.map((c) => `BDAT ${c.length}\r\n${c}`) },
  { weight: 1, arbitrary: content },
);

test(`generated dialogues keep the session's promises, however they are cut (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12 }), fc.nat(255), (turns, first) => {
      fuzz(concat([Uint8Array.of(first), fromLatin1(turns.join(''))]));
    }),
    { numRuns: 4000, seed },
  );
});

test(`any bytes keep the session's promises (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => fuzz(bytes)),
    { numRuns: 3000, seed },
  );
});

test(`content comes out as a plain reader of RFC 5321 would read it (seed ${seed})`, () => {
  fc.assert(
    fc.property(content, fc.nat(255), (text, first) => {
      const said = `EHLO c\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n${text}\r\n.\r\n`;
      const { messages, out } = converse(cut(fromLatin1(said), first), FUZZ_CONFIG, false);
      // The model: the data ends at the first CRLF.CRLF, counting the CRLF of the DATA line as the first.
      const data = `\r\n${text}\r\n.\r\n`;
      const raw = data.slice(2, data.indexOf('\r\n.\r\n') + 2);
      const isBroken = /\r(?!\n)|(?<!\r)\n|\0/.test(raw);
      const expected = raw.replaceAll(/(^|\r\n)\./g, '$1');
      if (isBroken) assert.match(out, /^554 5\.6\.0 /m);
      else assert.equal(messages[0], expected);
      assert.equal(isBroken, messages[0] === undefined);
    }),
    { numRuns: 4000, seed },
  );
});

test('a session keeps no more than a line of a client that never ends it', () => {
  const session = createSession(FUZZ_CONFIG, { insideTls: false, xclientAllowed: false });
  const [question] = session.start();
  assert.ok(question?.kind === 'question');
  session.answer(question.id, { code: 220, enhanced: undefined, lines: ['x'], close: false });
  const chunk = new Uint8Array(65_536).fill(65);
  const before = process.memoryUsage();
  for (let i = 0; i < 2000; i++) assert.deepEqual(session.feed(chunk), []);
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes more after 125 MiB of one line`);
});

/** Go's `[]byte("…")` literals of the seed files. */
function goBytes(text: string): Uint8Array {
  const literal = /\[\]byte\("(.*)"\)/s.exec(text)?.[1] ?? '';
  const simple: Readonly<Record<string, string>> = {
    n: '\n',
    r: '\r',
    t: '\t',
    '"': '"',
    '\\': '\\',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
  };
  const bytes = Buffer.from(literal, 'utf8').toString('latin1');
  return fromLatin1(
    bytes.replaceAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)/g, (_, code: string) =>
      code.length > 1
        ? Buffer.from(
            String.fromCodePoint(Number.parseInt(code.slice(1), 16)),
            code.startsWith('x') ? 'latin1' : 'utf8',
          ).toString('latin1')
        : (simple[code] ?? code),
    ),
  );
}

/** Profuzzbench's replay files: each request behind its length in four little-endian bytes. */
function replayed(file: Uint8Array): Uint8Array {
  const requests: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + 4 <= file.length;) {
    const size = view.getUint32(at, true);
    requests.push(file.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return concat(requests);
}

function seeds(folder: string, read: (bytes: Uint8Array) => Uint8Array): Uint8Array[] {
  return readdirSync(folder).map((f) => read(readFileSync(join(folder, f))));
}

test('the seeds of chasquid and profuzzbench keep the promises', (t) => {
  const chasquid = corpusPath(t, 'smtp/chasquid-fuzz-seeds');
  const profuzz = corpusPath(t, 'smtp/profuzzbench-exim');
  if (chasquid === undefined || profuzz === undefined) return;
  const all = [
    ...seeds(chasquid, (b) => goBytes(Buffer.from(b).toString('utf8'))),
    ...seeds(join(profuzz, 'in-smtp'), (b) => b),
    ...seeds(join(profuzz, 'in-smtp-replay'), replayed),
  ];
  assert.equal(all.length, 15);
  let replies = 0;
  for (const bytes of all) {
    assert.ok(bytes.length > 5);
    // Their lines end in a bare LF, which ends the session at once: tried as they are, and with the CRLF they mean.
    const mended = fromLatin1(Buffer.from(bytes).toString('latin1').replaceAll(/\r?\n/g, '\r\n'));
    for (const said of [bytes, mended])
      for (let first = 0; first < 6; first++) fuzz(concat([Uint8Array.of(first), said]));
    replies += converse([mended], FUZZ_CONFIG, false).out.split('\r\n').length;
  }
  assert.ok(replies > 60, `${replies} reply lines`);
});
