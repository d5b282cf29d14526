/** A name server on loopback whose records a test changes while it runs; every other name does not exist. */
import { createSocket } from 'node:dgram';
import { type AddressInfo } from 'node:net';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE } from 'dns-packet';

export type DnsServer = {
  /** As the configuration takes it. */
  readonly address: string;
  readonly txt: (name: string, text: string) => void;
  readonly a: (name: string, ip: string) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const NXDOMAIN = 3;

export async function startDnsServer(): Promise<DnsServer> {
  const records = new Map<string, Answer>();
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    const { id, questions = [] } = decode(packet);
    const [question] = questions;
    if (question === undefined) return;
    const name = question.name.toLowerCase();
    const found = records.get(`${question.type} ${name}`);
    const isKnown = [...records.keys()].some((k) => k.endsWith(` ${name}`));
    const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (isKnown ? 0 : NXDOMAIN);
    const answers = found === undefined ? [] : [found];
    socket.send(
      encode({ type: 'response', id: id ?? 0, flags, questions, answers }),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = socket.address();
  return {
    address: `127.0.0.1:${port}`,
    // A character-string holds 255 bytes at most.
    txt: (name, text) => {
      const data = text.match(/.{1,255}/gs) ?? [''];
      records.set(`TXT ${name}`, { type: 'TXT', name, ttl: 5, data });
    },
    a: (name, data) => void records.set(`A ${name}`, { type: 'A', name, ttl: 5, data }),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
