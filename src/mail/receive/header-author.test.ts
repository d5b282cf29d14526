import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decide } from '#mail/decide/decide.ts';
import { defaultPolicy } from '#mail/decide/default-policy.ts';
import { policyReply } from '#mail/decide/policy-reply.ts';
import type { Finding } from '#mail/finding.ts';
import { authority } from '#test/support/certificates.ts';
import { startEdge, type Edge, type EdgeOptions } from '#test/support/edge.ts';
import { smtpClient, type SmtpClient } from '#test/support/smtp-client.ts';
import { tempDir } from '#test/support/temp-dir.ts';

/** The default policy answers on what the station itself found, as the flow does. */
function judged(options: EdgeOptions, seen: Finding[]): Promise<Edge> {
  const policy = defaultPolicy();
  return startEdge({
    ...options,
    answer: ({ envelope, arrival }) => {
      seen.push(...arrival.findings.filter((f) => f.check === 'sender'));
      const verdict = decide(policy, envelope, arrival.findings);
      return verdict.answer === 'accept'
        ? { kind: 'accepted' }
        : { kind: 'rejected', reply: policyReply(verdict, envelope.id) };
    },
  });
}

async function send(client: SmtpClient, from: string, to: string, header: string): Promise<string> {
  for (const line of [`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA'])
    assert.ok((await client.command(line)).code < 400, line);
  client.send(`${header}Subject: x\r\n\r\nx\r\n.\r\n`);
  return (await client.reply()).text.slice(0, 9);
}

const ALLOWED: readonly string[] = [
  'From: alice@ours.example\r\n',
  'From: Alice <ALICE@OURS.example>\r\n',
  'From: alice@ours.example (Alice)\r\n',
  'From: "alice@ours.example" <alice@ours.example>\r\n',
  'From: =?utf-8?B?8J+RqeKAjfCfkrs=?= <alice@ours.example>\r\n',
  'From: "ann@a.example via Desk" <desk@ours.example>\r\n',
];
const REFUSED: readonly (readonly [string, string])[] = [
  ['From: CEO <ceo@theirs.example>\r\n', 'header-from'],
  ['From: CEO <ceo@sub.ours.example>\r\n', 'header-from'],
  ['From: CEO <ceo@theirs.example>\r\nFrom: alice@ours.example\r\n', 'no-single-author'],
  ['From: alice@ours.example\r\nFrom: ceo@theirs.example\r\n', 'no-single-author'],
  ['From: alice@ours.example, ceo@theirs.example\r\n', 'no-single-author'],
  ['From: alice@ours.example (CEO <ceo@theirs.example>)\r\n', 'no-single-author'],
  ['From: "ceo@theirs.example"@ours.example\r\n', 'no-single-author'],
  ['From: alice@ours.example\r\nFrom\xa0: ceo@theirs.example\r\n', 'no-single-author'],
  ['From: alice@ours.example\r\nX: y\r\n From: ceo@theirs.example\r\n', 'no-single-author'],
  [' From: ceo@theirs.example\r\nFrom: alice@ours.example\r\n', 'no-single-author'],
  ['From: staff:;\r\n', 'no-single-author'],
  ['From:\r\n', 'no-single-author'],
  ['', 'no-single-author'],
];

test('a login sends under one author, and only under one it may use', async () => {
  using dir = tempDir('header-author');
  const { cert, key } = authority(dir.path).issue('mx', ['mx.ours.example']);
  const tls = {
    certPem: readFileSync(cert, 'utf8'),
    keyPem: readFileSync(key, 'utf8'),
    clientCaPem: undefined,
  };
  const seen: Finding[] = [];
  await using edge = await judged({ tls, config: { kind: 'submission' } }, seen);
  using client = await smtpClient(edge.port);
  await client.command('EHLO c');
  await client.startTls('mx.ours.example');
  await client.command('EHLO c');
  assert.equal((await client.command(`AUTH PLAIN ${btoa('\0alice\0wonderland')}`)).code, 235);
  // RFC 5321 §4.5.5: the null sender is nobody's; the author still is somebody.
  for (const mailFrom of ['alice@ours.example', '']) {
    for (const header of ALLOWED)
      assert.equal(await send(client, mailFrom, 'x@foreign.example', header), '250 2.0.0', header);
    assert.equal(seen.length, 0);
    for (const [header, code] of REFUSED) {
      const reply = await send(client, mailFrom, 'x@foreign.example', header);
      assert.deepEqual([reply, seen.pop()?.code], ['550 5.7.1', code], header);
    }
  }
  assert.equal(edge.taken.length, 2 * ALLOWED.length);
});

test('a known host on an MX passes on strangers’ mail to our people only, as strangers’', async () => {
  const seen: Finding[] = [];
  await using edge = await judged({}, seen);
  using client = await smtpClient(edge.port, { from: '127.0.0.9' });
  await client.command('EHLO c');
  const foreign = 'From: ceo@theirs.example\r\n';
  assert.equal(await send(client, '', 'x@foreign.example', foreign), '550 5.7.1');
  assert.equal(await send(client, 'alice@ours.example', 'x@foreign.example', foreign), '550 5.7.1');
  assert.equal(await send(client, '', 'bob@ours.example', foreign), '250 2.0.0');
  assert.equal(await send(client, '', 'bob@ours.example', 'From: alice@ours.example\r\n'), '250 2.0.0');
  // A recipient of another tenant must not get it under the name of ours.
  assert.equal(await send(client, '', 'x@other.example', foreign), '550 5.7.1');
  assert.deepEqual(
    edge.taken.map((t) => [t.envelope.direction, t.envelope.auth?.who]),
    [
      ['in', undefined],
      ['out', 'test-network'],
    ],
  );
});
