/** The delivering side of a mail process, wired: how hosts are found, reached, trusted, and how reports are written. */
import { readFileSync } from 'node:fs';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { networkContains, parseNetwork } from '#core/ip.ts';
import type { Clock } from '#core/time.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database } from '#platform/db.ts';
import { fetchStsPolicy } from '#platform/mta-sts/fetch.ts';
import { registry } from '#platform/metrics.ts';
import { createStsPolicies } from '#platform/mta-sts/policies.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { REFUSED_NETWORKS } from '#mail/deliver/addresses.ts';
import { attemptDelivery, type DeliveryDeps } from '#mail/deliver/attempt.ts';
import { ConnectionPool } from '#mail/deliver/pool.ts';
import { standardTreatment } from '#mail/deliver/destination.ts';
import { DEFAULT_SCHEDULE, type RetrySchedule } from '#mail/deliver/retry.ts';
import { DestinationSlots } from '#mail/deliver/slots.ts';
import { DEFAULT_TIMEOUTS_MS } from '#mail/deliver/transport.ts';
import type { LiveDirectory } from '#mail/directory/directory.ts';
import type { Instance } from '#mail/queue/instance.ts';
import { createOutbound, type Outbound } from '#mail/queue/outbound.ts';
import type { SharedPool } from '#mail/receive/limit-pool.ts';
import { createReportLimits } from '#mail/queue/report-limits.ts';
import { createReportWriter } from '#mail/queue/reports.ts';
import { databasePolicyStore } from '#mail/queue/sts-store.ts';
import type { Config } from './config.ts';

export type DeliveryParts = {
  readonly config: Config;
  readonly db: Database;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
  readonly resolver: Resolver;
  readonly directory: LiveDirectory;
  readonly clock: Clock;
  readonly instance: Pick<Instance, 'share'>;
  readonly pool: SharedPool | undefined;
};

export type OpenDelivery = Outbound & Disposable;

export function openDelivery(parts: DeliveryParts): OpenDelivery {
  const { config, db, keys, blobs, resolver, directory, clock, instance } = parts;
  const { recipientsPerMessage, perDomainAndHour } = config.delivery.unprovenReports;
  const caPem = deliveryAnchors(config);
  const pool = new ConnectionPool();
  const { counters } = pool;
  registry.gaugeFrom(
    'gatehouse_delivery_connections_idle',
    'Outgoing connections kept for the next message.',
    () => pool.idle,
  );
  registry.counterFrom(
    'gatehouse_delivery_connections_opened_total',
    'Outgoing connections tried.',
    () => counters.opened,
  );
  registry.counterFrom(
    'gatehouse_delivery_connections_reused_total',
    'Messages sent over a kept connection.',
    () => counters.reused,
  );
  const refused = refusedNetworks(config);
  const deps: DeliveryDeps = {
    resolver,
    stsPolicies: createStsPolicies({
      resolver,
      fetch: (domain) =>
        fetchStsPolicy(domain, { resolver, refused, ...(caPem === undefined ? {} : { caPem }) }),
      store: databasePolicyStore(db),
      clock,
    }),
    pool,
    slots: new DestinationSlots(instance.share, clock),
    self: selfKnowledge(config),
    timeouts: DEFAULT_TIMEOUTS_MS,
    mxPort: config.delivery.mxPort,
    caPem,
    refusedNetworks: refused,
    clock,
  };
  const outbound = createOutbound({
    hostname: config.hostname,
    directory,
    deliver: (delivery) => attemptDelivery(delivery, deps),
    reports: createReportWriter({
      hostname: config.hostname,
      languageOf: (tenant) => directory.settings(tenant)?.language ?? config.delivery.reportLanguage,
      keys,
      blobs,
      clock,
      limits: createReportLimits({ recipientsPerMessage, perDomainAndHour, clock, pool: parts.pool }),
    }),
    keys,
    blobs,
    clock,
    standard: standardTreatment(scheduleOf(config)),
  });
  return { ...outbound, [Symbol.dispose]: () => pool[Symbol.dispose]() };
}

/** Networks that a stranger's DNS may not send us into. */
export function refusedNetworks(config: Config): typeof REFUSED_NETWORKS {
  const allowed = config.delivery.allowMxInto.map(parseNetwork).filter((n) => n !== undefined);
  return REFUSED_NETWORKS.filter(
    (r) => !allowed.some((a) => networkContains(a, r.ip) && a.prefix <= r.prefix),
  );
}

/** Anchors for the hosts we reach, instead of the system's roots. */
export function deliveryAnchors({ delivery }: Config): string | undefined {
  return delivery.caFile === undefined ? undefined : readFileSync(delivery.caFile, 'utf8');
}

function scheduleOf({ delivery }: Config): RetrySchedule {
  return {
    ...DEFAULT_SCHEDULE,
    ...(delivery.retryWaitsS === undefined ? {} : { waitsS: delivery.retryWaitsS }),
    ...(delivery.giveUpAfterS === undefined ? {} : { maxAgeS: delivery.giveUpAfterS }),
  };
}

/** Mail for a domain whose MX is ourselves would come back for ever. */
function selfKnowledge(config: Config): DeliveryDeps['self'] {
  const own = new Set(config.listeners.map((l) => `${l.host} ${l.port}`));
  return {
    names: new Set([config.hostname.toLowerCase(), ...config.listeners.map((l) => l.hostname.toLowerCase())]),
    isOurs: (ip, port) => own.has(`${ip} ${port}`),
  };
}
