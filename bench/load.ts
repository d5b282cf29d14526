/**
 * The load generator, a process of its own that is not counted. Two ways to drive a relay: `flat out` keeps every connection
 * busy; with a rate, messages are due at fixed moments whatever the relay does (so that a stall is seen by all that wait
 * behind it), and latency counts from the moment a message was due.
 *
 * Run with `fork`; one `LoadRequest` in, one `LoadReply` out.
 */
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import type { MixEntry } from './mix.ts';

export type LoadRequest = {
  readonly dataFile: string;
  readonly entries: readonly MixEntry[];
  readonly first: number;
  readonly count: number;
  readonly host: string;
  readonly port: number;
  readonly source: string;
  readonly connections: number;
  /** Reconnects after so many messages, as busy senders do. */
  readonly perConnection: number;
  readonly ratePerS: number | undefined;
};
export type Sent = {
  readonly id: number;
  /** Due, or begun; then when 250 came. Nanoseconds of the machine's monotonic clock. */
  readonly fromNs: number;
  readonly acceptedNs: number;
  readonly code: number;
};
export type LoadReply = { readonly sent: readonly Sent[]; readonly failed: readonly string[] };

const nowNs = (): number => Number(process.hrtime.bigint());

type Connection = {
  readonly send: (entry: MixEntry) => Promise<number>;
  readonly close: () => void;
};

/** One pipelined SMTP connection: MAIL, RCPT and DATA in one write, the message when 354 is there. */
async function connect(r: LoadRequest, data: Buffer): Promise<Connection> {
  const socket: Socket = createConnection({
    host: r.host,
    port: r.port,
    localAddress: r.source,
    noDelay: true,
  });
  const waiting: { resolve: (code: number) => void; reject: (error: Error) => void }[] = [];
  const early: number[] = [];
  let rest = '';
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    for (const w of waiting.splice(0)) w.reject(error);
  };
  socket.on('error', fail).on('close', () => fail(new Error('the relay closed the connection')));
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    let at = rest.indexOf('\r\n');
    for (; at !== -1; at = rest.indexOf('\r\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 2);
      if (line[3] === '-') continue;
      const next = waiting.shift();
      if (next === undefined) early.push(Number(line.slice(0, 3)));
      else next.resolve(Number(line.slice(0, 3)));
    }
  });
  const reply = (): Promise<number> => {
    const code = early.shift();
    if (code !== undefined) return Promise.resolve(code);
    if (broken !== undefined) return Promise.reject(broken);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  await reply();
  socket.write('EHLO load.example\r\n');
  await reply();
  const send = async (entry: MixEntry): Promise<number> => {
    socket.write(`MAIL FROM:<${entry.from}> SIZE=${entry.bytes}\r\nRCPT TO:<${entry.to}>\r\nDATA\r\n`);
    const [mail, rcpt, go] = await Promise.all([reply(), reply(), reply()]);
    if (go !== 354) return mail !== 250 ? mail : rcpt !== 250 ? rcpt : go;
    socket.write(data.subarray(entry.at, entry.at + entry.bytes));
    return reply();
  };
  return { send, close: () => socket.end('QUIT\r\n') };
}

async function drive(r: LoadRequest): Promise<LoadReply> {
  const data = readFileSync(r.dataFile);
  const sent: Sent[] = [];
  const failed: string[] = [];
  let next = r.first;
  const last = r.first + r.count;
  const startNs = nowNs();
  const dueNs = (index: number): number =>
    r.ratePerS === undefined ? 0 : startNs + ((index - r.first) * 1e9) / r.ratePerS;

  const lane = async (): Promise<void> => {
    let connection: Connection | undefined;
    let used = 0;
    while (next < last) {
      const id = next++;
      const due = dueNs(id);
      const waitMs = (due - nowNs()) / 1e6;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      try {
        if (connection === undefined || used >= r.perConnection) {
          connection?.close();
          connection = await connect(r, data);
          used = 0;
        }
        const fromNs = r.ratePerS === undefined ? nowNs() : due;
        const code = await connection.send(r.entries[id]!); // `!`: first and count are within the mix
        used++;
        sent.push({ id, fromNs, acceptedNs: nowNs(), code });
        if (code !== 250) failed.push(`message ${id}: ${code}`);
      } catch (error) {
        failed.push(`message ${id}: ${String(error)}`);
        connection = undefined;
      }
    }
    connection?.close();
  };
  await Promise.all(Array.from({ length: r.connections }, lane));
  return { sent, failed };
}

process.on('message', (request: LoadRequest) => {
  void drive(request).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
