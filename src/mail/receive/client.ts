/**
 * Who is at the other end of one connection: address, name, TLS, limits, DNS lists, and what it may do. Begins looking at
 * connect and is waited for only where an answer needs it.
 */
import { errorChain } from '#core/errors.ts';
import { formatIp, parseIp } from '#core/ip.ts';
import type { Directory } from '#mail/directory/types.ts';
import type { Peer, TlsInfo } from '#mail/envelope.ts';
import type { Finding } from '#mail/finding.ts';
import type { Logger } from '#platform/log.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import { Admission } from './admission.ts';
import { confirmedName } from './client-name.ts';
import type { ListenerConfig } from './config.ts';
import { askLists, type DnsblAnswer } from './dnsbl.ts';
import type { Greylist } from './greylist.ts';
import type { ClientLimits, Limits } from './limits.ts';

export type ClientOptions = {
  readonly config: ListenerConfig;
  readonly directory: Directory;
  readonly limits: Limits;
  readonly resolver: Resolver;
  readonly greylist: Greylist | undefined;
  readonly log: Logger;
};

export type Address = { readonly ip: string; readonly port: number };

/** Stands where an address would, and is none: nothing that asks for an address or a network finds one. */
const UNKNOWN_IP = 'unknown';
const NO_REPUTATION: DnsblAnswer = { score: 0, findings: [] };

export class Client {
  readonly #options: ClientOptions;
  #address: Address;
  #name: Promise<string | undefined> = Promise.resolve(undefined);
  #reputation: Promise<DnsblAnswer> = Promise.resolve(NO_REPUTATION);
  #talkedEarly = false;
  /** XCLIENT was said: what the connection itself shows is the proxy's, not the client's. */
  #isSpokenFor = false;
  /** The connection ended; who is let in after that must not be counted for ever. */
  #isGone = false;
  tls: TlsInfo | undefined;
  limits: ClientLimits | undefined;
  /** Undefined until `admit` let the client in. */
  admission: Admission | undefined;

  constructor(address: Address, options: ClientOptions) {
    this.#options = options;
    this.#address = plain(address);
  }

  get ip(): string {
    return this.#address.ip;
  }

  /** Counts the client and begins the lookups; a Reply when it may not stay. */
  async admit(): Promise<Reply | undefined> {
    const { config, limits, resolver, directory, greylist } = this.#options;
    this.limits?.release();
    this.limits = undefined;
    this.admission = undefined;
    const admitted = await limits.admit(this.ip);
    if (admitted === 'too-many-connections') return replies.tooManyConnections();
    if (admitted === 'too-fast') return replies.tooFast();
    if (admitted === 'banned') return replies.banned();
    if (this.#isGone) {
      admitted.release();
      return undefined;
    }
    this.limits = admitted;
    this.#name = this.#within(confirmedName(resolver, this.ip), undefined);
    if (config.dnsbl.length > 0)
      this.#reputation = this.#within(askLists(config.dnsbl, resolver, this.ip), NO_REPUTATION);
    const reputation = (): Promise<DnsblAnswer> => this.#reputation;
    this.admission = new Admission({ config, directory, limits: admitted, reputation, greylist });
    this.#recognise();
    return undefined;
  }

  /**
   * XCLIENT from a named proxy: this is who it speaks for, and it is a client like any other. One whose address the proxy
   * does not know has no address, and so no rights by network; the proxy's own certificate never speaks for anybody else.
   */
  async becomes(ip: string | undefined, port: number | undefined): Promise<Reply | undefined> {
    this.#isSpokenFor = true;
    this.#address = plain({ ip: ip ?? UNKNOWN_IP, port: port ?? 0 });
    this.#name = Promise.resolve(undefined);
    this.#reputation = Promise.resolve(NO_REPUTATION);
    if (this.tls !== undefined) this.tls = withoutCertificate(this.tls);
    return await this.admit();
  }

  hasTls(info: TlsInfo): void {
    this.tls = this.#isSpokenFor ? withoutCertificate(info) : info;
    this.#recognise();
  }

  leave(): void {
    this.#isGone = true;
    this.limits?.release();
  }

  talkedEarly(): void {
    this.#talkedEarly = true;
  }

  async peer(): Promise<Peer> {
    return { ...this.#address, name: await this.#name };
  }

  async findings(): Promise<readonly Finding[]> {
    const { findings } = await this.#reputation;
    return this.#talkedEarly ? [EARLY, ...findings] : findings;
  }

  #recognise(): void {
    this.admission?.recognise({
      ip: this.ip,
      clientCertSha256: this.tls?.clientCertSha256,
      clientCertTrusted: this.tls?.clientCertTrusted ?? false,
    });
  }

  /** Whatever DNS does, nobody waits longer than `lookupTimeoutMs` for it. */
  async #within<T>(work: Promise<T>, otherwise: T): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<T>((resolve) => {
      timer = setTimeout(resolve, this.#options.config.lookupTimeoutMs, otherwise);
    });
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      this.#options.log.warn('smtp client lookup failed', { peer: this.ip, error: errorChain(error) });
      return otherwise; // not knowing is an answer here: no name, no score
    } finally {
      clearTimeout(timer);
    }
  }
}

const EARLY: Finding = {
  check: 'early-talker',
  code: 'talked-before-greeting',
  outcome: 'fail',
  class: 'spam',
  weight: 2,
  params: {},
  cites: ['RFC 5321 §4.3.1'],
  durationUs: 0,
};

function withoutCertificate(info: TlsInfo): TlsInfo {
  return { ...info, clientCertSha256: undefined, clientCertTrusted: false };
}

/** One spelling per address; an IPv4 client on an IPv6 socket is an IPv4 client. */
function plain(address: Address): Address {
  const ip = parseIp(address.ip);
  return { ip: ip === undefined ? address.ip : formatIp(ip), port: address.port };
}
