import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStsPolicy, policyNamesMx } from './policy.ts';
import { parseStsRecord } from './record.ts';

test('the record', () => {
  const table: [string[], string | undefined][] = [
    [['v=STSv1; id=20160831085700Z;'], '20160831085700Z'],
    [['v=STSv1;id=a1'], 'a1'],
    [['v=spf1 -all', 'v=STSv1; id=x; ext=1'], 'x'],
    [['v=STSv1; id=a', 'v=STSv1; id=b'], undefined],
    [['v=STSv1; id='], undefined],
    [['v=STSv1; id=has-dash'], undefined],
    [[`v=STSv1; id=${'a'.repeat(33)}`], undefined],
    [['v=STSv2; id=a'], undefined],
    [['V=STSv1; id=a'], undefined],
    [[], undefined],
  ];
  for (const [records, id] of table) assert.equal(parseStsRecord(records), id, records.join());
});

test('the policy', () => {
  const good =
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.Example.net\r\nmax_age: 604800\r\n';
  assert.deepEqual(parseStsPolicy(good), {
    ok: true,
    value: { mode: 'enforce', mx: ['mail.example.com', '*.example.net'], maxAgeS: 604_800 },
  });
  const bad: [string, string][] = [
    [good.replace('STSv1', 'STSv2'), 'the version is not STSv1'],
    [good.replace('enforce', 'strict'), 'the mode is unknown'],
    [good.replace('604800', '-1'), 'max_age is missing or no number'],
    [good.replace('max_age', 'maxage'), 'max_age is missing or no number'],
    ['version: STSv1\nmode: enforce\nmax_age: 1\n', 'no mx is named'],
    [good.replace('*.Example.net', 'a.*.example'), 'an mx pattern is malformed'],
    ['<html>', 'a line without a colon'],
  ];
  for (const [text, error] of bad) assert.deepEqual(parseStsPolicy(text), { ok: false, error });
  const long = parseStsPolicy(good.replace('604800', '9999999999').replaceAll('\r\n', '\n'));
  assert.equal(long.ok && long.value.maxAgeS, 31_557_600);
  assert.equal(parseStsPolicy('version: STSv1\nmode: none\nmax_age: 1\n').ok, true);
});

test('which hosts a policy names', () => {
  const policy = { mode: 'enforce', mx: ['mail.example.com', '*.example.net'], maxAgeS: 1 } as const;
  const table: [string, boolean][] = [
    ['mail.example.com', true],
    ['MAIL.example.com', true],
    ['a.example.net', true],
    ['a.b.example.net', false],
    ['example.net', false],
    ['mail.example.com.evil.example', false],
    ['localhost', false],
  ];
  for (const [host, expected] of table) assert.equal(policyNamesMx(policy, host), expected, host);
});
