/**
 * A listener: takes connections, finds out whose they are (PROXY protocol from named balancers), and gives each to a
 * Connection. `acceptSocket` does the same for a socket that another process accepted.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { concat } from '#core/bytes.ts';
import { networkContains, parseIp, parseNetwork, type Network } from '#core/ip.ts';
import { systemClock, type Clock } from '#core/time.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Directory } from '#mail/directory/types.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Logger } from '#platform/log.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { MimeOptions } from '#protocol/mime/walk.ts';
import { parseProxyHeader } from '#protocol/smtp/proxy-header.ts';
import type { SessionConfig } from '#protocol/smtp/session-types.ts';
import type { Flow } from './arrival.ts';
import { Client, type Address } from './client.ts';
import type { ListenerConfig } from './config.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { Greylist } from './greylist.ts';
import type { SharedPool } from './limit-pool.ts';
import { createLimits, type Limits } from './limits.ts';
import { createTlsContext, type TlsMaterial } from './tls.ts';

export type ListenerOptions = {
  readonly config: ListenerConfig;
  /** Needed for every `tls` but `off`. */
  readonly tls: TlsMaterial | undefined;
  readonly directory: Directory;
  readonly flow: Flow;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
  readonly mime: MimeOptions;
  readonly resolver: Resolver;
  readonly log: Logger;
  readonly greylist?: Greylist;
  /** Shared by listeners that should count together; its own by default. */
  readonly limits?: Limits;
  /** Where several processes serve the listener: what they share of its limits. */
  readonly pool?: SharedPool | undefined;
  readonly clock?: Clock;
  /** Several processes listen on the same port; the kernel spreads the connections. */
  readonly reusePort?: boolean;
};

export type Listener = {
  /** Takes over a socket accepted elsewhere; it must not have been read from. */
  readonly acceptSocket: (socket: Socket) => void;
  /** A renewed certificate; connections made from now on see it. */
  readonly renewTls: (material: TlsMaterial) => void;
  readonly connections: () => number;
  /** Takes no more, lets messages in progress end within `shutdownTimeoutMs`, then closes what is left. */
  readonly stop: () => Promise<void>;
};
export type BoundListener = Listener & { readonly address: AddressInfo };

/** A listener without a port of its own: for processes that are handed sockets. */
export function createListener(options: ListenerOptions): Listener {
  return new ListenerState(options);
}

/** Listens. Rejects when the port cannot be had. */
export async function startListener(options: ListenerOptions): Promise<BoundListener> {
  const listener = createListener(options);
  // Half-open: a client may send everything, close its side, and still wants the replies.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, listener.acceptSocket);
  const { host, port } = options.config;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort: options.reusePort ?? false }, resolve);
  });
  server.on('error', (error) => options.log.error('smtp listener failed', { error: error.message }));
  return {
    ...listener,
    address: server.address() as AddressInfo, // a TCP server that listens has one
    stop: async () => {
      const closed = closeServer(server);
      await listener.stop();
      await closed;
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

class ListenerState implements Listener {
  readonly #options: ListenerOptions;
  readonly #limits: Limits;
  readonly #proxies: readonly Network[];
  readonly #xclients: readonly Network[];
  readonly #open = new Set<Connection>();
  readonly #waiting = new Set<Socket>();
  #connection: Omit<ConnectionOptions, 'xclientAllowed'>;
  #isStopping = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { config } = options;
    this.#limits =
      options.limits ?? createLimits({ config, clock: options.clock ?? systemClock, pool: options.pool });
    this.#proxies = config.proxyFrom.flatMap((n) => parseNetwork(n) ?? []);
    this.#xclients = config.xclientFrom.flatMap((n) => parseNetwork(n) ?? []);
    this.#connection = connectionOptions(options);
  }

  readonly acceptSocket = (socket: Socket): void => {
    const address = { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    if (this.#isStopping || address.ip === '') return void socket.destroy();
    if (!contains(this.#proxies, address.ip)) return this.#serve(socket, address);
    this.#readProxyHeader(socket, address);
  };

  readonly renewTls = (material: TlsMaterial): void => {
    this.#connection = connectionOptions({ ...this.#options, tls: material });
  };

  readonly connections = (): number => this.#open.size;

  readonly stop = async (): Promise<void> => {
    this.#isStopping = true;
    for (const socket of this.#waiting) socket.destroy();
    const all = [...this.#open];
    for (const connection of all) connection.stop();
    const timer = setTimeout(() => {
      for (const connection of this.#open) connection.destroy();
    }, this.#options.config.shutdownTimeoutMs);
    await Promise.all(all.map((c) => c.settled));
    clearTimeout(timer);
  };

  #serve(socket: Socket, address: Address): void {
    const { config, directory, resolver, greylist, log } = this.#options;
    const client = new Client(address, { config, directory, resolver, greylist, log, limits: this.#limits });
    const xclientAllowed = contains(this.#xclients, client.ip);
    const connection = new Connection(socket, client, { ...this.#connection, xclientAllowed });
    this.#open.add(connection);
    void connection.settled.then(() => this.#open.delete(connection));
    connection.start();
  }

  /** The header must come first and whole; a balancer that sends something else is wrongly configured, and we say so. */
  #readProxyHeader(socket: Socket, balancer: Address): void {
    let bytes: Uint8Array = new Uint8Array(0);
    const { config, log } = this.#options;
    const timer = setTimeout(() => socket.destroy(), config.handshakeTimeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(socket);
      socket.removeListener('data', onData);
    };
    const onData = (chunk: Uint8Array): void => {
      bytes = concat([bytes, chunk]);
      const header = parseProxyHeader(bytes);
      if (header.kind === 'incomplete') return;
      done();
      if (header.kind === 'malformed') {
        log.warn('no PROXY header from a named balancer', { peer: balancer.ip, why: header.why });
        return void socket.destroy();
      }
      socket.pause();
      if (header.length < bytes.length) socket.unshift(bytes.subarray(header.length));
      this.#serve(socket, header.source ?? balancer);
    };
    this.#waiting.add(socket);
    socket.on('error', () => {}); // a balancer's health check that hangs up; `close` follows
    socket.once('close', done);
    socket.on('data', onData);
  }
}

function contains(networks: readonly Network[], text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && networks.some((n) => networkContains(n, ip));
}

function connectionOptions(options: ListenerOptions): Omit<ConnectionOptions, 'xclientAllowed'> {
  const { config, tls, keys, blobs, mime, flow, log } = options;
  const { memoryBytes, maxHeaderBytes } = config;
  return {
    config,
    keys,
    log,
    clock: options.clock ?? systemClock,
    session: sessionConfig(config, tls !== undefined),
    tls: tls === undefined || config.tls === 'off' ? undefined : createTlsContext(config, tls),
    hasClientAnchors: tls?.clientCaPem !== undefined,
    intake: { flow, log, loop: config, spool: { blobs, keys, mime, memoryBytes, maxHeaderBytes } },
  };
}

function sessionConfig(config: ListenerConfig, hasCertificate: boolean): SessionConfig {
  return {
    ...config,
    maxMessages: config.maxMessagesPerConnection,
    tlsAvailable: hasCertificate && config.tls !== 'off',
    tlsRequired: config.tls === 'required',
    authOffered: config.admit.includes('password'),
    // Whether a client needs a password is for admission to say: a certificate or a network may do.
    authRequired: false,
  };
}
