/** The client played against a hand-written server, line by line, and split at every byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromUtf8, toUtf8 } from '#core/bytes.ts';
import type { Transaction } from './client-commands.ts';
import { type ClientEvent, ClientSession } from './client-session.ts';

const FULL =
  '250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n';
const CHUNKING = '250-mx.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 8BITMIME\r\n';
const OLD = '250 mx.example\r\n';

const tx = (more: Partial<Transaction> & { to?: string[] } = {}): Transaction => ({
  mailFrom: 'a@one.example',
  recipients: (more.to ?? ['b@two.example']).map((address) => ({
    address,
    notify: undefined,
    orcpt: undefined,
  })),
  size: 10,
  body: '7BIT',
  smtpUtf8: false,
  requireTls: false,
  ret: undefined,
  envid: undefined,
  ...more,
});

type Player = {
  say: (text: string) => void;
  sent: () => string;
  events: () => ClientEvent[];
  session: ClientSession;
};

function play(protocol: 'smtp' | 'lmtp' = 'smtp', byByte = false): Player {
  const session = new ClientSession({ protocol, name: 'us.example' });
  return {
    session,
    say: (text) => {
      const bytes = fromUtf8(text);
      if (!byByte) return session.feed(bytes);
      for (const b of bytes) session.feed(Uint8Array.of(b));
      return undefined;
    },
    sent: () => toUtf8(concat([...session.takeOutput(), new Uint8Array(0)])),
    events: () => {
      const all: ClientEvent[] = [];
      for (let e = session.takeEvent(); e !== undefined; e = session.takeEvent()) all.push(e);
      return all;
    },
  };
}

function ready(ehlo: string, protocol: 'smtp' | 'lmtp' = 'smtp', byByte = false): Player {
  const p = play(protocol, byByte);
  p.say('220 mx.example ESMTP\r\n');
  assert.equal(p.sent(), `${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} us.example\r\n`);
  p.say(ehlo);
  assert.equal(p.events()[0]?.kind, 'ready');
  return p;
}

/** Codes and stages of the outcome, short enough for a table. */
function outcomes(p: Player): string[] {
  const done = p.events().find((e) => e.kind === 'done');
  assert.ok(done?.kind === 'done', 'the transaction is not done');
  return done.results.map((r) => {
    if (r.kind === 'reply') return `${r.stage} ${r.reply.code}`;
    return r.kind === 'lost' ? `lost ${r.stage} ${r.reason}` : `unmet ${r.need}`;
  });
}

for (const byByte of [false, true]) {
  test(`a pipelined message, ${byByte ? 'byte by byte' : 'in lines'}`, () => {
    const p = ready(FULL, 'smtp', byByte);
    p.session.begin(tx({ to: ['b@two.example', 'c@two.example'] }));
    assert.equal(
      p.sent(),
      'MAIL FROM:<a@one.example> SIZE=10\r\nRCPT TO:<b@two.example>\r\nRCPT TO:<c@two.example>\r\nDATA\r\n',
    );
    p.say('250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 no\r\n354 go\r\n');
    assert.deepEqual(p.events(), [{ kind: 'body' }]);
    p.session.bodyChunk(fromUtf8('A: b\r\n\r\n.dot\r\n'));
    p.session.bodyEnd();
    assert.equal(p.sent(), 'A: b\r\n\r\n..dot\r\n.\r\n');
    p.say('250 2.0.0 queued as 1\r\n');
    assert.deepEqual(outcomes(p), ['end-of-data 250', 'rcpt 550']);
    p.session.begin(tx());
    assert.match(p.sent(), /^MAIL FROM/);
  });
}

test('one command at a time where PIPELINING is not offered', () => {
  const p = ready(OLD);
  p.session.begin(tx({ to: ['b@two.example', 'c@two.example'] }));
  const steps: [string, string][] = [
    ['MAIL FROM:<a@one.example>\r\n', '250 ok\r\n'],
    ['RCPT TO:<b@two.example>\r\n', '451 later\r\n'],
    ['RCPT TO:<c@two.example>\r\n', '250 ok\r\n'],
    ['DATA\r\n', '354 go\r\n'],
  ];
  for (const [sent, reply] of steps) {
    assert.equal(p.sent(), sent);
    p.say(reply);
  }
  p.session.bodyEnd();
  p.say('554 5.7.1 spam\r\n');
  assert.deepEqual(outcomes(p), ['rcpt 451', 'end-of-data 554']);
  p.sent();
  p.session.begin(tx());
  assert.equal(p.sent(), 'RSET\r\n', 'after a refusal the server is brought to a known state first');
  p.say('250 ok\r\n');
  assert.match(p.sent(), /^MAIL/);
});

test('a small message over CHUNKING is one write and one round trip', () => {
  const p = ready(CHUNKING);
  p.session.begin(tx(), [fromUtf8('A: b\r\n'), fromUtf8('\r\n.x')]);
  assert.equal(
    p.sent(),
    'MAIL FROM:<a@one.example>\r\nRCPT TO:<b@two.example>\r\nBDAT 10 LAST\r\nA: b\r\n\r\n.x',
  );
  p.say('250 ok\r\n250 ok\r\n250 2.0.0 taken\r\n');
  assert.deepEqual(outcomes(p), ['end-of-data 250']);
});

test('an inline body that nobody wanted', () => {
  const p = ready(CHUNKING);
  p.session.begin(tx(), [fromUtf8('x')]);
  p.sent();
  p.say('250 ok\r\n550 5.1.1 no\r\n503 5.5.1 no recipients\r\n');
  assert.deepEqual(outcomes(p), ['rcpt 550']);
});

test('binary goes in BDAT chunks, and a refusal half-way ends it', () => {
  const p = ready(CHUNKING);
  p.session.begin(tx({ body: 'BINARYMIME' }));
  assert.equal(p.sent(), 'MAIL FROM:<a@one.example> BODY=BINARYMIME\r\nRCPT TO:<b@two.example>\r\n');
  p.say('250 ok\r\n250 ok\r\n');
  assert.deepEqual(p.events(), [{ kind: 'body' }]);
  p.session.bodyChunk(Uint8Array.of(1, 10, 2));
  assert.equal(p.sent(), 'BDAT 3\r\n\u0001\n\u0002');
  p.say('250 ok\r\n');
  p.session.bodyChunk(Uint8Array.of(3));
  p.session.bodyChunk(Uint8Array.of(4));
  p.sent();
  p.say('552 5.3.4 too much\r\n');
  assert.equal(p.session.wantsBody, false);
  p.say('503 5.5.1 what\r\n');
  assert.deepEqual(outcomes(p), ['body 552']);
});

test('LMTP answers for each recipient that it accepted', () => {
  for (const inline of [false, true]) {
    const p = ready(inline ? CHUNKING : FULL, 'lmtp');
    const to = ['b@two.example', 'c@two.example', 'd@two.example'];
    p.session.begin(tx({ to }), inline ? [fromUtf8('x')] : undefined);
    p.sent();
    p.say(`250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n${inline ? '' : '354 go\r\n'}`);
    if (!inline) p.session.bodyEnd();
    p.say('250 stored\r\n');
    p.say('452 4.2.2 full\r\n');
    assert.deepEqual(outcomes(p), ['end-of-data 250', 'rcpt 550', 'end-of-data 452']);
  }
});

test('MAIL refused settles everybody, whatever the pipelined rest is answered', () => {
  const p = ready(FULL);
  p.session.begin(tx({ to: ['b@two.example', 'c@two.example'] }));
  p.sent();
  p.say('550 5.7.1 not you\r\n503 5.5.1 no\r\n503 5.5.1 no\r\n503 5.5.1 no\r\n');
  assert.deepEqual(outcomes(p), ['mail 550', 'mail 550']);
});

test('DATA taken without a recipient is left by an empty message', () => {
  const p = ready(FULL);
  p.session.begin(tx());
  p.sent();
  p.say('250 ok\r\n550 no\r\n354 go anyway\r\n');
  assert.equal(p.sent(), '.\r\n');
  p.say('250 thanks for nothing\r\n');
  assert.deepEqual(outcomes(p), ['rcpt 550']);
});

test('what the server does not offer fails before a byte is sent', () => {
  const table: [string, Partial<Transaction> & { to?: string[] }, string][] = [
    [FULL, { size: 1001 }, 'unmet size'],
    [OLD, { body: '8BITMIME' }, 'unmet 8bitmime'],
    [FULL, { body: 'BINARYMIME' }, 'unmet binarymime'],
    [OLD, { smtpUtf8: true }, 'unmet smtputf8'],
    [OLD, { to: ['jürgen@two.example'] }, 'unmet smtputf8'],
    [FULL, { requireTls: true }, 'unmet requiretls'],
    [FULL, { mailFrom: 'a@b\r\nRSET' }, 'unmet sender-syntax'],
    [FULL, { to: ['a@b\nDATA'] }, 'unmet recipient-syntax'],
  ];
  for (const [ehlo, more, expected] of table) {
    const p = ready(ehlo);
    p.session.begin(tx(more));
    assert.equal(p.sent(), '');
    assert.deepEqual(outcomes(p), [expected]);
  }
});

test('a report goes also where REQUIRETLS is not offered, and asks for it where it is', () => {
  const report = tx({ mailFrom: '', requireTls: true });
  for (const [ehlo, wanted] of [
    [FULL, 'MAIL FROM:<> SIZE=10\r\n'],
    [
      FULL.replace('250-PIPELINING', '250-REQUIRETLS\r\n250-PIPELINING'),
      'MAIL FROM:<> SIZE=10 REQUIRETLS\r\n',
    ],
  ] as const) {
    const p = ready(ehlo);
    p.session.begin(report);
    assert.ok(p.sent().startsWith(wanted));
  }
});

test('DSN parameters are passed on when offered', () => {
  const p = ready(FULL);
  const recipients = [
    { address: 'b@two.example', notify: ['success', 'failure'] as const, orcpt: 'rfc822;b@two.example' },
    { address: 'c@two.example', notify: 'never' as const, orcpt: 'rfc822;c\r\nX' },
  ];
  p.session.begin({ ...tx(), recipients, ret: 'HDRS', envid: 'QQ314159' });
  assert.equal(
    p.sent(),
    'MAIL FROM:<a@one.example> SIZE=10 RET=HDRS ENVID=QQ314159\r\n' +
      'RCPT TO:<b@two.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@two.example\r\n' +
      'RCPT TO:<c@two.example> NOTIFY=NEVER\r\nDATA\r\n',
  );
});

test('STARTTLS forgets what was said before it, and refuses words slipped in behind the 220', () => {
  const p = ready(FULL);
  p.session.startTls();
  assert.equal(p.sent(), 'STARTTLS\r\n');
  p.say('220 go\r\n');
  assert.deepEqual(p.events(), [{ kind: 'upgrade' }]);
  p.session.tlsStarted();
  assert.equal(p.session.capabilities.pipelining, false);
  p.say(OLD);
  assert.equal(p.events()[0]?.kind, 'ready');

  const q = ready(FULL);
  q.session.startTls();
  q.say('220 go\r\n250 injected\r\n');
  assert.deepEqual(q.events(), [{ kind: 'lost', stage: 'quit', reason: 'unexpected-reply' }]);

  const r = ready(FULL);
  r.session.startTls();
  r.say('454 4.7.0 not now\r\n');
  assert.equal(r.events()[0]?.kind, 'refused');
  r.session.begin(tx());
  assert.match(r.sent(), /MAIL FROM/);
});

test('HELO for servers that know no EHLO', () => {
  const p = play();
  p.say('220 old\r\n');
  p.sent();
  p.say('502 what?\r\n');
  assert.equal(p.sent(), 'HELO us.example\r\n');
  p.say('250 hello\r\n');
  assert.equal(p.events()[0]?.kind, 'ready');
});

test('going away at each stage is told with its stage', () => {
  const table: [string, string][] = [
    ['', 'lost mail closed'],
    ['250 ok\r\n', 'lost rcpt closed'],
    ['250 ok\r\n250 ok\r\n', 'lost data closed'],
    ['250 ok\r\n250 ok\r\n354 go\r\n', 'lost body closed'],
  ];
  for (const [said, expected] of table) {
    const p = ready(FULL);
    p.session.begin(tx());
    p.say(said);
    p.session.lost('closed');
    assert.deepEqual(outcomes(p), [expected]);
  }
  const p = ready(FULL);
  p.session.begin(tx({ to: ['b@two.example', 'c@two.example'] }));
  p.say('250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n');
  p.session.bodyEnd();
  p.session.lost('timeout');
  assert.deepEqual(outcomes(p), ['rcpt 550', 'lost end-of-data timeout']);
});

test('421 ends the connection for everybody not yet answered', () => {
  const p = ready(FULL);
  p.session.begin(tx({ to: ['b@two.example', 'c@two.example'] }));
  p.say('250 ok\r\n550 no\r\n421 4.3.2 shutting down\r\n');
  const done = p.events().find((e) => e.kind === 'done');
  assert.ok(done?.kind === 'done');
  assert.equal(done.reusable, false);
  assert.deepEqual(
    done.results.map((r) => r.kind === 'reply' && r.reply.code),
    [550, 421],
  );
});

test('rubbish from the server is bounded and ends the session', () => {
  const table: [string, string][] = [
    ['hello there\r\n', 'not-a-reply'],
    ['199 x\r\n', 'not-a-reply'],
    ['2500 x\r\n', 'not-a-reply'],
    [`220 ${'x'.repeat(3000)}\r\n`, 'line-too-long'],
    ['x'.repeat(3000), 'line-too-long'],
    ['220-a\r\n'.repeat(101), 'too-many-lines'],
    ['220-a\r\n221 b\r\n', 'codes-differ'],
  ];
  for (const [said, reason] of table) {
    const p = play();
    p.say(said);
    const event = p.events()[0];
    assert.ok(event?.kind === 'lost', said.slice(0, 20));
    assert.equal(event.reason, reason);
  }
});

test('a reply keeps its enhanced code only where the classes agree, and shows control characters', () => {
  const reply = (text: string): unknown => {
    const p = play();
    p.say(text);
    const e = p.events()[0];
    return e?.kind === 'refused' ? e.reply : undefined;
  };
  assert.deepEqual(reply('554-5.7.1 no\r\n554 5.7.1 \u0007never\r\n'), {
    code: 554,
    enhanced: '5.7.1',
    lines: ['no', '?never'],
  });
  assert.deepEqual(reply('450 5.7.1 mixed\r\n'), { code: 450, enhanced: undefined, lines: ['5.7.1 mixed'] });
  assert.deepEqual(reply('554 é\r\n'), { code: 554, enhanced: undefined, lines: ['é'] });
});
