/**
 * Who must approve: `2 of group:security and 1 of role:tenant-admin or 3 of (group:board, group:"Works council")`.
 *
 *   expression = all *( "or" all )        all  = need *( "and" need )
 *   need       = "(" expression ")" / [ number "of" ] who
 *   who        = name / "(" name *( "," name ) ")"
 *   name       = ( "group" / "role" ) ":" ( word / quoted )
 *
 * Each need wants people of its own: who is in both groups of `group:a and group:b` counts for one of them, never for both.
 * So whether approvals suffice is a matching of people to places, for one of the alternatives. Everything is bounded.
 */
import { err, ok, type Result } from '#core/result.ts';

export type Name = { readonly kind: 'group' | 'role'; readonly name: string };
export type Expression =
  | { readonly kind: 'need'; readonly count: number; readonly who: readonly Name[] }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] };
export type SyntaxError = { readonly kind: 'syntax'; readonly at: number; readonly expected: string };

export const MAX_TEXT = 1000;
const MAX_DEPTH = 8;
const MAX_PEOPLE = 20;
const MAX_ALTERNATIVES = 64;
const MAX_TOKENS = 200;

/** What a person who approved is: the groups by id and by name, the roles by name. */
export type Approver = {
  readonly id: string;
  readonly groups: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
};

type Token = { readonly text: string; readonly at: number; readonly name?: Name };
const TOKEN =
  /\s*(?:(?<mark>[(),])|(?<kind>group|role):(?:"(?<quoted>[^"\\\p{Cc}]{1,200})"|(?<word>[a-z0-9][a-z0-9._-]{0,99}))|(?<plain>and|or|of|[1-9]\d?)(?![\w:]))/uy;

/** Parses an expression that came from outside; every bound that is hit is a syntax error. */
export function parseExpression(text: string): Result<Expression, SyntaxError> {
  if (text.length > MAX_TEXT) return syntax(MAX_TEXT, `at most ${MAX_TEXT} characters`);
  const tokens = tokenize(text);
  if (!tokens.ok) return tokens;
  const state: State = { tokens: tokens.value, next: 0, end: text.length };
  const parsed = parseAny(state, 0);
  if (!parsed.ok) return parsed;
  if (state.next < state.tokens.length) return syntax(here(state), '"and", "or" or the end');
  return withinBounds(parsed.value);
}

function withinBounds(e: Expression): Result<Expression, SyntaxError> {
  const found = alternatives(e);
  if (found === undefined) return syntax(0, `at most ${MAX_ALTERNATIVES} alternatives`);
  const most = Math.max(...found.map((needs) => needs.reduce((n, need) => n + need.count, 0)));
  return most > MAX_PEOPLE ? syntax(0, `at most ${MAX_PEOPLE} people`) : ok(e);
}

type State = { readonly tokens: readonly Token[]; next: number; readonly end: number };
const here = (s: State): number => s.tokens[s.next]?.at ?? s.end;
const syntax = (at: number, expected: string) => err<SyntaxError>({ kind: 'syntax', at, expected });

function tokenize(text: string): Result<readonly Token[], SyntaxError> {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) return syntax(at, 'group:…, role:…, a number, "of", "and", "or" or a bracket');
    if (tokens.length === MAX_TOKENS) return syntax(at, `at most ${MAX_TOKENS} words`);
    tokens.push(tokenOf(found));
    at = TOKEN.lastIndex;
  }
  return ok(tokens);
}

function tokenOf(found: RegExpExecArray): Token {
  const { mark, kind, quoted, word, plain } = found.groups ?? {};
  const text = mark ?? plain ?? 'name';
  const at = found.index;
  if (kind !== 'group' && kind !== 'role') return { text, at };
  return { text, at, name: { kind, name: quoted ?? word ?? '' } };
}

function take(s: State, text: string): boolean {
  if (s.tokens[s.next]?.text !== text) return false;
  s.next++;
  return true;
}

function parseAny(s: State, depth: number): Result<Expression, SyntaxError> {
  return parseChain(s, 'or', () => parseChain(s, 'and', () => parseNeed(s, depth)));
}

function parseChain(
  s: State,
  kind: 'and' | 'or',
  parsePart: () => Result<Expression, SyntaxError>,
): Result<Expression, SyntaxError> {
  const parts: Expression[] = [];
  do {
    const part = parsePart();
    if (!part.ok) return part;
    parts.push(part.value);
  } while (take(s, kind));
  return ok(parts.length === 1 ? parts[0]! : { kind, parts }); // `!`: the loop ran once
}

function parseNeed(s: State, depth: number): Result<Expression, SyntaxError> {
  const first = s.tokens[s.next];
  if (first !== undefined && /^\d/.test(first.text)) {
    s.next++;
    if (!take(s, 'of')) return syntax(here(s), '"of"');
    return parseWho(s, Number(first.text));
  }
  if (first?.text !== '(') return parseWho(s, 1);
  if (depth === MAX_DEPTH) return syntax(here(s), `at most ${MAX_DEPTH} brackets in each other`);
  s.next++;
  const inner = parseAny(s, depth + 1);
  if (!inner.ok) return inner;
  return take(s, ')') ? inner : syntax(here(s), '")"');
}

function parseWho(s: State, count: number): Result<Expression, SyntaxError> {
  const isList = take(s, '(');
  const who: Name[] = [];
  do {
    const name = s.tokens[s.next]?.name;
    if (name === undefined) return syntax(here(s), 'group:… or role:…');
    s.next++;
    who.push(name);
  } while (isList && take(s, ','));
  if (isList && !take(s, ')')) return syntax(here(s), '"," or ")"');
  return ok({ kind: 'need', count, who });
}

/** The expression as text again; parsing that gives the same expression. */
export function printExpression(e: Expression): string {
  if (e.kind === 'need') {
    const who = e.who.map(printName).join(', ');
    const named = e.who.length === 1 ? who : `(${who})`;
    return e.count === 1 && e.who.length === 1 ? who : `${e.count} of ${named}`;
  }
  const inner = (p: Expression): string =>
    p.kind === 'need' ? printExpression(p) : `(${printExpression(p)})`;
  return e.parts.map(inner).join(` ${e.kind} `);
}

function printName({ kind, name }: Name): string {
  return /^[a-z0-9][a-z0-9._-]{0,99}$/.test(name) ? `${kind}:${name}` : `${kind}:"${name}"`;
}

type Need = Extract<Expression, { kind: 'need' }>;

/** The expression as a list of alternatives, each a list of needs; undefined where that would be too many. */
function alternatives(e: Expression): readonly (readonly Need[])[] | undefined {
  if (e.kind === 'need') return [[e]];
  let all: readonly (readonly Need[])[] = e.kind === 'and' ? [[]] : [];
  for (const part of e.parts) {
    const more = alternatives(part);
    if (more === undefined) return undefined;
    if (e.kind === 'and' && all.length * more.length > MAX_ALTERNATIVES) return undefined;
    all = e.kind === 'and' ? all.flatMap((a) => more.map((b) => [...a, ...b])) : [...all, ...more];
    if (all.length > MAX_ALTERNATIVES) return undefined;
  }
  return all;
}

/** Whether the person is one of those the expression names at all. */
export function isNamed(e: Expression, person: Approver): boolean {
  return e.kind === 'need' ? belongs(e, person) : e.parts.some((p) => isNamed(p, person));
}

/** Whether these people are enough. Each person counts once, also when handed in twice. */
export function isSatisfied(e: Expression, people: readonly Approver[]): boolean {
  const distinct = [...new Map(people.map((p) => [p.id, p])).values()];
  return (alternatives(e) ?? []).some((needs) => canFill(needs, distinct));
}

function belongs(need: Need, person: Approver): boolean {
  return need.who.some(({ kind, name }) => (kind === 'group' ? person.groups : person.roles).has(name));
}

/** Whether every place of every need gets a person of its own: a bipartite matching by augmenting paths. */
function canFill(needs: readonly Need[], people: readonly Approver[]): boolean {
  const places = needs.flatMap((need) => Array.from({ length: need.count }, () => need));
  const placeOf = new Map<Approver, number>();
  const seat = (place: number, tried: Set<Approver>): boolean => {
    for (const person of people) {
      if (tried.has(person) || !belongs(places[place]!, person)) continue; // `!`: places are counted below
      tried.add(person);
      const taken = placeOf.get(person);
      if (taken !== undefined && !seat(taken, tried)) continue;
      placeOf.set(person, place);
      return true;
    }
    return false;
  };
  return places.every((_, place) => seat(place, new Set()));
}
