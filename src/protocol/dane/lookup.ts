/**
 * DANE for SMTP (RFC 7672): does DNSSEC say which certificate the mail host has?
 *
 * Everything here hangs on `secure`: an insecure answer never turns DANE on (it could be forged to lock mail out), and a
 * failed lookup never turns it off (it could be forged to strip protection), it means "not now".
 */
import type { DnsAnswer, Resolver, TlsaRecord } from '../dns/resolver.ts';

export type DaneResult =
  /** DNS says securely or insecurely that there is nothing to hold the host to. */
  | { readonly kind: 'none'; readonly why: string }
  /** What DNS says could not be learnt; RFC 7672 §2.1.1: the host is not used now. */
  | { readonly kind: 'error'; readonly detail: string }
  /**
   * The host must speak TLS. `usable` may be empty: then any certificate will do (RFC 7672 §2.2), but not clear text.
   * `base` is the name that the certificate and SNI go by (RFC 7672 §2.2.1, §8.1).
   */
  | { readonly kind: 'tlsa'; readonly base: string; readonly usable: readonly TlsaRecord[] };

const none = (why: string): DaneResult => ({ kind: 'none', why });

/** Looks for TLSA records of a host that was itself found securely (a secure MX answer, or the operator's own entry). */
export async function lookupDane(resolver: Resolver, host: string, port: number): Promise<DaneResult> {
  const [a, aaaa] = await Promise.all([resolver.a(host), resolver.aaaa(host)]);
  const addresses = [a, aaaa];
  // RFC 7672 §2.2.2: hosts with insecure addresses are not asked for TLSA, since their zone is not signed.
  if (addresses.some((x) => x.kind === 'records' && !x.secure)) return none('the addresses are not signed');
  if (!addresses.some((x) => x.kind === 'records')) {
    const failed = addresses.find((x) => x.kind === 'error');
    return failed === undefined ? none('no addresses') : { kind: 'error', detail: failed.detail };
  }
  const expanded = await expandAlias(resolver, host);
  if (typeof expanded !== 'string') return expanded;
  const atTarget = await tlsaAt(resolver, expanded, port);
  // RFC 7672 §2.2.2: the end of the alias chain first, then the name as it was.
  if (expanded === host || atTarget.kind !== 'none') return atTarget;
  return tlsaAt(resolver, host, port);
}

const MAX_ALIASES = 8;

async function expandAlias(resolver: Resolver, host: string): Promise<string | DaneResult> {
  let name = host;
  for (let i = 0; i < MAX_ALIASES; i++) {
    const alias: DnsAnswer<string> = await resolver.cname(name);
    if (alias.kind === 'error') return { kind: 'error', detail: alias.detail };
    if (alias.kind !== 'records') return name;
    // RFC 7672 §2.2.2: an insecure step leaves only the original name.
    if (!alias.secure) return host;
    name = alias.records[0] ?? name;
  }
  return { kind: 'error', detail: `the alias chain of ${host} is too long` };
}

async function tlsaAt(resolver: Resolver, base: string, port: number): Promise<DaneResult> {
  const answer = await resolver.tlsa(`_${port}._tcp.${base}`);
  if (answer.kind === 'error') return { kind: 'error', detail: answer.detail };
  if (answer.kind !== 'records') return none('no TLSA records');
  if (!answer.secure) return none('the TLSA records are not signed');
  return { kind: 'tlsa', base, usable: answer.records.slice(0, 32).filter(isUsable) };
}

const DIGEST_BYTES: Readonly<Record<number, number>> = { 1: 32, 2: 64 };

/** RFC 7672 §3.1.3: of the certificate usages only DANE-TA(2) and DANE-EE(3) mean anything to SMTP. */
function isUsable(r: TlsaRecord): boolean {
  if ((r.usage !== 2 && r.usage !== 3) || r.selector > 1 || r.matching > 2) return false;
  return r.matching === 0 ? r.data.length > 0 : r.data.length === DIGEST_BYTES[r.matching];
}
