/** IP addresses and networks as values: parsed once, compared as bytes. IPv4-mapped IPv6 is IPv4 (RFC 4291 §2.5.5.2). */
export type Ip = { readonly version: 4 | 6; readonly bytes: Uint8Array };
export type Network = { readonly ip: Ip; readonly prefix: number };

/** Parses a dotted quad or RFC 4291 §2.2 text (no zone); `undefined` when it is neither. */
export function parseIp(text: string): Ip | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text);
}

function parseIp4(text: string): Ip | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^\d{1,3}$/.test(part) || (part.length > 1 && part.startsWith('0')) || Number(part) > 255)
      return undefined;
    bytes[i] = Number(part);
  }
  return { version: 4, bytes };
}

function parseIp6(text: string): Ip | undefined {
  let source = text;
  const tail: number[] = [];
  const dot = text.lastIndexOf(':');
  if (text.includes('.')) {
    const v4 = parseIp4(text.slice(dot + 1));
    if (v4 === undefined) return undefined;
    tail.push((v4.bytes[0]! << 8) | v4.bytes[1]!, (v4.bytes[2]! << 8) | v4.bytes[3]!);
    source = text.slice(0, dot + 1);
    source = source.endsWith('::') ? source : source.slice(0, -1);
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string): number[] | undefined => {
    if (half === '') return [];
    const out: number[] = [];
    for (const g of half.split(':')) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(g)) return undefined;
      out.push(Number.parseInt(g, 16));
    }
    return out;
  };
  const head = groups(halves[0]!);
  const rest = halves.length === 2 ? groups(halves[1]!) : [];
  if (head === undefined || rest === undefined) return undefined;
  const last = [...rest, ...tail];
  const missing = 8 - head.length - last.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all =
    halves.length === 2 ? [...head, ...Array<number>(missing).fill(0), ...last] : [...head, ...last];
  const bytes = new Uint8Array(16);
  all.forEach((g, i) => {
    bytes[2 * i] = g >> 8;
    bytes[2 * i + 1] = g & 0xff;
  });
  return unmap({ version: 6, bytes });
}

function unmap(ip: Ip): Ip {
  for (let i = 0; i < 10; i++) if (ip.bytes[i] !== 0) return ip;
  if (ip.bytes[10] !== 0xff || ip.bytes[11] !== 0xff) return ip;
  return { version: 4, bytes: ip.bytes.slice(12) };
}

/** The address as text: dotted quad, or RFC 5952 form for IPv6. */
export function formatIp(ip: Ip): string {
  if (ip.version === 4) return ip.bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (ip.bytes[2 * i]! << 8) | ip.bytes[2 * i + 1]!);
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > best.length) best = { start: i, length: n };
  }
  const text = (part: number[]): string => part.map((g) => g.toString(16)).join(':');
  if (best.start < 0) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

/** Parses `address` or `address/prefix`; `undefined` when it is neither. Host bits may be set; they are ignored. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0) return undefined;
  const max = ip.version === 4 ? 32 : 128;
  if (prefixText === undefined) return { ip, prefix: max };
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > max) return undefined;
  return { ip, prefix: Number(prefixText) };
}

export function networkContains(network: Network, ip: Ip): boolean {
  if (network.ip.version !== ip.version) return false;
  let bits = network.prefix;
  for (let i = 0; bits > 0; i++, bits -= 8) {
    const mask = bits >= 8 ? 0xff : (0xff00 >> bits) & 0xff;
    if ((network.ip.bytes[i]! & mask) !== (ip.bytes[i]! & mask)) return false;
  }
  return true;
}

/** The network of `prefix4` or `prefix6` bits around the address, as text: the key that limits are counted under. */
export function networkKey(ip: Ip, prefix4: number, prefix6: number): string {
  const prefix = ip.version === 4 ? prefix4 : prefix6;
  const bytes = ip.bytes.map((b, i) => {
    const keep = Math.min(8, Math.max(0, prefix - 8 * i));
    return b & ((0xff00 >> keep) & 0xff);
  });
  return `${formatIp({ version: ip.version, bytes })}/${prefix}`;
}

/** The name whose PTR names the address (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(ip: Ip): string {
  if (ip.version === 4) return `${[...ip.bytes].toReversed().join('.')}.in-addr.arpa`;
  const nibbles = [...ip.bytes].flatMap((b) => [(b >> 4).toString(16), (b & 15).toString(16)]);
  return `${nibbles.toReversed().join('.')}.ip6.arpa`;
}
