/**
 * Key records as DNS holds them (RFC 6376 §3.6.1, RFC 8463 §4.2), read into key objects that are kept, since making one
 * costs as much as a verification.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { concat } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { decodeBase64 } from './signature-tags.ts';
import { describeTagListError, parseTagList, printable, type TagList, withoutSpace } from './tag-list.ts';

export type KeyType = 'rsa' | 'ed25519';

export type DkimKey = {
  readonly type: KeyType;
  readonly key: KeyObject;
  readonly bits: number;
  /** t=y: the domain is only testing. */
  readonly testing: boolean;
  /** t=s: the domain of i= must be d= itself. */
  readonly strict: boolean;
};

export type KeyProblemCode =
  | 'key-record-invalid'
  | 'key-version-unsupported'
  | 'key-type-unsupported'
  | 'key-revoked'
  | 'key-data-invalid'
  | 'key-not-for-mail'
  | 'key-hash-excluded'
  | 'key-missing'
  | 'key-unavailable';

export type KeyProblem = { readonly code: KeyProblemCode; readonly text: string };
export type KeyReading = Result<DkimKey, KeyProblem>;

/** TXT records read at one name; a name with more is a mistake or a trap. */
const MAX_RECORDS = 8;
const MAX_CACHED = 4096;
/** Keys with exponents above 2^32 are made to cost the verifier time. */
const MAX_EXPONENT = 2n ** 33n;
/** What DER puts before the 32 bytes of an Ed25519 key. */
const ED25519_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

export type KeyCache = { readonly read: (record: string) => KeyReading };

/** Readings kept by the text of the record; the least recently used goes first. A reading never gets old: it is pure. */
export function createKeyCache(maxRecords = MAX_CACHED): KeyCache {
  const known = new Map<string, KeyReading>();
  return {
    read(record) {
      const before = known.get(record);
      const reading = before ?? parseKeyRecord(record);
      known.delete(record);
      known.set(record, reading);
      if (known.size > maxRecords) {
        const oldest = known.keys().next();
        if (oldest.done !== true) known.delete(oldest.value);
      }
      return reading;
    },
  };
}

const sharedCache = createKeyCache();

/** Reads one record; every field that excludes its use for mail is a problem. */
export function parseKeyRecord(record: string): KeyReading {
  const list = parseTagList(record);
  if (!list.ok) return problem('key-record-invalid', describeTagListError(list.error));
  const tags = list.value;
  // RFC 6376 §3.6.1: v= must be the first tag where it is there, and any other version is discarded.
  const version = tags.get('v');
  if (version !== undefined && version !== 'DKIM1')
    return problem('key-version-unsupported', `v=${printable(version)} is not DKIM1`);
  if (version !== undefined && tags.keys().next().value !== 'v')
    return problem('key-record-invalid', 'v= is not the first tag');
  const type = tags.get('k') ?? 'rsa';
  if (type !== 'rsa' && type !== 'ed25519')
    return problem('key-type-unsupported', `k=${printable(type)} is not a known key type`);
  const data = tags.get('p');
  if (data === undefined) return problem('key-record-invalid', 'the tag p= is missing');
  if (data === '') return problem('key-revoked', 'the key is revoked');
  if (!lists(tags, 's', ['*', 'email'])) return problem('key-not-for-mail', 's= does not name email');
  if (!lists(tags, 'h', ['sha256'])) return problem('key-hash-excluded', 'h= does not name sha256');
  return readKey(type, data, colonList(tags, 't') ?? []);
}

function problem(code: KeyProblemCode, text: string): Result<never, KeyProblem> {
  return err({ code, text });
}

function colonList(tags: TagList, name: string): string[] | undefined {
  const value = tags.get(name);
  return value === undefined ? undefined : withoutSpace(value).split(':');
}

/** True when the tag is absent or names one of the words. */
function lists(tags: TagList, name: string, words: readonly string[]): boolean {
  const values = colonList(tags, name);
  return values === undefined || values.some((v) => words.includes(v));
}

function readKey(type: KeyType, data: string, flags: readonly string[]): KeyReading {
  const bytes = decodeBase64(data);
  if (bytes === undefined) return problem('key-data-invalid', 'p= is not base64');
  const key = type === 'rsa' ? rsaKey(bytes) : ed25519Key(bytes);
  if (key === undefined) return problem('key-data-invalid', `p= holds no ${type} key`);
  const bits = type === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 256;
  return ok({ type, key, bits, testing: flags.includes('y'), strict: flags.includes('s') });
}

function rsaKey(der: Uint8Array): KeyObject | undefined {
  // RFC 6376 erratum 3017: p= is a SubjectPublicKeyInfo; the bare RSAPublicKey that the text names is published, too.
  const key = publicKey(der, 'spki') ?? publicKey(der, 'pkcs1');
  if (key?.asymmetricKeyType !== 'rsa') return undefined;
  return (key.asymmetricKeyDetails?.publicExponent ?? 0n) > MAX_EXPONENT ? undefined : key;
}

function ed25519Key(bytes: Uint8Array): KeyObject | undefined {
  // RFC 8463 §4.2: p= is the 32 bytes of the key alone.
  return bytes.length === 32 ? publicKey(concat([ED25519_PREFIX, bytes]), 'spki') : undefined;
}

function publicKey(der: Uint8Array, type: 'spki' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPublicKey({ key: der as Buffer, format: 'der', type });
  } catch {
    return undefined; // the library says by throwing that these bytes are no key; which is what is asked
  }
}

/** Types first: comparing keys of two types leaves an error in OpenSSL's queue that the next call would trip over. */
export function isSameKey(a: DkimKey, b: DkimKey): boolean {
  return a.type === b.type && a.key.equals(b.key);
}

/** The keys at a name that fit the algorithm, at least one; otherwise why there is none. */
export async function fetchKeys(
  resolver: Resolver,
  wanted: { readonly selector: string; readonly domain: string; readonly type: KeyType },
  cache: KeyCache = sharedCache,
): Promise<Result<readonly DkimKey[], KeyProblem>> {
  const name = `${wanted.selector}._domainkey.${wanted.domain}`;
  if (name.length > 253) return problem('key-missing', `${printable(name)} is too long to be a name`);
  const answer = await resolver.txt(name);
  if (answer.kind === 'error')
    return problem('key-unavailable', `${name} could not be asked: ${answer.reason}`);
  if (answer.kind !== 'records' || answer.records.length === 0)
    return problem('key-missing', `${name} has no key record`);
  // RFC 6376 §6.1.2: of several records any may be tried; those that cannot belong to the signature are left out.
  const readings = answer.records.slice(0, MAX_RECORDS).map((r) => cache.read(r));
  const keys = readings.filter((r) => r.ok).map((r) => r.value);
  const fitting = keys.filter((k) => k.type === wanted.type);
  if (fitting.length > 0) return ok(fitting);
  if (keys.length > 0) return problem('key-type-unsupported', `${name} holds no ${wanted.type} key`);
  const first = readings.find((r) => !r.ok);
  return first ?? problem('key-missing', `${name} has no key record`);
}
