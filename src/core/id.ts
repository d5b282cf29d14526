/**
 * Opaque ids. All are UUIDv7 (RFC 9562 §5.7): they sort by time of birth, which also makes them the partition key of the
 * tracking tables, and tell nobody how many there are.
 */
declare const brand: unique symbol;
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type MessageId = Id<'message'>;
export type TenantId = Id<'tenant'>;
export type BlobId = Id<'blob'>;
export type DeliveryId = Id<'delivery'>;

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
const hex = (bytes: Uint8Array, from: number, to: number): string => {
  let text = '';
  for (let i = from; i < to; i++) text += HEX[bytes[i]!]!; // `!`: a byte is always below 256
  return text;
};

/** A pool of random bytes, since asking the kernel for ten at a time costs more than the rest of making an id. */
let pool = new Uint8Array(0);
let poolAt = 0;

/** A new id for the moment `atMs`. Ids of one millisecond are not ordered among themselves. */
export function newId<Kind extends string>(atMs: number = Date.now()): Id<Kind> {
  if (poolAt + 10 > pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(4096));
    poolAt = 0;
  }
  const b = new Uint8Array(16);
  b.set(pool.subarray(poolAt, poolAt + 10), 6);
  poolAt += 10;
  b[0] = (atMs / 2 ** 40) & 0xff;
  b[1] = (atMs / 2 ** 32) & 0xff;
  b[2] = (atMs / 2 ** 24) & 0xff;
  b[3] = (atMs / 2 ** 16) & 0xff;
  b[4] = (atMs / 2 ** 8) & 0xff;
  b[5] = atMs & 0xff;
  b[6] = (b[6]! & 0x0f) | 0x70; // version 7
  b[8] = (b[8]! & 0x3f) | 0x80; // RFC 9562 variant
  return `${hex(b, 0, 4)}-${hex(b, 4, 6)}-${hex(b, 6, 8)}-${hex(b, 8, 10)}-${hex(b, 10, 16)}` as Id<Kind>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Parses an id that came from outside; `undefined` when it cannot be one. */
export function parseId<Kind extends string>(text: string): Id<Kind> | undefined {
  const lower = text.toLowerCase();
  return UUID.test(lower) ? (lower as Id<Kind>) : undefined;
}

/** Of those who run the installation: its people are operators, its log is the platform's. */
export const PLATFORM_TENANT = '00000000-0000-7000-8000-000000000000' as TenantId;
/** The tenant that every installation has from the start. */
export const DEFAULT_TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;

/** The smallest id that can have been born at `atMs`: the lower bound of a time range. */
export function firstIdAt<Kind extends string>(atMs: number): Id<Kind> {
  const h = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, '0').slice(-12);
  return `${h.slice(0, 8)}-${h.slice(8)}-7000-8000-000000000000` as Id<Kind>;
}

/** When the id was born, in milliseconds since the epoch. */
export function idTime(id: Id<string>): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
