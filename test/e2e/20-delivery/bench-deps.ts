/** What an attempt needs, for tests: a table instead of DNS, loopback allowed, short patience. */
import { newId } from '#core/id.ts';
import { fromUtf8 } from '#core/bytes.ts';
import type { DnsAnswer, MxRecord, Resolver, TlsaRecord } from '#protocol/dns/resolver.ts';
import type { DeliveryDeps } from '#mail/deliver/attempt.ts';
import { ConnectionPool } from '#mail/deliver/pool.ts';
import { DestinationSlots } from '#mail/deliver/slots.ts';
import { DEFAULT_TIMEOUTS_MS } from '#mail/deliver/transport.ts';
import type { DeliveryJob } from '#mail/deliver/types.ts';
import type { NextHop } from '#mail/directory/types.ts';

export type Zone = Readonly<
  Record<
    string,
    {
      readonly a?: readonly string[];
      readonly aaaa?: readonly string[];
      readonly mx?: readonly MxRecord[];
      readonly txt?: readonly string[];
      readonly tlsa?: readonly TlsaRecord[];
      readonly cname?: string;
      readonly secure?: boolean;
      readonly fails?: boolean;
    }
  >
>;

export function tableResolver(zone: Zone): Resolver {
  const answer = <T>(
    name: string,
    pick: (entry: Zone[string]) => readonly T[] | undefined,
  ): Promise<DnsAnswer<T>> => {
    const entry = zone[name.toLowerCase()];
    if (entry === undefined) return Promise.resolve({ kind: 'nxdomain', secure: false });
    if (entry.fails === true)
      return Promise.resolve({ kind: 'error', reason: 'servfail', detail: 'table says so' });
    const secure = entry.secure ?? false;
    const records = pick(entry);
    if (records === undefined || records.length === 0) return Promise.resolve({ kind: 'nodata', secure });
    return Promise.resolve({ kind: 'records', records, secure, ttlS: 60 });
  };
  return {
    txt: (n) => answer(n, (e) => e.txt),
    a: (n) => answer(n, (e) => e.a),
    aaaa: (n) => answer(n, (e) => e.aaaa),
    mx: (n) => answer(n, (e) => e.mx),
    ptr: (n) => answer<string>(n, () => undefined),
    tlsa: (n) => answer(n, (e) => e.tlsa),
    cname: (n) => answer(n, (e) => (e.cname === undefined ? undefined : [e.cname])),
  };
}

/** The pool inside is closed by the caller's `using`. */
export function testDeps(more: Partial<DeliveryDeps> = {}): DeliveryDeps {
  return {
    resolver: tableResolver({}),
    stsPolicies: () => Promise.resolve({ kind: 'none', why: 'test' }),
    pool: new ConnectionPool(),
    slots: new DestinationSlots(),
    self: { names: new Set(), isOurs: () => false },
    timeouts: {
      ...DEFAULT_TIMEOUTS_MS,
      connect: 1000,
      greeting: 400,
      ehlo: 400,
      starttls: 400,
      tls: 1500,
      mail: 400,
      rcpt: 400,
      data: 400,
      body: 400,
      'end-of-data': 400,
    },
    mxPort: 25,
    caPem: undefined,
    refusedNetworks: [],
    ...more,
  };
}

export const hop = (port: number, more: Partial<NextHop> = {}): NextHop => ({
  kind: 'host',
  host: '127.0.0.1',
  port,
  protocol: 'smtp',
  tls: 'opportunistic',
  fingerprints: [],
  caPem: undefined,
  ...more,
});

export const TEXT = 'From: a@one.example\r\nSubject: hello\r\n\r\nA line\r\n.a dot\r\n';

export function testJob(
  more: Partial<DeliveryJob> & { to?: readonly string[]; text?: string } = {},
): DeliveryJob {
  const { to = ['b@two.example'], text = TEXT, ...rest } = more;
  const bytes = fromUtf8(text);
  return {
    tenant: newId<'tenant'>(),
    route: { kind: 'mx', tls: 'opportunistic' },
    domain: 'two.example',
    mailFrom: 'a@one.example',
    recipients: to.map((address, i) => ({ key: String(i), address, notify: undefined, orcpt: undefined })),
    size: bytes.length,
    bodyType: '7BIT',
    smtpUtf8: false,
    requireTls: false,
    ret: undefined,
    envid: undefined,
    heloName: 'gate.example',
    source: { v4: undefined, v6: undefined },
    // oxlint-disable-next-line typescript/require-await -- an async generator is what the contract asks for
    body: async function* () {
      yield bytes;
    },
    ...rest,
  };
}
