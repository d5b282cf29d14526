/**
 * Making DKIM signatures (RFC 6376 §5, RFC 8301, RFC 8463). A signature is made over a header section and the hash of a
 * body that is already known; what comes back is the one complete field to put on top of the message.
 */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { concat } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import { type Header, parseHeader } from '#protocol/message/header.ts';
import { type BodyHashes, bodyHashKey, type BodyHashRequest, type Canonicalization } from './body-hash.ts';
import { type ByteWriter, byteWriter, writeField, writeOwnField } from './canonical-header.ts';
import { composeField, fieldBytes, foldBase64, quotedPrintable, type Tag, toBase64 } from './compose.ts';
import { domainName, dnsName, isAtOrBelow } from './domain-name.ts';
import type { SignatureAlgorithm } from './signature.ts';
import { fieldsByName, selectFields } from './signed-fields.ts';

/** What signing with the default canonicalisation needs hashed. */
export const SIGNING_BODY_HASH: BodyHashRequest = {
  algorithm: 'sha256',
  canonicalization: 'relaxed',
  length: undefined,
};

/** RFC 6376 §5.4.1: fields whose meaning a reader relies on; those that are there are signed, every one of them. */
export const DEFAULT_SIGNED: readonly string[] = [
  'from',
  'sender',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'to',
  'cc',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'in-reply-to',
  'references',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
];

/** RFC 6376 §8.15: listed once more than they occur, so that nobody can add one that mail programs would show. */
export const DEFAULT_OVERSIGNED: readonly string[] = [
  'from',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'to',
  'cc',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

export type SigningKey = {
  readonly domain: string;
  readonly selector: string;
  readonly key: KeyObject;
  readonly algorithm: SignatureAlgorithm;
};

export type DkimSigning = SigningKey & {
  readonly header: Header;
  readonly bodyHashes: BodyHashes;
  readonly nowMs: number;
  /** Names to sign, all fields of each; the default is DEFAULT_SIGNED. */
  readonly headers?: readonly string[];
  /** h= word for word, in place of `headers` and `oversign`. */
  readonly exactHeaders?: readonly string[];
  /** Names to list once more than they occur; the default is DEFAULT_OVERSIGNED. */
  readonly oversign?: readonly string[];
  readonly headerCanonicalization?: Canonicalization;
  readonly bodyCanonicalization?: Canonicalization;
  /** l=; only where an operator insists, since it lets anybody add to the body. */
  readonly bodyLength?: number;
  readonly expireAfterS?: number;
  /** i=, at or below the domain. */
  readonly identity?: string;
  /** Further tags, such as q= and z=. */
  readonly extraTags?: readonly Tag[];
};

/** The DKIM-Signature field, folded, with its line end. Throws when asked for one that no verifier could accept. */
export function signDkim(input: DkimSigning): Uint8Array {
  const how = input.headerCanonicalization ?? 'relaxed';
  const body = input.bodyCanonicalization ?? 'relaxed';
  const written =
    input.exactHeaders ??
    listToSign(input.header, input.headers ?? DEFAULT_SIGNED, input.oversign ?? DEFAULT_OVERSIGNED);
  const names = written.map((n) => n.toLowerCase());
  if (!names.includes('from')) throw new InvariantError('a DKIM signature must cover From');
  const nowS = Math.floor(input.nowMs / 1000);
  const tags: Tag[] = [
    ['v', '1'],
    ['a', input.algorithm],
    ['c', `${how}/${body}`],
    ...namesOf(input),
    ['t', String(nowS)],
    ...(input.expireAfterS === undefined ? [] : [['x', String(nowS + input.expireAfterS)] as const]),
    ...(input.identity === undefined ? [] : [identityTag(input.identity, input.domain)]),
    ...(input.bodyLength === undefined ? [] : [['l', String(input.bodyLength)] as const]),
    ...(input.extraTags ?? []),
    ['h', written.join(':')],
    ['bh', bodyHashValue(input.bodyHashes, body, input.bodyLength)],
    ['b', ''],
  ];
  return signField('DKIM-Signature', tags, how, input, (out) => {
    for (const field of selectFields(input.header, names, undefined))
      writeField(out, input.header, field, how);
  });
}

/** d= and s=, checked. */
export function namesOf(key: SigningKey): Tag[] {
  const domain = domainName(key.domain);
  const selector = dnsName(key.selector);
  if (domain === undefined) throw new InvariantError(`"${key.domain}" is no domain to sign for`);
  if (selector === undefined) throw new InvariantError(`"${key.selector}" is no selector`);
  return [
    ['d', domain],
    ['s', selector],
  ];
}

function identityTag(identity: string, domain: string): Tag {
  const at = identity.lastIndexOf('@');
  const name = at === -1 ? undefined : dnsName(identity.slice(at + 1));
  if (name === undefined || !isAtOrBelow(name, domain.toLowerCase()))
    throw new InvariantError(`the identity "${identity}" is not within ${domain}`);
  return ['i', quotedPrintable(identity)];
}

/** Each name as often as it occurs, and once more where it is oversigned; the order is that of the names. */
export function listToSign(header: Header, names: readonly string[], oversign: readonly string[]): string[] {
  const index = fieldsByName(header);
  const extra = new Set(oversign.map((n) => n.toLowerCase()));
  const all = new Set([...names.map((n) => n.toLowerCase()), ...extra]);
  return [...all].flatMap((name) =>
    Array<string>((index.get(name)?.length ?? 0) + (extra.has(name) ? 1 : 0)).fill(name),
  );
}

export function bodyHashValue(hashes: BodyHashes, how: Canonicalization, length: number | undefined): string {
  const hash = hashes.get(bodyHashKey({ algorithm: 'sha256', canonicalization: how, length }));
  if (hash === undefined) throw new InvariantError(`the ${how} body hash was not computed`);
  if (length !== undefined && length > hash.canonicalLength)
    throw new InvariantError(`l=${length} is more than the ${hash.canonicalLength} bytes of the body`);
  return toBase64(hash.digest);
}

/**
 * Composes a field whose tags end in or contain an empty b=, signs what `before` writes and the field itself, and fills
 * the signature in.
 */
export function signField(
  name: string,
  tags: readonly Tag[],
  how: Canonicalization,
  key: SigningKey,
  before: (out: ByteWriter) => void,
  write: (signature: Uint8Array) => string = foldBase64,
): Uint8Array {
  const unsigned = composeField(name, tags);
  const own = parseHeader(concat([fieldBytes(unsigned), fieldBytes('')]));
  const out = byteWriter();
  before(out);
  writeOwnField(out, own, own.fields[0]!, how); // `!`: it is the one field just composed
  const at = /[ \t;]b=/.exec(unsigned);
  if (at === null) throw new InvariantError(`${name} was composed without b=`);
  const start = at.index + 3;
  const value = write(signBytes(key, out.bytes()));
  return fieldBytes(unsigned.slice(0, start) + value + unsigned.slice(start));
}

function signBytes(key: SigningKey, bytes: Uint8Array): Uint8Array {
  const type = key.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
  if (key.key.type !== 'private' || key.key.asymmetricKeyType !== type)
    throw new InvariantError(`${key.algorithm} needs a private ${type} key`);
  // RFC 8463 §3: Ed25519 signs the SHA-256 hash.
  if (type === 'ed25519') return sign(null, createHash('sha256').update(bytes).digest(), key.key);
  // RFC 8301 §3.2: signers MUST use RSA keys of at least 1024 bits.
  if ((key.key.asymmetricKeyDetails?.modulusLength ?? 0) < 1024)
    throw new InvariantError('an RSA key of fewer than 1024 bits must not sign');
  return sign('sha256', bytes, key.key);
}
