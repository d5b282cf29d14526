/** An SMTP edge for tests: a real listener on loopback, a small directory, keys and blobs in memory, and what it took in. */
import { newId, type BlobId, type TenantId } from '#core/id.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Directory, Sender } from '#mail/directory/types.ts';
import type { Envelope } from '#mail/envelope.ts';
import type { Arrival, FlowAnswer } from '#mail/receive/arrival.ts';
import { listenerDefaults, type ListenerConfig } from '#mail/receive/config.ts';
import { startListener, type BoundListener, type ListenerOptions } from '#mail/receive/listener.ts';
import type { BlobStore } from '#platform/blob.ts';
import { silentLog } from '#platform/log.ts';
import type { DnsAnswer, Resolver } from '#protocol/dns/resolver.ts';
import { DEFAULT_MIME_OPTIONS } from '#protocol/mime/walk.ts';

export const TENANT: TenantId = newId<'tenant'>();
export const OTHER_TENANT: TenantId = newId<'tenant'>();

const sender = (method: Sender['method'], who: string): Sender => ({
  tenant: TENANT,
  method,
  who,
  mayUse: ['@ours.example'],
});

/** `ours.example` has alice, bob and postmaster; `other.example` is another tenant's; `away.example` cannot be asked. */
export const testDirectory: Directory = {
  recipient: async (address) => {
    const [local = '', domain = ''] = address.toLowerCase().split('@');
    const route = { kind: 'mx', tls: 'opportunistic' } as const;
    if (domain === 'away.example') return { kind: 'unavailable', detail: 'test' };
    if (domain === 'other.example') return { kind: 'known', tenant: OTHER_TENANT, route };
    if (domain !== 'ours.example' && domain !== 'mx.ours.example') return { kind: 'foreign' };
    const known = ['alice', 'bob', 'postmaster', 'jörg'].includes(local);
    return known ? { kind: 'known', tenant: TENANT, route } : { kind: 'unknown', tenant: TENANT };
  },
  authenticate: async (login, password) =>
    login === 'alice' && password === 'wonderland' ? sender('password', 'alice') : undefined,
  clientSender: (client) => (client.ip === '127.0.0.9' ? sender('network', 'test-network') : undefined),
  pinnedClouds: (client) => {
    const pin = { kind: 'header', name: 'X-Cloud-Tenant', value: 'ours' } as const;
    return client.ip === '127.0.0.8' ? [{ sender: sender('network', 'test-cloud'), pin }] : [];
  },
  maySendAs: (_, address) => address === '' || address.toLowerCase().endsWith('@ours.example'),
  ownerOf: (domain) => (domain === 'ours.example' ? TENANT : undefined),
  firstDomain: () => 'ours.example',
  route: () => ({ kind: 'mx', tls: 'opportunistic' }),
};

const nothing = async <T>(): Promise<DnsAnswer<T>> => ({ kind: 'nxdomain', secure: false });
export const emptyResolver: Resolver = {
  txt: nothing,
  a: nothing,
  aaaa: nothing,
  mx: nothing,
  ptr: nothing,
  tlsa: nothing,
  cname: nothing,
};

export const memoryKeys: KeyStore = {
  newDataKey: () => ({ key: new Uint8Array(32), wrapped: new Uint8Array(60) }),
  unwrapDataKey: () => new Uint8Array(32),
  seal: (_, __, plain) => plain,
  open: (_, __, sealed) => sealed,
  mac: (_, __, bytes) => bytes,
  ensureTenant: async () => {},
};

/** Blobs in memory; `committed` tells which survived. */
export function memoryBlobs(): BlobStore & { readonly committed: Map<BlobId, Uint8Array[]>; open: number } {
  const committed = new Map<BlobId, Uint8Array[]>();
  const store = {
    committed,
    open: 0,
    create: (id: BlobId) => {
      const chunks: Uint8Array[] = [];
      store.open++;
      return {
        write: (chunk: Uint8Array) => void chunks.push(chunk),
        commit: async () => {
          store.open--;
          committed.set(id, chunks);
        },
        abort: async () => void committed.delete(id),
      };
    },
    read: async function* (id: BlobId) {
      yield* committed.get(id) ?? [];
    },
    remove: async (id: BlobId) => void committed.delete(id),
    list: async function* () {
      for (const [id, chunks] of committed)
        yield { id, bytes: chunks.reduce((n, c) => n + c.length, 0), modifiedMs: 0 };
    },
  };
  return store;
}

export type Taken = { readonly envelope: Envelope; readonly arrival: Arrival; readonly content: string };
export type Edge = {
  readonly listener: BoundListener;
  readonly port: number;
  readonly taken: Taken[];
  readonly blobs: ReturnType<typeof memoryBlobs>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type EdgeOptions = Partial<Omit<ListenerOptions, 'config'>> & {
  readonly config?: Partial<ListenerConfig>;
  /** After the message was read and kept; the default accepts. */
  readonly answer?: (taken: Taken) => FlowAnswer | Promise<FlowAnswer>;
};

export async function startEdge(options: EdgeOptions = {}): Promise<Edge> {
  const taken: Taken[] = [];
  const blobs = memoryBlobs();
  const kind = options.config?.kind ?? 'mx';
  const listener = await startListener({
    tls: undefined,
    directory: testDirectory,
    keys: memoryKeys,
    blobs,
    mime: DEFAULT_MIME_OPTIONS,
    resolver: emptyResolver,
    log: silentLog,
    flow: async (envelope, arrival) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of arrival.message.read()) parts.push(chunk);
      await arrival.commitBlob();
      const one = { envelope, arrival, content: Buffer.concat(parts).toString('latin1') };
      const answer = (await options.answer?.(one)) ?? { kind: 'accepted' };
      if (answer.kind === 'accepted') taken.push(one);
      return answer;
    },
    ...options,
    config: {
      ...listenerDefaults(kind),
      host: '127.0.0.1',
      port: 0,
      hostname: 'mx.ours.example',
      tarpitMs: 0,
      shutdownTimeoutMs: 1000,
      ...options.config,
    },
  });
  return {
    listener,
    port: listener.address.port,
    taken,
    blobs,
    [Symbol.asyncDispose]: () => listener.stop(),
  };
}
