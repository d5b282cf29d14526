/** Filters and PATCH: the standard's own examples, the dialects of two large clients, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matches, parseFilter } from './filter.ts';
import { applyPatch, type PatchOperation } from './patch.ts';

const user = {
  userName: 'ann',
  active: true,
  name: { givenName: 'Ann', familyName: 'Ames' },
  emails: [{ type: 'work', value: 'ann@here.example', primary: true }],
};
const group = { displayName: 'Staff', members: [{ value: '1' }, { value: '2' }] };

test('applyPatch() does what RFC 7644 §3.5.2 and its clients mean', () => {
  const cases: readonly (readonly [string, object, readonly PatchOperation[], object])[] = [
    ['add a member', group, [{ op: 'add', path: 'members', value: [{ value: '3' }] }], { ...group, members: [{ value: '1' }, { value: '2' }, { value: '3' }] }],
    ['add one that is there', group, [{ op: 'add', path: 'members', value: [{ value: '2', display: 'B' }] }], group],
    ['remove by filter (Okta)', group, [{ op: 'remove', path: 'members[value eq "1"]' }], { ...group, members: [{ value: '2' }] }],
    ['remove by value (Entra ID)', group, [{ op: 'Remove', path: 'members', value: [{ value: '1' }] }], { ...group, members: [{ value: '2' }] }],
    ['remove all members', group, [{ op: 'remove', path: 'members' }], { displayName: 'Staff' }],
    ['replace without path (Okta)', user, [{ op: 'replace', value: { active: false } }], { ...user, active: false }],
    ['text for a boolean (Entra ID)', user, [{ op: 'Replace', path: 'active', value: 'False' }], { ...user, active: 'False' }],
    ['dotted names without path (Entra ID)', user, [{ op: 'Add', value: { 'name.givenName': 'Anna', userName: 'anna' } }], { ...user, userName: 'anna', name: { givenName: 'Anna', familyName: 'Ames' } }],
    ['filtered element (Entra ID)', user, [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'a@here.example' }], { ...user, emails: [{ type: 'work', value: 'a@here.example', primary: true }] }],
    ['filtered element that is not there yet', { userName: 'a' }, [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'a@here.example' }], { userName: 'a', emails: [{ type: 'work', value: 'a@here.example' }] }],
    ['full URN', user, [{ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:name.familyName', value: 'B' }], { ...user, name: { givenName: 'Ann', familyName: 'B' } }],
    ['names in any case', user, [{ op: 'replace', path: 'USERNAME', value: 'b' }], { ...user, userName: 'b' }],
    ['one after the other', group, [{ op: 'remove', path: 'members' }, { op: 'add', path: 'members', value: [{ value: '9' }] }], { displayName: 'Staff', members: [{ value: '9' }] }],
  ]; // prettier-ignore
  for (const [name, before, operations, after] of cases) {
    const copy = structuredClone(before) as Record<string, unknown>;
    assert.deepEqual(applyPatch(copy, operations), { ok: true, value: after }, name);
    assert.deepEqual(copy, before, 'the resource itself is left alone');
  }
});

test('applyPatch() refuses what it cannot mean', () => {
  for (const [operation, kind] of [
    [{ op: 'move', path: 'x' }, 'invalidValue'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'replace', value: 'x' }, 'invalidValue'],
    [{ op: 'add', path: '__proto__', value: { polluted: true } }, 'invalidPath'],
    [{ op: 'add', path: 'a.b.c', value: 1 }, 'invalidPath'],
    [{ op: 'replace', path: 'emails[type co "x"].value', value: 'v' }, 'noTarget'],
    [{ op: 'replace', path: 'emails[type eq].value', value: 'v' }, 'invalidPath'],
  ] as const) {
    const done = applyPatch(structuredClone(user), [operation]);
    assert.equal(done.ok ? 'done' : done.error.kind, kind, JSON.stringify(operation));
  }
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('parseFilter() and matches(): the operators, how they bind, and valuePath', () => {
  const value = { ...user, age: 5, tags: ['x', 'y'] };
  for (const [filter, is] of [
    ['userName eq "ANN"', true],
    ['userName ne "ann"', false],
    ['userName sw "a" and active eq true', true],
    ['active eq false or userName pr', true],
    ['active eq false and userName pr or nothing pr', false],
    ['not (userName co "n")', false],
    ['emails[type eq "work" and value ew "here.example"]', true],
    ['emails[type eq "home"]', false],
    ['emails.value eq "ANN@here.example"', true],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ann"', true],
    ['userName eq "a\\"nn"', false],
  ] as const) {
    const parsed = parseFilter(filter);
    assert.equal(parsed.ok && matches(parsed.value, value), is, filter);
  }
});

test('parseFilter() refuses the malformed, the deep and the long, and nothing makes it throw', () => {
  for (const text of [
    '',
    'userName',
    'userName eq',
    'userName xx "a"',
    'userName eq "a',
    '(userName pr',
    'userName pr)',
    'a.b.c pr',
    'userName eq bare',
    `${'('.repeat(30)}userName pr${')'.repeat(30)}`,
    `userName eq "${'x'.repeat(3000)}"`,
    Array(100).fill('a pr').join(' or '),
  ])
    // prettier-ignore
    assert.equal(parseFilter(text).ok, false, text.slice(0, 60));
  const word = fc.constantFrom(
    'userName',
    'eq',
    'and',
    'or',
    'not',
    '(',
    ')',
    '[',
    ']',
    '"a"',
    'true',
    '1',
    'pr',
    ' ',
    '\\',
    '"',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word).map((w) => w.join(' ')),
      ),
      (text) => {
        const parsed = parseFilter(text);
        if (parsed.ok) matches(parsed.value, user);
      },
    ),
    { numRuns: 1000 },
  );
});
