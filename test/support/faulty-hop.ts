/** A next hop that fails where the test wants it to, and after that behaves. It keeps what it took. */
import { createServer, type Socket } from 'node:net';

/** Where it fails: `drop` closes the connection there, a number is the reply given there instead of the good one. */
export type Stage = 'connect' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'content' | 'dot' | 'QUIT';
export type Misbehaviour = { readonly stage: Stage; readonly how: 'drop' | 'silence' | number };

export type FaultyHop = {
  readonly port: number;
  readonly taken: () => readonly string[];
  readonly connections: () => number;
  /** From now on; undefined behaves. */
  readonly misbehave: (how: Misbehaviour | undefined) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function startFaultyHop(port = 0): Promise<FaultyHop> {
  let fault: Misbehaviour | undefined;
  let connections = 0;
  const taken: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    talk(socket, () => fault, taken);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    taken: () => taken,
    connections: () => connections,
    misbehave: (how) => {
      fault = how;
      // A pooled connection of before would otherwise not see it.
      for (const socket of open) socket.destroy();
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const GOOD: Readonly<Record<string, string>> = {
  EHLO: '250-faulty.example\r\n250-8BITMIME\r\n250 SIZE 100000000',
  DATA: '354 go on',
  QUIT: '221 2.0.0 bye',
};

function talk(socket: Socket, fault: () => Misbehaviour | undefined, taken: string[]): void {
  let rest = '';
  let message: string | undefined;
  /** Answers as the stage demands; false when the connection is to be left alone from here. */
  const answer = (stage: Stage, good: string): boolean => {
    const f = fault();
    if (f?.stage !== stage) {
      socket.write(`${good}\r\n`);
      return true;
    }
    if (f.how === 'drop') socket.destroy();
    else if (typeof f.how === 'number')
      socket.write(`${f.how} ${Math.floor(f.how / 100)}.3.0 misbehaving at ${stage}\r\n`);
    return typeof f.how === 'number';
  };
  const line = (text: string): boolean => {
    const verb = text.slice(0, 4).toUpperCase();
    const stage = (['EHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'] as const).find((s) => s === verb);
    if (stage === undefined) {
      socket.write('250 2.0.0 ok\r\n');
      return true;
    }
    const isOn = answer(stage, GOOD[stage] ?? '250 2.0.0 ok');
    if (stage === 'DATA' && isOn && fault()?.stage !== 'DATA') message = '';
    return isOn;
  };
  if (!answer('connect', '220 faulty.example ESMTP')) return;
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (;;) {
      if (message !== undefined) {
        if (fault()?.stage === 'content') {
          if (fault()?.how === 'drop') socket.destroy();
          return;
        }
        const end = `\r\n${rest}`.indexOf('\r\n.\r\n');
        if (end === -1) return;
        const text = rest.slice(0, end);
        rest = rest.slice(end + 3);
        message = undefined;
        const isTaken = fault()?.stage !== 'dot';
        if (isTaken) taken.push(text);
        if (!answer('dot', '250 2.0.0 taken')) return;
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end === -1) return;
      const text = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (!line(text)) return;
    }
  });
}
