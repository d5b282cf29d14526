/** The name behind a client's address, believed only when it leads back to the address (RFC 8601 §2.7.3). */
import { formatIp, parseIp, reverseName } from '#core/ip.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';

/** RFC 7208 §5.5 looks at ten names at most; somebody with more has no name. */
const MAX_NAMES = 10;

export async function confirmedName(resolver: Resolver, address: string): Promise<string | undefined> {
  // Nobody's DNS speaks for loopback (RFC 6761 §6.3), and without a network the question would only cost time.
  if (address.startsWith('127.') || address === '::1') return undefined;
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const names = await resolver.ptr(reverseName(ip));
  if (names.kind !== 'records') return undefined;
  for (const name of names.records.slice(0, MAX_NAMES)) {
    const back = ip.version === 4 ? await resolver.a(name) : await resolver.aaaa(name);
    if (back.kind !== 'records') continue;
    const same = back.records.some((r) => {
      const other = parseIp(r);
      return other !== undefined && formatIp(other) === formatIp(ip);
    });
    if (same) return name.toLowerCase();
  }
  return undefined;
}
