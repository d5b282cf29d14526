/**
 * The directory as one value in memory: read in one transaction, never changed, replaced as a whole. The lookups here are
 * pure, so that a message is judged by one state of the directory and tests need no database.
 */
import type { TenantId } from '#core/id.ts';
import { networkContains, parseIp, parseNetwork, type Network } from '#core/ip.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { parentDomain } from '#protocol/address/domain.ts';
import { valueOf } from './commands.ts';
import {
  certificateKind,
  destinationKind,
  domainKind,
  ldapKind,
  loginKind,
  networkKind,
  partnerKind,
  pinKind,
  type Kind,
  type Named,
} from './kinds.ts';
import type { ClientFacts, NextHop, PinnedSender, Route, Sender, TenantTrouble } from './types.ts';
import { readTenantSettings } from './tenant-settings.ts';
import type { DestinationValue, DomainValue, LdapValue, TenantSettings } from './values.ts';

export type OwnedDomain = {
  readonly tenant: TenantId;
  readonly value: DomainValue;
  readonly route: NextHop;
  /** Local parts as they are compared. Empty unless recipients are known by list. */
  readonly locals: ReadonlySet<string>;
  readonly addressesVersion: number;
};
type PartnerRoute = { readonly route: Route; readonly subdomains: boolean };
export type Snapshot = {
  readonly version: number;
  readonly domains: ReadonlyMap<string, OwnedDomain>;
  readonly logins: ReadonlyMap<string, { readonly sender: Sender; readonly passwordHash: string }>;
  /** Longest prefix first, so that the most specific rule speaks. */
  readonly networks: readonly { readonly network: Network; readonly sender: Sender }[];
  readonly certificates: ReadonlyMap<string, Sender>;
  readonly pins: readonly (PinnedSender & { readonly networks: readonly Network[] })[];
  readonly partners: ReadonlyMap<TenantId, ReadonlyMap<string, PartnerRoute>>;
  readonly destinations: ReadonlyMap<TenantId, ReadonlyMap<string, DestinationValue>>;
  readonly ldap: ReadonlyMap<TenantId, ReadonlyMap<string, LdapValue>>;
  readonly settings: ReadonlyMap<TenantId, TenantSettings>;
  /** Of those whose mail is not taken now. */
  readonly troubles: ReadonlyMap<TenantId, TenantTrouble>;
};

export const EMPTY_SNAPSHOT: Snapshot = {
  version: 0,
  domains: new Map(),
  logins: new Map(),
  networks: [],
  certificates: new Map(),
  pins: [],
  partners: new Map(),
  destinations: new Map(),
  ldap: new Map(),
  settings: new Map(),
  troubles: new Map(),
};

export async function directoryVersion(db: Reader): Promise<number> {
  const [row] = await db.query<{ version: number }>(
    'select version from directory_version',
    [],
    'directory.version',
  );
  return row?.version ?? 0;
}

/** Reads everything; addresses only of domains whose list changed since `before`. */
export async function readSnapshot(tx: Transaction, before: Snapshot): Promise<Snapshot> {
  // One state of all tables, though they are read one after the other.
  await tx.query('set transaction isolation level repeatable read, read only');
  const version = await directoryVersion(tx);
  return {
    version,
    domains: await readDomains(tx, before),
    ...(await readSenders(tx)),
    partners: byTenant(await rowsOf(tx, partnerKind), (p) => ({
      route: routeOf(p.route),
      subdomains: p.subdomains,
    })),
    destinations: byTenant(await rowsOf(tx, destinationKind), (d) => d),
    ldap: byTenant(await rowsOf(tx, ldapKind), (l) => l),
    settings: await readTenantSettings(tx),
    troubles: await readTroubles(tx),
  };
}

async function readTroubles(tx: Reader): Promise<Map<TenantId, TenantTrouble>> {
  const rows = await tx.query<{ id: TenantId; trouble: TenantTrouble }>(
    `select t.id, case when t.state <> 'active' then 'suspended' when t.id = any (tenants_elsewhere()) then 'elsewhere' else 'limit' end as trouble
     from tenant t left join tenant_usage u on u.tenant_id = t.id
     where t.state <> 'active' or cardinality(u.over) > 0 or t.id = any (tenants_elsewhere())`,
  );
  return new Map(rows.map((r) => [r.id, r.trouble]));
}

type Owned<T> = { readonly tenant: TenantId; readonly value: T; readonly row: Row };

async function rowsOf<T extends Named>(tx: Reader, kind: Kind<T>): Promise<Owned<T>[]> {
  const rows = await tx.query(`select * from ${kind.table}`);
  return rows.map((row) => ({ tenant: row['tenant_id'] as TenantId, value: valueOf(kind, row), row }));
}

async function readDomains(tx: Reader, before: Snapshot): Promise<Map<string, OwnedDomain>> {
  const domains = new Map<string, OwnedDomain>();
  for (const { tenant, value, row } of await rowsOf(tx, domainKind)) {
    const addressesVersion = Number(row['addresses_version']);
    const old = before.domains.get(value.name);
    const isSame =
      old?.tenant === tenant &&
      old.addressesVersion === addressesVersion &&
      old.value.recipients === value.recipients &&
      old.value.caseSensitive === value.caseSensitive;
    const locals = isSame ? old.locals : await readLocals(tx, tenant, value);
    domains.set(value.name, { tenant, value, route: hostRoute(value.nextHop), locals, addressesVersion });
  }
  return domains;
}

async function readLocals(tx: Reader, tenant: TenantId, domain: DomainValue): Promise<ReadonlySet<string>> {
  if (domain.recipients !== 'list') return new Set();
  const rows = await tx.query<{ local: string }>(
    'select local from address where tenant_id = $1 and domain = $2',
    [tenant, domain.name],
  );
  return new Set(rows.map((r) => r.local));
}

async function readSenders(
  tx: Reader,
): Promise<Pick<Snapshot, 'logins' | 'networks' | 'certificates' | 'pins'>> {
  const logins = await rowsOf(tx, loginKind);
  const networks = await rowsOf(tx, networkKind);
  const certificates = await rowsOf(tx, certificateKind);
  const pins = await rowsOf(tx, pinKind);
  return {
    logins: new Map(
      logins.map(({ tenant, value }) => [
        value.name,
        { sender: sender(tenant, 'password', value), passwordHash: value.passwordHash },
      ]),
    ),
    networks: networks
      .map(({ tenant, value }) => ({
        network: network(value.network),
        sender: sender(tenant, 'network', value),
      }))
      .toSorted((a, b) => b.network.prefix - a.network.prefix),
    certificates: new Map(
      certificates.map(({ tenant, value }) => [value.sha256, sender(tenant, 'certificate', value)]),
    ),
    pins: pins.map(({ tenant, value }) => ({
      networks: value.networks.map(network),
      sender: sender(tenant, value.pin.kind === 'certificate' ? 'certificate' : 'network', value),
      pin: value.pin,
    })),
  };
}

function network(text: string): Network {
  return parseNetwork(text)!; // `!`: the schema took it
}

function sender(
  tenant: TenantId,
  method: Sender['method'],
  value: { readonly name: string; readonly mayUse: readonly string[] },
): Sender {
  return { tenant, method, who: value.name, mayUse: value.mayUse.map((m) => m.toLowerCase()) };
}

function byTenant<T extends Named, U>(
  things: readonly Owned<T>[],
  made: (value: T) => U,
): Map<TenantId, Map<string, U>> {
  const all = new Map<TenantId, Map<string, U>>();
  for (const { tenant, value } of things) {
    const those = all.get(tenant) ?? new Map<string, U>();
    all.set(tenant, those.set(value.name, made(value)));
  }
  return all;
}

function hostRoute(hop: DomainValue['nextHop']): NextHop {
  return { kind: 'host', ...hop, caPem: hop.caPem };
}

function routeOf(
  route: { kind: 'mx'; tls: Route['tls'] } | ({ kind: 'host' } & DomainValue['nextHop']),
): Route {
  return route.kind === 'mx' ? route : hostRoute(route);
}

/** The domain's own entry, or that of the nearest parent whose subdomains are ours too. */
export function ownedDomain(snapshot: Snapshot, domain: string): OwnedDomain | undefined {
  const exact = snapshot.domains.get(domain);
  if (exact !== undefined) return exact;
  for (let name = parentDomain(domain); name !== ''; name = parentDomain(name)) {
    const parent = snapshot.domains.get(name);
    if (parent?.value.subdomains === true) return parent;
  }
  return undefined;
}

/** How a local part is looked up: most exact first. */
export function localCandidates(domain: DomainValue, localpart: string): string[] {
  const compared = domain.caseSensitive ? localpart : localpart.toLowerCase();
  const cut = domain.subaddress === '' ? -1 : compared.indexOf(domain.subaddress);
  return cut > 0 ? [compared, compared.slice(0, cut)] : [compared];
}

export function routeFor(snapshot: Snapshot, tenant: TenantId, domain: string): Route {
  const owned = ownedDomain(snapshot, domain);
  // Another tenant's domain is reached as a stranger's would be: over its MX, with its checks.
  if (owned?.tenant === tenant) return owned.route;
  const partners = snapshot.partners.get(tenant);
  const exact = partners?.get(domain);
  if (exact !== undefined) return exact.route;
  for (let name = parentDomain(domain); name !== ''; name = parentDomain(name)) {
    const parent = partners?.get(name);
    if (parent?.subdomains === true) return parent.route;
  }
  return { kind: 'mx', tls: 'opportunistic' };
}

export function clientSender(snapshot: Snapshot, client: ClientFacts): Sender | undefined {
  const byCertificate =
    client.clientCertSha256 === undefined ? undefined : snapshot.certificates.get(client.clientCertSha256);
  if (byCertificate !== undefined) return byCertificate;
  const ip = parseIp(client.ip);
  if (ip === undefined) return undefined;
  return snapshot.networks.find((n) => networkContains(n.network, ip))?.sender;
}

/** A certificate pin is settled here and now; a header pin is for whoever reads the message. */
export function pinnedClouds(snapshot: Snapshot, client: ClientFacts): readonly PinnedSender[] {
  const ip = parseIp(client.ip);
  if (ip === undefined) return [];
  return snapshot.pins.filter(
    ({ pin, networks }) =>
      (pin.kind === 'header' || pin.sha256 === client.clientCertSha256) &&
      networks.some((n) => networkContains(n, ip)),
  );
}

/** Case is ignored here: who may send as `Ann@` may send as `ann@`. */
export function maySendAs(snapshot: Snapshot, sender: Sender, address: string): boolean {
  if (address === '') return true; // RFC 5321 §4.5.5: the null sender belongs to nobody
  const at = address.lastIndexOf('@');
  if (at < 1) return false;
  const domain = address.slice(at + 1).toLowerCase();
  // Whatever a rule says, nobody sends in the name of a domain that another tenant owns.
  const owner = ownedDomain(snapshot, domain)?.tenant;
  if (owner !== undefined && owner !== sender.tenant) return false;
  if (sender.mayUse.length === 0) return owner === sender.tenant;
  return sender.mayUse.includes(`@${domain}`) || sender.mayUse.includes(address.toLowerCase());
}
