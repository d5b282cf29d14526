/**
 * One mail process, wired: what listens, what judges, what delivers, and in which order they come up and go down. Up: stores,
 * directory, keys, engine, listeners. Down: listeners first, so that nothing new comes, the engine next, the database last.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { ConfigError, errorChain } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import { keepRefreshed } from '#assurance/tenants/known-tenants.ts';
import { createClamd } from '#platform/clamd.ts';
import { createWireResolver, type DnsCounters, type WireResolver } from '#platform/dns/resolver.ts';
import { parseServer } from '#platform/dns/resolv-conf.ts';
import { openIdJournal } from '#platform/id-journal.ts';
import { listen } from '#platform/listen.ts';
import type { Logger } from '#platform/log.ts';
import { registry } from '#platform/metrics.ts';
import { selfSigned } from '#platform/self-signed.ts';
import { DEFAULT_MIME_OPTIONS } from '#protocol/mime/walk.ts';
import { verifyRecipientByCallout } from '#mail/deliver/callout.ts';
import { openDirectory } from '#mail/directory/directory.ts';
import type { ActSettings } from '#mail/act/plan.ts';
import { createFlow, type FlowDeps } from '#mail/flow.ts';
import { createAuthenticate } from '#mail/inspect/authenticate.ts';
import { CHECKS } from '#mail/inspect/checks.ts';
import { createCommitter } from '#mail/queue/commit.ts';
import { removeDisownedOf, writeDisowned } from '#mail/queue/disowned.ts';
import { createEngine } from '#mail/queue/engine.ts';
import { registerInstance } from '#mail/queue/instance.ts';
import { createSettler } from '#mail/queue/settle.ts';
import { createGreylist } from '#mail/receive/greylist.ts';
import { databaseGreylistStore } from '#mail/receive/greylist-store.ts';
import type { ListenerConfig } from '#mail/receive/config.ts';
import type { SharedPool } from '#mail/receive/limit-pool.ts';
import { type BoundListener, type ListenerOptions, startListener } from '#mail/receive/listener.ts';
import { readTlsMaterial } from '#mail/receive/tls.ts';
import { signing } from '#mail/signing/sign-and-seal.ts';
import { openSigners, type Signers } from '#mail/signing/signers.ts';
import type { Config } from './config.ts';
import { clamdAddress } from './config-engines.ts';
import { deliveryAnchors, openDelivery } from './delivery.ts';
import { openConfiguredDatabase, openStores } from './installation.ts';
import { readPolicy } from './policy-file.ts';
import { withTryZone } from './try-zone.ts';

export type Mail = AsyncDisposable & {
  readonly listeners: readonly {
    readonly name: string;
    readonly kind: string;
    readonly host: string;
    readonly port: number;
  }[];
  /** Reads the policy and the certificates again; what is wrong with them is answered and the old ones stay. */
  readonly reload: () => Promise<readonly string[]>;
};

/** Until when running deliveries may finish at a stop; what is left goes back to the queue. */
const DRAIN_MS = 15_000;
/** Far longer than a database server may take to carry out what we gave up. */
const KEEP_DISOWNED_MS = 86_400_000;
/** For the day a notification is missed. */
const RELOAD_SIGNERS_MS = 60_000;

export async function openMail(config: Config, url: string, log: Logger, pool?: SharedPool): Promise<Mail> {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(openConfiguredDatabase(config, url, 'system', 'gatehouse-mail'));
  const { keys, blobs, tenants } = await openStores(config, db);
  const renewing = stack.use(keepRefreshed(tenants, log));
  stack.defer(() => blobs.close());
  const clock = systemClock;
  let policy = readPolicy(config);
  const wire = stack.use(
    createWireResolver({
      ...(config.dns.servers.length === 0 ? {} : { servers: config.dns.servers.map((s) => parseServer(s)!) }), // `!`: the schema parsed it
      validating: config.dns.validating,
      timeoutMs: config.dns.timeoutMs,
    }),
  );
  const resolver = withTryZone(wire);
  const journal = openIdJournal(join(config.data, 'disowned'));
  journal.sweep(clock() - KEEP_DISOWNED_MS);
  const forget = (owner: string): Promise<number> => removeDisownedOf(db, journal, owner);
  const instance = stack.use(await registerInstance(db, undefined, forget));
  const caPem = deliveryAnchors(config);
  const directory = await openDirectory({
    db,
    keys,
    log,
    callout: (hop, address) =>
      verifyRecipientByCallout(hop, address, { resolver, heloName: config.hostname, nowMs: clock(), caPem }),
  });
  stack.defer(() => directory.close());
  const outbound = stack.use(
    openDelivery({ config, db, keys, blobs, resolver, directory, clock, instance, pool }),
  );
  const signers = await openSigners(db, keys);
  const reloadSigners = (): void =>
    void signers
      .reload()
      .catch((error: unknown) =>
        log.warn('signing keys could not be read again', { error: errorChain(error) }),
      );
  const reloading = setInterval(reloadSigners, RELOAD_SIGNERS_MS);
  stack.defer(() => clearInterval(reloading));

  const committer = createCommitter(db, instance.id, clock, (those) =>
    writeDisowned(journal, instance.id, those),
  );
  const engine = createEngine(
    {
      db,
      blobs,
      instance,
      settler: createSettler(db),
      log,
      clock,
      attempt: outbound.attempt,
      jobsOf: outbound.jobsOfRows,
      permit: outbound.permit,
      settleDisowned: committer.settleDisowned,
    },
    { maxJobs: config.workers.deliveries, maxWaiting: 4 * config.workers.deliveries, pollMs: 1_000 },
  );
  engine.start();
  stack.defer(() => engine.stop(DRAIN_MS));
  // What made rows due may be a change of the directory: first hear of that, then look.
  const wake = (): void =>
    void directory
      .refresh()
      .catch(() => {})
      .then(engine.wake); // the poll tries again
  stack.use(await listen(db, log, { queue: wake, dkim: reloadSigners, tenant: renewing.now }));
  registry.gaugeFrom('gatehouse_deliveries_running', 'Deliveries in work.', engine.running);
  registry.gaugeFrom(
    'gatehouse_deliveries_waiting',
    'Deliveries kept in memory for a free place.',
    engine.waiting,
  );
  countDns(wire);

  const flow = createFlow({
    ...judging(config, resolver, clock, log),
    policy: () => policy,
    act: actSettings(config, signers, clock),
    unsigned: signing(signers, clock).unsigned,
    committer,
    deliver: (message, arrival, plan) => engine.take(outbound.jobsOfMessage(message, arrival, plan)),
    clock,
  });

  const fallbackTls = selfSigned(join(config.data, 'tls'), config.hostname, clock());
  const listeners: Running[] = [];
  for (const listener of config.listeners) {
    const settings = {
      ...listener,
      tlsCertFile: listener.tlsCertFile ?? config.tls.certificate ?? fallbackTls.certificate,
      tlsKeyFile: listener.tlsKeyFile ?? config.tls.key ?? fallbackTls.key,
    };
    const running = await openListener(settings, {
      db,
      directory,
      flow,
      keys,
      blobs,
      resolver,
      clock,
      log,
      pool,
    });
    stack.defer(() => running.bound.stop());
    listeners.push(running);
  }
  registry.gaugeFrom('gatehouse_smtp_connections', 'SMTP connections open now.', () =>
    listeners.reduce((sum, l) => sum + l.bound.connections(), 0),
  );
  const kept = stack.move();
  return {
    listeners: listeners.map(({ settings: { name, kind, host }, bound }) => ({
      name,
      kind,
      host,
      port: bound.address.port,
    })),
    reload: async () => {
      const complaints: string[] = [];
      await orComplain(complaints, () => {
        policy = readPolicy(config);
      });
      for (const l of listeners) await orComplain(complaints, () => renewTls(l));
      return complaints;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What judges a message: the checks and what they ask. */
function judging(
  config: Config,
  resolver: Resolver,
  clock: Clock,
  log: Logger,
): Pick<FlowDeps, 'inspector' | 'inspectDeps'> {
  const crashed = (check: string, reason: string): void => log.error('a check broke', { check, reason });
  return {
    inspector: { checks: CHECKS, authenticate: createAuthenticate(crashed), onCrash: crashed },
    inspectDeps: {
      resolver,
      clock,
      clamd: clamdOf(config),
      hostname: config.hostname,
      trustedSealers: new Set(config.authentication.trustedSealers),
    },
  };
}

function actSettings(config: Config, signers: Signers, clock: Clock): ActSettings {
  const { sign, seal } = signing(signers, clock);
  const authservId = config.authentication.authservId ?? config.hostname;
  return { hostname: config.hostname, authservId, sign, seal };
}

type ListenerParts = Pick<
  ListenerOptions,
  'directory' | 'flow' | 'keys' | 'blobs' | 'resolver' | 'log' | 'pool'
> & {
  readonly db: Database;
  readonly clock: Clock;
};

async function openListener(settings: ListenerConfig, parts: ListenerParts): Promise<Running> {
  const { db, clock, ...rest } = parts;
  const bound = await startListener({
    ...rest,
    config: settings,
    tls: await readTlsMaterial(settings),
    mime: DEFAULT_MIME_OPTIONS,
    log: parts.log.child({ listener: settings.name }),
    greylist: createGreylist({
      store: databaseGreylistStore(db, DEFAULT_TENANT),
      clock,
      minScore: settings.greylistScore,
      delayMs: GREYLIST_DELAY_MS,
    }),
    reusePort: true,
  });
  return { settings, bound };
}

type Running = { readonly settings: ListenerConfig; readonly bound: BoundListener };

/** What cannot be read stays as it was: a slip in a file must not stop the mail. */
async function orComplain(complaints: string[], change: () => void | Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complaints.push(...error.complaints);
  }
}

async function renewTls({ settings, bound }: Running): Promise<void> {
  const material = await readTlsMaterial(settings);
  if (material !== undefined) bound.renewTls(material);
}

/** The resolver counts for itself, since it knows nothing of metrics; its numbers are read when they are asked for. */
function countDns(resolver: WireResolver): void {
  const { counters } = resolver;
  registry.gaugeFrom('gatehouse_dns_cache_entries', 'Answers in the DNS cache.', resolver.cacheSize);
  for (const [name, help] of Object.entries(DNS_COUNTERS) as [keyof DnsCounters, string][])
    registry.counterFrom(`gatehouse_dns_${name}_total`, help, () => counters[name]);
}

const DNS_COUNTERS = {
  hits: 'DNS questions answered from the cache.',
  misses: 'DNS questions not in the cache.',
  queries: 'DNS queries sent.',
  retries: 'DNS queries sent again, or to another server.',
  timeouts: 'DNS queries that nobody answered in time.',
  errors: 'DNS questions that no server could answer.',
  truncated: 'DNS answers that had to be fetched over TCP.',
} as const satisfies Record<keyof DnsCounters, string>;

/** Greylisting happens before a tenant is known; its memory holds hashes only. */
const DEFAULT_TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;
/** RFC 6647 §5: between one minute and 24 hours. */
const GREYLIST_DELAY_MS = 60_000;

function clamdOf(config: Config): ReturnType<typeof createClamd> | undefined {
  const { clamav } = config.engines;
  if (clamav === undefined) return undefined;
  return createClamd({
    address: clamdAddress(clamav),
    timeoutMs: clamav.timeoutMs,
    maxConcurrent: CLAMD_SCANS,
    maxBytes: CLAMD_BYTES,
  });
}

/** clamd's own MaxThreads and StreamMaxLength, as Debian ships them. */
const CLAMD_SCANS = 12;
const CLAMD_BYTES = 25 * 1024 * 1024;
