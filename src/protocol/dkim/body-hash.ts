/**
 * Body hashes for DKIM and ARC while the body streams by (RFC 6376 §3.7): each distinct (algorithm, canonicalisation,
 * length) that the header's signatures ask for is computed once, in the one pass over the body.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Header } from '#protocol/message/header.ts';
import { type BodyCanonicalizer, type Canonicalization, relaxedBody, simpleBody } from './canonical-body.ts';
import { type BodyHashRequest, signaturesOf } from './signature.ts';

export type { Canonicalization } from './canonical-body.ts';
export type { BodyHashRequest } from './signature.ts';

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

/** Distinct hashes of one body; signatures that would need more are not checked (and never pass). */
export const MAX_BODY_HASHES = 10;

export function bodyHashKey(request: BodyHashRequest): string {
  return `${request.algorithm}/${request.canonicalization}/${request.length ?? ''}`;
}

/**
 * What the DKIM and ARC signatures of the header need, without doubles. The newest ARC set comes first, since the chain
 * stands or falls with it (RFC 8617 §5.2). rsa-sha1 asks for nothing: it can never pass (RFC 8301 §3.1).
 */
export function requestedBodyHashes(header: Header): BodyHashRequest[] {
  const { dkim, arcMessage } = signaturesOf(header);
  const newestFirst = [...arcMessage].sort((a, b) => (b.instance ?? 0) - (a.instance ?? 0));
  const requests = new Map<string, BodyHashRequest>();
  for (const signature of [...newestFirst.slice(0, 1), ...dkim, ...newestFirst.slice(1)]) {
    const request = signature.bodyHashRequest;
    if (request === undefined || requests.size >= MAX_BODY_HASHES) continue;
    requests.set(bodyHashKey(request), request);
  }
  return [...requests.values()];
}

/** Hashes one body for all requests in one pass; no request costs nothing. */
export function createBodyHasher(requests: readonly BodyHashRequest[]): BodyHasher {
  const lanes = (['relaxed', 'simple'] as const)
    .map((name) =>
      createLane(
        name,
        requests.filter((r) => r.canonicalization === name),
      ),
    )
    .filter((lane) => lane !== undefined);
  return {
    update(chunk) {
      for (const lane of lanes) lane.machine.update(chunk);
    },
    finish() {
      const hashes = new Map<string, BodyHash>();
      for (const lane of lanes) {
        lane.machine.finish();
        for (const [key, digest] of lane.digests())
          hashes.set(key, { digest, canonicalLength: lane.canonicalLength() });
      }
      return hashes;
    },
  };
}

type Lane = {
  readonly machine: BodyCanonicalizer;
  readonly canonicalLength: () => number;
  readonly digests: () => [string, Uint8Array][];
};

/** One canonicalisation of the body feeding every hash that wants it. */
function createLane(name: Canonicalization, requests: readonly BodyHashRequest[]): Lane | undefined {
  if (requests.length === 0) return undefined;
  const sinks = requests.map((r) => ({
    key: bodyHashKey(r),
    hash: createHash(r.algorithm),
    limit: r.length ?? Number.POSITIVE_INFINITY,
  }));
  let length = 0;
  const emit = (bytes: Uint8Array): void => {
    for (const sink of sinks) feed(sink.hash, bytes, sink.limit - length);
    length += bytes.length;
  };
  return {
    machine: name === 'relaxed' ? relaxedBody(emit) : simpleBody(emit),
    canonicalLength: () => length,
    digests: () => sinks.map((s) => [s.key, new Uint8Array(s.hash.digest())]),
  };
}

function feed(hash: Hash, bytes: Uint8Array, room: number): void {
  if (room >= bytes.length) hash.update(bytes);
  else if (room > 0) hash.update(bytes.subarray(0, room));
}
