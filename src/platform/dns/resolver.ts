/**
 * The resolver that asks real servers (contract: protocol/dns/resolver.ts): cache, coalescing, retry over several servers,
 * CNAME chains, limits, counters. It does not validate DNSSEC itself: `secure` is the AD bit of a server that the operator
 * named as validating, reached over a path the operator trusts (best: on this machine).
 */
import { type Clock, systemClock } from '#core/time.ts';
import type { DnsAnswer, DnsError, MxRecord, Resolver, TlsaRecord } from '#protocol/dns/resolver.ts';
import type { DnsResponse, QueryType, Rdata } from '#protocol/dns/wire.ts';
import { GenerationCache } from './cache.ts';
import { ServerExchange } from './exchange.ts';
import { type DnsServer, systemServers } from './resolv-conf.ts';

export type WireResolverOptions = {
  /** Default: those of /etc/resolv.conf. */
  readonly servers?: readonly DnsServer[];
  /** The servers validate DNSSEC and the way to them is safe, so their AD bit is believed. Default false. */
  readonly validating?: boolean;
  /** Per server and try. Default 2000. */
  readonly timeoutMs?: number;
  /** Rounds over all servers. Default 2. */
  readonly rounds?: number;
  /** Questions on the wire at once; the next one fails with `limit`. Default 2000. */
  readonly maxInFlight?: number;
  /** Default 50 000. */
  readonly maxCacheEntries?: number;
  readonly clock?: Clock;
};

export type DnsCounters = {
  hits: number;
  misses: number;
  queries: number;
  retries: number;
  timeouts: number;
  errors: number;
  truncated: number;
};

export type WireResolver = Resolver & {
  readonly counters: Readonly<DnsCounters>;
  readonly cacheSize: () => number;
  readonly [Symbol.dispose]: () => void;
};

/** Clamps of what a server may ask us to remember. */
const POSITIVE_S = { min: 5, max: 86_400 };
/** RFC 2308 §5: hours are sensible for "no"; a mistake being repaired wants minutes. */
const NEGATIVE_S = { min: 5, max: 900 };
const ERROR_S = 5;
const MAX_CHAIN = 8;

type Data<K extends QueryType> = K extends 'MX' ? MxRecord : K extends 'TLSA' ? TlsaRecord : string;
type AnyAnswer = DnsAnswer<Rdata>;
type Timed = { readonly answer: AnyAnswer; readonly keepS: number };

export function createWireResolver(options: WireResolverOptions = {}): WireResolver {
  const servers = (options.servers ?? systemServers()).map((s) => new ServerExchange(s));
  const { timeoutMs = 2000, rounds = 2, maxInFlight = 2000, validating = false } = options;
  const clock = options.clock ?? systemClock;
  const counters: DnsCounters = {
    hits: 0,
    misses: 0,
    queries: 0,
    retries: 0,
    timeouts: 0,
    errors: 0,
    truncated: 0,
  };
  // The promise itself is cached: a hit allocates nothing, and a second asker joins the first one's question.
  const cache = new GenerationCache<Promise<unknown>>(options.maxCacheEntries ?? 50_000);
  let inFlight = 0;

  /** One question, over all servers, until one gives an answer that is not a failure. */
  const exchange = async (name: string, type: QueryType): Promise<DnsResponse | DnsErrorAnswer> => {
    let last: DnsErrorAnswer = dnsError('network', 'no resolver is configured');
    for (let i = 0; i < rounds * servers.length; i++) {
      const server = servers[i % servers.length]!; // `!`: the loop does not run without servers
      counters.queries++;
      if (i > 0) counters.retries++;
      const got = await server.ask(name, type, timeoutMs);
      if (got.ok && (got.value.rcode === 0 || got.value.rcode === 3)) return got.value;
      if (got.ok) last = failureOf(got.value);
      else last = dnsError(got.error.kind, `${got.error.detail} for ${type} ${name}`);
      if (last.reason === 'timeout') counters.timeouts++;
      if (last.reason === 'badname' || last.reason === 'bogus') break;
    }
    counters.errors++;
    return last;
  };

  const lookup = async (name: string, type: QueryType): Promise<Timed> => {
    if (inFlight >= maxInFlight) return failed(dnsError('limit', 'too many questions at once'));
    inFlight++;
    try {
      return await follow(name, type, exchange, validating);
    } finally {
      inFlight--;
    }
  };

  const ask = <K extends QueryType>(name: string, type: K): Promise<DnsAnswer<Data<K>>> => {
    const canonical = canonicalName(name);
    const key = `${type} ${canonical}`;
    const cached = cache.get(key, clock());
    if (cached !== undefined) {
      counters.hits++;
      return cached as Promise<DnsAnswer<Data<K>>>; // as: the key holds the type
    }
    counters.misses++;
    const { promise, resolve, reject } = Promise.withResolvers<DnsAnswer<Data<K>>>();
    const entry = cache.set(key, promise, Infinity);
    const keep = ({ answer, keepS }: Timed): void => {
      entry.expiresMs = clock() + keepS * 1000;
      resolve(unwrap(answer) as DnsAnswer<Data<K>>); // as: follow() keeps only records of `type`
    };
    lookup(canonical, type)
      .then(keep)
      .catch((error: unknown) => {
        // A question that broke on our side is no answer to remember.
        entry.expiresMs = 0;
        reject(error);
      });
    return promise;
  };

  return {
    txt: (name) => ask(name, 'TXT'),
    a: (name) => ask(name, 'A'),
    aaaa: (name) => ask(name, 'AAAA'),
    mx: (name) => ask(name, 'MX'),
    ptr: (name) => ask(name, 'PTR'),
    tlsa: (name) => ask(name, 'TLSA'),
    cname: (name) => ask(name, 'CNAME'),
    counters,
    cacheSize: () => cache.size,
    [Symbol.dispose]: () => {
      for (const s of servers) s.close();
    },
  };
}

function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

type DnsErrorAnswer = { readonly kind: 'error'; readonly reason: DnsError; readonly detail: string };
const dnsError = (reason: DnsError, detail: string): DnsErrorAnswer => ({ kind: 'error', reason, detail });
const failed = (answer: DnsErrorAnswer): Timed => ({ answer, keepS: ERROR_S });
const clamp = (ttlS: number, range: { min: number; max: number }): number =>
  Math.min(range.max, Math.max(range.min, ttlS));

/** RFC 8914 §4.7 to §4.13: the extended errors that mean "signed, and the signatures do not hold". */
const BOGUS_CODES: ReadonlySet<number> = new Set([6, 7, 8, 9, 10, 11, 12]);

function failureOf(response: DnsResponse): DnsErrorAnswer {
  const bogus = response.extendedError !== undefined && BOGUS_CODES.has(response.extendedError);
  if (bogus) return dnsError('bogus', `DNSSEC validation failed (extended error ${response.extendedError})`);
  if (response.rcode === 5) return dnsError('refused', 'the resolver refused the question');
  return dnsError('servfail', `the resolver answered rcode ${response.rcode}`);
}

type AskServers = (name: string, type: QueryType) => Promise<DnsResponse | DnsErrorAnswer>;

/**
 * Walks aliases from the name to records of the type. A resolver sends the whole chain in one answer; where it does not,
 * the end of the chain is asked for, all in all at most MAX_CHAIN steps. The result is secure only if every step was.
 */
async function follow(first: string, type: QueryType, ask: AskServers, validating: boolean): Promise<Timed> {
  let name = first;
  let secure = validating;
  let ttlS = POSITIVE_S.max;
  for (let step = 0; step < MAX_CHAIN;) {
    const response = await ask(name, type);
    if ('kind' in response) return failed(response);
    secure &&= response.authenticated;
    const asked = name;
    for (; step < MAX_CHAIN; step++) {
      const here = response.answers.filter((r) => r.owner === name);
      const found = here.filter((r) => r.data.type === type);
      if (found.length > 0) {
        for (const r of found) ttlS = Math.min(ttlS, r.ttlS);
        ttlS = clamp(ttlS, POSITIVE_S);
        return { answer: { kind: 'records', records: found.map((r) => r.data), secure, ttlS }, keepS: ttlS };
      }
      const alias = here.find((r) => r.data.type === 'CNAME');
      if (alias === undefined || alias.data.type !== 'CNAME') break;
      ttlS = Math.min(ttlS, alias.ttlS);
      name = alias.data.text;
    }
    if (step >= MAX_CHAIN) break;
    if (name === asked || response.rcode === 3 || response.negativeTtlS !== undefined) {
      const keepS = Math.min(ttlS, clamp(response.negativeTtlS ?? 60, NEGATIVE_S));
      return { answer: { kind: response.rcode === 3 ? 'nxdomain' : 'nodata', secure }, keepS };
    }
  }
  return failed(dnsError('limit', `the alias chain of ${first} is too long`));
}

function unwrap(answer: AnyAnswer): DnsAnswer<unknown> {
  if (answer.kind !== 'records') return answer;
  const records = answer.records.map((d) => ('text' in d ? d.text : 'mx' in d ? d.mx : d.tlsa));
  return { ...answer, records };
}
