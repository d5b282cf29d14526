/**
 * Who we are to the mail world: domains we own, addresses we know, who may send through us, and where mail goes next.
 *
 * Receive asks at RCPT and AUTH, delivery asks at routing. One implementation (mail/directory) answers from a snapshot of
 * the tables kept in memory, LDAP and callout; tests pass tables of their own.
 */
import type { TenantId } from '#core/id.ts';

/** How safe the transport to a host must be. The default for MX is `opportunistic`, raised by DANE and MTA-STS. */
export type TlsDemand =
  /** Never STARTTLS; only for hosts on the same machine. */
  | 'none'
  /** STARTTLS when offered, any certificate. */
  | 'opportunistic'
  /** STARTTLS or no delivery, any certificate. */
  | 'required'
  /** STARTTLS with a certificate that chains to a trusted root and names the host. */
  | 'verified';

export type NextHop = {
  readonly kind: 'host';
  readonly host: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  readonly tls: TlsDemand;
  /** SHA-256 of accepted certificates, lower-case hex; when not empty one of them must match and `tls` is at least `required`. */
  readonly fingerprints: readonly string[];
  /** PEM of anchors for `verified` instead of the system's. */
  readonly caPem: string | undefined;
};
/** By MX of the recipient's domain (RFC 5321 §5.1); `tls` is what this destination must offer at least. */
export type MxRoute = { readonly kind: 'mx'; readonly tls: TlsDemand };
export type Route = NextHop | MxRoute;

export type RecipientAnswer =
  | { readonly kind: 'known'; readonly tenant: TenantId; readonly route: Route }
  /** Our domain, no such person: refused at RCPT. */
  | { readonly kind: 'unknown'; readonly tenant: TenantId }
  /** Not a domain of ours: only those who may send outbound get further. */
  | { readonly kind: 'foreign' }
  /** LDAP or callout did not answer and nothing is cached: 451. */
  | { readonly kind: 'unavailable'; readonly detail: string };

export type Sender = {
  readonly tenant: TenantId;
  readonly method: 'password' | 'certificate' | 'network';
  /** Login, or name of the rule. */
  readonly who: string;
  /** Envelope and header senders allowed: addresses, or `@domain`; empty means every domain the tenant owns. */
  readonly mayUse: readonly string[];
};

export type ClientFacts = {
  readonly ip: string;
  readonly clientCertSha256: string | undefined;
  readonly clientCertTrusted: boolean;
};

/** A relay in a shared cloud counts as ours only with this pin; its address range alone never does. */
export type CloudPin =
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'certificate'; readonly sha256: string };

export type PinnedSender = { readonly sender: Sender; readonly pin: CloudPin };

/** Why a tenant's mail is not taken now: suspended, pinned to another place, or a limit of messages a day or storage reached. */
export type TenantTrouble = 'suspended' | 'elsewhere' | 'limit';

export type Directory = {
  /** Undefined for a tenant whose mail is taken. A directory that knows of no tenants' states leaves it out. */
  readonly trouble?: (tenant: TenantId) => TenantTrouble | undefined;
  readonly recipient: (address: string) => Promise<RecipientAnswer>;
  /** AUTH by password (argon2id); takes the same time for a login that does not exist. */
  readonly authenticate: (login: string, password: string) => Promise<Sender | undefined>;
  /** Who the client is by address or certificate alone, `undefined` for a stranger. */
  readonly clientSender: (client: ClientFacts) => Sender | undefined;
  /**
   * Senders whose shared cloud the client's address belongs to; each counts only when its `pin` holds, for several tenants
   * share one cloud. A certificate pin is in the list only when the client showed that certificate; a header pin has to be
   * looked for in the message itself.
   */
  readonly pinnedClouds: (client: ClientFacts) => readonly PinnedSender[];
  /** Whether the sender may use this envelope or header address. The null sender is always allowed. */
  readonly maySendAs: (sender: Sender, address: string) => boolean;
  /** The tenant that owns the domain (A-label, lower case), exact or through an owned parent marked `subdomains`. */
  readonly ownerOf: (domain: string) => TenantId | undefined;
  /** The first domain we own, by name; whose postmaster answers for a host outside every owned domain. */
  readonly firstDomain: () => string | undefined;
  /** Where mail for a domain goes: the owned domain's next hop, a partner's entry, else `{kind:'mx', tls:'opportunistic'}`. */
  readonly route: (tenant: TenantId, domain: string) => Route;
};
