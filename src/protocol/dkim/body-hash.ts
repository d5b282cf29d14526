/**
 * Body hashes for DKIM and ARC while the body streams by (RFC 6376 §3.7): each distinct (algorithm, canonicalisation,
 * length) that the header's signatures ask for is computed once, in the one pass over the body.
 */
import type { Header } from '#protocol/message/header.ts';

export type Canonicalization = 'simple' | 'relaxed';

export type BodyHashRequest = {
  readonly algorithm: 'sha256' | 'sha1';
  readonly canonicalization: Canonicalization;
  /** The `l=` tag: bytes of the canonicalised body that are covered. */
  readonly length: number | undefined;
};

export type BodyHash = {
  readonly digest: Uint8Array;
  /** Length of the whole canonicalised body, to tell what `l=` leaves uncovered. */
  readonly canonicalLength: number;
};

/** Keyed by `bodyHashKey`. */
export type BodyHashes = ReadonlyMap<string, BodyHash>;

export type BodyHasher = {
  /** The next bytes of the body as received, split anywhere. */
  readonly update: (chunk: Uint8Array) => void;
  readonly finish: () => BodyHashes;
};

export function bodyHashKey(request: BodyHashRequest): string {
  return `${request.algorithm}/${request.canonicalization}/${request.length ?? ''}`;
}

export declare function requestedBodyHashes(header: Header): BodyHashRequest[];
export declare function createBodyHasher(requests: readonly BodyHashRequest[]): BodyHasher;
