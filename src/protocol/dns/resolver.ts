/**
 * What the standards need from DNS, as a parameter: no standard of ours opens a socket. The wire resolver (platform/dns),
 * the zone file of `--zone` and the tables of tests are three of these.
 *
 * Names are given without trailing dot, in A-label form; an answer is always one of four kinds. A failure to learn is
 * `error` and never looks like an empty answer: callers turn it into `temperror`.
 */
export type DnsError =
  | 'servfail'
  | 'timeout'
  | 'refused'
  | 'malformed'
  | 'bogus'
  | 'limit'
  | 'network'
  | 'badname';

export type DnsAnswer<T> =
  | {
      readonly kind: 'records';
      readonly records: readonly T[];
      readonly secure: boolean;
      readonly ttlS: number;
    }
  /** The name exists, not with this type. */
  | { readonly kind: 'nodata'; readonly secure: boolean }
  | { readonly kind: 'nxdomain'; readonly secure: boolean }
  | { readonly kind: 'error'; readonly reason: DnsError; readonly detail: string };

export type MxRecord = { readonly preference: number; readonly exchange: string };
/** RFC 6698 §2.1. */
export type TlsaRecord = {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  readonly data: Uint8Array;
};

/**
 * `secure` in an answer is true only when a resolver that the operator named as validating set AD (RFC 4035 §3.2.3) or a
 * zone file says so. TXT answers are one string per record, its character-strings joined (RFC 7208 §3.3), as Latin-1 so
 * that no byte is lost.
 */
export type Resolver = {
  readonly txt: (name: string) => Promise<DnsAnswer<string>>;
  /** Dotted quads. */
  readonly a: (name: string) => Promise<DnsAnswer<string>>;
  /** RFC 5952 text. */
  readonly aaaa: (name: string) => Promise<DnsAnswer<string>>;
  readonly mx: (name: string) => Promise<DnsAnswer<MxRecord>>;
  readonly ptr: (name: string) => Promise<DnsAnswer<string>>;
  readonly tlsa: (name: string) => Promise<DnsAnswer<TlsaRecord>>;
  /** The CNAME at the name itself, unfollowed; used by `domain check` and DANE (RFC 7672 §2.2.2). */
  readonly cname: (name: string) => Promise<DnsAnswer<string>>;
};
