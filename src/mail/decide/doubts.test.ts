import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPolicy } from './default-policy.ts';
import { doubtsAbout } from './doubts.ts';
import { parsePolicy } from './parse-policy.ts';

const doubts = (when: string): string[] => {
  const parsed = parsePolicy(`rules: [{name: r, when: ${when}, action: hold}]`, 'p.yaml');
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return doubtsAbout(parsed.value, ['mx', 'out']).map((d) => d.replace('rule "r": ', ''));
};

test('doubtsAbout() finds nothing in the default policy', () =>
  assert.deepEqual(doubtsAbout(defaultPolicy(), ['mx']), []));

test('doubtsAbout() names what can never fit', () => {
  for (const [when, want] of [
    ['{finding: clamav.malwares}', ['no check ever finds "clamav.malwares"; did you mean "clamav.malware"?']],
    ['{finding: story.in}', ['no check ever finds "story.in"']],
    ['{finding: rule.sender}', ['no check ever finds "rule.sender"']],
    ['{finding: nothing.*}', ['no check ever finds "nothing.*"']],
    ['{finding: nothing.crashed}', ['no check ever finds "nothing.crashed"']],
    ['{finding: [spf.crashed, spf.*, "*.unavailable", dmarc.fail-*, early-talker.*]}', []],
    ['{listener: [mx, inn]}', ['the configuration has no listener "inn"; it has mx, out']],
    ['{recipientDomain: "@ours.example"}', ['recipientDomain "@ours.example" is no domain name']],
    ['{recipientDomain: ours}', ['recipientDomain "ours" is no domain name']],
    [
      '{senderDomain: "*.b\u00fccher.example"}',
      ['senderDomain "*.b\u00fccher.example" must be written as "xn--bcher-kva.example"'],
    ],
    ['{authenticatedDomain: ["*.partner.example", a.example]}', []],
  ] as const)
    assert.deepEqual(doubts(when), want, when);
});
