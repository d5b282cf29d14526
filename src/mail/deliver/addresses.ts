/** The addresses of one mail host, in the order to try them, without those that lead nowhere good. */
import { type Ip, type Network, formatIp, networkContains, parseIp, parseNetwork } from '#core/ip.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';

export type HostAddresses =
  | { readonly kind: 'addresses'; readonly ips: readonly string[] }
  | { readonly kind: 'none'; readonly exists: boolean }
  /** There are addresses, and all of them lie where a stranger may not send us. */
  | { readonly kind: 'refused'; readonly detail: string }
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
/** Of each family, before those that are refused are left out. */
const MAX_LOOKED_AT = 16;

export async function findAddresses(
  host: string,
  resolver: Resolver,
  rules: AddressRules,
): Promise<HostAddresses> {
  const literal = parseIp(host);
  if (literal !== undefined) return allowedOf([formatIp(literal)], host, rules.refused);
  // A tenant with a source address for one family only is never sent out over the other.
  const both = rules.source.v4 === undefined && rules.source.v6 === undefined;
  const [a, aaaa] = await Promise.all([
    both || rules.source.v4 !== undefined ? resolver.a(host) : undefined,
    both || rules.source.v6 !== undefined ? resolver.aaaa(host) : undefined,
  ]);
  const v4 = a?.kind === 'records' ? a.records : [];
  const v6 = aaaa?.kind === 'records' ? aaaa.records : [];
  const found = allowedOf(interleave(v6, v4), host, rules.refused);
  if (found.kind === 'addresses') return found;
  for (const x of [a, aaaa]) if (x?.kind === 'error') return { kind: 'error', detail: x.detail };
  return found;
}

function allowedOf(found: readonly string[], host: string, refused: readonly Network[]): HostAddresses {
  const ips: string[] = [];
  let detail: string | undefined;
  for (const text of found) {
    const ip = parseIp(text);
    if (ip === undefined) continue;
    const network = refused.find((n) => networkContains(n, ip));
    if (network === undefined) ips.push(text);
    else detail ??= refusalOf(ip, host, network);
  }
  if (ips.length > 0) return { kind: 'addresses', ips: ips.slice(0, MAX_ADDRESSES) };
  return detail === undefined ? { kind: 'none', exists: found.length > 0 } : { kind: 'refused', detail };
}

function refusalOf(ip: Ip, host: string, { ip: base, prefix }: Network): string {
  const place = `${formatIp(base)}/${prefix}`;
  return `${host} has the address ${formatIp(ip)}, and DNS of strangers may not send us into ${place} (delivery.allowMxInto allows it)`;
}

/** IPv6 and IPv4 in turn, so that a family that does not work costs one try, not all of them. */
function interleave(first: readonly string[], second: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < Math.max(first.length, second.length) && i < MAX_LOOKED_AT; i++) {
    if (first[i] !== undefined) out.push(first[i]!); // `!`: checked
    if (second[i] !== undefined) out.push(second[i]!); // `!`: checked
  }
  return out;
}
