/** The arguments of `gatehouse sign`, read into what signing needs. Every mistake is one sentence. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '#core/result.ts';
import type { ChainResult } from '#protocol/arc/seal.ts';
import type { Canonicalization } from '#protocol/dkim/canonical-body.ts';
import type { Tag } from '#protocol/dkim/compose.ts';
import { dnsName, domainName, isAtOrBelow } from '#protocol/dkim/domain-name.ts';
import type { SigningKey } from '#protocol/dkim/sign.ts';
import type { SignatureAlgorithm } from '#protocol/dkim/signature.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseZoneText } from '#protocol/dns/zone-text.ts';

export const SIGN_USAGE = `Usage: gatehouse sign dkim|arc FILE|- --domain D --selector S --key PEMFILE [options]

Prints the message with the new signature on top. Options of both:
  --algorithm rsa-sha256|ed25519-sha256   default: what the key is for
  --headers H1:H2:…      h= word for word; default: the usual fields that are there, shown ones once more
  --timestamp SECONDS    t=   (or --now 2025-06-02T12:00:00Z; default: now)
  --zone FILE            DNS as JSON, in place of the network, which is never used
  --json                 prints {"fields": […]} in place of the message
Only dkim:
  --oversign H1:H2:…     fields listed once more than they occur; "none" for none
  --canonicalization relaxed/relaxed      header/body, each simple or relaxed
  --expire SECONDS       x= that long after t=
  --identity I           i=
  --length N             l=: only the first N bytes of the body (lets anybody add to it)
  --tag NAME=VALUE       any further tag, such as q=dns/txt; may be repeated
Only arc:
  --authserv-id NAME     takes the Authentication-Results fields of that name; default: the domain
  --auth-results TEXT    what to say in place of them, authserv-id first
  --cv none|pass|fail    what the chain before was worth; default: checked with --zone, else arc= of the results
`;

const OPTIONS = {
  domain: { type: 'string' },
  selector: { type: 'string' },
  key: { type: 'string' },
  algorithm: { type: 'string' },
  headers: { type: 'string' },
  oversign: { type: 'string' },
  canonicalization: { type: 'string' },
  timestamp: { type: 'string' },
  now: { type: 'string' },
  expire: { type: 'string' },
  identity: { type: 'string' },
  length: { type: 'string' },
  tag: { type: 'string', multiple: true },
  zone: { type: 'string' },
  'authserv-id': { type: 'string' },
  'auth-results': { type: 'string' },
  cv: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const ONLY_DKIM = ['oversign', 'canonicalization', 'expire', 'identity', 'length', 'tag'] as const;
const ONLY_ARC = ['authserv-id', 'auth-results', 'cv'] as const;

export type SignOptions = {
  readonly kind: 'dkim' | 'arc';
  readonly source: string;
  readonly signing: SigningKey;
  readonly nowMs: number;
  readonly exactHeaders: readonly string[] | undefined;
  readonly oversign: readonly string[] | undefined;
  readonly canonicalization: readonly [Canonicalization, Canonicalization];
  readonly expireAfterS: number | undefined;
  readonly identity: string | undefined;
  readonly bodyLength: number | undefined;
  readonly extraTags: readonly Tag[];
  readonly resolver: Resolver | undefined;
  readonly authservId: string;
  readonly authResults: string | undefined;
  readonly cv: ChainResult | undefined;
  readonly isJson: boolean;
};

/** A mistake of the person at the keyboard; caught in `readSignOptions` alone. */
class Usage extends Error {}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
}

/** `help` when that was asked for. */
export function readSignOptions(
  args: readonly string[],
  nowMs: number,
): Result<SignOptions | 'help', string> {
  try {
    const { values, positionals } = parse(args);
    if (values.help === true) return ok('help');
    return ok(readValues(values, positionals, nowMs));
  } catch (error) {
    if (error instanceof Usage) return err(error.message);
    // parseArgs throws TypeErrors about what was typed; their first sentence names the argument.
    if (error instanceof TypeError) return err(error.message.split(/\. |\n/)[0] ?? error.message);
    throw error;
  }
}

function readValues(values: Values, positionals: readonly string[], nowMs: number): SignOptions {
  const [kind, source, ...more] = positionals;
  if (kind !== 'dkim' && kind !== 'arc')
    throw new Usage(
      `sign what? "dkim" or "arc" must come first${kind === undefined ? '' : `, not "${kind}"`}`,
    );
  if (source === undefined) throw new Usage('the message is missing: a file name, or - for standard input');
  if (more.length > 0) throw new Usage(`one message at a time: "${more[0]}" is too much`);
  for (const name of kind === 'dkim' ? ONLY_ARC : ONLY_DKIM)
    if (values[name] !== undefined) throw new Usage(`--${name} does not belong to "sign ${kind}"`);
  const signing = readSigning(values);
  return {
    kind,
    source,
    signing,
    nowMs: readNow(values, nowMs),
    exactHeaders: readNames('headers', values.headers),
    oversign: readOversign(values),
    canonicalization: readCanonicalization(values.canonicalization ?? 'relaxed/relaxed'),
    expireAfterS: readNumber('expire', values.expire, 1),
    identity: readIdentity(values.identity, signing.domain),
    bodyLength: readNumber('length', values.length, 0),
    extraTags: (values.tag ?? []).map(readTag),
    resolver: values.zone === undefined ? undefined : readZone(values.zone),
    authservId: values['authserv-id'] ?? signing.domain,
    authResults: values['auth-results'],
    cv: readCv(values.cv),
    isJson: values.json === true,
  };
}

function readSigning(values: Values): SigningKey {
  const domain = domainName(need('domain', values.domain));
  if (domain === undefined) throw new Usage(`--domain "${values.domain}" is no domain name`);
  const selector = dnsName(need('selector', values.selector));
  if (selector === undefined) throw new Usage(`--selector "${values.selector}" is no selector`);
  const key = readKey(need('key', values.key));
  return { domain, selector, key, algorithm: readAlgorithm(values.algorithm, key) };
}

function need(name: string, value: string | undefined): string {
  if (value === undefined) throw new Usage(`--${name} is missing`);
  return value;
}

function readKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && String(error.code).startsWith('E');
    const why =
      isAbsent && !String(error.code).startsWith('ERR_')
        ? error.message
        : 'it holds no private key in PEM form';
    throw new Usage(`--key ${file}: ${why}`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ed25519')
    throw new Usage(
      `--key ${file}: a key of type ${key.asymmetricKeyType} cannot sign mail, only rsa and ed25519`,
    );
  const bits = key.asymmetricKeyDetails?.modulusLength;
  // RFC 8301 §3.2: signers MUST use at least 1024 bits.
  if (bits !== undefined && bits < 1024)
    throw new Usage(`--key ${file}: ${bits} bits are too few, 1024 is the least that anybody accepts`);
  return key;
}

function readAlgorithm(value: string | undefined, key: KeyObject): SignatureAlgorithm {
  const fitting = key.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ed25519-sha256';
  if (value === undefined || value === fitting) return fitting;
  if (value === 'rsa-sha256' || value === 'ed25519-sha256')
    throw new Usage(`--algorithm ${value} does not fit the key, which is for ${fitting}`);
  throw new Usage(`--algorithm "${value}" is neither rsa-sha256 nor ed25519-sha256`);
}

function readNumber(name: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value) || Number(value) < least)
    throw new Usage(`--${name} "${value}" is no whole number from ${least}`);
  return Number(value);
}

function readNow(values: Values, nowMs: number): number {
  if (values.now !== undefined && values.timestamp !== undefined)
    throw new Usage('--now and --timestamp say the same; give one of them');
  const seconds = readNumber('timestamp', values.timestamp, 0);
  if (seconds !== undefined) return seconds * 1000;
  if (values.now === undefined) return nowMs;
  const isForm = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(values.now);
  const parsed = isForm ? Date.parse(values.now) : Number.NaN;
  if (Number.isNaN(parsed)) throw new Usage(`--now "${values.now}" is no time like 2025-06-02T12:00:00Z`);
  return parsed;
}

const FIELD_NAME = /^[\x21-\x39\x3c-\x7e]+$/;

function readNames(option: string, value: string | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const names = value.split(':').map((n) => n.trim());
  const wrong = names.find((n) => !FIELD_NAME.test(n));
  if (wrong !== undefined) throw new Usage(`--${option}: "${wrong}" is no field name`);
  const lower = names.map((n) => n.toLowerCase());
  if (option === 'headers' && lower.includes('arc-seal')) throw new Usage('--headers must not list ARC-Seal');
  return names;
}

function readOversign(values: Values): string[] | undefined {
  if (values.oversign === 'none') return [];
  return readNames('oversign', values.oversign);
}

function readCanonicalization(value: string): readonly [Canonicalization, Canonicalization] {
  const [header, body = 'simple', ...more] = value.split('/');
  const isKnown = (word: string | undefined): word is Canonicalization =>
    word === 'simple' || word === 'relaxed';
  if (more.length > 0 || !isKnown(header) || !isKnown(body))
    throw new Usage(`--canonicalization "${value}" is not header/body, each simple or relaxed`);
  return [header, body];
}

function readIdentity(value: string | undefined, domain: string): string | undefined {
  if (value === undefined) return undefined;
  const at = value.lastIndexOf('@');
  const name = at === -1 ? undefined : dnsName(value.slice(at + 1));
  if (name === undefined || !isAtOrBelow(name, domain))
    throw new Usage(`--identity "${value}" is not within ${domain}`);
  return value;
}

const OWN_TAGS = new Set(['v', 'a', 'b', 'bh', 'c', 'd', 'h', 'i', 'l', 's', 't', 'x']);

function readTag(text: string): Tag {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals)).trim();
  const value = text.slice(equals + 1).trim();
  if (!/^[A-Za-z]\w*$/.test(name) || !/^[\x20-\x3a\x3c-\x7e]*$/.test(value))
    throw new Usage(`--tag "${text}" is no NAME=VALUE of a signature`);
  if (OWN_TAGS.has(name)) throw new Usage(`--tag ${name}= has an option or a meaning of its own`);
  return [name, value];
}

function readZone(file: string): Resolver {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Usage(`--zone ${file}: ${error instanceof Error ? error.message : 'unreadable'}`, {
      cause: error,
    });
  }
  const zone = parseZoneText(text);
  if (zone.ok) return zoneResolver(zone.value);
  throw new Usage(`--zone ${file}: ${zone.error.map((c) => `${c.at}: expected ${c.expected}`).join('; ')}`);
}

function readCv(value: string | undefined): ChainResult | undefined {
  if (value === undefined || value === 'none' || value === 'pass' || value === 'fail') return value;
  throw new Usage(`--cv "${value}" is none of none, pass, fail`);
}
