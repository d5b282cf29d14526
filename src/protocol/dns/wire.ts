/**
 * DNS messages on the wire (RFC 1035 §4): the query we send and the response we are sent.
 *
 * The response is hostile. Decoding never throws, reads each byte at most a bounded number of times, and understands only
 * the types that mail asks for; every other record is stepped over by its length. Names come out in presentation form
 * with odd bytes escaped (RFC 1035 §5.1), so that a label holding a dot never looks like two labels.
 */
import { concat, toLatin1 } from '#core/bytes.ts';
import { formatIp } from '#core/ip.ts';
import { type Result, err, ok } from '#core/result.ts';
import type { MxRecord, TlsaRecord } from './resolver.ts';

export const TYPES = {
  A: 1,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  TLSA: 52,
} as const;
export type QueryType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'PTR' | 'TLSA' | 'TXT';

export type Rdata =
  | { readonly type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'TXT'; readonly text: string }
  | { readonly type: 'MX'; readonly mx: MxRecord }
  | { readonly type: 'TLSA'; readonly tlsa: TlsaRecord };
export type ResourceRecord = { readonly owner: string; readonly ttlS: number; readonly data: Rdata };

export type DnsResponse = {
  readonly id: number;
  readonly truncated: boolean;
  readonly rcode: number;
  /** The resolver says it validated everything in the answer (RFC 4035 §3.2.3). */
  readonly authenticated: boolean;
  readonly question: { readonly name: string; readonly type: number } | undefined;
  readonly answers: readonly ResourceRecord[];
  /** How long an empty answer holds (RFC 2308 §5). */
  readonly negativeTtlS: number | undefined;
  /** Why it failed, where the resolver says so (RFC 8914 §4). */
  readonly extendedError: number | undefined;
};

/** No honest answer to a mail question is longer; more is an attack on our memory. */
const MAX_RECORDS = 1024;
const CLASS_IN = 1;

/** The query, or `badname` when the name cannot stand in DNS. */
export function encodeQuery(id: number, name: string, type: QueryType): Result<Uint8Array, 'badname'> {
  const qname = encodeName(name);
  if (qname === undefined) return err('badname');
  // RD and AD: RFC 6840 §5.7 lets AD in a query ask for AD in the answer, without the signatures that DO would bring.
  const head = Uint8Array.of(id >> 8, id & 0xff, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 1);
  const question = Uint8Array.of(0, TYPES[type], 0, CLASS_IN);
  // RFC 6891 §6.1.2: OPT; 1232 bytes pass every path unfragmented.
  const opt = Uint8Array.of(0, 0, TYPES.OPT, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0);
  return ok(concat([head, qname, question, opt]));
}

/** RFC 1035 §2.3.4: labels of 1 to 63 octets, 255 octets in all. */
function encodeName(name: string): Uint8Array | undefined {
  if (name.length > 253 || name.length === 0) return undefined;
  const bytes = new Uint8Array(name.length + 2);
  let labelAt = 0;
  for (let i = 0; i <= name.length; i++) {
    const c = i === name.length ? 46 : name.charCodeAt(i);
    if (c === 46) {
      const length = i - labelAt;
      if (length < 1 || length > 63) return undefined;
      bytes[labelAt] = length;
      labelAt = i + 1;
      continue;
    }
    if (c <= 32 || c > 126 || c === 92) return undefined;
    bytes[i + 1] = c;
  }
  return bytes;
}

/** Every name a response can carry is at most this many labels and pointers away. */
const MAX_NAME_STEPS = 128;

type Cursor = { readonly bytes: Uint8Array; at: number };
class Malformed extends Error {}

function u8(c: Cursor): number {
  const b = c.bytes[c.at++];
  if (b === undefined) throw new Malformed('cut short');
  return b;
}
const u16 = (c: Cursor): number => (u8(c) << 8) | u8(c);
const u32 = (c: Cursor): number => u16(c) * 65536 + u16(c);

function readName(c: Cursor): string {
  let text = '';
  let at = c.at;
  let jumped = false;
  let limit = c.at;
  for (let step = 0; step < MAX_NAME_STEPS; step++) {
    const length = c.bytes[at];
    if (length === undefined) throw new Malformed('name cut short');
    if ((length & 0xc0) === 0xc0) {
      const target = ((length & 0x3f) << 8) | (c.bytes[at + 1] ?? 0);
      // RFC 1035 §4.1.4: a pointer goes to a prior place; anything else could run in circles.
      if (target >= limit) throw new Malformed('name pointer forward');
      if (!jumped) c.at = at + 2;
      jumped = true;
      limit = target;
      at = target;
      continue;
    }
    if (length > 63) throw new Malformed('label type');
    at++;
    if (length === 0) {
      if (!jumped) c.at = at;
      return text;
    }
    if (at + length > c.bytes.length || text.length > 1100) throw new Malformed('name too long');
    text += (text === '' ? '' : '.') + readLabel(c.bytes, at, length);
    at += length;
  }
  throw new Malformed('name too deep');
}

function readLabel(bytes: Uint8Array, from: number, length: number): string {
  let label = '';
  for (let i = from; i < from + length; i++) {
    const b = bytes[i]!; // `!`: the caller checked the length
    const odd = b <= 32 || b > 126 || b === 46 || b === 92;
    label += odd ? `\\${String(b).padStart(3, '0')}` : String.fromCharCode(b >= 65 && b <= 90 ? b + 32 : b);
  }
  return label;
}

/** The response, or a word on what is wrong with it. */
export function decodeResponse(bytes: Uint8Array): Result<DnsResponse, string> {
  try {
    return ok(read({ bytes, at: 0 }));
  } catch (error) {
    // Only the cursor's own complaint is an expected outcome.
    if (error instanceof Malformed) return err(error.message);
    throw error;
  }
}

function read(c: Cursor): DnsResponse {
  const id = u16(c);
  const flags = u16(c);
  if ((flags & 0x8000) === 0) throw new Malformed('not a response');
  const [questions, answerCount, authorityCount, additionalCount] = [u16(c), u16(c), u16(c), u16(c)];
  if (questions > 1 || answerCount + authorityCount + additionalCount > MAX_RECORDS)
    throw new Malformed('too many records');
  const question = questions === 1 ? readQuestion(c) : undefined;
  const truncated = (flags & 0x0200) !== 0;
  const base = { id, truncated, rcode: flags & 0x0f, authenticated: (flags & 0x0020) !== 0, question };
  // What is cut off is asked again over TCP; its remains are not looked at.
  if (truncated) return { ...base, answers: [], negativeTtlS: undefined, extendedError: undefined };

  const answers: ResourceRecord[] = [];
  for (let i = 0; i < answerCount; i++) {
    const raw = readRecord(c);
    const data = raw.class === CLASS_IN ? readRdata(c.bytes, raw) : undefined;
    if (data !== undefined) answers.push({ owner: raw.owner, ttlS: raw.ttlS, data });
  }
  let negativeTtlS: number | undefined;
  for (let i = 0; i < authorityCount; i++) negativeTtlS = soaTtl(c.bytes, readRecord(c)) ?? negativeTtlS;
  let extendedError: number | undefined;
  for (let i = 0; i < additionalCount; i++) extendedError ??= readExtendedError(c.bytes, readRecord(c));
  return { ...base, answers, negativeTtlS, extendedError };
}

function readQuestion(c: Cursor): { name: string; type: number } {
  const name = readName(c);
  const type = u16(c);
  c.at += 2;
  return { name, type };
}

type RawRecord = {
  readonly owner: string;
  readonly type: number;
  readonly class: number;
  readonly ttlS: number;
  readonly from: number;
  readonly end: number;
};

function readRecord(c: Cursor): RawRecord {
  const owner = readName(c);
  const [type, cls, ttl, length] = [u16(c), u16(c), u32(c), u16(c)];
  const from = c.at;
  const end = from + length;
  if (end > c.bytes.length) throw new Malformed('record cut short');
  c.at = end;
  // RFC 2181 §8: a TTL with the top bit set is zero.
  return { owner, type, class: cls, ttlS: ttl > 0x7fffffff ? 0 : ttl, from, end };
}

function readRdata(bytes: Uint8Array, raw: RawRecord): Rdata | undefined {
  const c: Cursor = { bytes, at: raw.from };
  const length = raw.end - raw.from;
  switch (raw.type) {
    case TYPES.A:
      return { type: 'A', text: address(bytes, raw, 4) };
    case TYPES.AAAA:
      return { type: 'AAAA', text: address(bytes, raw, 16) };
    case TYPES.CNAME:
      return { type: 'CNAME', text: readName(c) };
    case TYPES.PTR:
      return { type: 'PTR', text: readName(c) };
    case TYPES.TXT:
      return { type: 'TXT', text: readText(bytes, raw) };
    case TYPES.MX: {
      const preference = u16(c);
      return { type: 'MX', mx: { preference, exchange: readName(c) } };
    }
    case TYPES.TLSA: {
      if (length < 3) throw new Malformed('TLSA cut short');
      const [usage, selector, matching] = [u8(c), u8(c), u8(c)];
      return {
        type: 'TLSA',
        tlsa: { usage, selector, matching, data: new Uint8Array(bytes.subarray(c.at, raw.end)) },
      };
    }
    default:
      return undefined;
  }
}

function address(bytes: Uint8Array, raw: RawRecord, length: 4 | 16): string {
  if (raw.end - raw.from !== length) throw new Malformed('address of the wrong length');
  return formatIp({ version: length === 4 ? 4 : 6, bytes: bytes.subarray(raw.from, raw.end) });
}

/** RFC 7208 §3.3: the character-strings of one record, joined without space. */
function readText(bytes: Uint8Array, raw: RawRecord): string {
  let text = '';
  for (let at = raw.from; at < raw.end;) {
    const length = bytes[at]!; // `!`: at is below end, which is within the message
    if (at + 1 + length > raw.end) throw new Malformed('TXT cut short');
    text += toLatin1(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return text;
}

/** RFC 2308 §5: the smaller of the SOA's own TTL and its MINIMUM field. */
function soaTtl(bytes: Uint8Array, raw: RawRecord): number | undefined {
  if (raw.type !== TYPES.SOA || raw.end - raw.from < 22) return undefined;
  const minimum = u32({ bytes, at: raw.end - 4 });
  return Math.min(raw.ttlS, minimum);
}

function readExtendedError(bytes: Uint8Array, raw: RawRecord): number | undefined {
  if (raw.type !== TYPES.OPT) return undefined;
  const c: Cursor = { bytes, at: raw.from };
  while (c.at + 4 <= raw.end) {
    const [code, length] = [u16(c), u16(c)];
    if (code === 15 && length >= 2 && c.at + 2 <= raw.end) return u16(c);
    c.at += length;
  }
  return undefined;
}
