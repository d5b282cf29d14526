/**
 * The two ends of `gatehouse try`: a small client that sends what it is given, byte for byte (also what a decent client
 * would not), and a next hop that keeps what arrives for as long as the command runs.
 */
import { createConnection, createServer, type Socket } from 'node:net';

export type TryReply = { readonly code: number; readonly text: string };

const TIMEOUT_MS = 30_000;
const MAX_LINE = 4_096;

/** The reply that decided: the first refusal, or the answer to the end of DATA. Throws when nobody speaks SMTP there. */
export async function trySend(
  at: { readonly host: string; readonly port: number },
  mail: { readonly mailFrom: string; readonly rcptTo: string; readonly data: string },
): Promise<TryReply> {
  const socket = createConnection(at);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
  const replies = readReplies(socket);
  try {
    let reply = await replies.next();
    const lines = ['EHLO localhost', `MAIL FROM:<${mail.mailFrom}>`, `RCPT TO:<${mail.rcptTo}>`, 'DATA'];
    for (const line of lines) {
      if (reply.code >= 400) return reply;
      socket.write(`${line}\r\n`);
      reply = await replies.next();
    }
    if (reply.code !== 354) return reply;
    socket.write(`${mail.data.replace(/^\./gm, '..')}\r\n.\r\n`, 'latin1');
    return await replies.next();
  } finally {
    socket.end('QUIT\r\n');
    socket.once('error', () => {}); // the answer is known; how the goodbye ends is not of interest
  }
}

function readReplies(socket: Socket): { readonly next: () => Promise<TryReply> } {
  const lines = linesOf(socket);
  return {
    next: async () => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error('the connection was closed');
        if (value[3] !== '-') return { code: Number(value.slice(0, 3)), text: value };
      }
    },
  };
}

async function* linesOf(socket: Socket): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of socket) {
    rest += (chunk as Buffer).toString('latin1');
    for (let at = rest.indexOf('\r\n'); at !== -1; at = rest.indexOf('\r\n')) {
      yield rest.slice(0, at);
      rest = rest.slice(at + 2);
    }
    if (rest.length > MAX_LINE) throw new Error('a reply is too long');
  }
}

export type TrySink = AsyncDisposable & {
  readonly port: number;
  /** Messages that arrived, as they came. */
  readonly received: () => readonly string[];
};

const MAX_KEPT = 1_000_000;

export async function openTrySink(): Promise<TrySink> {
  const received: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy()); // the gateway tries again; the command is told by what did not arrive
    void take(socket, received).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    received: () => received,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // The gateway keeps the connection for the next message; there will be none.
        for (const socket of open) socket.destroy();
      }),
  };
}

async function take(socket: Socket, received: string[]): Promise<void> {
  socket.write('220 try.gatehouse-try.example ESMTP\r\n');
  let message: string[] | undefined;
  let size = 0;
  for await (const line of linesOf(socket)) {
    if (message !== undefined) {
      if (line !== '.') {
        size += line.length;
        if (size < MAX_KEPT) message.push(line.replace(/^\./, ''));
        continue;
      }
      received.push(message.join('\r\n'));
      message = undefined;
      socket.write('250 2.0.0 thank you\r\n');
      continue;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'QUIT') {
      socket.end('221 2.0.0 bye\r\n');
      return;
    }
    if (verb === 'DATA') {
      message = [];
      size = 0;
    }
    const ehlo = '250-try.gatehouse-try.example\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n';
    socket.write(verb === 'EHLO' ? ehlo : verb === 'DATA' ? '354 go on\r\n' : '250 2.0.0 ok\r\n');
  }
}
