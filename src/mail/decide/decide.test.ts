import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MessageId, TenantId } from '#core/id.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import { en } from '../texts/en.ts';
import type { Action } from '../verdict.ts';
import { decide } from './decide.ts';
import { defaultPolicy } from './default-policy.ts';
import { parsePolicy } from './parse-policy.ts';
import { ACTIONS, CLASSES, OUTCOMES, type Policy } from './policy.ts';

function envelope(recipients: readonly string[], more: Partial<Envelope> = {}): Envelope {
  return {
    id: '01890000-0000-7000-8000-000000000001' as MessageId,
    tenant: '00000000-0000-7000-8000-000000000001' as TenantId,
    direction: 'in',
    listener: { name: 'mx', kind: 'mx' },
    receivedAtMs: 0,
    peer: { ip: '192.0.2.1', port: 25, name: undefined },
    helo: 'client.example',
    protocol: 'ESMTP',
    tls: undefined,
    auth: undefined,
    mailFrom: 'a@sender.example',
    body: '7BIT',
    smtpUtf8: false,
    requireTls: false,
    ret: undefined,
    envid: undefined,
    recipients: recipients.map((address) => ({
      address,
      domain: address.slice(address.indexOf('@') + 1),
      notify: undefined,
      orcpt: undefined,
    })),
    ...more,
  };
}

function finding(name: string, more: Partial<Finding> = {}): Finding {
  const [check = '', code = ''] = name.split('.');
  return {
    check,
    code,
    outcome: 'fail',
    class: 'auth',
    weight: 0,
    params: {},
    cites: [],
    durationUs: 1,
    ...more,
  };
}

function policy(text: string): Policy {
  const parsed = parsePolicy(text, 'p.yaml');
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.join('\n'));
  return parsed.value;
}

const DEFAULT = defaultPolicy();

const defaults: readonly {
  readonly found: Finding;
  readonly direction?: 'in' | 'out';
  readonly action: Action;
}[] = [
  { found: finding('dmarc.fail-reject'), action: 'reject' },
  { found: finding('dmarc.fail-reject-indirect'), action: 'hold' },
  { found: finding('dmarc.fail-quarantine'), action: 'hold' },
  { found: finding('dmarc.fail-none'), action: 'accept' },
  { found: finding('dmarc.implicit-fail'), action: 'tag' },
  { found: finding('dmarc.temperror', { outcome: 'temperror' }), action: 'defer' },
  { found: finding('dmarc.pass', { outcome: 'pass' }), action: 'accept' },
  { found: finding('clamav.malware', { class: 'malware' }), action: 'reject' },
  { found: finding('clamav.malware', { class: 'malware' }), direction: 'out', action: 'reject' },
  { found: finding('clamav.unavailable', { outcome: 'temperror' }), action: 'defer' },
  { found: finding('clamav.absent', { outcome: 'neutral' }), action: 'accept' },
  { found: finding('clamav.too-large', { outcome: 'permerror' }), action: 'hold' },
  { found: finding('dmarc.no-single-author', { outcome: 'permerror' }), action: 'reject' },
  { found: finding('dmarc.ambiguous-author', { outcome: 'permerror' }), action: 'tag' },
  { found: finding('from-header.several'), action: 'reject' },
  { found: finding('file-type.blocked'), action: 'hold' },
  { found: finding('anything.crashed', { outcome: 'crashed' }), action: 'defer' },
  { found: finding('anything.timeout', { outcome: 'timeout' }), action: 'defer' },
];
for (const { found, direction = 'in', action } of defaults)
  test(`the default policy: ${found.check}.${found.code} (${direction}) → ${action}`, () => {
    const verdict = decide(DEFAULT, envelope(['b@ours.example'], { direction }), [found]);
    assert.equal(verdict.recipients[0]?.action, action);
    assert.equal(verdict.policyVersion, DEFAULT.version);
    if (action !== 'accept') assert.equal(verdict.reasons[0]?.finding, `${found.check}.${found.code}`);
  });

test('every pattern of the default policy names a finding that exists', () => {
  const known = Object.keys(en).filter((k) => !k.startsWith('story.'));
  for (const rule of DEFAULT.rules)
    for (const p of rule.when.finding ?? []) {
      const isKnown = known.some((key) => {
        const [check = '', code = ''] = key.split('.');
        return (
          (p.check === '*' || p.check === check) && (p.isPrefix ? code.startsWith(p.code) : code === p.code)
        );
      });
      assert.ok(isKnown, `${rule.name}: ${p.check}.${p.code}`);
    }
});

const EXCEPTION = policy(`
rules:
  - {name: partner, when: {finding: dmarc.*, authenticatedDomain: '*.partner.example'}, action: accept}
  - {name: one, when: {recipient: Boss@ours.example, finding: spf.fail}, action: reject, reply: No}
  - {name: all, when: {finding: spf.fail}, action: tag, tag: '[spf]'}
  - {name: dmarc, when: {finding: dmarc.*}, action: hold}
`);

test('decide() lets the first fitting rule speak for a finding and the harshest finding win', () => {
  const verdict = decide(EXCEPTION, envelope(['b@ours.example']), [
    finding('spf.fail'),
    finding('dmarc.fail-none'),
  ]);
  assert.equal(verdict.recipients[0]?.action, 'hold');
  assert.equal(verdict.recipients[0]?.subjectTag, '[spf]');
  assert.deepEqual(
    verdict.reasons.map((r) => r.rule),
    ['dmarc', 'all'],
  );
});

test('decide() believes an authenticated domain only with a DMARC pass', () => {
  const pass = finding('dmarc.pass', { outcome: 'pass', params: { domain: 'a.partner.example' } });
  const fail = finding('dmarc.fail-none', { params: { domain: 'a.partner.example' } });
  assert.equal(decide(EXCEPTION, envelope(['b@ours.example']), [pass]).recipients[0]?.action, 'accept');
  assert.equal(decide(EXCEPTION, envelope(['b@ours.example']), [fail]).recipients[0]?.action, 'hold');
});

test('decide() holds for a recipient whose reject cannot be said because another accepts', () => {
  const verdict = decide(EXCEPTION, envelope(['boss@ours.example', 'b@ours.example']), [finding('spf.fail')]);
  assert.equal(verdict.answer, 'accept');
  assert.deepEqual(
    verdict.recipients.map((r) => r.action),
    ['hold', 'tag'],
  );
  assert.equal(verdict.reply, undefined);
  const alone = decide(EXCEPTION, envelope(['boss@ours.example']), [finding('spf.fail')]);
  assert.deepEqual([alone.answer, alone.reply], ['reject', 'No']);
});

test('decide() applies rules about the message where nothing was found', () => {
  const p = policy('rules: [{name: x, when: {senderDomain: sender.example}, action: hold}]');
  assert.equal(decide(p, envelope(['b@ours.example']), []).reasons[0]?.finding, 'rule.sender');
});

test('decide() gives a rule that asks for no finding once, or for the weights it added up', () => {
  const found = [
    finding('spf.fail', { weight: 3 }),
    finding('iprev.pass'),
    finding('dmarc.none', { weight: 2 }),
  ];
  const reasons = (when: string): string[] =>
    decide(
      policy(`rules: [{name: x, when: ${when}, action: hold}]`),
      envelope(['b@ours.example']),
      found,
    ).reasons.map((r) => r.finding);
  assert.deepEqual(reasons('{senderDomain: sender.example}'), ['rule.sender']);
  assert.deepEqual(reasons('{recipientDomain: ours.example}'), ['rule.recipient']);
  assert.deepEqual(reasons('{}'), ['rule.message']);
  assert.deepEqual(reasons('{minWeight: 5}'), ['spf.fail', 'dmarc.none']);
  assert.deepEqual(reasons('{minWeight: 0, finding: iprev.*}'), ['iprev.pass']);
});

test('decide() calls what could not be looked at by the class policy, not by what might have been found', () => {
  const away = finding('clamav.unavailable', { class: 'malware', outcome: 'temperror' });
  const verdict = decide(defaultPolicy(), envelope(['b@ours.example']), [away]);
  assert.deepEqual(
    [verdict.answer, verdict.class, verdict.recipients[0]?.class],
    ['defer', 'policy', 'policy'],
  );
  const found = finding('clamav.malware', { class: 'malware' });
  assert.equal(decide(defaultPolicy(), envelope(['b@ours.example']), [found]).class, 'malware');
});

test('decide() counts weights together', () => {
  const p = policy('rules: [{name: x, when: {minWeight: 5}, action: hold}]');
  const at = (weight: number): string | undefined =>
    decide(p, envelope(['b@o.example']), [finding('a.b', { weight }), finding('c.d', { weight: 2 })])
      .recipients[0]?.action;
  assert.deepEqual([at(2), at(3)], ['accept', 'hold']);
});

const anyFinding: fc.Arbitrary<Finding> = fc.record({
  check: fc.constantFrom('spf', 'dkim', 'dmarc', 'clamav', 'from-header', 'file-type', 'byte-defects'),
  code: fc.constantFrom(
    'pass',
    'fail',
    'fail-reject',
    'implicit-fail',
    'malware',
    'unavailable',
    'bare-lf',
    'crashed',
  ),
  outcome: fc.constantFrom(...OUTCOMES),
  class: fc.constantFrom(...CLASSES),
  weight: fc.integer({ min: 0, max: 10 }),
  params: fc.constant({ domain: 'a.partner.example' }),
  cites: fc.constant([]),
  durationUs: fc.nat(),
});
const harshness = (action: Action): number => ACTIONS.indexOf(action);

test('decide() is a function of its input, and one more finding never makes it milder', () => {
  fc.assert(
    fc.property(fc.array(anyFinding, { maxLength: 8 }), anyFinding, (found, more) => {
      const to = envelope(['a@ours.example', 'boss@ours.example']);
      const before = decide(DEFAULT, to, found);
      assert.deepEqual(decide(DEFAULT, to, structuredClone(found)), before);
      const after = decide(DEFAULT, to, [...found, more]);
      // Alone, each recipient's action is the policy's own word, not what one answer for all makes of it.
      for (const r of to.recipients) {
        const alone = (list: readonly Finding[]): Action =>
          decide(DEFAULT, { ...to, recipients: [r] }, list).recipients[0]!.action; // `!`: one recipient, one verdict
        assert.ok(harshness(alone([...found, more])) >= harshness(alone(found)));
      }
      assert.equal(after.recipients.length, 2);
      if (after.answer === 'accept')
        assert.ok(after.recipients.every((r) => r.action !== 'reject' && r.action !== 'defer'));
    }),
    { numRuns: 500 },
  );
});
