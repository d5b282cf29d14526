/** Reports against golden files (renew with UPDATE_GOLDEN=1 and read the diff), and against hostile words. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromUtf8, toUtf8 } from '#core/bytes.ts';
import { type DsnInput, buildDsn } from '#protocol/dsn/build.ts';
import { dsnRecipient, reportAction } from './reports.ts';
import { wantsReport } from '#protocol/dsn/wanted.ts';

const header = fromUtf8('From: a@one.example\r\nTo: b@two.example\r\nSubject: invoice 7\r\n\r\n');
const full = fromUtf8(
  'From: a@one.example\r\nTo: b@two.example\r\nSubject: invoice 7\r\n\r\nPlease pay.\r\n',
);

const input = (more: Partial<DsnInput> = {}): DsnInput => ({
  action: 'failed',
  language: 'en',
  reportingHost: 'gate.example',
  from: 'postmaster@one.example',
  to: 'a@one.example',
  messageId: 'r1@gate.example',
  boundary: 'b0undary',
  nowMs: Date.UTC(2026, 0, 5, 12),
  arrivedMs: Date.UTC(2026, 0, 5, 11),
  envid: undefined,
  ret: undefined,
  retryUntilMs: undefined,
  recipients: [
    {
      address: 'b@two.example',
      orcpt: undefined,
      status: '5.1.1',
      remoteHost: 'mx.two.example',
      code: 550,
      text: '5.1.1 no such user here',
      lastAttemptMs: Date.UTC(2026, 0, 5, 11, 59),
    },
  ],
  original: { header, full },
  ...more,
});

const golden: Readonly<Record<string, DsnInput>> = {
  'failed-en': input({
    envid: 'QQ+2B7',
    ret: 'FULL',
    recipients: [{ ...input().recipients[0]!, orcpt: 'rfc822;B+2Bx@two.example' }],
  }),
  'failed-de': input({ language: 'de' }),
  'failed-nl-own-words': input({
    language: 'nl',
    recipients: [
      {
        ...input().recipients[0]!,
        code: undefined,
        remoteHost: undefined,
        status: '5.4.4',
        text: 'the domain has no mail host',
      },
    ],
  }),
  'delayed-de': input({
    action: 'delayed',
    language: 'de',
    retryUntilMs: Date.UTC(2026, 0, 10, 11),
    recipients: [{ ...input().recipients[0]!, status: '4.4.1', code: 451, text: 'später'.repeat(30) }],
  }),
  'relayed-en': input({
    action: 'relayed',
    ret: 'FULL',
    recipients: [{ ...input().recipients[0]!, status: '2.0.0', code: 250 }],
  }),
  'failed-utf8': input({
    recipients: [{ ...input().recipients[0]!, address: 'jürgen@bücher.example', status: '5.6.7' }],
  }),
};

for (const [name, given] of Object.entries(golden)) {
  test(`report ${name} is as its golden file`, () => {
    const file = new URL(`golden/${name}.eml`, import.meta.url);
    const text = toUtf8(buildDsn(given).bytes);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
}

test('every line of a report ends in CRLF and is short enough', () => {
  for (const given of Object.values(golden)) {
    const text = toUtf8(buildDsn(given).bytes);
    assert.ok(!/[^\r]\n|\r[^\n]/.test(text));
    assert.ok(text.split('\r\n').every((line) => line.length <= 200));
  }
});

test('the words of strangers add no field and end no part', () => {
  const evil = 'x\r\n--b0undary--\r\nAction: delivered\r\n\r\nBcc: all@x.example\u0000\n';
  const recipients = [
    {
      address: `e${evil}@x.example`,
      orcpt: `rfc822;${evil}`,
      status: '5.0.0',
      remoteHost: evil,
      code: 550,
      text: evil,
      lastAttemptMs: undefined,
    },
  ];
  const text = toUtf8(buildDsn(input({ to: `a${evil}@one.example`, recipients, envid: evil })).bytes);
  assert.equal(text.match(/^--b0undary/gm)?.length, 4);
  assert.equal(text.match(/^Action:/gm)?.length, 1);
  assert.ok(!/^Bcc:/m.test(text));
});

test('content is returned only when asked for, failed and small', () => {
  const has = (more: Partial<DsnInput>): boolean =>
    toUtf8(buildDsn(input(more)).bytes).includes('Please pay.');
  assert.equal(has({ ret: 'FULL' }), true);
  assert.equal(has({}), false);
  assert.equal(has({ ret: 'HDRS' }), false);
  assert.equal(has({ ret: 'FULL', action: 'delayed' }), false);
  const big = new Uint8Array(200_000).fill(65);
  assert.ok(buildDsn(input({ ret: 'FULL', original: { header, full: big } })).bytes.length < 10_000);
});

test('8-bit content says so', () => {
  assert.equal(buildDsn(input()).bodyType, '7BIT');
  const eight = fromUtf8('Subject: grüße\r\n\r\n');
  assert.equal(buildDsn(input({ original: { header: eight, full: undefined } })).bodyType, '8BITMIME');
  assert.equal(buildDsn(golden['failed-utf8']!).smtpUtf8, true);
});

test('no report to the null sender', () => {
  assert.throws(() => buildDsn(input({ to: '' })), { name: 'InvariantError' });
});

test('who is told what', () => {
  const table: [string, Parameters<typeof wantsReport>[1], string][] = [
    ['', undefined, ''],
    ['', ['failure', 'delay', 'success'], ''],
    ['a@b', undefined, 'failed delayed'],
    ['a@b', 'never', ''],
    ['a@b', ['success'], 'delivered relayed'],
    ['a@b', ['failure'], 'failed'],
    ['a@b', ['delay', 'failure'], 'failed delayed'],
  ];
  for (const [from, notify, expected] of table) {
    const told = (['failed', 'delayed', 'delivered', 'relayed'] as const).filter((a) =>
      wantsReport(from, notify, a),
    );
    assert.equal(told.join(' '), expected);
  }
});

test('who reports success: the last one who knows of DSN', () => {
  const recipient = { key: '1', address: 'b@two.example', notify: ['success'] as const, orcpt: undefined };
  const result = {
    recipient: '1',
    outcome: 'delivered',
    stage: 'end-of-data',
    remoteHost: 'mx',
    remoteIp: '192.0.2.1',
    code: 250,
    status: '2.0.0',
    enhanced: '2.0.0',
    text: 'ok',
    remoteSaid: true,
    tls: undefined,
    security: undefined,
    reusedConnection: false,
    dsnPassedOn: false,
    startedMs: 0,
    connectMs: 0,
    totalMs: 0,
    retryAtMs: undefined,
  } as const;
  const mx = { kind: 'mx', tls: 'opportunistic' } as const;
  assert.equal(reportAction('a@one.example', recipient, result, mx, false), 'relayed');
  assert.equal(
    reportAction('a@one.example', recipient, { ...result, dsnPassedOn: true }, mx, false),
    undefined,
  );
  const deferred = { ...result, outcome: 'deferred' } as const;
  assert.equal(
    reportAction('a@one.example', { ...recipient, notify: undefined }, deferred, mx, true),
    'delayed',
  );
  assert.equal(
    reportAction('a@one.example', { ...recipient, notify: undefined }, deferred, mx, false),
    undefined,
  );
  assert.equal(dsnRecipient(recipient, result).text, '2.0.0 ok');
});
