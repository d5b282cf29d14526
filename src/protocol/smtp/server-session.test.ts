import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '#core/bytes.ts';
import { assertNever } from '#core/result.ts';
import { replies, type Reply } from './replies.ts';
import { createSession, type ServerSession } from './server-session.ts';
import type { Question, SessionConfig, SessionEvent } from './session-types.ts';

const CONFIG: SessionConfig = {
  hostname: 'mx.example',
  maxMessageBytes: 10_000,
  maxRecipients: 3,
  maxErrors: 5,
  maxRefusedRecipients: 5,
  maxIdleCommands: 20,
  maxMessages: 10,
  maxAuthFailures: 3,
  tlsAvailable: true,
  tlsRequired: false,
  authOffered: true,
  authRequired: false,
  chunking: true,
  binaryMime: false,
  bareNewlines: 'reject',
  earlyTalkers: 'reject',
};

const yes = (question: Question): Reply => {
  switch (question.kind) {
    case 'connect':
    case 'xclient':
      return replies.greeting('mx.example');
    case 'auth':
      return question.credentials.password === 'right' ? replies.authenticated() : replies.authFailed();
    case 'mail':
      return replies.senderOk('id');
    case 'rcpt':
      return replies.recipientOk();
    case 'data-begin':
      return replies.startMail();
    case 'data-end':
      return replies.accepted('id');
    case 'helo':
      return replies.done();
    default:
      return assertNever(question);
  }
};

type Run = { out: string; bodies: string[]; body: string; voided: number; closed: boolean; kinds: string[] };
const empty = (): Run => ({ out: '', bodies: [], body: '', voided: 0, closed: false, kinds: [] });

function drive(session: ServerSession, first: SessionEvent[], run: Run, answer = yes): void {
  const queue = [...first];
  for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
    run.kinds.push(event.kind);
    if (event.kind === 'reply') run.out += event.text;
    else if (event.kind === 'body') run.body += toLatin1(event.chunk);
    else if (event.kind === 'body-void') {
      run.voided++;
      run.body = '';
    } else if (event.kind === 'close') run.closed = true;
    else if (event.kind === 'start-tls') queue.push(...session.tlsStarted());
    else {
      if (event.question.kind === 'data-end') {
        run.bodies.push(run.body);
        run.body = '';
      }
      queue.push(...session.answer(event.id, answer(event.question)));
    }
  }
}

function play(input: string, config: Partial<SessionConfig> = {}, size = Infinity, answer = yes): Run {
  const session = createSession({ ...CONFIG, ...config }, { insideTls: false, xclientAllowed: false });
  const run = empty();
  drive(session, session.start(), run, answer);
  const bytes = fromLatin1(input);
  for (let i = 0; i < bytes.length; i += size)
    drive(session, session.feed(bytes.subarray(i, i + size)), run, answer);
  return run;
}

const codes = (run: Run): string => [...run.out.matchAll(/^(\d{3}) /gm)].map((m) => m[1]).join(' ');
const MAIL = 'EHLO c.example\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n';

const table: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    'one message',
    `${MAIL}DATA\r\nA: b\r\n\r\nhi\r\n.\r\nQUIT\r\n`,
    '220 250 250 250 354 250 221',
    ['A: b\r\n\r\nhi\r\n'],
  ],
  [
    'stuffed dots',
    `${MAIL}DATA\r\n..\r\n...\r\n.a\r\n.\r\n`,
    '220 250 250 250 354 250',
    ['.\r\n..\r\na\r\n'],
  ],
  ['an empty message', `${MAIL}DATA\r\n.\r\n`, '220 250 250 250 354 250', ['']],
  ['a bare LF in DATA', `${MAIL}DATA\r\na\n.\r\nQUIT\r\n.\r\nNOOP\r\n`, '220 250 250 250 354 554 250', []],
  ['a bare CR in DATA', `${MAIL}DATA\r\na\r.\r\nQUIT\r\n.\r\nNOOP\r\n`, '220 250 250 250 354 554 250', []],
  ['CRLF . CR CR LF', `${MAIL}DATA\r\na\r\n.\r\r\nQUIT\r\n.\r\n`, '220 250 250 250 354 554', []],
  ['BDAT', `${MAIL}BDAT 6\r\na: b\r\nBDAT 6 LAST\r\n\r\n.\r\n\r`, '220 250 250 250 250 554', []],
  [
    'BDAT whole',
    `${MAIL}BDAT 6\r\na: b\r\nBDAT 7 LAST\r\n\r\n.\r\nX\nNOOP\r\n`,
    '220 250 250 250 250 554 250',
    [],
  ],
  [
    'BDAT 0 LAST',
    `${MAIL}BDAT 6\r\na: b\r\nBDAT 0 LAST\r\nNOOP\r\n`,
    '220 250 250 250 250 250 250',
    ['a: b\r\n'],
  ],
  ['BDAT without MAIL', 'EHLO c\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n', '220 250 503 250', []],
  ['BDAT with a bad size', `${MAIL}BDAT x\r\nQUIT\r\n`, '220 250 250 250 501', []],
  [
    'too big by BDAT',
    `${MAIL}BDAT 10001 LAST\r\n${'x'.repeat(10_001)}NOOP\r\n`,
    '220 250 250 250 552 250',
    [],
  ],
  [
    'too big by DATA',
    `${MAIL}DATA\r\n${'x'.repeat(10_001)}\r\n.\r\nNOOP\r\n`,
    '220 250 250 250 354 552 250',
    [],
  ],
  ['a bare LF after a command', 'EHLO c\nMAIL FROM:<a@b>\r\n', '220 500', []],
  ['another protocol', 'GET / HTTP/1.1\r\nHost: x\r\n', '220 502', []],
  ['commands behind STARTTLS', 'EHLO c\r\nSTARTTLS\r\nRSET\r\nRSET\r\n', '220 250 220', []],
  [
    'too many recipients',
    `${MAIL}${'RCPT TO:<b@y.example>\r\n'.repeat(3)}`,
    '220 250 250 250 250 250 452',
    [],
  ],
  ['too many errors', 'X\r\n'.repeat(9), '220 502 502 502 502 502 502 421', []],
];

for (const [name, input, expected, bodies] of table) {
  test(`the session answers ${name} the same way however it is cut`, () => {
    const whole = play(input);
    assert.equal(codes(whole), expected);
    assert.deepEqual(whole.bodies, bodies);
    // Behind STARTTLS only what came in the same piece can be dropped here; the driver drops the rest.
    if (input.includes('STARTTLS')) return;
    for (const size of [1, 2, 3, 7]) {
      const cut = play(input, {}, size);
      assert.deepEqual([cut.out, cut.bodies, cut.closed], [whole.out, whole.bodies, whole.closed], `${size}`);
    }
  });
}

test('EHLO offers REQUIRETLS and AUTH only inside TLS, STARTTLS only outside', () => {
  const outside = play('EHLO c\r\n').out;
  assert.match(outside, /STARTTLS/);
  assert.doesNotMatch(outside, /REQUIRETLS|AUTH/);
  const session = createSession(CONFIG, { insideTls: true, xclientAllowed: true });
  const run = empty();
  drive(session, session.start(), run);
  drive(session, session.feed(fromLatin1('EHLO c\r\n')), run);
  assert.doesNotMatch(run.out, /STARTTLS/);
  assert.match(run.out, /250-REQUIRETLS\r\n250-AUTH PLAIN LOGIN\r\n/);
  assert.match(run.out, /XCLIENT NAME ADDR PORT PROTO HELO/);
});

test('input before the greeting is an early talker, kept or refused', () => {
  const session = createSession(CONFIG, { insideTls: false, xclientAllowed: false });
  const run = empty();
  const first = session.start();
  assert.equal(session.wantsInput, true);
  assert.deepEqual(session.feed(fromLatin1('EHLO c\r\n')), []);
  drive(session, first, run);
  assert.equal(codes(run), '521');
  assert.equal(run.closed, true);
});

test('a refused connection answers 503 to all but QUIT', () => {
  const run = play('EHLO c\r\nMAIL FROM:<a@b>\r\nQUIT\r\n', {}, Infinity, (q) =>
    q.kind === 'connect' ? replies.refused() : yes(q),
  );
  assert.equal(codes(run), '554 503 503 221');
});

test('normalise makes bare LF a line end and never the end of data', () => {
  const run = play('EHLO c\nMAIL FROM:<a@x.example>\nRCPT TO:<b@y.example>\nDATA\na\n.\nb\rc\0\r\n.\r\n', {
    bareNewlines: 'normalise',
  });
  assert.equal(codes(run), '220 250 250 250 354 250');
  assert.deepEqual(run.bodies, ['a\r\n.\r\nb c \r\n']);
});

test('what came while a question was open is answered after it, in order', () => {
  const session = createSession(CONFIG, { insideTls: false, xclientAllowed: false });
  const run = empty();
  drive(session, session.start(), run);
  const [question] = session.feed(fromLatin1('EHLO c\r\nNOOP\r\nQUIT\r\n'));
  assert.equal(question?.kind, 'question');
  assert.equal(session.wantsInput, false);
  drive(session, [question], run);
  assert.equal(codes(run), '220 250 250 221');
});

test('AUTH is refused outside TLS, and RSET after BDAT voids what was handed out', () => {
  assert.equal(codes(play('EHLO c\r\nAUTH PLAIN AGEAYg==\r\n')), '220 250 538');
  const run = play(`${MAIL}BDAT 3\r\nabcRSET\r\nMAIL FROM:<>\r\n`);
  assert.equal(codes(run), '220 250 250 250 250 250 250');
  assert.equal(run.voided, 1);
});
