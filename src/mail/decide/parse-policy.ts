/**
 * Reads a policy file (YAML) into a Policy, or says everything that is wrong with it at once, each complaint with its line
 * and column. An unknown key is an error: a rule that was misspelt must not silently fit everything.
 */
import { createHash } from 'node:crypto';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from 'yaml';
import { err, ok, type Result } from '#core/result.ts';
import type { Direction } from '../envelope.ts';
import {
  ACTIONS,
  CLASSES,
  OUTCOMES,
  type Conditions,
  type FindingPattern,
  type Policy,
  type Rule,
} from './policy.ts';

const MAX_FILE_CHARS = 1 << 20;
const MAX_RULES = 1000;

type Place = Node | null | undefined;

/** Collects complaints; every reader below takes it and goes on after a mistake with `undefined`. */
type Reading = { readonly complain: (at: Place, text: string) => void };

export function parsePolicy(text: string, file: string): Result<Policy, readonly string[]> {
  if (text.length > MAX_FILE_CHARS)
    return err([`${file}:1:1: the file is longer than ${MAX_FILE_CHARS} characters`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', merge: false });
  const found: { readonly offset: number; readonly text: string }[] = [];
  for (const e of [...document.errors, ...document.warnings])
    found.push({ offset: e.pos[0], text: e.message.split('\n')[0] ?? 'not YAML' });
  const reading: Reading = {
    complain: (at, text) => found.push({ offset: at?.range?.[0] ?? 0, text }),
  };
  const rules = found.length > 0 ? [] : readRules(reading, document.contents);
  if (found.length === 0)
    return ok({ rules, version: createHash('sha256').update(text).digest('hex').slice(0, 16) });
  const complaints = found
    .toSorted((a, b) => a.offset - b.offset)
    .map((c) => {
      const { line, col } = lines.linePos(c.offset);
      return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${c.text}`;
    });
  return err(complaints);
}

type Fields = ReadonlyMap<string, Node>;

/** A mapping with string keys, each of them known. */
function readMap(reading: Reading, node: Place, what: string, known: readonly string[]): Fields | undefined {
  if (!isMap(node)) {
    reading.complain(node, `${what} must be a mapping with the keys ${known.join(', ')}`);
    return undefined;
  }
  const fields = new Map<string, Node>();
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    if (!known.includes(key))
      reading.complain(pair.key, `${what} has an unknown key "${key}"; known are ${known.join(', ')}`);
    else if (pair.value === null) reading.complain(pair.key, `"${key}" has no value`);
    else fields.set(key, pair.value);
  }
  return fields;
}

function readRules(reading: Reading, root: Place): Rule[] {
  const top = readMap(reading, root, 'the policy', ['rules']);
  if (top === undefined) return [];
  const list = top.get('rules');
  if (!isSeq(list)) {
    reading.complain(list ?? root, 'the policy needs "rules", a list');
    return [];
  }
  if (list.items.length > MAX_RULES) reading.complain(list, `more than ${MAX_RULES} rules`);
  const names = new Set<string>();
  const rules: Rule[] = [];
  for (const item of list.items.slice(0, MAX_RULES) as Node[]) {
    const rule = readRule(reading, item);
    if (rule === undefined) continue;
    if (names.has(rule.name)) reading.complain(item, `a second rule is named "${rule.name}"`);
    names.add(rule.name);
    rules.push(rule);
  }
  return rules;
}

function readRule(reading: Reading, node: Node): Rule | undefined {
  const fields = readMap(reading, node, 'a rule', ['name', 'when', 'action', 'tag', 'reply']);
  if (fields === undefined) return undefined;
  const name = readText(reading, fields.get('name'), node, 'name', 80);
  const action = readWord(reading, fields.get('action'), node, 'action', ACTIONS);
  const when = readConditions(reading, fields.get('when'), node);
  const tag = fields.has('tag') ? readText(reading, fields.get('tag'), node, 'tag', 60) : undefined;
  const reply = fields.has('reply') ? readReply(reading, fields.get('reply'), node) : undefined;
  if (name === undefined || action === undefined || when === undefined) return undefined;
  if (tag !== undefined && action !== 'tag')
    reading.complain(fields.get('tag'), `"tag" goes with the action tag, not with ${action}`);
  if (action === 'tag' && tag === undefined)
    reading.complain(node, 'the action tag needs "tag", the text put before the subject');
  if (reply !== undefined && action !== 'reject' && action !== 'defer')
    reading.complain(
      fields.get('reply'),
      `"reply" goes with reject or defer; with ${action} the peer is told 250`,
    );
  if (action === 'accept' && when.senderDomain !== undefined && when.direction !== 'out')
    reading.complain(
      fields.get('when'),
      'accepting by "senderDomain" can be forged by anyone; use "authenticatedDomain", which needs a DMARC pass',
    );
  return { name, when, action, tag, reply };
}

const WHEN_KEYS = [
  'finding',
  'outcome',
  'class',
  'direction',
  'senderDomain',
  'authenticatedDomain',
  'recipient',
  'recipientDomain',
  'listener',
  'minWeight',
] as const satisfies readonly (keyof Conditions)[];

function readConditions(reading: Reading, node: Node | undefined, rule: Node): Conditions | undefined {
  if (node === undefined) {
    reading.complain(rule, 'a rule needs "when"; {} fits every message');
    return undefined;
  }
  const fields = readMap(reading, node, '"when"', WHEN_KEYS);
  if (fields === undefined) return undefined;
  const list = (key: keyof Conditions): readonly string[] | undefined =>
    readList(reading, fields.get(key), key);
  const lower = (key: keyof Conditions): readonly string[] | undefined =>
    list(key)?.map((t) => t.toLowerCase());
  const words = <T extends string>(key: keyof Conditions, known: readonly T[]): readonly T[] | undefined =>
    fields.has(key)
      ? listNodes(fields.get(key)).flatMap((n) => readWord(reading, n, n, key, known) ?? [])
      : undefined;
  return {
    finding: fields.has('finding')
      ? listNodes(fields.get('finding')).flatMap((n) => readPattern(reading, n) ?? [])
      : undefined,
    outcome: words('outcome', OUTCOMES),
    class: words('class', CLASSES),
    direction: fields.has('direction')
      ? readWord<Direction>(reading, fields.get('direction'), node, 'direction', ['in', 'out'])
      : undefined,
    senderDomain: lower('senderDomain'),
    authenticatedDomain: lower('authenticatedDomain'),
    recipient: lower('recipient'),
    recipientDomain: lower('recipientDomain'),
    listener: list('listener'),
    minWeight: fields.has('minWeight')
      ? readNumber(reading, fields.get('minWeight'), 'minWeight')
      : undefined,
  };
}

/** One value or a list of values. */
function listNodes(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return isSeq(node) ? (node.items as Node[]) : [node];
}

function readList(reading: Reading, node: Node | undefined, key: string): readonly string[] | undefined {
  if (node === undefined) return undefined;
  const nodes = listNodes(node);
  // An empty list would fit nothing, which is hardly what somebody meant.
  if (nodes.length === 0) reading.complain(node, `"${key}" is an empty list`);
  return nodes.flatMap((n) => readText(reading, n, node, key, 320) ?? []);
}

function readText(
  reading: Reading,
  node: Node | undefined,
  outer: Node,
  key: string,
  max: number,
): string | undefined {
  if (isScalar(node) && typeof node.value === 'string' && node.value !== '' && node.value.length <= max) {
    if (!/\p{Cc}/u.test(node.value)) return node.value;
    reading.complain(node, `"${key}" holds a control character`);
  } else reading.complain(node ?? outer, `"${key}" must be a text of 1 to ${max} characters`);
  return undefined;
}

/** RFC 5321 §4.2: reply text is printable ASCII; one line, so that no second line can look like another reply. */
function readReply(reading: Reading, node: Node | undefined, outer: Node): string | undefined {
  const text = readText(reading, node, outer, 'reply', 200);
  if (text === undefined || /^[\x20-\x7e]+$/.test(text)) return text;
  reading.complain(node, '"reply" must be printable ASCII');
  return undefined;
}

function readWord<T extends string>(
  reading: Reading,
  node: Node | undefined,
  outer: Node,
  key: string,
  known: readonly T[],
): T | undefined {
  const word = isScalar(node) ? known.find((k) => k === node.value) : undefined;
  if (word === undefined) {
    const got = isScalar(node) ? ` not "${String(node.value)}"` : '';
    reading.complain(node ?? outer, `"${key}" must be one of ${known.join(', ')}${got && `,${got}`}`);
  }
  return word;
}

function readNumber(reading: Reading, node: Node | undefined, key: string): number | undefined {
  if (isScalar(node) && typeof node.value === 'number' && Number.isFinite(node.value)) return node.value;
  reading.complain(node, `"${key}" must be a number`);
  return undefined;
}

const PATTERN = /^(\*|[a-z][a-z0-9-]*)\.(\*|[a-z][a-z0-9-]*\*?)$/;

function readPattern(reading: Reading, node: Node): FindingPattern | undefined {
  const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
  const match = PATTERN.exec(text);
  if (match === null) {
    reading.complain(node, `"finding" must look like check.code, check.* or *.code, not "${text}"`);
    return undefined;
  }
  const [, check = '', code = ''] = match;
  const isPrefix = code.endsWith('*');
  return { check, code: isPrefix ? code.slice(0, -1) : code, isPrefix };
}
