/**
 * Any bytes through inspect, decide and act: no check crashes, every check answers, a verdict comes out, and what is
 * written on top of the message is exactly our own fields, whatever the peer called itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromUtf8, toLatin1 } from '#core/bytes.ts';
import { applyEditsInMemory } from '#mail/act/edits.ts';
import { decodeEdits, encodeEdits } from '#mail/act/edits-codec.ts';
import { plan } from '#mail/act/plan.ts';
import { decide } from '#mail/decide/decide.ts';
import { defaultPolicy } from '#mail/decide/default-policy.ts';
import { createAuthenticate } from '#mail/inspect/authenticate.ts';
import { CHECKS } from '#mail/inspect/checks.ts';
import { fromMailFile, readMessage } from '#mail/inspect/offline.ts';
import { inspect } from '#mail/inspect/run-checks.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { emptyResolver } from '#test/support/edge.ts';
import { sampleEnvelope } from '#test/support/messages.ts';

const RUNS = 1500;
const POLICY = defaultPolicy();
const OURS = [
  'received',
  'authentication-results',
  'x-gatehouse-id',
  'x-gatehouse-verdict',
  'x-gatehouse-unchecked',
];

const line = fc.oneof(
  fc.constantFrom(
    'From: a@b.example',
    'From: "a@b.example" <c@d.example>, e@f.example',
    'FROM : (x) <a@b.example',
    'Subject: =?utf-8?Q?=?=',
    'Subject:',
    'Return-Path: <x@y>',
    'X-Gatehouse-Verdict: accept',
    'Authentication-Results: gate.example; dmarc=pass',
    'Authentication-Results: (gate.example',
    'DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=from; bh=AAAA; b=AAAA; l=1',
    'ARC-Seal: i=1; cv=none; a=rsa-sha256; d=b.example; s=s; b=AAAA',
    'List-Id: <l.b.example>',
    'Content-Type: multipart/mixed; boundary="b"',
    'Content-Type: multipart/mixed; boundary=b; boundary=c',
    'Content-Transfer-Encoding: base64',
    '--b',
    '--b--',
    '',
    ' folded',
    '\t',
  ),
  fc.string({ maxLength: 40 }),
);
const ends = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '\0\r\n');
const mail = fc
  .array(fc.tuple(line, ends), { maxLength: 25 })
  .map((lines) => fromUtf8(lines.map(([text, end]) => text + end).join('')));
const bytes = fc.oneof(mail, fc.uint8Array({ maxLength: 400 }));
const word = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom('a\r\nX: y', 'a)\r\n\r\nbody', '[IPv6:::1]', '"'),
);

test('inspect, decide and act stand whatever arrives', async () => {
  const crashed: string[] = [];
  const onCrash = (check: string, reason: string): void => void crashed.push(`${check}: ${reason}`);
  const inspector = { checks: CHECKS, authenticate: createAuthenticate(onCrash), onCrash };
  const deps = {
    resolver: emptyResolver,
    clock: () => 0,
    hostname: 'gate.example',
    clamd: undefined,
    trustedSealers: new Set(['b.example']),
    dnsbl: [],
  };
  const settings = { hostname: 'gate.example', authservId: 'gate.example', sign: () => [], seal: () => [] };
  await fc.assert(
    fc.asyncProperty(
      bytes,
      word,
      word,
      fc.constantFrom(undefined, '[x]', '[ü€]'),
      async (raw, helo, mailFrom, tag) => {
        const message = readMessage(fromMailFile(raw).bytes);
        const envelope = sampleEnvelope({ helo, mailFrom });
        const { findings } = await inspect(inspector, envelope, message, deps);
        assert.deepEqual(crashed.splice(0), []);
        assert.deepEqual(new Set(findings.map((f) => f.check)), new Set(CHECKS.map((c) => c.name)));
        const decided = decide(POLICY, envelope, findings);
        const verdict = {
          ...decided,
          recipients: decided.recipients.map((r) => ({ ...r, subjectTag: tag })),
        };
        const { variants } = await plan(verdict, envelope, message, findings, settings);
        const edits = decodeEdits(encodeEdits(variants[0]!.edits)); // `!`: there is one recipient
        assert.equal(edits.originalSize, message.size);
        const chunks: Uint8Array[] = [];
        for await (const chunk of message.read()) chunks.push(chunk);
        const original = concat(chunks);
        const header = parseHeader(concat(applyEditsInMemory(edits, original)));
        // What we put on top is our fields in our order, and no field of theirs stands among them.
        const top = parseHeader(concat([edits.prepend, fromUtf8('\r\n')]));
        assert.deepEqual(
          top.defects.filter((d) => d.kind !== 'eight-bit' && d.kind !== 'line-too-long'),
          [],
        );
        const names = top.fields.map((f) => f.lower).filter((name) => name !== 'subject');
        assert.deepEqual(names, OURS.slice(0, names.length));
        assert.ok(names.length >= 4);
        // Nothing below ours claims to be ours.
        const below = header.fields.slice(top.fields.length);
        assert.ok(!below.some((f) => f.lower.startsWith('x-gatehouse')), toLatin1(header.bytes));
      },
    ),
    { numRuns: RUNS },
  );
});
