/**
 * The directory that a running gateway asks (contract: types.ts). It answers from a snapshot in memory, which is replaced
 * when the database says `directory` changed; a poll of the version catches what a lost connection did not deliver. While
 * the database is away the last snapshot goes on answering.
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import { errorChain } from '#core/errors.ts';
import { systemClock, type Clock } from '#core/time.ts';
import type { Database } from '#platform/db.ts';
import { silentLog, type Logger } from '#platform/log.ts';
import { registry } from '#platform/metrics.ts';
import { parseMailbox } from '#protocol/address/mailbox.ts';
import { createRefusals } from './place-refusals.ts';
import { AnswerCache, type AnswerTimes, type SourceAnswer } from './answer-cache.ts';
import { openLdapSource, type LdapSource } from './ldap.ts';
import { verifyPassword } from '#platform/password-hash.ts';
import * as look from './snapshot.ts';
import type { Directory, NextHop, RecipientAnswer, TenantTrouble } from './types.ts';
import type { DestinationValue, LdapValue, TenantSettings } from './values.ts';
import type { TenantId } from '#core/id.ts';

const loads = registry.counter(
  'gatehouse_directory_loads_total',
  'Times the directory was read from the database.',
);
const answers = registry.counter('gatehouse_recipients_total', 'Recipients looked up, by answer.', [
  'answer',
]);
const logins = registry.counter('gatehouse_logins_total', 'Password logins, by result.', ['result']);

/** Asks the next hop whether it would take the address (RFC 5321 §3.3 as far as RCPT); mail/deliver provides it. */
export type Callout = (hop: NextHop, address: string) => Promise<SourceAnswer>;

type SecretOpener = Pick<KeyStore, 'open' | 'ensureTenant'>;

export type DirectoryOptions = {
  readonly db: Database;
  /** Opens the bind passwords of LDAP sources. */
  readonly keys?: SecretOpener;
  readonly callout?: Callout;
  readonly log?: Logger;
  readonly now?: Clock;
  readonly pollMs?: number;
};

export type LiveDirectory = Directory & {
  /** The tenant's rules for destinations by name, `undefined` for none; deliver/destination.ts says what they mean together. */
  readonly destinations: (tenant: TenantId) => ReadonlyMap<string, DestinationValue> | undefined;
  readonly settings: (tenant: TenantId) => TenantSettings | undefined;
  readonly trouble: (tenant: TenantId) => TenantTrouble | undefined;
  /** Version of the snapshot that answers now. */
  readonly version: () => number;
  /** Reads the directory again if it has changed. */
  readonly refresh: () => Promise<void>;
  /** Resolves when the last look at the directory began at most so long ago; rejects when it cannot be looked at. */
  readonly current: (maxAgeMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

const POLL_MS = 15_000;
const MAX_ANSWERS = 200_000;
const CALLOUT: AnswerTimes = { knownMs: 6 * 3_600_000, unknownMs: 600_000, staleMs: 7 * 86_400_000 };
const LDAP_STALE_MS = 7 * 86_400_000;

/** Reads the directory and keeps it current until closed. Throws TransientError when the first reading fails. */
export async function openDirectory(options: DirectoryOptions): Promise<LiveDirectory> {
  const { db, log = silentLog, now = systemClock } = options;
  let snapshot = look.EMPTY_SNAPSHOT;
  const cache = new AnswerCache(MAX_ANSWERS, now);
  const sources = new LdapSources(options.keys);
  const refusals = createRefusals(db, log, now);

  // On a clock that nobody sets, which none of the tests needs to turn.
  let lookedMs = 0;
  const load = async (): Promise<void> => {
    const startedMs = performance.now();
    if ((await look.directoryVersion(db)) !== snapshot.version) {
      snapshot = await db.transact((tx) => look.readSnapshot(tx, snapshot));
      loads.inc();
      cache.clear();
      await sources.replace(snapshot.ldap);
    }
    lookedMs = startedMs;
  };
  const refresh = oneAtATime(load);
  await refresh();
  const watcher = await watch(db, refresh, log, options.pollMs ?? POLL_MS);
  const ask = (owned: look.OwnedDomain, local: string): Promise<SourceAnswer> =>
    askSource(owned, local, sources, options.callout, cache);

  return {
    recipient: async (address) => {
      const answer = await recipient(snapshot, address, ask);
      answers.with(answer.kind).inc();
      return answer;
    },
    authenticate: async (login, password) => {
      const found = snapshot.logins.get(login.toLowerCase());
      const fits = await verifyPassword(password, found?.passwordHash);
      logins.with(fits ? 'ok' : 'refused').inc();
      return fits ? found?.sender : undefined;
    },
    clientSender: (client) => look.clientSender(snapshot, client),
    pinnedClouds: (client) => look.pinnedClouds(snapshot, client),
    maySendAs: (sender, address) => look.maySendAs(snapshot, sender, address),
    ownerOf: (domain) => look.ownedDomain(snapshot, domain)?.tenant,
    firstDomain: () => [...snapshot.domains.keys()].toSorted()[0],
    route: (tenant, domain) => look.routeFor(snapshot, tenant, domain),
    destinations: (tenant) => snapshot.destinations.get(tenant),
    settings: (tenant) => snapshot.settings.get(tenant),
    trouble: (tenant) => {
      const trouble = snapshot.troubles.get(tenant);
      if (trouble === 'elsewhere') refusals.note(tenant);
      return trouble;
    },
    version: () => snapshot.version,
    refresh,
    current: async (maxAgeMs) => {
      if (performance.now() - lookedMs > maxAgeMs) await refresh();
    },
    close: async () => {
      await watcher.close();
      await sources.replace(new Map());
    },
  };
}

type Ask = (owned: look.OwnedDomain, local: string) => Promise<SourceAnswer>;

/** Who the recipient is: pure save for what `ask` has to find out elsewhere. */
export async function recipient(
  snapshot: look.Snapshot,
  address: string,
  ask: Ask,
): Promise<RecipientAnswer> {
  const mailbox = parseMailbox(address, { smtpUtf8: true });
  const domain = mailbox.ok
    ? mailbox.value.domain
    : address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  const owned = look.ownedDomain(snapshot, domain);
  if (owned === undefined) return { kind: 'foreign' };
  const { tenant, route, value } = owned;
  const known: RecipientAnswer = { kind: 'known', tenant, route };
  if (!mailbox.ok) return { kind: 'unknown', tenant };
  // RFC 5321 §4.5.1: mail to postmaster is always taken.
  if (mailbox.value.localpart.toLowerCase() === 'postmaster') return known;
  const candidates = look.localCandidates(value, mailbox.value.localpart);
  if (value.recipients === 'any') return known;
  if (value.recipients === 'list')
    return candidates.some((c) => owned.locals.has(c)) ? known : { kind: 'unknown', tenant };
  let unavailable: RecipientAnswer | undefined;
  for (const local of candidates) {
    const answer = await ask({ ...owned, value: { ...value, name: domain } }, local);
    if (answer.kind === 'known') return known;
    if (answer.kind === 'unavailable') unavailable = answer;
  }
  return unavailable ?? { kind: 'unknown', tenant };
}

async function askSource(
  owned: look.OwnedDomain,
  local: string,
  sources: LdapSources,
  callout: Callout | undefined,
  cache: AnswerCache,
): Promise<SourceAnswer> {
  const { value, tenant, route } = owned;
  const address = `${local}@${value.name}`;
  if (value.recipients === 'ldap') {
    const source = sources.find(tenant, value.ldap ?? '');
    if (source === undefined)
      return { kind: 'unavailable', detail: `LDAP source ${value.ldap} is not there` };
    const times = { knownMs: source.value.cacheS * 1000, unknownMs: source.value.negativeCacheS * 1000 };
    return await cache.ask(
      `ldap ${tenant} ${value.ldap} ${address}`,
      { ...times, staleMs: LDAP_STALE_MS },
      () => source.client.lookup(local, value.name),
    );
  }
  if (callout === undefined) return { kind: 'unavailable', detail: 'callouts are not possible here' };
  return await cache.ask(`callout ${tenant} ${address}`, CALLOUT, async () => {
    try {
      return await callout(route, address);
    } catch (error) {
      // A callout that throws has learnt nothing; it must look neither like a yes nor like a no.
      return { kind: 'unavailable', detail: errorChain(error) };
    }
  });
}

type OpenSource = { readonly value: LdapValue; readonly client: LdapSource };

/** Owns the connections to LDAP servers; a source that did not change keeps its own. */
class LdapSources {
  #open = new Map<string, OpenSource>();
  readonly #keys: SecretOpener | undefined;

  constructor(keys: SecretOpener | undefined) {
    this.#keys = keys;
  }

  find(tenant: TenantId, name: string): OpenSource | undefined {
    return this.#open.get(`${tenant}/${name}`);
  }

  async replace(wanted: look.Snapshot['ldap']): Promise<void> {
    const next = new Map<string, OpenSource>();
    for (const [tenant, those] of wanted) {
      for (const value of those.values()) {
        const id = `${tenant}/${value.name}`;
        const old = this.#open.get(id);
        const isSame = old !== undefined && JSON.stringify(old.value) === JSON.stringify(value);
        next.set(
          id,
          isSame ? old : { value, client: openLdapSource(value, await this.#password(tenant, value)) },
        );
      }
    }
    const gone = [...this.#open.values()].filter((s) => ![...next.values()].includes(s));
    this.#open = next;
    await Promise.all(gone.map((s) => s.client.close()));
  }

  async #password(tenant: TenantId, value: LdapValue): Promise<string | undefined> {
    if (value.bindPasswordSealed === undefined || this.#keys === undefined) return undefined;
    await this.#keys.ensureTenant(tenant);
    const sealed = Buffer.from(value.bindPasswordSealed, 'base64');
    return Buffer.from(this.#keys.open(tenant, `ldap/${value.name}`, sealed)).toString('utf8');
  }
}

/** Runs `work` once at a time; calls that come meanwhile share one further run, since what runs may have begun too early. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  return async () => {
    if (running === undefined) {
      running = work().finally(() => (running = undefined));
      return await running;
    }
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        running = work().finally(() => (running = undefined));
        return running;
      });
    return await next;
  };
}

/** Listens for changes on a connection of its own, and polls, since a notification that was missed does not come again. */
async function watch(
  db: Database,
  refresh: () => Promise<void>,
  log: Logger,
  pollMs: number,
): Promise<{ readonly close: () => Promise<void> }> {
  let listener: Awaited<ReturnType<Database['dedicated']>> | undefined;
  let isClosed = false;
  const listen = async (): Promise<void> => {
    const client = await db.dedicated();
    client.on('notification', () => void tick());
    client.on('end', () => (listener = undefined));
    await client.query('listen directory');
    listener = client;
  };
  const tick = async (): Promise<void> => {
    if (isClosed) return;
    // The snapshot we have goes on answering whatever fails here; the next poll tries again.
    if (listener === undefined)
      await listen().catch((error: unknown) => log.warn('directory changes not listened for', { error }));
    await refresh().catch((error: unknown) => log.warn('directory not refreshed', { error }));
  };
  const timer = setInterval(() => void tick(), pollMs);
  timer.unref();
  await tick();
  return {
    close: async () => {
      isClosed = true;
      clearInterval(timer);
      await listener?.end();
    },
  };
}
