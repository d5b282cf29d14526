/**
 * An SPF record as a value (RFC 7208 §4.5 to RFC 7208 §6.1). The whole record is parsed before any term is evaluated, so a
 * mistake anywhere is a permerror everywhere (RFC 7208 §4.6).
 */
import { parseIp, type Network } from '#core/ip.ts';
import { err, ok, type Result } from '#core/result.ts';
import { parseMacroString, type MacroString } from './macro.ts';

export type Qualifier = 'pass' | 'fail' | 'softfail' | 'neutral';

export type Mechanism =
  | { readonly kind: 'all' }
  | { readonly kind: 'include' | 'exists'; readonly target: MacroString }
  | { readonly kind: 'ptr'; readonly target: MacroString | undefined }
  | {
      readonly kind: 'a' | 'mx';
      readonly target: MacroString | undefined;
      readonly prefix4: number;
      readonly prefix6: number;
    }
  | { readonly kind: 'ip4' | 'ip6'; readonly network: Network };

export type SpfTerm = {
  readonly qualifier: Qualifier;
  readonly mechanism: Mechanism;
  /** As written, for people. */
  readonly text: string;
};

export type SpfRecord = {
  readonly terms: readonly SpfTerm[];
  readonly redirect: MacroString | undefined;
  readonly explanation: MacroString | undefined;
};

const QUALIFIERS: Readonly<Record<string, Qualifier>> = {
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};
/** What fits into DNS; a zone file must not make us work longer. */
const MAX_RECORD = 65_535;

/** Whether a TXT text is an SPF record at all (RFC 7208 §4.5). */
export function isSpfRecord(text: string): boolean {
  return text.slice(0, 6).toLowerCase() === 'v=spf1' && (text.length === 6 || text[6] === ' ');
}

/** Parses a text that `isSpfRecord`; the error is the sentence of the permerror. */
export function parseSpfRecord(text: string): Result<SpfRecord, string> {
  if (text.length > MAX_RECORD) return err('the record is too long');
  const terms: SpfTerm[] = [];
  const modifiers = new Map<string, MacroString>();
  // RFC 7208 §4.6.1: terms are separated by spaces, not by other white space.
  for (const word of text.slice(6).split(' ')) {
    if (word === '') continue;
    const sign = word.search(/[:/=]/);
    const problem =
      sign !== -1 && word[sign] === '='
        ? readModifier(modifiers, word.slice(0, sign), word.slice(sign + 1))
        : readTerm(terms, word);
    if (problem !== undefined) return err(`"${printable(word)}" is ${printable(problem)}`);
  }
  return ok({ terms, redirect: modifiers.get('redirect'), explanation: modifiers.get('exp') });
}

/** Hostile bytes stay out of logs and headers. */
function printable(text: string): string {
  return text.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, '?');
}

/** Returns what is wrong, or undefined. */
function readModifier(
  modifiers: Map<string, MacroString>,
  written: string,
  value: string,
): string | undefined {
  if (!/^[A-Za-z][-A-Za-z0-9_.]*$/.test(written)) return 'no modifier: its name is malformed';
  const name = written.toLowerCase();
  if (name !== 'redirect' && name !== 'exp') {
    const macros = parseMacroString(value, 'explanation');
    return macros.ok && !value.includes(' ') ? undefined : 'a modifier with a malformed value';
  }
  // RFC 7208 §6: each at most once.
  if (modifiers.has(name)) return 'there a second time';
  const target = parseDomainSpec(value);
  if (!target.ok) return target.error;
  modifiers.set(name, target.value);
  return undefined;
}

function readTerm(terms: SpfTerm[], word: string): string | undefined {
  const sign = QUALIFIERS[word[0]!]; // `!`: words are not empty
  const body = sign === undefined ? word : word.slice(1);
  const end = body.search(/[:/]/);
  const name = (end === -1 ? body : body.slice(0, end)).toLowerCase();
  const mechanism = readMechanism(name, end === -1 ? '' : body.slice(end));
  if (!mechanism.ok) return mechanism.error;
  terms.push({ qualifier: sign ?? 'pass', mechanism: mechanism.value, text: printable(word) });
  return undefined;
}

function readMechanism(name: string, rest: string): Result<Mechanism, string> {
  switch (name) {
    case 'all':
      return rest === '' ? ok({ kind: 'all' }) : err('an "all" with an argument');
    case 'include':
    case 'exists': {
      if (rest[0] !== ':') return err(`"${name}" without a domain`);
      const target = parseDomainSpec(rest.slice(1));
      return target.ok ? ok({ kind: name, target: target.value }) : target;
    }
    case 'ptr': {
      const target = parseOptionalTarget(rest);
      return target.ok ? ok({ kind: 'ptr', target: target.value }) : target;
    }
    case 'a':
    case 'mx':
      return readAddressMechanism(name, rest);
    case 'ip4':
    case 'ip6':
      return readNetwork(name, rest);
    default:
      return err('no known mechanism');
  }
}

function parseOptionalTarget(rest: string): Result<MacroString | undefined, string> {
  if (rest === '') return ok(undefined);
  return rest[0] === ':' ? parseDomainSpec(rest.slice(1)) : err('followed by something other than ":"');
}

/** dual-cidr-length of RFC 7208 §5.3, taken from the end, since "/" may also stand in a domain-spec. */
function readAddressMechanism(kind: 'a' | 'mx', written: string): Result<Mechanism, string> {
  let rest = written;
  let prefix4: number | undefined = 32;
  let prefix6: number | undefined = 128;
  const six = /\/\/([^/]*)$/.exec(rest);
  if (six !== null) {
    prefix6 = readPrefix(six[1]!, 128); // `!`: the group is not optional
    rest = rest.slice(0, six.index);
  }
  const four = /\/(\d+)$/.exec(rest);
  if (four !== null) {
    prefix4 = readPrefix(four[1]!, 32); // `!`: the group is not optional
    rest = rest.slice(0, four.index);
  }
  if (prefix4 === undefined || prefix6 === undefined) return err('given a wrong prefix length');
  const target = parseOptionalTarget(rest);
  return target.ok ? ok({ kind, target: target.value, prefix4, prefix6 }) : target;
}

function readPrefix(text: string, max: number): number | undefined {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

function readNetwork(kind: 'ip4' | 'ip6', rest: string): Result<Mechanism, string> {
  if (rest[0] !== ':') return err(`"${kind}" without an address`);
  const [address = '', prefixText, ...more] = rest.slice(1).split('/');
  const isV6 = address.includes(':');
  const ip = parseIp(address);
  if (ip === undefined || isV6 !== (kind === 'ip6') || more.length > 0)
    return err(`"${kind}" with a wrong address`);
  const max = kind === 'ip4' ? 32 : 128;
  const prefix = prefixText === undefined ? max : readPrefix(prefixText, max);
  if (prefix === undefined) return err('given a wrong prefix length');
  // RFC 7208 §5: an IPv4-mapped client only matches ip4, so a mapped ip6 network keeps its 16 bytes.
  const bytes = kind === 'ip6' && ip.version === 4 ? mapped(ip.bytes) : ip.bytes;
  return ok({ kind, network: { ip: { version: kind === 'ip4' ? 4 : 6, bytes }, prefix } });
}

function mapped(v4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[10] = bytes[11] = 0xff;
  bytes.set(v4, 12);
  return bytes;
}

/** domain-spec of RFC 7208 §7.1: a macro string that ends in a macro or in a dot and a top label. */
export function parseDomainSpec(text: string): Result<MacroString, string> {
  const macros = parseMacroString(text, 'domain');
  if (!macros.ok) return err(`using ${macros.error}`);
  if (text === '') return err('lacking its domain');
  return /(%\{[^}]*\}|%%|%_|%-)$/.test(text) || endsInTopLabel(text)
    ? macros
    : err('using a name without a proper top label');
}

function endsInTopLabel(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const dot = name.lastIndexOf('.');
  const label = name.slice(dot + 1);
  // toplabel: letters, digits and inner hyphens, not digits alone.
  return dot !== -1 && /^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?$/.test(label) && !/^\d+$/.test(label);
}
