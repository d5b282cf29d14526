/**
 * Reading DKIM-Signature and the two signatures of an ARC set, which share its tags (RFC 6376 §3.5, RFC 8617 §4.1).
 *
 * Each signature is read once per header and the reading kept beside it. What is wrong becomes a `problem` of that one
 * signature; it never makes another one unreadable.
 */
import { err, type Result } from '#core/result.ts';
import { type Field, fieldLatin1, type Header } from '#protocol/message/header.ts';
import type { Canonicalization } from './canonical-body.ts';
import { readTags, type Signature, type SignatureKind, type SignatureProblem } from './signature-tags.ts';
import { describeTagListError, MAX_TAG_LIST, parseTagList, type TagList } from './tag-list.ts';

export type {
  Signature,
  SignatureAlgorithm,
  SignatureKind,
  SignatureProblem,
  SignatureProblemCode,
} from './signature-tags.ts';

/** More signatures than this on one message are not read (RFC 6376 §6.1 lets a verifier limit them). */
export const MAX_DKIM_SIGNATURES = 10;
/** RFC 8617 §4.2.1: instance values above 50 are invalid. One more is read, so that the excess is seen. */
const MAX_ARC_FIELDS = 51;

export type BodyHashRequest = {
  readonly algorithm: 'sha256' | 'sha1';
  readonly canonicalization: Canonicalization;
  /** The `l=` tag: bytes of the canonicalised body that are covered. */
  readonly length: number | undefined;
};

export type SignatureField = {
  readonly kind: SignatureKind;
  readonly field: Field;
  /** `i=` of ARC, when it is a number from 1 to 50. */
  readonly instance: number | undefined;
  /** Empty when the list cannot be read. */
  readonly tags: TagList;
  readonly parsed: Result<Signature, SignatureProblem>;
  /** What must be hashed to judge it; undefined when it cannot pass anyway. */
  readonly bodyHashRequest: BodyHashRequest | undefined;
};

export type HeaderSignatures = {
  /** Top to bottom, at most MAX_DKIM_SIGNATURES. */
  readonly dkim: readonly SignatureField[];
  /** How many more DKIM-Signature fields there are, unread. */
  readonly dkimIgnored: number;
  readonly arcMessage: readonly SignatureField[];
};

const known = new WeakMap<Header, HeaderSignatures>();

/** The signatures of a header that cover the body; read at the first call for it. */
export function signaturesOf(header: Header): HeaderSignatures {
  const before = known.get(header);
  if (before !== undefined) return before;
  const dkimFields = header.fields.filter((f) => f.lower === 'dkim-signature');
  const arcFields = header.fields.filter((f) => f.lower === 'arc-message-signature').slice(0, MAX_ARC_FIELDS);
  const read: HeaderSignatures = {
    dkim: dkimFields.slice(0, MAX_DKIM_SIGNATURES).map((f) => readSignature(header, f, 'dkim')),
    dkimIgnored: Math.max(0, dkimFields.length - MAX_DKIM_SIGNATURES),
    arcMessage: arcFields.map((f) => readSignature(header, f, 'arc-message')),
  };
  known.set(header, read);
  return read;
}

const NO_TAGS: TagList = new Map();

export function readSignature(header: Header, field: Field, kind: SignatureKind): SignatureField {
  // RFC 6376 §3.2 bounds nothing; the length is looked at before the bytes become text.
  const list =
    field.end - field.valueStart > MAX_TAG_LIST
      ? err({ kind: 'too-long', length: field.end - field.valueStart } as const)
      : parseTagList(fieldLatin1(header, field));
  if (!list.ok) {
    const parsed = err({ code: 'tag-list-invalid', text: describeTagListError(list.error) } as const);
    return { kind, field, instance: undefined, tags: NO_TAGS, parsed, bodyHashRequest: undefined };
  }
  const tags = list.value;
  const parsed = readTags(tags, kind);
  return {
    kind,
    field,
    instance: kind === 'dkim' ? undefined : readInstance(tags.get('i')),
    tags,
    parsed,
    bodyHashRequest:
      parsed.ok && kind !== 'arc-seal'
        ? {
            algorithm: 'sha256',
            canonicalization: parsed.value.bodyCanonicalization,
            length: parsed.value.bodyLength,
          }
        : undefined,
  };
}

/** RFC 8617 §4.2.1: a number from 1 to 50. */
export function readInstance(text: string | undefined): number | undefined {
  if (text === undefined || !/^[1-9]\d?$/.test(text)) return undefined;
  return Number(text) <= 50 ? Number(text) : undefined;
}
