/** What the API tells of this gateway beside what the database knows: its parts, its name, what DNS says to it. */
import type { Outside } from '#api/domain-check.ts';
import type { OidcOptions } from '#api/oidc.ts';
import type { OperatorSettings } from '#api/origins.ts';
import type { Probe } from '#api/probes.ts';
import type { About } from '#api/status.ts';
import type { TenantRouteOptions } from '#api/tenants.ts';
import { createWireResolver } from '#platform/dns/resolver.ts';
import { fetchStsPolicy } from '#platform/mta-sts/fetch.ts';
import type { Config } from './config.ts';
import { dnsOf } from './config-dns.ts';
import { ourTlsKeys } from './tls-keys.ts';
import { deliveryAnchors, refusedNetworks } from './delivery.ts';

export type AboutGateway = About &
  Outside & {
    readonly operator: OperatorSettings;
    readonly tenants: TenantRouteOptions;
    readonly oidc: Omit<OidcOptions, 'identity'>;
  } & Disposable;

export function aboutGateway(config: Config, probes: readonly Probe[]): AboutGateway {
  const resolver = createWireResolver(dnsOf(config));
  const caPem = deliveryAnchors(config);
  const { retryWaitsS, giveUpAfterS } = config.delivery;
  return {
    hostname: config.hostname,
    probes,
    missingEngines: config.engines.clamav === undefined ? ['clamav'] : [],
    resolver,
    fetchStsPolicy: (domain) =>
      fetchStsPolicy(domain, {
        resolver,
        refused: refusedNetworks(config),
        ...(caPem === undefined ? {} : { caPem }),
      }),
    tlsKeys: () => ourTlsKeys(config),
    tenants: {
      deletionGraceS: config.tenants.deletionGraceS,
      locations: config.storage.targets.map((t) => t.name),
    },
    oidc: {
      publicUrl: config.http.publicUrl,
      reach: { isPrivateAllowed: config.http.privateProviders, isClearAllowed: false },
    },
    operator: {
      heloName: config.hostname,
      language: config.delivery.reportLanguage,
      ...(retryWaitsS === undefined ? {} : { retryWaitsS: [...retryWaitsS] }),
      ...(giveUpAfterS === undefined ? {} : { maxAgeS: giveUpAfterS }),
    },
    [Symbol.dispose]: () => resolver[Symbol.dispose](),
  };
}
