/**
 * The state of one check: who asks, what was counted, and every DNS query, so that the limits of RFC 7208 §4.6.4 are kept
 * in one place.
 */
import { formatIp, parseIp, reverseName, type Ip } from '#core/ip.ts';
import { domainIsOrUnder } from '#protocol/address/domain.ts';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import { expandMacros, type MacroString, type MacroValues } from './macro.ts';

export type SpfLimits = {
  /** Terms that cause DNS queries (RFC 7208 §4.6.4). */
  readonly maxLookups: number;
  /** Terms whose query finds nothing. */
  readonly maxVoidLookups: number;
  /** Exchanges of one mx; more is a permerror. */
  readonly maxExchanges: number;
  /** Names behind the client address; more are not looked at. */
  readonly maxPtrNames: number;
  readonly timeoutMs: number;
};

export const DEFAULT_LIMITS: SpfLimits = {
  maxLookups: 10,
  maxVoidLookups: 2,
  maxExchanges: 10,
  maxPtrNames: 10,
  // RFC 7208 §4.6.4: at least 20 seconds.
  timeoutMs: 20_000,
};

export type Session = {
  readonly ip: Ip;
  readonly helo: string;
  readonly localpart: string;
  readonly senderDomain: string;
  readonly receiver: string;
  readonly resolver: Resolver;
  readonly nowMs: number;
  readonly limits: SpfLimits;
  lookups: number;
  voidLookups: number;
  /** Set when the time is over: nothing more is asked. */
  isOver: boolean;
  validatedNames: Promise<readonly string[]> | undefined;
};

/** Ends the check from inside an evaluation. */
export type Stop = { readonly stop: 'temperror' | 'permerror'; readonly reason: string };

export const temperror = (reason: string): Stop => ({ stop: 'temperror', reason });
export const permerror = (reason: string): Stop => ({ stop: 'permerror', reason });

/** Counts a term that causes DNS queries; to be called before it does. */
export function countLookup(session: Session): Stop | undefined {
  session.lookups++;
  if (session.lookups <= session.limits.maxLookups) return undefined;
  return permerror(`more than ${session.limits.maxLookups} terms need DNS`);
}

function countVoid(session: Session): Stop | undefined {
  session.voidLookups++;
  if (session.voidLookups <= session.limits.maxVoidLookups) return undefined;
  return permerror(`more than ${session.limits.maxVoidLookups} terms ask for names that have no records`);
}

/**
 * The records of one query, empty where there are none. `isCounted` is set for the query a term itself makes: it is the
 * terms that RFC 7208 §4.6.4 limits, so the address queries behind an mx or ptr are not counted as void.
 */
export async function ask<T>(
  session: Session,
  name: string,
  query: (name: string) => Promise<DnsAnswer<T>>,
  isCounted: boolean,
): Promise<readonly T[] | Stop> {
  if (session.isOver) return temperror('the time for the check is over');
  const answer = await query(name);
  switch (answer.kind) {
    case 'records':
      return answer.records;
    case 'nodata':
    case 'nxdomain':
      return (isCounted ? countVoid(session) : undefined) ?? [];
    case 'error':
      // A name that cannot be asked for has no records, now and later.
      return answer.reason === 'badname' ? [] : temperror(`DNS ${answer.reason} for ${name}`);
  }
}

export const isStop = (value: unknown): value is Stop =>
  typeof value === 'object' && value !== null && 'stop' in value;

/** The name a term asks about; undefined where expansion made something that is no name. */
export async function targetName(
  session: Session,
  target: MacroString | undefined,
  domain: string,
): Promise<string | undefined> {
  if (target === undefined) return domain;
  const [only] = target.parts;
  if (target.parts.length === 1 && typeof only === 'string') return asQueryName(only);
  return asQueryName(expandMacros(target, await macroValues(session, target, domain)));
}

/** RFC 7208 §7.3: labels are dropped on the left until the name fits into 253 characters. */
function asQueryName(expanded: string): string | undefined {
  let name = expanded.endsWith('.') ? expanded.slice(0, -1) : expanded;
  while (name.length > 253) {
    const dot = name.indexOf('.');
    if (dot === -1) return undefined;
    name = name.slice(dot + 1);
  }
  return isQueryName(name) ? name : undefined;
}

const MAX_LABEL = 63;
/** Labels of 1 to 63 characters; DNS takes any octet, macros may well make spaces. */
function isQueryName(name: string): boolean {
  let labelStart = 0;
  for (let i = 0; i <= name.length; i++) {
    const c = i === name.length ? 46 : name.charCodeAt(i);
    if (c < 0x20 || c > 0x7e) return false;
    if (c !== 46) continue;
    if (i === labelStart || i - labelStart > MAX_LABEL) return false;
    labelStart = i + 1;
  }
  return true;
}

/** The values of RFC 7208 §7.2 for a record of `domain`. */
export async function macroValues(
  session: Session,
  macros: MacroString,
  domain: string,
): Promise<MacroValues> {
  const validated = macros.usesValidatedName ? await shownName(session, domain) : 'unknown';
  return (letter) => {
    switch (letter) {
      case 's':
        return `${session.localpart}@${session.senderDomain}`;
      case 'l':
        return session.localpart;
      case 'o':
        return session.senderDomain;
      case 'd':
        return domain;
      case 'i':
        return session.ip.version === 4 ? formatIp(session.ip) : nibbles(session.ip);
      case 'p':
        return validated;
      case 'v':
        return session.ip.version === 4 ? 'in-addr' : 'ip6';
      case 'h':
        return session.helo;
      case 'c':
        return formatIp(session.ip);
      case 'r':
        return session.receiver;
      case 't':
        return String(Math.floor(session.nowMs / 1000));
    }
  };
}

function nibbles(ip: Ip): string {
  return [...ip.bytes]
    .flatMap((b) => [(b >> 4).toString(16), (b & 15).toString(16)])
    .join('.')
    .toUpperCase();
}

/** %{p}: the domain itself, else a name below it, else any; "unknown" where nothing validates. */
async function shownName(session: Session, domain: string): Promise<string> {
  const names = await validatedNames(session);
  const lower = domain.toLowerCase();
  return (
    names.find((n) => n === lower) ?? names.find((n) => domainIsOrUnder(n, lower)) ?? names[0] ?? 'unknown'
  );
}

/** Names behind the client address that lead back to it (RFC 7208 §5.5); looked up once per check, errors skip a name. */
export function validatedNames(session: Session): Promise<readonly string[]> {
  session.validatedNames ??= findValidatedNames(session);
  return session.validatedNames;
}

async function findValidatedNames(session: Session): Promise<readonly string[]> {
  const pointers = await ask(session, reverseName(session.ip), session.resolver.ptr, false);
  if (isStop(pointers)) return [];
  const names = pointers.slice(0, session.limits.maxPtrNames).map((n) => n.toLowerCase().replace(/\.$/, ''));
  const valid = await Promise.all(
    names.map(async (name) => {
      const addresses = await askAddresses(session, name, false);
      return !isStop(addresses) && addresses.some((a) => sameIp(a, session.ip));
    }),
  );
  return names.filter((_, i) => valid[i]);
}

function sameIp(a: Ip, b: Ip): boolean {
  return a.version === b.version && a.bytes.every((byte, i) => byte === b.bytes[i]);
}

/** A for an IPv4 client, AAAA for an IPv6 client (RFC 7208 §5). */
export async function askAddresses(session: Session, name: string, isCounted: boolean): Promise<Ip[] | Stop> {
  const query = session.ip.version === 4 ? session.resolver.a : session.resolver.aaaa;
  const texts = await ask(session, name, query, isCounted);
  if (isStop(texts)) return texts;
  return texts.map(parseIp).filter((ip) => ip !== undefined);
}
