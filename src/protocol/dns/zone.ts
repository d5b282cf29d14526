/**
 * The zone file of `--zone`: DNS as JSON, so that every check can be replayed offline.
 *
 *     { "name.example": [ {"TXT": "v=spf1 -all"}, {"MX": [10, "mx.example"]}, {"A": ["192.0.2.1", "192.0.2.2"]}, "TIMEOUT" ] }
 *
 * - A bare string stands for one TXT record, a bare object for a list of one, a bare array inside the list for one TXT
 *   record in several character-strings.
 * - `{"TXT": ["a", "b"]}` is ONE record of two character-strings (as in the RFC 7208 suite); as soon as one element is
 *   itself an array, each element is a record: `{"TXT": ["one", ["t", "wo"]]}`.
 * - Types: TXT A AAAA MX PTR CNAME TLSA. SPF (type 99) counts as TXT where the name lists no TXT, as the RFC 7208 suite
 *   means it; beside a TXT it is ignored (RFC 7208 §3.1). `{"TXT": "NONE"}` lists TXT without a record.
 * - "NXDOMAIN", "SERVFAIL", "TIMEOUT" (also with a leading `!`) as an element: what a query for a type gets that has no
 *   record here. As a value (`{"MX": "TIMEOUT"}`): what a query for that type gets.
 * - Names ignore case and one trailing dot; `*.name` is a wildcard. A name that is not there but has names below it
 *   answers "no data", any other NXDOMAIN.
 * - `"@secure": true` marks all answers as DNSSEC-validated, `"@secure": ["name", …]` those at and under the names.
 * - Text up to U+00FF is bytes one to one; text with any higher character is UTF-8.
 */
import { fromUtf8, toLatin1 } from '#core/bytes.ts';
import { parseIp, formatIp } from '#core/ip.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { DnsError, MxRecord, TlsaRecord } from './resolver.ts';

export type ZoneFailure = 'nxdomain' | Extract<DnsError, 'servfail' | 'timeout'>;

export type ZoneRecords = {
  readonly txt: readonly string[];
  readonly a: readonly string[];
  readonly aaaa: readonly string[];
  readonly mx: readonly MxRecord[];
  readonly ptr: readonly string[];
  readonly cname: readonly string[];
  readonly tlsa: readonly TlsaRecord[];
};
export type ZoneType = keyof ZoneRecords;

export type ZoneNode = {
  readonly records: ZoneRecords;
  /** What a query for that type gets instead of records. */
  readonly failures: ReadonlyMap<ZoneType, ZoneFailure>;
  /** What a query for a type without records gets; undefined is "no data". */
  readonly otherwise: ZoneFailure | undefined;
};

export type ZoneFile = {
  readonly nodes: ReadonlyMap<string, ZoneNode>;
  /** Names that exist only because something is below them. */
  readonly parents: ReadonlySet<string>;
  /** Names at and under which answers are secure; the empty name is all. */
  readonly secure: readonly string[];
};

export type ZoneComplaint = { readonly at: string; readonly expected: string };

const MAX_COMPLAINTS = 50;
const MAX_NAMES = 200_000;
const FAILURE = /^!?(NXDOMAIN|SERVFAIL|TIMEOUT)$/;

export function normalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Reads a zone file; every mistake in it is listed with its place. */
export function parseZone(json: unknown): Result<ZoneFile, readonly ZoneComplaint[]> {
  const complaints: ZoneComplaint[] = [];
  const complain: Complain = (at, expected) => {
    if (complaints.length < MAX_COMPLAINTS) complaints.push({ at, expected });
  };
  if (!isObject(json)) return err([{ at: 'zone', expected: 'an object of names' }]);
  const nodes = new Map<string, ZoneNode>();
  let secure: readonly string[] = [];
  for (const [name, entry] of Object.entries(json)) {
    if (name === '@secure') secure = readSecure(entry, complain);
    else if (nodes.size >= MAX_NAMES) complain(name, `at most ${MAX_NAMES} names`);
    else nodes.set(normalName(name), readNode(entry, name, complain));
  }
  if (complaints.length > 0) return err(complaints);
  return ok({ nodes, parents: parentsOf(nodes.keys()), secure });
}

type Complain = (at: string, expected: string) => void;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readSecure(value: unknown, complain: Complain): readonly string[] {
  if (value === true) return [''];
  if (value === false) return [];
  if (Array.isArray(value) && value.every((n): n is string => typeof n === 'string'))
    return value.map(normalName);
  complain('@secure', 'true, false or a list of names');
  return [];
}

function parentsOf(names: Iterable<string>): Set<string> {
  const parents = new Set<string>(['']);
  for (const name of names) {
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const parent = name.slice(dot + 1);
      if (parents.has(parent)) break;
      parents.add(parent);
    }
  }
  return parents;
}

/** A node while it is read. */
type Draft = {
  readonly records: { -readonly [T in ZoneType]: ZoneRecords[T][number][] };
  readonly failures: Map<ZoneType, ZoneFailure>;
  readonly spf: string[];
  listsTxt: boolean;
  otherwise: ZoneFailure | undefined;
};

function readNode(entry: unknown, name: string, complain: Complain): ZoneNode {
  const draft: Draft = {
    records: { txt: [], a: [], aaaa: [], mx: [], ptr: [], cname: [], tlsa: [] },
    failures: new Map(),
    spf: [],
    listsTxt: false,
    otherwise: undefined,
  };
  const items: readonly unknown[] = Array.isArray(entry) ? entry : [entry];
  items.forEach((item, i) => readItem(draft, item, Array.isArray(entry) ? `${name}[${i}]` : name, complain));
  if (!draft.listsTxt) draft.records.txt.push(...draft.spf);
  return { records: draft.records, failures: draft.failures, otherwise: draft.otherwise };
}

function failureOf(value: unknown): ZoneFailure | undefined {
  if (typeof value !== 'string') return undefined;
  const word = FAILURE.exec(value)?.[1];
  return word === undefined ? undefined : (word.toLowerCase() as ZoneFailure); // the pattern names the three
}

function readItem(draft: Draft, item: unknown, at: string, complain: Complain): void {
  const failure = failureOf(item);
  if (failure !== undefined) {
    draft.otherwise ??= failure;
    return;
  }
  if (typeof item === 'string' || Array.isArray(item)) {
    draft.listsTxt = true;
    draft.records.txt.push(...readTexts(Array.isArray(item) ? [item] : item, at, complain));
  } else if (isObject(item)) {
    for (const [type, value] of Object.entries(item)) readType(draft, type, value, `${at}.${type}`, complain);
  } else complain(at, 'a string, an array of strings, or an object like {"TXT": "…"}');
}

function readType(draft: Draft, type: string, value: unknown, at: string, complain: Complain): void {
  const upper = type.toUpperCase();
  if (upper === 'SPF') {
    if (failureOf(value) === undefined) draft.spf.push(...readTexts(value, at, complain));
    return;
  }
  const kind = KINDS[upper];
  if (kind === undefined) {
    complain(at, `one of the types ${Object.keys(KINDS).join(', ')}, SPF`);
    return;
  }
  if (kind === 'txt') draft.listsTxt = true;
  if (value === 'NONE') return;
  const failure = failureOf(value);
  if (failure !== undefined) draft.failures.set(kind, failure);
  else readRecords(draft, kind, value, at, complain);
}

const KINDS: Readonly<Record<string, ZoneType>> = {
  TXT: 'txt',
  A: 'a',
  AAAA: 'aaaa',
  MX: 'mx',
  PTR: 'ptr',
  CNAME: 'cname',
  TLSA: 'tlsa',
};

function readRecords(draft: Draft, kind: ZoneType, value: unknown, at: string, complain: Complain): void {
  const add = <T>(
    list: T[],
    values: readonly unknown[],
    read: (v: unknown) => T | undefined,
    form: string,
  ) => {
    for (const v of values) {
      const record = read(v);
      if (record === undefined) complain(at, form);
      else list.push(record);
    }
  };
  const { records } = draft;
  switch (kind) {
    case 'txt':
      records.txt.push(...readTexts(value, at, complain));
      return;
    case 'a':
      return add(records.a, listOf(value), (v) => readIp(v, 4), 'an IPv4 address');
    case 'aaaa':
      return add(records.aaaa, listOf(value), (v) => readIp(v, 6), 'an IPv6 address');
    case 'mx':
      return add(records.mx, tuplesOf(value), readMx, '[preference, "exchange"]');
    case 'tlsa':
      return add(records.tlsa, tuplesOf(value), readTlsa, '[usage, selector, matching, "hex"]');
    case 'ptr':
    case 'cname':
      return add(records[kind], listOf(value), readName, 'a name');
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** One tuple, or a list of tuples. */
function tuplesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every((v) => Array.isArray(v)) ? value : [value];
}

function readTexts(value: unknown, at: string, complain: Complain): string[] {
  if (typeof value === 'string') return [toBytesText(value)];
  if (!Array.isArray(value)) {
    complain(at, 'a string or an array of strings');
    return [];
  }
  const isRecordList = value.some((v) => Array.isArray(v));
  const texts: string[] = [];
  for (const record of isRecordList ? value : [value]) {
    const parts: readonly unknown[] = listOf(record);
    if (parts.every((p): p is string => typeof p === 'string')) texts.push(toBytesText(parts.join('')));
    else complain(at, 'strings, or arrays of strings');
  }
  return texts;
}

function toBytesText(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return toLatin1(fromUtf8(text));
  return text;
}

function readIp(value: unknown, version: 4 | 6): string | undefined {
  const ip = typeof value === 'string' ? parseIp(value) : undefined;
  if (ip === undefined) return undefined;
  if (ip.version === version) return formatIp(ip);
  // An AAAA may hold an IPv4-mapped address, which core/ip.ts reads as IPv4.
  return version === 6 ? `::ffff:${formatIp(ip)}` : undefined;
}

const readName = (value: unknown): string | undefined =>
  typeof value === 'string' ? normalName(value) : undefined;

function readMx(value: unknown): MxRecord | undefined {
  const parts: readonly unknown[] = typeof value === 'string' ? value.trim().split(/\s+/) : listOf(value);
  const [preference, exchange] = parts;
  const number = Number(preference);
  if (parts.length !== 2 || typeof exchange !== 'string') return undefined;
  if (!Number.isInteger(number) || number < 0 || number > 65_535) return undefined;
  // RFC 7505 §3: the null MX is the root; it is kept as the empty name.
  return { preference: number, exchange: exchange === '.' ? '' : normalName(exchange) };
}

function readTlsa(value: unknown): TlsaRecord | undefined {
  const parts: readonly unknown[] = typeof value === 'string' ? value.trim().split(/\s+/) : listOf(value);
  const [usage, selector, matching] = parts.slice(0, 3).map(Number);
  const hex = parts.slice(3).join('').toLowerCase();
  if (usage === undefined || selector === undefined || matching === undefined) return undefined;
  if (![usage, selector, matching].every((n) => Number.isInteger(n) && n >= 0 && n < 256)) return undefined;
  if (!/^[0-9a-f]*$/.test(hex) || hex.length % 2 !== 0 || hex === '') return undefined;
  return {
    usage,
    selector,
    matching,
    data: Uint8Array.from(hex.match(/../g)!, (b) => Number.parseInt(b, 16)),
  };
}
