/** The resolvers that the configuration names, as the resolver wants them: the gateway and the commands beside it ask the same. */
import { parseServer } from '#platform/dns/resolv-conf.ts';
import type { createWireResolver } from '#platform/dns/resolver.ts';
import type { Config } from './config.ts';

export type WireOptions = NonNullable<Parameters<typeof createWireResolver>[0]>;

export function dnsOf({ dns }: Pick<Config, 'dns'>): WireOptions {
  const servers = dns.servers.map((s) => parseServer(s)!); // `!`: the schema parsed it
  return {
    ...(servers.length === 0 ? {} : { servers }),
    validating: dns.validating,
    timeoutMs: dns.timeoutMs,
    rounds: dns.rounds,
  };
}
