import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from './parse-policy.ts';

const wrong: readonly { readonly text: string; readonly complaints: readonly string[] }[] = [
  { text: '', complaints: ['p.yaml:1:1: the policy must be a mapping with the keys rules'] },
  { text: 'rules: 3', complaints: ['p.yaml:1:8: the policy needs "rules", a list'] },
  {
    text: 'rules:\n  - name: a\n    wen: {}\n    action: drop\n',
    complaints: [
      'p.yaml:2:5: a rule needs "when"; {} fits every message',
      'p.yaml:3:5: a rule has an unknown key "wen"; known are name, when, action, tag, reply',
      'p.yaml:4:13: "action" must be one of accept, tag, hold, defer, reject, not "drop"',
    ],
  },
  {
    text: 'rules: [{name: a, when: {finding: DMARC, outcom: fail}, action: hold}]',
    complaints: [
      'p.yaml:1:35: "finding" must look like check.code, check.* or *.code, not "DMARC"',
      'p.yaml:1:42: "when" has an unknown key "outcom"; known are finding, outcome, class, direction, senderDomain, authenticatedDomain, recipient, recipientDomain, listener, minWeight',
    ],
  },
  {
    text: 'rules: [{name: a, when: {senderDomain: x.example}, action: accept}]',
    complaints: [
      'p.yaml:1:25: accepting by "senderDomain" can be forged by anyone; use "authenticatedDomain", which needs a DMARC pass',
    ],
  },
  {
    text: 'rules:\n- {name: a, when: {}, action: tag}\n- {name: a, when: {}, action: hold, reply: "x\\ny"}\n',
    complaints: [
      'p.yaml:2:3: the action tag needs "tag", the text put before the subject',
      'p.yaml:3:3: a second rule is named "a"',
      'p.yaml:3:44: "reply" holds a control character',
    ],
  },
  {
    text: 'rules: [\n',
    complaints: [
      'p.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  },
  { text: 'rules: []\nrules: []\n', complaints: ['p.yaml:2:1: Map keys must be unique'] },
];
for (const { text, complaints } of wrong)
  test(`parsePolicy() lists every mistake of ${JSON.stringify(text)}`, () => {
    const parsed = parsePolicy(text, 'p.yaml');
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.error.map((e) => e.replace(/ at line \d+.*$/, '')),
      complaints,
    );
  });

test('parsePolicy() gives the same text the same version', () => {
  const versions = ['rules: []', 'rules: []', 'rules: [] '].map((t) => {
    const parsed = parsePolicy(t, 'p.yaml');
    assert.ok(parsed.ok);
    return parsed.value.version;
  });
  assert.equal(versions[0], versions[1]);
  assert.notEqual(versions[0], versions[2]);
  assert.match(versions[0] ?? '', /^[0-9a-f]{16}$/);
});

test('parsePolicy() does not follow aliases into a bomb', () => {
  const bomb = `a: &a [1,1]\nb: &b [*a,*a]\nrules: [{name: *b, when: {}, action: hold}]`;
  assert.ok(!parsePolicy(bomb, 'p.yaml').ok);
});
