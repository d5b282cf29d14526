/**
 * The kinds of things the directory holds, each with its table and how a value becomes a row and back. Commands, API, CLI and
 * declaration are written once over these descriptions. The names of tables and columns stand here and come from nowhere else.
 */
import type { z } from 'zod';
import type { Row } from '#platform/db.ts';
import { isForeign, strayBits, usesOurDomains, type Fits } from './fits.ts';
import {
  certificateValue,
  destinationValue,
  domainValue,
  ldapValue,
  loginValue,
  networkValue,
  partnerValue,
  pinValue,
  type CertificateValue,
  type DestinationValue,
  type DomainValue,
  type LdapValue,
  type LoginValue,
  type NetworkValue,
  type PartnerValue,
  type PinValue,
} from './values.ts';

export type Named = { readonly name: string };
export type Kind<T extends Named> = {
  /** As in audit events (`domain.added`) and sentences. */
  readonly noun: string;
  readonly words: string;
  readonly table: string;
  readonly schema: z.ZodType<T>;
  /** Columns besides tenant_id and name; all of them, so that a change leaves nothing behind. */
  readonly toRow: (value: T) => Row;
  readonly fromRow: (row: Row) => unknown;
  /** Fields whose values stay out of audit events and plans. */
  readonly secrets: readonly string[];
  /** What a value must fit beside its schema when it is written. */
  readonly fits?: Fits<T>;
};

/** Left out where the column is null, since a schema knows absent and not null. */
const given = (fields: Row): Row => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== null));

const hopOf = (r: Row): Row =>
  given({
    host: r['hop_host'],
    port: r['hop_port'],
    protocol: r['hop_protocol'],
    tls: r['hop_tls'],
    fingerprints: r['hop_fingerprints'],
    caPem: r['hop_ca_pem'],
  });

export const domainKind: Kind<DomainValue> = {
  noun: 'domain',
  words: 'domain',
  table: 'domain',
  schema: domainValue,
  secrets: [],
  toRow: (d) => ({
    subdomains: d.subdomains,
    hop_host: d.nextHop.host,
    hop_port: d.nextHop.port,
    hop_protocol: d.nextHop.protocol,
    hop_tls: d.nextHop.tls,
    hop_fingerprints: d.nextHop.fingerprints,
    hop_ca_pem: d.nextHop.caPem ?? null,
    recipient_source: d.recipients,
    ldap_source: d.ldap ?? null,
    subaddress: d.subaddress,
    case_sensitive: d.caseSensitive,
  }),
  fromRow: (r) => ({
    name: r['name'],
    subdomains: r['subdomains'],
    nextHop: hopOf(r),
    recipients: r['recipient_source'],
    ...given({ ldap: r['ldap_source'] }),
    subaddress: r['subaddress'],
    caseSensitive: r['case_sensitive'],
  }),
};

export const loginKind: Kind<LoginValue> = {
  noun: 'sender-login',
  words: 'login',
  table: 'sender_login',
  schema: loginValue,
  secrets: ['passwordHash'],
  fits: usesOurDomains,
  toRow: (l) => ({ password_hash: l.passwordHash, may_use: l.mayUse }),
  fromRow: (r) => ({ name: r['name'], passwordHash: r['password_hash'], mayUse: r['may_use'] }),
};

export const networkKind: Kind<NetworkValue> = {
  noun: 'sender-network',
  words: 'network rule',
  table: 'sender_network',
  schema: networkValue,
  secrets: [],
  fits: async (on, tenant, n) => strayBits([n.network]) ?? (await usesOurDomains(on, tenant, n)),
  toRow: (n) => ({ network: n.network, may_use: n.mayUse }),
  fromRow: (r) => ({ name: r['name'], network: r['network'], mayUse: r['may_use'] }),
};

export const certificateKind: Kind<CertificateValue> = {
  noun: 'sender-certificate',
  words: 'certificate rule',
  table: 'sender_certificate',
  schema: certificateValue,
  secrets: [],
  fits: usesOurDomains,
  toRow: (c) => ({ sha256: c.sha256, may_use: c.mayUse }),
  fromRow: (r) => ({ name: r['name'], sha256: r['sha256'], mayUse: r['may_use'] }),
};

export const pinKind: Kind<PinValue> = {
  noun: 'cloud-pin',
  words: 'cloud pin',
  table: 'cloud_pin',
  schema: pinValue,
  secrets: ['value'],
  fits: async (on, tenant, p) => strayBits(p.networks) ?? (await usesOurDomains(on, tenant, p)),
  toRow: (p) => ({
    networks: p.networks,
    kind: p.pin.kind,
    header_name: p.pin.kind === 'header' ? p.pin.name : null,
    header_value: p.pin.kind === 'header' ? p.pin.value : null,
    sha256: p.pin.kind === 'certificate' ? p.pin.sha256 : null,
    may_use: p.mayUse,
  }),
  fromRow: (r) => ({
    name: r['name'],
    networks: r['networks'],
    pin: given({ kind: r['kind'], name: r['header_name'], value: r['header_value'], sha256: r['sha256'] }),
    mayUse: r['may_use'],
  }),
};

export const partnerKind: Kind<PartnerValue> = {
  noun: 'partner',
  words: 'partner route',
  table: 'partner_route',
  schema: partnerValue,
  secrets: [],
  fits: isForeign,
  toRow: ({ subdomains, route }) => {
    const host = route.kind === 'host' ? route : undefined;
    return {
      subdomains,
      kind: route.kind,
      tls: route.tls,
      host: host?.host ?? null,
      port: host?.port ?? null,
      protocol: host?.protocol ?? null,
      fingerprints: host?.fingerprints ?? [],
      ca_pem: host?.caPem ?? null,
    };
  },
  fromRow: (r) => ({
    name: r['name'],
    subdomains: r['subdomains'],
    route:
      r['kind'] === 'mx'
        ? { kind: 'mx', tls: r['tls'] }
        : given({
            kind: 'host',
            host: r['host'],
            port: r['port'],
            protocol: r['protocol'],
            tls: r['tls'],
            fingerprints: r['fingerprints'],
            caPem: r['ca_pem'],
          }),
  }),
};

export const ldapKind: Kind<LdapValue> = {
  noun: 'ldap-source',
  words: 'LDAP source',
  table: 'ldap_source',
  schema: ldapValue,
  secrets: ['bindPasswordSealed'],
  toRow: (l) => ({
    url: l.url,
    start_tls: l.startTls,
    ca_pem: l.caPem ?? null,
    bind_dn: l.bindDn ?? null,
    bind_password_sealed:
      l.bindPasswordSealed === undefined ? null : Buffer.from(l.bindPasswordSealed, 'base64'),
    base_dn: l.baseDn,
    filter: l.filter,
    timeout_ms: l.timeoutMs,
    cache_s: l.cacheS,
    negative_cache_s: l.negativeCacheS,
  }),
  fromRow: (r) => {
    const sealed = r['bind_password_sealed'];
    return given({
      name: r['name'],
      url: r['url'],
      startTls: r['start_tls'],
      caPem: r['ca_pem'],
      bindDn: r['bind_dn'],
      bindPasswordSealed: sealed instanceof Uint8Array ? Buffer.from(sealed).toString('base64') : null,
      baseDn: r['base_dn'],
      filter: r['filter'],
      timeoutMs: r['timeout_ms'],
      cacheS: r['cache_s'],
      negativeCacheS: r['negative_cache_s'],
    });
  },
};

export const destinationKind: Kind<DestinationValue> = {
  noun: 'destination',
  words: 'destination rule',
  table: 'destination_rule',
  schema: destinationValue,
  secrets: [],
  toRow: (d) => ({
    max_connections: d.maxConnections ?? null,
    messages_per_minute: d.messagesPerMinute ?? null,
    source_ip4: d.sourceIp4 ?? null,
    source_ip6: d.sourceIp6 ?? null,
    helo_name: d.heloName ?? null,
    state: d.state,
    state_until: d.until ?? null,
    reason: d.reason ?? null,
    hop_host: d.nextHop?.host ?? null,
    hop_port: d.nextHop?.port ?? null,
    hop_protocol: d.nextHop?.protocol ?? null,
    hop_tls: d.nextHop?.tls ?? null,
    hop_fingerprints: d.nextHop?.fingerprints ?? null,
    hop_ca_pem: d.nextHop?.caPem ?? null,
  }),
  fromRow: (r) =>
    given({
      name: r['name'],
      maxConnections: r['max_connections'],
      messagesPerMinute: r['messages_per_minute'],
      sourceIp4: r['source_ip4'],
      sourceIp6: r['source_ip6'],
      heloName: r['helo_name'],
      state: r['state'],
      until: r['state_until'] instanceof Date ? r['state_until'].toISOString() : null,
      reason: r['reason'],
      nextHop: r['hop_host'] === null ? null : hopOf(r),
    }),
};
