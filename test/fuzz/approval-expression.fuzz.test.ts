/** Approval expressions: printing and parsing give the same, hostile text is bounded, and the verdict is the oracle's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Approver,
  type Expression,
  isSatisfied,
  type Name,
  parseExpression,
  printExpression,
} from '#assurance/approvals/expression.ts';
import { runs } from './runs.ts';

const nameOf = (words: fc.Arbitrary<string>): fc.Arbitrary<Name> =>
  fc.record({ kind: fc.constantFrom('group' as const, 'role' as const), name: words });
const need = (names: fc.Arbitrary<Name>): fc.Arbitrary<Expression> =>
  fc.record({
    kind: fc.constant('need' as const),
    count: fc.integer({ min: 1, max: 3 }),
    who: fc.array(names, { minLength: 1, maxLength: 3 }),
  });
const expression = (names: fc.Arbitrary<Name>): fc.Arbitrary<Expression> =>
  fc.letrec<{ any: Expression }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      need(names),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('any'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).any;

const FEW = nameOf(fc.constantFrom('a', 'b', 'c'));
const person = fc.record({
  groups: fc.subarray(['a', 'b', 'c']),
  roles: fc.subarray(['a', 'b', 'c']),
});
const people: fc.Arbitrary<Approver[]> = fc
  .array(person, { maxLength: 5 })
  .map((list) => list.map((p, i) => ({ id: `p${i}`, groups: new Set(p.groups), roles: new Set(p.roles) })));

/** By the words of the definition: `and` wants the people split between its parts, each part content with its share. */
function oracle(e: Expression, all: readonly Approver[]): boolean {
  if (e.kind === 'or') return e.parts.some((p) => oracle(p, all));
  if (e.kind === 'need') {
    const fit = all.filter((p) =>
      e.who.some(({ kind, name }) => (kind === 'group' ? p.groups : p.roles).has(name)),
    );
    return fit.length >= e.count;
  }
  const [first, ...rest] = e.parts;
  if (first === undefined) return true;
  for (let share = 0; share < 1 << all.length; share++) {
    const mine = all.filter((_, i) => (share >> i) & 1);
    const others = all.filter((_, i) => !((share >> i) & 1));
    if (oracle(first, mine) && oracle({ kind: 'and', parts: rest }, others)) return true;
  }
  return false;
}

test('isSatisfied() says what the brute force says', () => {
  let yes = 0;
  fc.assert(
    fc.property(expression(FEW), people, (e, all) => {
      if (!parseExpression(printExpression(e)).ok) return; // over a bound, never met
      const got = isSatisfied(e, all);
      if (got) yes++;
      assert.equal(got, oracle(e, all));
    }),
    runs(1000),
  );
  assert.ok(yes > 20, 'some are met');
});

test('a text that was printed parses to the same expression', () => {
  const odd = nameOf(
    fc.string({ minLength: 1, maxLength: 30 }).filter((s) => !/["\\\p{Cc}]/u.test(s) && s.isWellFormed()),
  );
  fc.assert(
    fc.property(expression(odd), (e) => {
      const text = printExpression(e);
      const parsed = parseExpression(text);
      if (parsed.ok) assert.equal(printExpression(parsed.value), text);
      else assert.match(parsed.error.expected, /^at most/, text);
    }),
    runs(500),
  );
});

test('one more person never takes an approval away, and the same person twice adds nothing', () => {
  fc.assert(
    fc.property(expression(FEW), people, person, (e, all, more) => {
      const added = { id: 'new', groups: new Set(more.groups), roles: new Set(more.roles) };
      if (isSatisfied(e, all)) assert.ok(isSatisfied(e, [...all, added]));
      assert.equal(isSatisfied(e, [...all, ...all]), isSatisfied(e, all));
    }),
    runs(500),
  );
});

test('whatever the text, parsing ends with an expression or a place', () => {
  const word = fc.constantFrom(
    '(',
    ')',
    ',',
    ' and ',
    ' or ',
    '2 of ',
    'role:a',
    'group:"b c"',
    '9',
    'x',
    '"',
    '\n',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 300 }).map((w) => w.join('')),
      ),
      (text) => {
        const parsed = parseExpression(text);
        if (!parsed.ok) assert.ok(parsed.error.at >= 0 && parsed.error.at <= Math.max(text.length, 1000));
        else assert.equal(isSatisfied(parsed.value, []), false, 'nobody is never enough');
      },
    ),
    runs(2000),
  );
});
