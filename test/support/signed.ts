/** Whole messages in memory for tests of signatures: what receive does in a stream, done at once. */
import { fromLatin1 } from '#core/bytes.ts';
import {
  type BodyHashes,
  createBodyHasher,
  type BodyHashRequest,
  requestedBodyHashes,
} from '#protocol/dkim/body-hash.ts';
import { type DkimResult, verifyDkim } from '#protocol/dkim/verify.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { type Header, parseHeader } from '#protocol/message/header.ts';

export type WholeMessage = { readonly header: Header; readonly bodyHashes: BodyHashes };

/** Header and body hashes of a message; the hashes its signatures ask for, and `also`. */
export function readWhole(message: Uint8Array | string, also: readonly BodyHashRequest[] = []): WholeMessage {
  const bytes = typeof message === 'string' ? fromLatin1(message) : message;
  const header = parseHeader(bytes);
  const hasher = createBodyHasher([...requestedBodyHashes(header), ...also]);
  hasher.update(bytes.subarray(header.bodyStart));
  return { header, bodyHashes: hasher.finish() };
}

export function zoneOf(json: unknown): Resolver {
  const zone = parseZone(json);
  if (!zone.ok) throw new Error(`zone: ${JSON.stringify(zone.error)}`);
  return zoneResolver(zone.value);
}

export function verifyWhole(
  message: Uint8Array | string,
  resolver: Resolver,
  nowMs: number,
): Promise<DkimResult[]> {
  return verifyDkim({ ...readWhole(message), resolver, nowMs });
}

/** Line ends as mail has them, for files that were stored with LF. */
export function withCrlf(text: string): string {
  return text.replaceAll(/\r?\n/g, '\r\n');
}
