/**
 * What the tags of a signature say (RFC 6376 §3.5, RFC 8617 §4.1): names, times, lists, each checked by itself and against
 * the others. Pure text work; where the field stands and what it covers is signature.ts.
 */
import { fromLatin1, toUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Canonicalization } from './canonical-body.ts';
import { domainName, dnsName, isAtOrBelow } from './domain-name.ts';
import { printable, type TagList, withoutSpace } from './tag-list.ts';

const MAX_SIGNED_HEADERS = 500;

export type SignatureKind = 'dkim' | 'arc-message' | 'arc-seal';
export type SignatureAlgorithm = 'rsa-sha256' | 'ed25519-sha256';

export type SignatureProblemCode =
  | 'tag-list-invalid'
  | 'version-unsupported'
  | 'tag-missing'
  | 'tag-invalid'
  | 'algorithm-unsupported'
  | 'algorithm-forbidden'
  | 'canonicalization-unsupported'
  | 'query-unsupported'
  | 'from-not-signed'
  | 'identity-outside-domain'
  | 'expires-before-signed'
  | 'header-list-forbidden';

export type SignatureProblem = { readonly code: SignatureProblemCode; readonly text: string };

/** A well-formed signature; nothing in it is verified. */
export type Signature = {
  readonly algorithm: SignatureAlgorithm;
  /** A-label, lower case. */
  readonly domain: string;
  readonly selector: string;
  readonly signature: Uint8Array;
  /** Empty for an ARC-Seal. */
  readonly bodyHash: Uint8Array;
  readonly headerCanonicalization: Canonicalization;
  readonly bodyCanonicalization: Canonicalization;
  /** Lower case, in the order of `h=`. */
  readonly signedHeaders: readonly string[];
  readonly bodyLength: number | undefined;
  /** `i=` of DKIM decoded, or `@d`. */
  readonly identity: string;
  readonly identityDomain: string;
  readonly timestampS: number | undefined;
  readonly expiresS: number | undefined;
};

/** Thrown and caught only inside this file: the first problem ends the reading of one signature. */
class Problem extends Error {
  readonly code: SignatureProblemCode;
  constructor(code: SignatureProblemCode, text: string) {
    super(text);
    this.code = code;
  }
}

/** Reads the tags of one signature; the first mistake in them is the problem. */
export function readTags(tags: TagList, kind: SignatureKind): Result<Signature, SignatureProblem> {
  try {
    return ok(readSignatureTags(tags, kind));
  } catch (problem) {
    if (problem instanceof Problem) return err({ code: problem.code, text: problem.message });
    throw problem;
  }
}

function readSignatureTags(tags: TagList, kind: SignatureKind): Signature {
  // RFC 6376 §3.5: v= is there and is "1". ARC has none (RFC 8617 §4.1.2).
  if (kind === 'dkim' && need(tags, 'v') !== '1')
    throw new Problem('version-unsupported', `v=${printable(need(tags, 'v'))} is not version 1`);
  const algorithm = readAlgorithm(need(tags, 'a'));
  const domain = domainName(asText(need(tags, 'd')));
  if (domain === undefined)
    throw new Problem('tag-invalid', `d=${printable(need(tags, 'd'))} is no domain name`);
  const selector = dnsName(asText(need(tags, 's')));
  if (selector === undefined)
    throw new Problem('tag-invalid', `s=${printable(need(tags, 's'))} is no selector`);
  const signature = readBase64(tags, 'b');
  const times = readTimes(tags);
  const identity = kind === 'dkim' ? readIdentity(tags, domain) : { text: `@${domain}`, domain };
  const base = { algorithm, domain, selector, signature, ...times };
  const who = { identity: identity.text, identityDomain: identity.domain };
  if (kind === 'arc-seal') return { ...base, ...who, ...sealParts(tags) };
  const [headerCanonicalization, bodyCanonicalization] = readCanonicalization(tags.get('c'), kind);
  readQuery(tags.get('q'));
  return {
    ...base,
    ...who,
    headerCanonicalization,
    bodyCanonicalization,
    bodyHash: readBase64(tags, 'bh'),
    signedHeaders: readSignedHeaders(need(tags, 'h'), kind),
    bodyLength: readDecimal(tags, 'l'),
  };
}

function sealParts(
  tags: TagList,
): Pick<
  Signature,
  'bodyHash' | 'headerCanonicalization' | 'bodyCanonicalization' | 'signedHeaders' | 'bodyLength'
> {
  // RFC 8617 §4.1.3: an ARC-Seal covers a fixed list of fields; one with h= must fail.
  if (tags.has('h')) throw new Problem('header-list-forbidden', 'an ARC-Seal must not have h=');
  return {
    bodyHash: new Uint8Array(0),
    headerCanonicalization: 'relaxed',
    bodyCanonicalization: 'relaxed',
    signedHeaders: [],
    bodyLength: undefined,
  };
}

function need(tags: TagList, name: string): string {
  const value = tags.get(name);
  if (value === undefined) throw new Problem('tag-missing', `the tag ${name}= is missing`);
  return value;
}

/** Tag values are kept one character per byte; names and identities may be UTF-8 (RFC 8616 §4). */
function asText(value: string): string {
  return /[\x80-\xff]/.test(value) ? toUtf8(fromLatin1(value)) : value;
}

function readAlgorithm(value: string): SignatureAlgorithm {
  if (value === 'rsa-sha256' || value === 'ed25519-sha256') return value;
  // RFC 8301 §3.1: rsa-sha1 MUST NOT be used for signing or verifying.
  if (value === 'rsa-sha1') throw new Problem('algorithm-forbidden', 'rsa-sha1 is not accepted any more');
  throw new Problem('algorithm-unsupported', `a=${printable(value)} is not a known algorithm`);
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function readBase64(tags: TagList, name: string): Uint8Array {
  const bytes = decodeBase64(need(tags, name));
  if (bytes === undefined) throw new Problem('tag-invalid', `${name}= is not base64`);
  return bytes;
}

/** Base64 with folding white space anywhere in it (RFC 6376 §2.10); `undefined` when it is none or empty. */
export function decodeBase64(value: string): Uint8Array | undefined {
  const text = withoutSpace(value);
  if (!BASE64.test(text) || text.length % 4 !== 0) return undefined;
  return fromLatin1(atob(text));
}

function readCanonicalization(
  value: string | undefined,
  kind: SignatureKind,
): [Canonicalization, Canonicalization] {
  // RFC 6376 §3.5: the default is simple/simple, and for a single word the body is simple.
  // Deviates for ARC: every sealer that leaves c= out means relaxed/relaxed, and the suite of ARC's authors holds to it.
  if (value === undefined) return kind === 'dkim' ? ['simple', 'simple'] : ['relaxed', 'relaxed'];
  const parts = value.split('/');
  const [header, body = 'simple'] = parts;
  if (parts.length > 2 || !isCanonicalization(header) || !isCanonicalization(body))
    throw new Problem('canonicalization-unsupported', `c=${printable(value)} is not known`);
  return [header, body];
}

function isCanonicalization(word: string | undefined): word is Canonicalization {
  return word === 'simple' || word === 'relaxed';
}

function readQuery(value: string | undefined): void {
  // RFC 6376 §3.5: unrecognised query methods are ignored; without a known one there is no key.
  if (value === undefined) return;
  const methods = withoutSpace(value).split(':');
  if (!methods.includes('dns/txt') && !methods.includes('dns'))
    throw new Problem('query-unsupported', `q=${printable(value)} names no method that is known`);
}

function readSignedHeaders(value: string, kind: SignatureKind): string[] {
  const names = withoutSpace(value).toLowerCase().split(':');
  const signed = names.filter((n) => n !== '');
  if (signed.length > MAX_SIGNED_HEADERS)
    throw new Problem('tag-invalid', `h= lists more than ${MAX_SIGNED_HEADERS} fields`);
  // RFC 6376 §5.4: the From field MUST be signed.
  if (kind === 'dkim' && !signed.includes('from'))
    throw new Problem('from-not-signed', 'h= does not list From');
  // RFC 8617 §4.1.2: an ARC-Message-Signature does not cover ARC-Seal fields.
  if (kind === 'arc-message' && signed.includes('arc-seal'))
    throw new Problem('header-list-forbidden', 'h= of an ARC-Message-Signature must not list ARC-Seal');
  return signed;
}

function readDecimal(tags: TagList, name: string): number | undefined {
  const value = tags.get(name);
  if (value === undefined) return undefined;
  // RFC 6376 §3.5: l= has at most 76 digits, t= and x= at least 12 must be readable; beyond 2^53 nothing is real.
  if (!/^\d{1,76}$/.test(value)) throw new Problem('tag-invalid', `${name}=${printable(value)} is no number`);
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}

function readTimes(tags: TagList): Pick<Signature, 'timestampS' | 'expiresS'> {
  const timestampS = readDecimal(tags, 't');
  const expiresS = readDecimal(tags, 'x');
  // RFC 6376 §3.5: x= MUST be greater than t= where both are there.
  if (timestampS !== undefined && expiresS !== undefined && expiresS <= timestampS)
    throw new Problem('expires-before-signed', 'x= is not later than t=');
  return { timestampS, expiresS };
}

function readIdentity(tags: TagList, domain: string): { text: string; domain: string } {
  const value = tags.get('i');
  if (value === undefined) return { text: `@${domain}`, domain };
  const text = asText(decodeQuotedPrintable(withoutSpace(value)));
  const at = text.lastIndexOf('@');
  const identityDomain = at === -1 ? undefined : dnsName(text.slice(at + 1));
  if (identityDomain === undefined)
    throw new Problem('tag-invalid', `i=${printable(value)} is no address or @domain`);
  // What is decoded goes into headers and logs of ours.
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Problem('tag-invalid', 'i= holds a control character');
  // RFC 6376 §3.5: the domain of i= MUST be d= or below it.
  if (!isAtOrBelow(identityDomain, domain))
    throw new Problem('identity-outside-domain', `i=${printable(value)} is not within d=${domain}`);
  return { text, domain: identityDomain };
}

/** RFC 6376 §2.11: dkim-quoted-printable. */
function decodeQuotedPrintable(text: string): string {
  return text.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
