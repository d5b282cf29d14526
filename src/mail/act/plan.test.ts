import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromUtf8, toUtf8 } from '#core/bytes.ts';
import type { BlobId } from '#core/id.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { sampleEnvelope } from '#test/support/messages.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import type { SpooledMessage } from '../spooled.ts';
import type { RecipientVerdict, Verdict } from '../verdict.ts';
import { applyEditsInMemory } from './edits.ts';
import { plan, type ActSettings } from './plan.ts';
import { encodeTag } from './subject-tag.ts';

function message(text: string): SpooledMessage {
  const bytes = fromUtf8(text.replaceAll('\n', '\r\n'));
  return {
    blob: 'b' as BlobId,
    size: bytes.length,
    sha256: '',
    header: parseHeader(bytes),
    bodyHashes: new Map(),
    mime: undefined as unknown as SpooledMessage['mime'], // act does not look at the parts
    byteDefects: [],
    read: async function* () {
      for (let i = 0; i < bytes.length; i += 7) yield bytes.subarray(i, i + 7);
    },
  };
}

const RECIPIENT: RecipientVerdict = {
  address: 'bob@ours.example',
  action: 'accept',
  class: 'none',
  reasons: [],
  subjectTag: undefined,
};
const verdict = (...recipients: readonly Partial<RecipientVerdict>[]): Verdict => ({
  recipients: recipients.map((r) => ({ ...RECIPIENT, ...r })),
  answer: 'accept',
  class: 'none',
  reasons: [],
  reply: undefined,
  policyVersion: 'abc',
});
const SETTINGS: ActSettings = {
  hostname: 'gate.ours.example',
  authservId: 'gate.ours.example',
  sign: () => [],
  seal: () => [],
};
const found = (
  check: string,
  code: string,
  params: Finding['params'],
  more: Partial<Finding> = {},
): Finding => ({
  check,
  code,
  outcome: 'neutral',
  class: 'auth',
  weight: 0,
  params,
  cites: [],
  durationUs: 0,
  ...more,
});
const ENVELOPE: Envelope = sampleEnvelope({ receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5) });

async function edited(
  m: SpooledMessage,
  options: {
    envelope?: Envelope;
    findings?: Finding[];
    verdict?: Verdict;
    settings?: Partial<ActSettings>;
  } = {},
): Promise<string> {
  const envelope = options.envelope ?? ENVELOPE;
  const made = await plan(options.verdict ?? verdict({}), envelope, m, options.findings ?? [], {
    ...SETTINGS,
    ...options.settings,
  });
  const original: Uint8Array[] = [];
  for await (const chunk of m.read()) original.push(chunk);
  return toUtf8(concat(applyEditsInMemory(made.variants[0]!.edits, concat(original)))).replaceAll(
    envelope.id,
    'ID',
  ); // `!`: a recipient, so a variant
}

test('plan() writes trace fields and takes forged ones out', async () => {
  const text = await edited(
    message(
      'Return-Path: <x@y>\nX-Gatehouse-Verdict: accept\nAuthentication-Results: gate.ours.example; spf=pass\n' +
        'Authentication-Results: other.example; spf=pass\nAuthentication-Results : (c(x)) "GATE.ours.example" 1; dmarc=pass\n' +
        'From: a@b.example\n\nbody\n',
    ),
    {
      findings: [
        found('spf', 'pass', { domain: 'sender.example', scope: 'mfrom' }),
        found('dkim', 'fail', {
          domain: 'b.example',
          selector: 's',
          algorithm: 'rsa-sha256',
          prefix: 'ab/c+d',
        }),
        found('dmarc', 'fail-reject', { domain: 'b.example', policy: 'reject', disposition: 'reject' }),
        found('clamav', 'absent', {}),
        found('arc', 'timeout', {}, { outcome: 'timeout' }),
      ],
    },
  );
  assert.equal(
    text,
    [
      'Received: from mail.sender.example (unknown [192.0.2.1])',
      '\tby gate.ours.example with ESMTP id ID',
      '\tfor <bob@ours.example>; Fri, 2 Jan 2026 03:04:05 +0000',
      'Authentication-Results: gate.ours.example;',
      ' spf=pass smtp.mailfrom=alice@sender.example;',
      ' dkim=fail header.d=b.example header.s=s header.a=rsa-sha256',
      ' header.b="ab/c+d";',
      ' dmarc=fail (p=reject dis=reject) header.from=b.example policy.dmarc=reject;',
      ' arc=temperror smtp.remote-ip=192.0.2.1',
      'X-Gatehouse-Id: ID',
      'X-Gatehouse-Verdict: accept; class=none; policy=abc',
      'X-Gatehouse-Unchecked: clamav, arc',
      'Authentication-Results: other.example; spf=pass',
      'From: a@b.example',
      '',
      'body',
      '',
    ].join('\r\n'),
  );
});

test('plan() lets no folded first line continue a field of ours', async () => {
  const m = message(' ; evil=injected dmarc=pass\n\tmore\nFrom: a@b.example\n\nbody\n');
  const unchecked = await edited(m, { findings: [found('clamav', 'absent', {})] });
  assert.ok(
    unchecked.endsWith('\r\nX-Gatehouse-Unchecked: clamav\r\nFrom: a@b.example\r\n\r\nbody\r\n'),
    unchecked,
  );
  const submitted = await edited(m, {
    envelope: { ...ENVELOPE, direction: 'out', listener: { name: 'submission', kind: 'submission' } },
  });
  assert.ok(
    submitted.endsWith('\r\nMessage-ID: <ID@gate.ours.example>\r\nFrom: a@b.example\r\n\r\nbody\r\n'),
    submitted,
  );
});

test('plan() never lets a peer break out of its trace field', async () => {
  const envelope = { ...ENVELOPE, helo: 'a\r\nX: (y', mailFrom: '"a\r\nb; dmarc=pass"@x.example' };
  const text = await edited(message('From: a@b\n\n'), {
    envelope,
    findings: [found('spf', 'none', { scope: 'mfrom', domain: 'x' })],
  });
  assert.ok(text.startsWith('Received: from a??X:??y (unknown'));
  assert.match(text, /smtp\.mailfrom="\\"a\?\?b; dmarc=pass\\"@x\.example"\r\n/);
});

const tags: readonly (readonly [string, string, string])[] = [
  ['Subject: hello\n', '[x]', 'Subject: [x]\r\n hello\r\n'],
  ['Subject:hello\n', '[x]', 'Subject: [x]\r\n hello\r\n'],
  ['Subject:\n', '[x]', 'Subject: [x]\r\n'],
  ['Subject: \n', '[x]', 'Subject: [x] \r\n'],
  ['Subject:\n folded\n', '[x]', 'Subject: [x]\r\n folded\r\n'],
  ['Subject: Re: [x] a\n', '[x]', 'Subject: Re: [x] a\r\n'],
  ['Subject: =?utf-8?Q?=C3=A4?=\n', '[ü]', 'Subject: =?utf-8?B?W8O8XSA=?=\r\n =?utf-8?Q?=C3=A4?=\r\n'],
  ['', '[x]', 'Subject: [x]\r\nFrom'],
];
for (const [subject, tag, expected] of tags)
  test(`plan() tags ${JSON.stringify(subject)} with ${tag}`, async () => {
    const text = await edited(message(`${subject}From: a@b\n\nbody\n`), {
      verdict: verdict({ action: 'tag', subjectTag: tag }),
    });
    assert.ok(text.includes(expected), text);
    assert.ok(!/\r\n[ \t]+\r\n/.test(text.replace('Subject: [x] \r\n', '')));
  });

test('encodeTag() keeps every encoded-word within 75 characters', () => {
  for (const word of encodeTag('ü€'.repeat(30)).split(' ')) assert.ok(word.length <= 75, word);
});

test('plan() seals what it changed and nothing else', async () => {
  let sealed = 0;
  const seal: ActSettings['seal'] = (_envelope, m, results) => {
    sealed++;
    assert.ok(results.startsWith('gate.ours.example;'));
    assert.ok(m.header.fields.some((f) => f.lower === 'subject'));
    assert.equal(m.bodyHashes.size, 1);
    return [fromUtf8('ARC-Seal: x\r\n')];
  };
  const m = message('Subject: a\nFrom: a@b\n\nbody\n');
  assert.ok(!(await edited(m, { settings: { seal } })).includes('ARC-Seal'));
  const tag = { settings: { seal }, verdict: verdict({ action: 'tag', subjectTag: '[x]' }) };
  const tagged = await edited(m, { ...tag, findings: [found('arc', 'none', {})] });
  assert.ok(tagged.startsWith('ARC-Seal: x\r\nReceived:'));
  assert.equal(sealed, 1);
  // What the chain was worth is not known: nothing to vouch for.
  assert.ok(!(await edited(m, { ...tag, findings: [found('arc', 'temperror', {})] })).includes('ARC-Seal'));
});

test('plan() completes and signs what our people submit', async () => {
  const envelope: Envelope = {
    ...ENVELOPE,
    direction: 'out',
    listener: { name: 'submission', kind: 'submission' },
  };
  const names: string[][] = [];
  const text = await edited(message('From: a@b\nX-Gatehouse-Id: forged\n\nbody\n'), {
    envelope,
    settings: {
      sign: (_e, m) => {
        names.push(m.header.fields.map((f) => f.name));
        return [fromUtf8('DKIM-Signature: v=1\r\n')];
      },
    },
  });
  assert.deepEqual(names, [['Received', 'Date', 'Message-ID', 'From']]);
  assert.ok(text.startsWith('DKIM-Signature: v=1\r\nReceived:'));
  assert.ok(
    text.includes('\r\nDate: Fri, 2 Jan 2026 03:04:05 +0000\r\nMessage-ID: <ID@gate.ours.example>\r\nFrom:'),
  );
  assert.ok(!text.includes('X-Gatehouse'));
});

test('plan() signs no author that the sender may not use, though a policy lets it pass', async () => {
  const text = await edited(message('From: a@b\n\nbody\n'), {
    envelope: { ...ENVELOPE, direction: 'out' },
    findings: [found('sender', 'header-from', {}, { outcome: 'fail' })],
    settings: { sign: () => [fromUtf8('DKIM-Signature: v=1\r\n')] },
  });
  assert.ok(!text.includes('DKIM-Signature'));
});

test('plan() lets a signing that fails fail the message', async () => {
  const sign = (): never => {
    throw new Error('no key');
  };
  await assert.rejects(
    edited(message('From: a@b\n\n'), { envelope: { ...ENVELOPE, direction: 'out' }, settings: { sign } }),
  );
});

test('plan() groups recipients who get the same message', async () => {
  const made = await plan(
    verdict({}, { action: 'tag', subjectTag: '[x]' }, {}),
    sampleEnvelope({
      recipients: ['a@x', 'b@x', 'c@x'].map((address) => ({
        address,
        domain: 'x',
        notify: undefined,
        orcpt: undefined,
      })),
    }),
    message('From: a@b\n\n'),
    [],
    SETTINGS,
  );
  assert.deepEqual(made.variantOf, [0, 1, 0]);
  assert.deepEqual(
    made.variants.map((v) => v.recipients),
    [[0, 2], [1]],
  );
});
