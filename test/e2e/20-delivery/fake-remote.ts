/** A mail host that does as it is told, for faults that no honest server shows: drops, drips, garbage, odd replies. */
import { type Server, type Socket, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';

export type FakeOptions = {
  /** Reply to a command line, to `greeting` or to `end-of-data`; undefined takes the ordinary one; `drop` closes, `silence` hangs. */
  readonly reply?: (verb: string, line: string) => string | undefined;
  readonly extensions?: readonly string[];
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly lmtp?: boolean;
  /** Default a free port of 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
};

export type FakeRemote = {
  readonly port: number;
  readonly connections: () => number;
  /** Messages as they came, dot-stuffing undone. */
  readonly messages: readonly {
    readonly from: string;
    readonly to: readonly string[];
    readonly data: string;
  }[];
  readonly lines: readonly string[];
  /** Addresses that the connections came from. */
  readonly clients: readonly string[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const ORDINARY: Readonly<Record<string, string>> = {
  greeting: '220 fake.example ESMTP',
  RSET: '250 2.0.0 ok',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go ahead',
  'end-of-data': '250 2.0.0 taken',
  QUIT: '221 2.0.0 bye',
  STARTTLS: '220 2.0.0 go',
};

export async function startFakeRemote(options: FakeOptions = {}): Promise<FakeRemote> {
  const messages: { from: string; to: string[]; data: string }[] = [];
  const lines: string[] = [];
  const clients: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    clients.push(socket.remoteAddress ?? '');
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket, options, messages, lines);
  });
  await new Promise<void>((resolve) =>
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve),
  );
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    port: address.port,
    connections: () => connections,
    messages,
    lines,
    clients,
    [Symbol.asyncDispose]: async () => {
      for (const s of sockets) s.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(
  first: Socket,
  options: FakeOptions,
  messages: { from: string; to: string[]; data: string }[],
  lines: string[],
): void {
  let socket: Socket = first;
  let input = '';
  let from = '';
  let to: string[] = [];
  let data: string | undefined;
  let bdatLeft = -1;
  let bdatLast = false;
  let stuck = false;
  let inData = false;
  const say = (verb: string, line: string, ordinary: string | undefined): boolean => {
    const text = options.reply?.(verb, line) ?? ordinary ?? '502 5.5.1 unknown';
    if (text === 'drop') socket.destroy();
    else if (text === 'silence') stuck = true;
    else socket.write(`${text}\r\n`, 'latin1');
    return text.startsWith('2') || text.startsWith('3');
  };
  const ehlo = (): string => {
    const words = [...(options.extensions ?? ['PIPELINING', '8BITMIME', 'DSN'])];
    if (options.tls !== undefined && !(socket instanceof TLSSocket)) words.push('STARTTLS');
    return ['fake.example', ...words]
      .map((w, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${w}`)
      .join('\r\n');
  };
  const finish = (): void => {
    const taken = options.lmtp === true ? to : [''];
    let good = false;
    for (const one of taken) good = say('end-of-data', one, ORDINARY['end-of-data']) || good;
    if (good) messages.push({ from, to, data: data ?? '' });
    to = [];
    data = undefined;
    inData = false;
  };
  const command = (line: string): void => {
    lines.push(line);
    const verb = line.split(/[ :]/)[0]!.toUpperCase(); // `!`: split gives at least one
    if (verb === 'BDAT') {
      const [, size = '0', last] = line.split(' ');
      bdatLeft = Number(size);
      bdatLast = last !== undefined;
      data ??= '';
      return;
    }
    const hello =
      verb === 'EHLO' || verb === 'LHLO' ? ehlo() : verb === 'HELO' ? '250 fake.example' : undefined;
    const noRecipient = verb === 'DATA' && to.length === 0 ? '503 5.5.1 no recipients' : undefined;
    const good = say(verb, line, hello ?? noRecipient ?? ORDINARY[verb]);
    if (verb === 'MAIL' && good) from = line.slice(10);
    if (verb === 'RCPT' && good) to.push(/<(.*)>/.exec(line)?.[1] ?? '');
    if (verb === 'DATA' && good) {
      data = '';
      inData = true;
    }
    if (verb === 'QUIT') socket.end();
    if (verb === 'STARTTLS' && good && options.tls !== undefined) upgrade(options.tls);
  };
  const step = (): boolean => {
    if (bdatLeft >= 0) {
      if (input.length < bdatLeft) return false;
      data = (data ?? '') + input.slice(0, bdatLeft);
      input = input.slice(bdatLeft);
      bdatLeft = -1;
      if (bdatLast) finish();
      else say('BDAT', '', '250 2.0.0 chunk');
      return true;
    }
    const end = input.indexOf('\r\n');
    if (end === -1) return false;
    const line = input.slice(0, end);
    input = input.slice(end + 2);
    if (!inData) command(line);
    else if (line === '.') finish();
    else data += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
    return true;
  };
  const onData = (bytes: Buffer): void => {
    input += bytes.toString('latin1');
    for (let more = !stuck; more; more = !stuck && step());
  };
  const upgrade = (keys: { key: string; cert: string }): void => {
    socket.off('data', onData);
    socket = new TLSSocket(socket, { isServer: true, ...keys });
    socket.on('error', () => {});
    socket.on('data', onData);
  };
  socket.on('data', onData);
  say('greeting', '', ORDINARY['greeting']);
}
