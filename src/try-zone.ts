/**
 * DNS for `gatehouse try`: names below a domain that can never exist in public DNS (.example is reserved) are answered
 * from here, so that the samples are judged by the real checks on a machine without network. Nobody gains by it: what these
 * names let pass is mail from this machine to itself.
 */
import { InvariantError } from '#core/errors.ts';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import { normalName, parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';

export const TRY_DOMAIN = 'gatehouse-try.example';

// psd=n ends the tree walk here (RFC 9989 §4.10), before it asks about .example.
const ZONE = {
  [`good.${TRY_DOMAIN}`]: [{ TXT: 'v=spf1 ip4:127.0.0.0/8 ip6:::1 -all' }, { MX: [10, `mx.${TRY_DOMAIN}`] }],
  [`_dmarc.good.${TRY_DOMAIN}`]: [{ TXT: 'v=DMARC1; p=reject; psd=n' }],
  [`bank.${TRY_DOMAIN}`]: [{ TXT: 'v=spf1 -all' }, { MX: [10, `mx.${TRY_DOMAIN}`] }],
  [`_dmarc.bank.${TRY_DOMAIN}`]: [{ TXT: 'v=DMARC1; p=reject; psd=n' }],
  [`mx.${TRY_DOMAIN}`]: [{ A: '127.0.0.1' }],
};

/** The resolver, except for the names of `gatehouse try`. */
export function withTryZone(resolver: Resolver): Resolver {
  const parsed = parseZone(ZONE);
  if (!parsed.ok) throw new InvariantError('the zone of `gatehouse try` cannot be read');
  const own = zoneResolver(parsed.value);
  const route =
    <T>(from: (r: Resolver) => (name: string) => Promise<DnsAnswer<T>>) =>
    (name: string): Promise<DnsAnswer<T>> =>
      from(isOwn(name) ? own : resolver)(name);
  return {
    txt: route((r) => r.txt),
    a: route((r) => r.a),
    aaaa: route((r) => r.aaaa),
    mx: route((r) => r.mx),
    ptr: route((r) => r.ptr),
    tlsa: route((r) => r.tlsa),
    cname: route((r) => r.cname),
  };
}

function isOwn(name: string): boolean {
  if (!/example\.?$/i.test(name)) return false; // nearly every name ends here
  const plain = normalName(name);
  return plain === TRY_DOMAIN || plain.endsWith(`.${TRY_DOMAIN}`);
}
