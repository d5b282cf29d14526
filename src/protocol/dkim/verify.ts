/**
 * Verifying the DKIM signatures of a message (RFC 6376 §6.1, RFC 8301, RFC 8463).
 *
 * The body is not here: its hashes came out of the one pass while it arrived. Each signature gets its own result; whether
 * a signature matters (alignment, policy, what is shown) is for others to say. A signature passes only by a key that was
 * fetched, allowed and fits; everything else has its own word and reason.
 */
import { createHash, verify } from 'node:crypto';
import { equalBytes } from '#core/bytes.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { Header } from '#protocol/message/header.ts';
import { type BodyHash, bodyHashKey, type BodyHashes } from './body-hash.ts';
import { type DkimReason, type DkimResult, type DkimWord, EMPTY_RESULT } from './result.ts';
import { byteWriter, writeField, writeOwnField } from './canonical-header.ts';
import { type DkimKey, fetchKeys, type KeyCache } from './key-record.ts';
import { type Signature, type SignatureAlgorithm, type SignatureField, signaturesOf } from './signature.ts';
import { selectFields, unsignedDuplicates } from './signed-fields.ts';
import { printable, withoutSpace } from './tag-list.ts';

export type { DkimReason, DkimResult, DkimWord } from './result.ts';

export type DkimLimits = {
  /** RFC 8301 §3.2: keys of fewer than 1024 bits are never accepted; an operator may ask for more. */
  readonly minRsaBits: number;
  readonly maxRsaBits: number;
  /** How far a clock may be off for t= and x=. */
  readonly clockSkewS: number;
};

export const DKIM_LIMITS: DkimLimits = { minRsaBits: 1024, maxRsaBits: 8192, clockSkewS: 300 };
const WEAK_BELOW_BITS = 2048;
/** Keys tried where a name holds several that fit. */
const MAX_KEYS_TRIED = 3;

export type DkimVerification = {
  readonly header: Header;
  readonly bodyHashes: BodyHashes;
  readonly resolver: Resolver;
  readonly nowMs: number;
  readonly limits?: Partial<DkimLimits>;
  readonly keys?: KeyCache;
};

/** A result for each signature, top to bottom; empty when the message has none. */
export async function verifyDkim(input: DkimVerification): Promise<DkimResult[]> {
  const { dkim, dkimIgnored } = signaturesOf(input.header);
  const results = await Promise.all(dkim.map((s) => verifySignature(input, s)));
  if (dkimIgnored > 0)
    results.push({
      ...EMPTY_RESULT,
      result: 'policy',
      reason: 'too-many-signatures',
      text: `${dkimIgnored} more signatures were not looked at`,
    });
  return results;
}

/** One signature over header and body: a DKIM-Signature, or the ARC-Message-Signature that is made the same way. */
export async function verifySignature(input: DkimVerification, field: SignatureField): Promise<DkimResult> {
  const claimed: DkimResult = { ...EMPTY_RESULT, ...claims(field) };
  if (!field.parsed.ok) return { ...claimed, reason: field.parsed.error.code, text: field.parsed.error.text };
  const signature = field.parsed.value;
  const limits = { ...DKIM_LIMITS, ...input.limits };
  const body = judgeBody(input.bodyHashes, field, signature);
  const seen: DkimResult = {
    ...claimed,
    ...body.seen,
    ...judgeTimes(signature, limits, input.nowMs),
    domain: signature.domain,
    selector: signature.selector,
    identity: signature.identity,
    signedHeaders: signature.signedHeaders,
    canonicalization: `${signature.headerCanonicalization}/${signature.bodyCanonicalization}`,
    unsignedDuplicates: unsignedDuplicates(input.header, signature.signedHeaders),
  };
  if (seen.expired) return { ...seen, reason: 'expired', text: 'the signature has expired' };
  const found = await fetchKeys(input.resolver, wantedKey(signature), input.keys);
  if (!found.ok) {
    const temporary = found.error.code === 'key-unavailable';
    return { ...seen, ...reasoned(found.error), result: temporary ? 'temperror' : 'permerror' };
  }
  return judgeKeys(input.header, field, signature, found.value, limits, seen, body.problem);
}

function claims(field: SignatureField): Partial<DkimResult> {
  const tag = (name: string): string | undefined => {
    const value = field.tags.get(name);
    return value === undefined ? undefined : printable(value);
  };
  const start = field.tags.get('b');
  return {
    algorithm: tag('a'),
    signatureStart: start === undefined ? undefined : printable(withoutSpace(start).slice(0, 12)),
  };
}

function reasoned(problem: { code: DkimReason; text: string }): { reason: DkimReason; text: string } {
  return { reason: problem.code, text: problem.text };
}

export function wantedKey(signature: Signature): {
  selector: string;
  domain: string;
  type: 'rsa' | 'ed25519';
} {
  const type = signature.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
  return { selector: signature.selector, domain: signature.domain, type };
}

function judgeTimes(signature: Signature, limits: DkimLimits, nowMs: number): Partial<DkimResult> {
  const nowS = Math.floor(nowMs / 1000);
  const { timestampS, expiresS } = signature;
  return {
    timestampS,
    expiresS,
    // RFC 6376 §3.5: past x= a signature may be taken as invalid; here it is.
    expired: expiresS !== undefined && nowS > expiresS + limits.clockSkewS,
    timestampInFuture: timestampS !== undefined && timestampS > nowS + limits.clockSkewS,
  };
}

type BodyProblem = { readonly result: DkimWord; readonly code: DkimReason; readonly text: string };

function judgeBody(
  hashes: BodyHashes,
  field: SignatureField,
  signature: Signature,
): { seen: Partial<DkimResult>; problem: BodyProblem | undefined } {
  const request = field.bodyHashRequest;
  const hash: BodyHash | undefined = request === undefined ? undefined : hashes.get(bodyHashKey(request));
  if (hash === undefined) {
    const text = 'the body was not hashed for this signature: too many different hashes are asked for';
    return { seen: {}, problem: { result: 'policy', code: 'body-hash-not-computed', text } };
  }
  const covered = signature.bodyLength;
  const seen = {
    bodyHashOk: equalBytes(hash.digest, signature.bodyHash),
    bodyLengthCovered: covered,
    bodyUncovered: covered === undefined ? 0 : Math.max(0, hash.canonicalLength - covered),
  };
  // RFC 6376 §3.5: l= MUST NOT be larger than the body.
  if (covered !== undefined && covered > hash.canonicalLength) {
    const text = `l=${covered} is more than the ${hash.canonicalLength} bytes of the body`;
    return {
      seen: { ...seen, bodyHashOk: false },
      problem: { result: 'permerror', code: 'body-shorter-than-signed', text },
    };
  }
  if (seen.bodyHashOk) return { seen, problem: undefined };
  return {
    seen,
    problem: { result: 'fail', code: 'body-hash-mismatch', text: 'the body was changed after signing' },
  };
}

function judgeKeys(
  header: Header,
  field: SignatureField,
  signature: Signature,
  keys: readonly DkimKey[],
  limits: DkimLimits,
  seen: DkimResult,
  bodyProblem: BodyProblem | undefined,
): DkimResult {
  const signed = signedBytes(header, field, signature);
  let last: DkimResult | undefined;
  for (const key of keys.slice(0, MAX_KEYS_TRIED)) {
    const judged = judgeKey(signed, signature, key, limits, seen, bodyProblem);
    if (judged.headerHashOk === true) return judged;
    last ??= judged;
  }
  return last ?? seen;
}

function judgeKey(
  signed: Uint8Array,
  signature: Signature,
  key: DkimKey,
  limits: DkimLimits,
  before: DkimResult,
  bodyProblem: BodyProblem | undefined,
): DkimResult {
  const seen: DkimResult = {
    ...before,
    keyBits: key.bits,
    weakKey: key.type === 'rsa' && key.bits < WEAK_BELOW_BITS,
    testing: key.testing,
  };
  const refused = refuseKey(key, signature, limits);
  if (refused !== undefined) return { ...seen, ...reasoned(refused), result: 'permerror' };
  const headerHashOk = verifyBytes(signature.algorithm, signed, key, signature.signature);
  if (bodyProblem !== undefined)
    return { ...seen, headerHashOk, result: bodyProblem.result, ...reasoned(bodyProblem) };
  if (!headerHashOk) {
    const text = 'the signature does not fit the header and the key';
    return { ...seen, headerHashOk, result: 'fail', reason: 'signature-mismatch', text };
  }
  return { ...seen, headerHashOk, result: 'pass', reason: 'good', text: 'the signature is good' };
}

function refuseKey(
  key: DkimKey,
  signature: Signature,
  limits: DkimLimits,
): { code: DkimReason; text: string } | undefined {
  // RFC 6376 §3.6.1: t=s demands that the domain of i= is d= itself.
  if (key.strict && signature.identityDomain !== signature.domain)
    return {
      code: 'identity-not-the-domain',
      text: `i= names ${signature.identityDomain}, but the key is for ${signature.domain} alone`,
    };
  return refuseSize(key, limits);
}

/** RFC 8301 §3.2: at least 1024 bits; and not so many that checking becomes an attack. */
export function refuseSize(
  key: DkimKey,
  limits: DkimLimits = DKIM_LIMITS,
): { code: 'key-too-short' | 'key-too-long'; text: string } | undefined {
  if (key.type !== 'rsa') return undefined;
  if (key.bits < Math.max(1024, limits.minRsaBits))
    return { code: 'key-too-short', text: `an RSA key of ${key.bits} bits is too short` };
  if (key.bits > limits.maxRsaBits)
    return { code: 'key-too-long', text: `an RSA key of ${key.bits} bits is too long` };
  return undefined;
}

/** RFC 6376 §3.7: the listed fields, then the signature's own field without its value. */
export function signedBytes(header: Header, field: SignatureField, signature: Signature): Uint8Array {
  const out = byteWriter();
  for (const f of selectFields(header, signature.signedHeaders, field.field))
    writeField(out, header, f, signature.headerCanonicalization);
  writeOwnField(out, header, field.field, signature.headerCanonicalization);
  return out.bytes();
}

/** True when the key made the signature over these bytes. */
export function verifyBytes(
  algorithm: SignatureAlgorithm,
  signed: Uint8Array,
  key: DkimKey,
  signature: Uint8Array,
): boolean {
  if (algorithm === 'rsa-sha256') return key.type === 'rsa' && verify('sha256', signed, key.key, signature);
  // RFC 8463 §3: Ed25519 signs the SHA-256 hash of the bytes, not the bytes.
  return (
    key.type === 'ed25519' && verify(null, createHash('sha256').update(signed).digest(), key.key, signature)
  );
}
