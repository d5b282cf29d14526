/** The addresses of one mail host, in the order to try them, without those that lead nowhere good. */
import { type Network, formatIp, networkContains, parseIp, parseNetwork } from '#core/ip.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';

export type HostAddresses =
  | { readonly kind: 'addresses'; readonly ips: readonly string[] }
  | { readonly kind: 'none'; readonly exists: boolean }
  | { readonly kind: 'error'; readonly detail: string };

export type AddressRules = {
  readonly source: { readonly v4: string | undefined; readonly v6: string | undefined };
  /** Networks that mail for strangers never goes to, whatever DNS says. */
  readonly refused: readonly Network[];
};

/** A stranger's MX must not make us talk to ourselves, to nobody, or to everybody. Private networks stay allowed. */
export const REFUSED_NETWORKS: readonly Network[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/127',
  'fe80::/10',
  'ff00::/8',
]
  .map(parseNetwork)
  .filter((n) => n !== undefined);

const MAX_ADDRESSES = 4;

export async function findAddresses(
  host: string,
  resolver: Resolver,
  rules: AddressRules,
): Promise<HostAddresses> {
  const literal = parseIp(host);
  if (literal !== undefined) return { kind: 'addresses', ips: [formatIp(literal)] };
  // A tenant with a source address for one family only is never sent out over the other.
  const both = rules.source.v4 === undefined && rules.source.v6 === undefined;
  const [a, aaaa] = await Promise.all([
    both || rules.source.v4 !== undefined ? resolver.a(host) : undefined,
    both || rules.source.v6 !== undefined ? resolver.aaaa(host) : undefined,
  ]);
  const v4 = a?.kind === 'records' ? a.records : [];
  const v6 = aaaa?.kind === 'records' ? aaaa.records : [];
  const ips = interleave(v6, v4).filter((ip) => isAllowed(ip, rules.refused));
  if (ips.length > 0) return { kind: 'addresses', ips: ips.slice(0, MAX_ADDRESSES) };
  for (const x of [a, aaaa]) if (x?.kind === 'error') return { kind: 'error', detail: x.detail };
  return { kind: 'none', exists: v4.length + v6.length > 0 };
}

/** IPv6 and IPv4 in turn, so that a family that does not work costs one try, not all of them. */
function interleave(first: readonly string[], second: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < Math.max(first.length, second.length) && i < MAX_ADDRESSES; i++) {
    if (first[i] !== undefined) out.push(first[i]!); // `!`: checked
    if (second[i] !== undefined) out.push(second[i]!); // `!`: checked
  }
  return out;
}

function isAllowed(text: string, refused: readonly Network[]): boolean {
  const ip = parseIp(text);
  return ip !== undefined && !refused.some((network) => networkContains(network, ip));
}
