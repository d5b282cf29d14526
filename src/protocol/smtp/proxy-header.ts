/**
 * The PROXY protocol header, versions 1 and 2 (HAProxy proxy-protocol.txt §2), by which a load balancer tells whose
 * connection it passes on. Read only from addresses the operator named; a stranger who sends one is just talking nonsense.
 */
import { toLatin1 } from '#core/bytes.ts';
import { formatIp, parseIp, type Ip } from '#core/ip.ts';

export type ProxyHeader =
  /** More bytes are needed; at most `MAX_HEADER` in all. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly why: string }
  | {
      readonly kind: 'header';
      /** Where the peer's own bytes begin. */
      readonly length: number;
      /** `undefined` when the balancer speaks for itself (LOCAL, UNKNOWN), as its health checks do. */
      readonly source: { readonly ip: string; readonly port: number } | undefined;
    };

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const V2_HEAD = 16;
/** TLVs included; more than any balancer sends. */
const MAX_HEADER = 4096;
/** §2.1: 107 bytes with CRLF. */
const MAX_V1 = 107;

const malformed = (why: string): ProxyHeader => ({ kind: 'malformed', why });
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

export function parseProxyHeader(bytes: Uint8Array): ProxyHeader {
  for (let i = 0; i < SIGNATURE.length; i++) {
    if (i === bytes.length) return INCOMPLETE;
    if (bytes[i] !== SIGNATURE[i]) return parseV1(bytes);
  }
  return parseV2(bytes);
}

function parseV2(bytes: Uint8Array): ProxyHeader {
  if (bytes.length < V2_HEAD) return INCOMPLETE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const command = view.getUint8(12);
  if (command !== 0x20 && command !== 0x21) return malformed('neither LOCAL nor PROXY of version 2');
  const family = view.getUint8(13);
  const length = V2_HEAD + view.getUint16(14);
  if (length > MAX_HEADER) return malformed('longer than any header should be');
  if (bytes.length < length) return INCOMPLETE;
  if (command === 0x20) return { kind: 'header', length, source: undefined };
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return malformed('not TCP over IPv4 or IPv6');
  if (length < V2_HEAD + 2 * size + 4) return malformed('shorter than its addresses');
  const ip: Ip = { version: size === 4 ? 4 : 6, bytes: bytes.slice(V2_HEAD, V2_HEAD + size) };
  // Through text and back, so that an IPv4-mapped address becomes IPv4.
  const text = formatIp(parseIp(formatIp(ip)) ?? ip);
  return { kind: 'header', length, source: { ip: text, port: view.getUint16(V2_HEAD + 2 * size) } };
}

function parseV1(bytes: Uint8Array): ProxyHeader {
  const text = toLatin1(bytes.subarray(0, MAX_V1));
  if (!'PROXY '.startsWith(text.slice(0, 6))) return malformed('no PROXY header');
  const end = text.indexOf('\r\n');
  if (end === -1) return text.length < MAX_V1 ? INCOMPLETE : malformed('version 1 without line end');
  const [, family, source = '', , port = '', ...rest] = text.slice(0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', length: end + 2, source: undefined };
  const ip = parseIp(source);
  const fits = (family === 'TCP4' && ip?.version === 4) || (family === 'TCP6' && source.includes(':'));
  if (ip === undefined || !fits || rest.length !== 1 || !/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return malformed('version 1 with wrong fields');
  return { kind: 'header', length: end + 2, source: { ip: formatIp(ip), port: Number(port) } };
}
