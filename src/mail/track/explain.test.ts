import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId } from '#core/id.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import { settle } from '#mail/queue/settle.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { sampleEnvelope, sampleToCommit, TENANT } from '#test/support/messages.ts';
import { LANGUAGES } from '../texts/text.ts';
import { explain } from './explain.ts';
import { storyText } from './story-text.ts';

after(stopTestDatabases);

test('explain() tells connection, checks, decision, transport and record of one message', async () => {
  await using db = await testDatabase();
  const envelope = sampleEnvelope({
    peer: { ip: '192.0.2.9', port: 1, name: 'mail.sender.example' },
    tls: {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      group: 'X25519MLKEM768',
      sni: undefined,
      clientCertSha256: undefined,
      clientCertTrusted: false,
    },
  });
  const sample = sampleToCommit({
    envelope,
    subject: 'Evil\u{202e}\nsubject',
    findings: [
      {
        check: 'spf',
        code: 'fail',
        outcome: 'fail',
        class: 'auth',
        weight: 3,
        params: { ip: '192.0.2.9', domain: 'sender.example' },
        cites: ['RFC 7208 §8.4'],
        durationUs: 1234,
      },
    ],
  });
  const reasons = [{ rule: 'spf', finding: 'spf.fail', text: 'english' }];
  const recipients = sample.verdict.recipients.map((r) => ({
    ...r,
    action: 'tag' as const,
    class: 'auth' as const,
    reasons,
  }));
  await createCommitter(db, newId()).commit({
    ...sample,
    verdict: { ...sample.verdict, recipients, reasons },
  });
  await settle(db, [
    {
      tenant: TENANT,
      message: envelope.id,
      n: 0,
      address: 'bob@ours.example',
      atMs: Date.now(),
      durationMs: 42,
      outcome: 'delivered',
      isExpired: false,
      nextAtMs: undefined,
      delayTold: false,
      stage: 'data',
      remoteHost: 'mx.ours.example',
      remoteIp: '192.0.2.77',
      replyCode: 250,
      enhanced: '2.0.0',
      replyText: 'queued as 4711',
      tlsVersion: 'TLSv1.3',
      tlsCipher: 'TLS_AES_128_GCM_SHA256',
      security: 'dane',
      securityDetail: 'TLSA 3 1 1 matched',
    },
  ]);
  const story = await explain(db, TENANT, envelope.id);
  assert.ok(story !== undefined);
  assert.equal(story.recipients[0]?.state, 'delivered');
  assert.ok(story.record.length >= 2);
  const english = storyText(story, 'en');
  for (const part of [
    '192.0.2.9 (mail.sender.example) called itself mail.sender.example',
    'Encrypted with TLSv1.3, TLS_AES_256_GCM_SHA384',
    '1.2 ms  sender.example says that the server 192.0.2.9 may not send for it (SPF).',
    'Accepted with a tag by policy test',
    'rule "spf": sender.example says',
    'bob@ours.example: delivered',
    'accepted by mx.ours.example [192.0.2.77] (42 ms)',
    'transport: dane, TLSA 3 1 1 matched; TLSv1.3 TLS_AES_128_GCM_SHA256',
    'they said: 250 2.0.0 queued as 4711',
    'delivery.delivered',
  ])
    assert.ok(english.includes(part), `${part}\n${english}`);
  const texts = LANGUAGES.map((l) => storyText(story, l));
  assert.equal(new Set(texts).size, 3);
  for (const told of texts) assert.ok(!told.includes('\u{202e}') && !told.includes('Evil\n'));
  assert.equal(await explain(db, newId<'tenant'>(), envelope.id), undefined);
});

test('storyText() tells our own findings from what a remote said, and no transport where there was none', async () => {
  await using db = await testDatabase();
  const envelope = sampleEnvelope();
  await createCommitter(db, newId()).commit(sampleToCommit({ envelope }));
  const common = {
    tenant: TENANT,
    message: envelope.id,
    n: 0,
    address: 'bob@ours.example',
    durationMs: 1,
    outcome: 'deferred',
    isExpired: false,
    nextAtMs: Date.now(),
    delayTold: false,
    remoteHost: undefined,
    remoteIp: undefined,
    replyCode: undefined,
    tlsVersion: undefined,
    tlsCipher: undefined,
    security: 'none',
    securityDetail: '',
  } as const;
  await settle(db, [
    { ...common, atMs: 1000, stage: 'dns', enhanced: '4.4.3', replyText: 'DNS did not answer: timeout' },
    {
      ...common,
      atMs: 2000,
      stage: 'mail',
      remoteHost: 'mx.ours.example',
      remoteIp: '192.0.2.7',
      replyCode: 500,
      enhanced: '5.3.0',
      replyText: 'what was that',
      security: 'opportunistic',
    },
  ]);
  const story = await explain(db, TENANT, envelope.id);
  assert.ok(story !== undefined);
  const attempts = (language: (typeof LANGUAGES)[number]) =>
    storyText(story, language)
      .split('\n')
      .filter((l) => l.startsWith('    '))
      .map((l) => l.trim());
  assert.deepEqual(attempts('en'), [
    '1970-01-01 00:00:01Z put off at dns, no host reached (1 ms)',
    'we found: 4.4.3 DNS did not answer: timeout',
    '1970-01-01 00:00:02Z put off by mx.ours.example [192.0.2.7] at mail (1 ms)',
    'transport: opportunistic, Not encrypted',
    'they said: 500 5.3.0 what was that',
  ]);
  assert.ok(attempts('de').includes('festgestellt: 4.4.3 DNS did not answer: timeout'));
  assert.ok(attempts('nl').includes('vastgesteld: 4.4.3 DNS did not answer: timeout'));
});
