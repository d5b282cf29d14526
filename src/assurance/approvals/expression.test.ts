import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Approver, isNamed, isSatisfied, parseExpression, printExpression } from './expression.ts';

const who = (id: string, groups: string[] = [], roles: string[] = []): Approver => ({
  id,
  groups: new Set(groups),
  roles: new Set(roles),
});
const parsed = (text: string) => {
  const result = parseExpression(text);
  assert.ok(result.ok, `${text}: ${JSON.stringify(result)}`);
  return result.value;
};

test('isSatisfied() wants a person of its own for every place', () => {
  const ann = who('ann', ['security', 'board'], ['tenant-admin']);
  const bob = who('bob', ['security']);
  const cem = who('cem', ['board'], ['tenant-admin']);
  for (const [text, people, want] of [
    ['role:tenant-admin', [ann], true],
    ['role:tenant-admin', [bob], false],
    ['role:tenant-admin', [], false],
    ['2 of group:security', [ann, bob], true],
    ['2 of group:security', [ann, ann], false],
    ['2 of group:security', [ann, cem], false],
    ['group:security and role:tenant-admin', [ann], false],
    ['group:security and role:tenant-admin', [ann, bob], true],
    ['group:security and role:tenant-admin', [cem, ann], true],
    ['2 of group:security and role:tenant-admin', [ann, bob], false],
    ['2 of group:security and role:tenant-admin', [ann, bob, cem], true],
    ['2 of group:security or role:tenant-admin', [cem], true],
    ['group:board and group:security or role:tenant-admin and group:board', [ann, cem], true],
    ['(group:security or group:board) and role:tenant-admin', [ann], false],
    ['3 of (group:security, group:board)', [ann, bob, cem], true],
    ['3 of (group:security, group:board)', [ann, bob, bob], false],
  ] as const)
    assert.equal(isSatisfied(parsed(text), people), want, `${text} by ${people.map((p) => p.id).join()}`);
});

test('isNamed() tells who may say anything at all', () => {
  const e = parsed('group:"Works council" and (2 of role:auditor or group:board)');
  assert.equal(isNamed(e, who('a', ['Works council'])), true);
  assert.equal(isNamed(e, who('b', [], ['auditor'])), true);
  assert.equal(isNamed(e, who('c', ['auditor'], ['board'])), false);
});

test('printExpression() writes one spelling', () => {
  for (const [text, want] of [
    [' 1  of role:a ', 'role:a'],
    ['(role:a)', 'role:a'],
    ['role:a or(role:b and group:"x y")', 'role:a or (role:b and group:"x y")'],
    ['2 of ( group:a,role:b )', '2 of (group:a, role:b)'],
    ['group:"plain"', 'group:plain'],
  ] as const)
    assert.equal(printExpression(parsed(text)), want);
});

test('parseExpression() names the place of a mistake, and its bounds', () => {
  for (const [text, at, expected] of [
    ['', 0, /role:/],
    ['role:', 0, /role:/],
    ['role:a and', 10, /role:/],
    ['role:a role:b', 6, /"and"/],
    ['2 role:a', 1, /"of"/],
    ['0 of role:a', 0, /number/],
    ['100 of role:a', 0, /number/],
    ['21 of role:a', 0, /at most 20 people/],
    ['(role:a', 7, /"\)"/],
    ['2 of (role:a or role:b)', 12, /","/],
    ['person:a', 0, /role:/],
    ['role:A', 0, /role:/],
    [`${'('.repeat(9)}role:a${')'.repeat(9)}`, 8, /at most 8/],
    ['x'.repeat(1001), 1000, /at most 1000/],
    [Array.from({ length: 7 }, () => '(role:a or role:b)').join(' and '), 0, /at most 64/],
  ] as const) {
    const result = parseExpression(text);
    assert.ok(!result.ok, text);
    assert.match(result.error.expected, expected, text);
    assert.equal(result.error.at, at, text);
  }
});
