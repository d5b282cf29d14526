/** Evaluation of the record of one domain: mechanisms left to right, then redirect (RFC 7208 §4.6). */
import { networkContains, reverseName, type Ip } from '#core/ip.ts';
import { domainIsOrUnder } from '#protocol/address/domain.ts';
import type { Mechanism, Qualifier, SpfRecord, SpfTerm } from './record.ts';
import { isSpfRecord } from './record.ts';
import { parseSpfRecordCached } from './record-cache.ts';
import {
  ask,
  askAddresses,
  countLookup,
  isStop,
  permerror,
  targetName,
  validatedNames,
  type Session,
  type Stop,
} from './session.ts';

export type Evaluation = {
  readonly result: Qualifier | 'none' | 'temperror' | 'permerror';
  /** The domain whose record decided, and the record, for its explanation. */
  readonly domain: string;
  readonly record: SpfRecord | undefined;
  /** The term that decided, as written; `default` where none matched. */
  readonly mechanism: string;
  readonly reason: string;
};

const ended = (domain: string, result: Evaluation['result'], reason: string, mechanism = ''): Evaluation => ({
  result,
  domain,
  record: undefined,
  mechanism,
  reason,
});

/** check_host() for a domain that is well-formed (RFC 7208 §4.3 is the caller's part, and include's and redirect's). */
export async function evaluateDomain(session: Session, domain: string): Promise<Evaluation> {
  const record = await findRecord(session, domain);
  if (record === undefined) return ended(domain, 'none', `${domain} has no SPF record`);
  if (isStop(record)) return ended(domain, record.stop, record.reason);
  for (const term of record.terms) {
    const matched = await matchTerm(session, term, domain);
    if (isStop(matched)) return ended(domain, matched.stop, matched.reason, term.text);
    if (!matched) continue;
    const reason = `the client matches ${term.text} in the record of ${domain}`;
    return { result: term.qualifier, domain, record, mechanism: term.text, reason };
  }
  if (record.redirect !== undefined) return redirect(session, record, domain);
  // RFC 7208 §4.7: neutral where nothing matched.
  const reason = `nothing in the record of ${domain} matches the client`;
  return { result: 'neutral', domain, record, mechanism: 'default', reason };
}

/** RFC 7208 §4.4 and RFC 7208 §4.5; undefined where the domain has none. */
async function findRecord(session: Session, domain: string): Promise<SpfRecord | Stop | undefined> {
  const texts = await ask(session, domain, session.resolver.txt, false);
  if (isStop(texts)) return texts;
  const [text, second] = texts.filter(isSpfRecord);
  if (text === undefined) return undefined;
  if (second !== undefined) return permerror(`${domain} has more than one SPF record`);
  const record = parseSpfRecordCached(text);
  return record.ok ? record.value : permerror(`SPF record of ${domain}: ${record.error}`);
}

async function redirect(session: Session, record: SpfRecord, domain: string): Promise<Evaluation> {
  const over = countLookup(session);
  if (over !== undefined) return ended(domain, over.stop, over.reason, 'redirect');
  const target = await targetName(session, record.redirect, domain);
  // RFC 7208 §6.1: no record, or a malformed name, is a permerror.
  if (target === undefined)
    return ended(domain, 'permerror', `redirect of ${domain} leads to no name`, 'redirect');
  const outcome = await evaluateDomain(session, target);
  return outcome.result === 'none' ? { ...outcome, result: 'permerror', mechanism: 'redirect' } : outcome;
}

/** Addresses are compared without a promise: flattened records have hundreds of them. */
function matchTerm(
  session: Session,
  term: SpfTerm,
  domain: string,
): boolean | Stop | Promise<boolean | Stop> {
  const { mechanism } = term;
  switch (mechanism.kind) {
    case 'all':
      return true;
    case 'ip4':
    case 'ip6':
      return networkContains(mechanism.network, session.ip);
    case 'include':
    case 'exists':
    case 'a':
    case 'mx':
    case 'ptr':
      return countLookup(session) ?? matchByDns(session, mechanism, domain);
  }
}

type DnsMechanism = Exclude<Mechanism, { kind: 'all' | 'ip4' | 'ip6' }>;

async function matchByDns(
  session: Session,
  mechanism: DnsMechanism,
  domain: string,
): Promise<boolean | Stop> {
  const target = await targetName(session, mechanism.target, domain);
  switch (mechanism.kind) {
    case 'include':
      return target === undefined ? permerror('include leads to no name') : matchInclude(session, target);
    case 'exists': {
      if (target === undefined) return false;
      // RFC 7208 §5.7: always type A, also for an IPv6 client.
      const addresses = await ask(session, target, session.resolver.a, true);
      return isStop(addresses) ? addresses : addresses.length > 0;
    }
    case 'a': {
      if (target === undefined) return false;
      const addresses = await askAddresses(session, target, true);
      return isStop(addresses) ? addresses : anyInside(addresses, session.ip, mechanism);
    }
    case 'mx':
      return target === undefined ? false : matchMx(session, target, mechanism);
    case 'ptr':
      return target === undefined ? false : matchPtr(session, target);
  }
}

/** The table of RFC 7208 §5.2. */
async function matchInclude(session: Session, target: string): Promise<boolean | Stop> {
  const outcome = await evaluateDomain(session, target);
  switch (outcome.result) {
    case 'pass':
      return true;
    case 'fail':
    case 'softfail':
    case 'neutral':
      return false;
    case 'temperror':
    case 'permerror':
      return { stop: outcome.result, reason: outcome.reason };
    case 'none':
      return permerror(`included: ${outcome.reason}`);
  }
}

type Prefixes = { readonly prefix4: number; readonly prefix6: number };

function anyInside(addresses: readonly Ip[], client: Ip, prefixes: Prefixes): boolean {
  const prefix = client.version === 4 ? prefixes.prefix4 : prefixes.prefix6;
  return addresses.some((ip) => networkContains({ ip, prefix }, client));
}

async function matchMx(session: Session, target: string, prefixes: Prefixes): Promise<boolean | Stop> {
  const exchanges = await ask(session, target, session.resolver.mx, true);
  if (isStop(exchanges)) return exchanges;
  // RFC 7208 §4.6.4: more than ten exchanges is a permerror, whatever they would say.
  if (exchanges.length > session.limits.maxExchanges)
    return permerror(`${target} has more than ${session.limits.maxExchanges} mail exchanges`);
  const names = exchanges.map((mx) => mx.exchange).filter((name) => name !== '' && name !== '.');
  const answers = await Promise.all(names.map((name) => askAddresses(session, name, false)));
  // Asked together, judged in order: a match before an error is a match.
  for (const addresses of answers) {
    if (isStop(addresses)) return addresses;
    if (anyInside(addresses, session.ip, prefixes)) return true;
  }
  return false;
}

/** RFC 7208 §5.5: a DNS error here is no match, never an error of the check. */
async function matchPtr(session: Session, target: string): Promise<boolean | Stop> {
  const pointers = await ask(session, reverseName(session.ip), session.resolver.ptr, true);
  if (isStop(pointers)) return pointers.stop === 'permerror' ? pointers : false;
  const names = await validatedNames(session);
  const lower = target.toLowerCase();
  return names.some((name) => domainIsOrUnder(name, lower));
}
