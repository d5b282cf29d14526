/**
 * One query to one server and the bytes of its answer: UDP first, TCP when the answer was cut.
 *
 * Against forged answers (RFC 5452 §9): random id, random source port, sockets connected so that the kernel drops every
 * other sender, and an answer counts only with the same question. A few sockets are shared and soon replaced: one socket
 * per query costs more than the rest of the lookup, one socket for all would give its port away.
 */
import { type Socket as UdpSocket, createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Result, err } from '#core/result.ts';
import { type DnsResponse, type QueryType, TYPES, decodeResponse, encodeQuery } from '#protocol/dns/wire.ts';
import type { DnsServer } from './resolv-conf.ts';

export type ExchangeError = 'timeout' | 'network' | 'malformed' | 'badname';
export type Exchange = Result<DnsResponse, { readonly kind: ExchangeError; readonly detail: string }>;

type Pending = {
  readonly name: string;
  readonly type: QueryType;
  readonly done: (outcome: Exchange) => void;
};
type Channel = {
  readonly socket: UdpSocket;
  readonly pending: Map<number, Pending>;
  readonly ready: Promise<Error | undefined>;
  uses: number;
  retired: boolean;
};

const SOCKETS_PER_SERVER = 8;
const USES_PER_SOCKET = 500;

export class ServerExchange {
  readonly server: DnsServer;
  #channels: Channel[] = [];

  constructor(server: DnsServer) {
    this.server = server;
  }

  /** Asks over UDP, then over TCP if the answer says it was cut. Never rejects. */
  async ask(name: string, type: QueryType, timeoutMs: number): Promise<Exchange> {
    const answer = await this.#askUdp(name, type, timeoutMs);
    // RFC 7766 §5: a truncated answer is asked again over TCP.
    return answer.ok && answer.value.truncated ? askTcp(this.server, name, type, timeoutMs) : answer;
  }

  close(): void {
    for (const channel of this.#channels) this.#retire(channel, 'the resolver was closed');
    this.#channels = [];
  }

  async #askUdp(name: string, type: QueryType, timeoutMs: number): Promise<Exchange> {
    const channel = this.#channel();
    const failed = await channel.ready;
    if (failed !== undefined) {
      this.#retire(channel, failed.message);
      return err({ kind: 'network', detail: failed.message });
    }
    const id = freshId(channel.pending);
    const query = encodeQuery(id, name, type);
    if (!query.ok) return err({ kind: 'badname', detail: name });
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => finish(err({ kind: 'timeout', detail: this.server.address })),
        timeoutMs,
      );
      const finish = (outcome: Exchange): void => {
        clearTimeout(timer);
        channel.pending.delete(id);
        if (channel.retired && channel.pending.size === 0) closeQuietly(channel.socket);
        resolve(outcome);
      };
      channel.pending.set(id, { name, type, done: finish });
      const sent = (error: Error | null): void => {
        if (error !== null && channel.pending.has(id))
          finish(err({ kind: 'network', detail: error.message }));
      };
      try {
        channel.socket.send(query.value, sent);
      } catch (error) {
        // The socket was closed under us, which is one more way of not reaching the server.
        sent(error instanceof Error ? error : new Error('not sent'));
      }
    });
  }

  #channel(): Channel {
    const pick = Math.floor(Math.random() * SOCKETS_PER_SERVER);
    let channel = this.#channels[pick];
    if (channel === undefined) {
      channel = this.#open();
      this.#channels.push(channel);
    }
    if (++channel.uses >= USES_PER_SOCKET) this.#forget(channel);
    return channel;
  }

  #open(): Channel {
    const socket = createSocket(this.server.address.includes(':') ? 'udp6' : 'udp4');
    const { promise: ready, resolve } = Promise.withResolvers<Error | undefined>();
    const channel: Channel = { socket, pending: new Map(), ready, uses: 0, retired: false };
    socket.on('error', (error) => {
      resolve(error);
      this.#retire(channel, error.message);
    });
    socket.on('message', (bytes) => receive(channel, bytes));
    socket.connect(this.server.port, this.server.address, () => resolve(undefined));
    socket.unref();
    return channel;
  }

  /** Takes no more queries; closes after its last answer. */
  #forget(channel: Channel): void {
    channel.retired = true;
    this.#channels = this.#channels.filter((c) => c !== channel);
  }

  /** The socket is broken (a refused port shows here): what waits on it fails now, not at its timeout. */
  #retire(channel: Channel, detail: string): void {
    if (!channel.retired) this.#forget(channel);
    const waiting = [...channel.pending.values()];
    if (waiting.length === 0) closeQuietly(channel.socket);
    for (const p of waiting) p.done(err({ kind: 'network', detail }));
  }
}

function closeQuietly(socket: UdpSocket): void {
  try {
    socket.close();
  } catch {
    // Already closed, which is what we wanted.
  }
}

function receive(channel: Channel, bytes: Uint8Array): void {
  if (bytes.length < 12) return;
  const pending = channel.pending.get((bytes[0]! << 8) | bytes[1]!); // `!`: length checked above
  if (pending === undefined) return;
  const response = decodeResponse(bytes);
  // A forger must not be able to end the wait with rubbish, so what does not fit is ignored, not reported.
  if (!response.ok || !answersQuestion(response.value, pending.name, pending.type)) return;
  pending.done(response);
}

function answersQuestion(response: DnsResponse, name: string, type: QueryType): boolean {
  const q = response.question;
  return q !== undefined && q.type === TYPES[type] && q.name === name;
}

let randoms = new Uint16Array(0);
let randomAt = 0;

function freshId(taken: ReadonlyMap<number, unknown>): number {
  for (;;) {
    if (randomAt >= randoms.length) {
      randoms = crypto.getRandomValues(new Uint16Array(1024));
      randomAt = 0;
    }
    const id = randoms[randomAt++]!; // `!`: checked above
    if (!taken.has(id)) return id;
  }
}

/** RFC 1035 §4.2.2: the message with its length in two bytes before it. */
function askTcp(server: DnsServer, name: string, type: QueryType, timeoutMs: number): Promise<Exchange> {
  const id = freshId(new Map());
  const query = encodeQuery(id, name, type);
  if (!query.ok) return Promise.resolve(err({ kind: 'badname', detail: name }));
  return new Promise((resolve) => {
    const socket = connect({ host: server.address, port: server.port });
    const timer = setTimeout(() => finish(err({ kind: 'timeout', detail: server.address })), timeoutMs);
    const finish = (outcome: Exchange): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    let received = Buffer.alloc(0);
    socket.on('connect', () => {
      const head = Uint8Array.of(query.value.length >> 8, query.value.length & 0xff);
      socket.write(Buffer.concat([head, query.value]));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const wanted = received.length >= 2 ? received.readUInt16BE(0) + 2 : Infinity;
      if (received.length < wanted) return;
      const response = decodeResponse(received.subarray(2, wanted));
      if (!response.ok) return finish(err({ kind: 'malformed', detail: response.error }));
      const fits = response.value.id === id && answersQuestion(response.value, name, type);
      return finish(fits ? response : err({ kind: 'malformed', detail: 'answers another question' }));
    });
    socket.on('error', (error) => finish(err({ kind: 'network', detail: error.message })));
    socket.on('close', () => finish(err({ kind: 'network', detail: 'closed before the answer' })));
  });
}
