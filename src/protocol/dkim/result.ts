/** What is said of one DKIM signature. */
import type { KeyProblemCode } from './key-record.ts';
import type { SignatureProblemCode } from './signature-tags.ts';

/** RFC 8601 §2.7.1. `none` is an empty list of results; it is never the result of a signature. */
export type DkimWord = 'pass' | 'fail' | 'neutral' | 'none' | 'temperror' | 'permerror' | 'policy';

export type DkimReason =
  | SignatureProblemCode
  | KeyProblemCode
  | 'good'
  | 'body-hash-mismatch'
  | 'signature-mismatch'
  | 'expired'
  | 'body-shorter-than-signed'
  | 'body-hash-not-computed'
  | 'too-many-signatures'
  | 'identity-not-the-domain'
  | 'key-too-short'
  | 'key-too-long';

export type DkimResult = {
  readonly result: DkimWord;
  readonly reason: DkimReason;
  /** One sentence for people. */
  readonly text: string;
  /** A-labels; undefined when the signature names none that can be one. */
  readonly domain: string | undefined;
  readonly selector: string | undefined;
  readonly identity: string | undefined;
  /** a= as claimed, made printable. */
  readonly algorithm: string | undefined;
  /** First characters of b=, to tell signatures apart (header.b of Authentication-Results). */
  readonly signatureStart: string | undefined;
  readonly keyBits: number | undefined;
  /** RSA of fewer than 2048 bits (RFC 8301 §3.2). */
  readonly weakKey: boolean;
  readonly bodyHashOk: boolean | undefined;
  readonly headerHashOk: boolean | undefined;
  readonly signedHeaders: readonly string[];
  /** As c= writes it, e.g. `relaxed/simple`. */
  readonly canonicalization: string | undefined;
  /** l=, and the bytes of the canonical body that it leaves to anybody. */
  readonly bodyLengthCovered: number | undefined;
  readonly bodyUncovered: number;
  readonly expired: boolean;
  readonly timestampS: number | undefined;
  readonly expiresS: number | undefined;
  readonly timestampInFuture: boolean;
  readonly testing: boolean;
  /** Names with a field that the signature does not cover beside one that it does. */
  readonly unsignedDuplicates: readonly string[];
};

/** A result before anything is known; it is never a pass. */
export const EMPTY_RESULT: DkimResult = {
  result: 'permerror',
  reason: 'tag-list-invalid',
  text: '',
  domain: undefined,
  selector: undefined,
  identity: undefined,
  algorithm: undefined,
  signatureStart: undefined,
  keyBits: undefined,
  weakKey: false,
  bodyHashOk: undefined,
  headerHashOk: undefined,
  signedHeaders: [],
  canonicalization: undefined,
  bodyLengthCovered: undefined,
  bodyUncovered: 0,
  expired: false,
  timestampS: undefined,
  expiresS: undefined,
  timestampInFuture: false,
  testing: false,
  unsignedDuplicates: [],
};
