/**
 * SCIM filters (RFC 7644 §3.4.2.2): parsed into a tree, bounded in length, depth and number of comparisons. What a tree means
 * for rows is said in `query.ts`, what it means for values of a resource in `matches`.
 */
import { err, ok, type Result } from '#core/result.ts';

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le' | 'pr';
export type Value = string | number | boolean | null;
export type Filter =
  | { readonly kind: 'compare'; readonly path: string; readonly op: Operator; readonly value: Value }
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly inner: Filter }
  | { readonly kind: 'within'; readonly path: string; readonly inner: Filter };

const MAX_CHARS = 2_000;
const MAX_TOKENS = 200;
const MAX_DEPTH = 10;
const OPERATORS: readonly string[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr'];
const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\\p{Cc}]|\\.)*")|([A-Za-z$][\w$.:-]*|-?\d+(?:\.\d+)?))/uy;

class Malformed extends Error {}

/** Attribute names are compared without case (RFC 7643 §2.1), so paths are given in lower case. */
export function parseFilter(text: string): Result<Filter, string> {
  if (text.length > MAX_CHARS) return err(`A filter has at most ${MAX_CHARS} characters.`);
  try {
    const state = { tokens: tokensOf(text), at: 0 };
    const filter = parseOr(state, 0);
    if (state.at < state.tokens.length) throw new Malformed(`unexpected ${state.tokens[state.at]}`);
    return ok(filter);
  } catch (error) {
    if (error instanceof Malformed) return err(`The filter is malformed: ${error.message.slice(0, 100)}.`);
    throw error;
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Malformed(`at character ${at + 1}`);
    tokens.push(match[0].trim());
    if (tokens.length > MAX_TOKENS) throw new Malformed('too long');
  }
  return tokens;
}

type State = { readonly tokens: readonly string[]; at: number };

/** `or` binds weaker than `and` (RFC 7644 §3.4.2.2). */
function parseOr(state: State, depth: number): Filter {
  let left = parseAnd(state, depth);
  while (isWord(state, 'or')) {
    state.at++;
    left = { kind: 'or', left, right: parseAnd(state, depth) };
  }
  return left;
}

function parseAnd(state: State, depth: number): Filter {
  let left = parseOne(state, depth);
  while (isWord(state, 'and')) {
    state.at++;
    left = { kind: 'and', left, right: parseOne(state, depth) };
  }
  return left;
}

function parseOne(state: State, depth: number): Filter {
  if (depth > MAX_DEPTH) throw new Malformed('too deep');
  if (isWord(state, 'not')) {
    state.at++;
    return { kind: 'not', inner: parseGroup(state, '(', ')', depth) };
  }
  if (state.tokens[state.at] === '(') return parseGroup(state, '(', ')', depth);
  const path = pathOf(next(state));
  if (state.tokens[state.at] === '[')
    return { kind: 'within', path, inner: parseGroup(state, '[', ']', depth) };
  const op = next(state).toLowerCase();
  if (!isOperator(op)) throw new Malformed(`there is no operator ${op}`);
  return { kind: 'compare', path, op, value: op === 'pr' ? null : valueOf(next(state)) };
}

function parseGroup(state: State, open: string, close: string, depth: number): Filter {
  if (next(state) !== open) throw new Malformed(`${open} is missing`);
  const inner = parseOr(state, depth + 1);
  if (next(state) !== close) throw new Malformed(`${close} is missing`);
  return inner;
}

function next(state: State): string {
  const token = state.tokens[state.at++];
  if (token === undefined) throw new Malformed('it ends too early');
  return token;
}

const isWord = (state: State, word: string): boolean => state.tokens[state.at]?.toLowerCase() === word;
const isOperator = (text: string): text is Operator => OPERATORS.includes(text);

/** Without the URN of the core schemas, which may stand before any attribute (RFC 7644 §3.10). */
function pathOf(token: string): string {
  const bare = token.replace(/^urn:ietf:params:scim:schemas:[\w:.]+:(?=[^:]+$)/i, '');
  if (!/^[A-Za-z$][\w$-]*(\.[A-Za-z$][\w$-]*)?$/.test(bare)) throw new Malformed(`${token} is no attribute`);
  return bare.toLowerCase();
}

function valueOf(token: string): Value {
  if (token.startsWith('"')) {
    try {
      return String(JSON.parse(token));
    } catch {
      throw new Malformed('a text is not quoted as in JSON');
    }
  }
  const word = token.toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'null') return null;
  if (/^-?\d/.test(token)) return Number(token);
  throw new Malformed(`${token} is no value`);
}

/** Whether a value of a resource satisfies the filter; texts are compared without case, as for most attributes they are. */
export function matches(filter: Filter, value: unknown): boolean {
  switch (filter.kind) {
    case 'and':
      return matches(filter.left, value) && matches(filter.right, value);
    case 'or':
      return matches(filter.left, value) || matches(filter.right, value);
    case 'not':
      return !matches(filter.inner, value);
    case 'within':
      return valuesAt(value, filter.path).some((v) => matches(filter.inner, v));
    case 'compare': {
      const { path, op, value: wanted } = filter;
      const found = path === 'value' && typeof value !== 'object' ? [value] : valuesAt(value, path);
      if (op === 'ne') return !found.some((v) => compares(v, 'eq', wanted));
      return found.some((v) => compares(v, op, wanted));
    }
  }
}

function valuesAt(value: unknown, path: string): unknown[] {
  let values: unknown[] = [value];
  for (const name of path.split('.'))
    values = values.flatMap((v) => {
      if (typeof v !== 'object' || v === null) return [];
      const entry = Object.entries(v).find(([key]) => key.toLowerCase() === name);
      return entry === undefined ? [] : [entry[1]].flat();
    });
  return values;
}

function compares(found: unknown, op: Operator, wanted: Value): boolean {
  if (op === 'pr') return found !== undefined && found !== null && found !== '';
  if (typeof found !== 'string' || typeof wanted !== 'string') return op === 'eq' && found === wanted;
  const [a, b] = [found.toLowerCase(), wanted.toLowerCase()];
  switch (op) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'co':
      return a.includes(b);
    case 'sw':
      return a.startsWith(b);
    case 'ew':
      return a.endsWith(b);
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
  }
}
