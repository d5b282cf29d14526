/**
 * The DNS tree walk (RFC 9989 §4.10): which records stand at and above a domain, and which of them is its organization.
 */
import { parentDomain } from '#protocol/address/domain.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { isDmarcRecord, parseDmarcRecord, type DmarcRecord } from './record.ts';

export type Looked =
  | { readonly kind: 'record'; readonly record: DmarcRecord }
  /** `isKnownToExist`: DNS did not say NXDOMAIN for the `_dmarc` name, so the domain itself exists, too. */
  | { readonly kind: 'none'; readonly isKnownToExist: boolean }
  | { readonly kind: 'error'; readonly reason: string };

/** Asks for the policy record of one domain; each domain once per evaluation. */
export type Lookup = (domain: string) => Promise<Looked>;

export function dmarcLookup(resolver: Resolver): Lookup {
  const asked = new Map<string, Promise<Looked>>();
  return (domain) => {
    let answer = asked.get(domain);
    if (answer === undefined) asked.set(domain, (answer = lookUp(resolver, domain)));
    return answer;
  };
}

async function lookUp(resolver: Resolver, domain: string): Promise<Looked> {
  const answer = await resolver.txt(`_dmarc.${domain}`);
  switch (answer.kind) {
    case 'nxdomain':
      return { kind: 'none', isKnownToExist: false };
    case 'nodata':
      return { kind: 'none', isKnownToExist: true };
    case 'error':
      // A name too long to be asked for has no record, now and later.
      if (answer.reason === 'badname') return { kind: 'none', isKnownToExist: true };
      return { kind: 'error', reason: `DNS ${answer.reason} for _dmarc.${domain}` };
    case 'records': {
      const texts = answer.records.filter(isDmarcRecord);
      // RFC 9989 §4.10 step 2: several records are as good as none.
      if (texts.length !== 1) return { kind: 'none', isKnownToExist: true };
      return { kind: 'record', record: parseDmarcRecord(texts[0]!) }; // `!`: there is exactly one
    }
  }
}

/** A long name is asked for itself, then from its last seven labels on: eight queries at most (RFC 9989 §4.10 step 4). */
const LABELS_AFTER_SHORTCUT = 7;

/** The domains a walk asks about, longest first. */
export function* walkTargets(domain: string): Generator<string> {
  yield domain;
  const labels = domain.split('.');
  const kept = Math.min(labels.length - 1, LABELS_AFTER_SHORTCUT);
  for (let n = kept; n > 0; n--) yield labels.slice(-n).join('.');
}

export type Found = { readonly domain: string; readonly record: DmarcRecord };
export type Walk =
  | { readonly ok: true; readonly found: readonly Found[] }
  | { readonly ok: false; readonly reason: string };

/** Walks from `domain` to the top, or to the first record that says psd=y or psd=n. */
export async function walkTree(lookup: Lookup, domain: string): Promise<Walk> {
  const found: Found[] = [];
  for (const target of walkTargets(domain)) {
    const looked = await lookup(target);
    if (looked.kind === 'error') return { ok: false, reason: looked.reason };
    if (looked.kind === 'none') continue;
    found.push({ domain: target, record: looked.record });
    if (looked.record.psd !== 'u') break;
  }
  return { ok: true, found };
}

/** RFC 9989 §4.10.2; the domain itself where the walk found nothing. */
export function organizationalDomain(domain: string, found: readonly Found[]): string {
  const last = found.at(-1);
  if (last === undefined) return domain;
  if (last.record.psd === 'y' && last.domain !== domain) return oneLabelBelow(last.domain, domain);
  // psd=n ends the walk, so the last is that one; else it is the one with the fewest labels.
  return last.domain;
}

function oneLabelBelow(suffix: string, domain: string): string {
  let name = domain;
  while (parentDomain(name) !== suffix) name = parentDomain(name);
  return name;
}
