/**
 * The next hop of the benchmarks, a process of its own that is not counted: takes everything at once, keeps nothing but
 * which message came when. Can be told to misbehave, for the fault runs.
 *
 * Run with `fork`; speaks in the messages of `SinkRequest` and `SinkReply`.
 */
import { createServer, type Socket } from 'node:net';

export type SinkRequest =
  | { readonly ask: 'arrivals' }
  | { readonly ask: 'forget' }
  | { readonly ask: 'count' };
export type Arrival = {
  /** The number in `X-Bench`, or the text of it for others. */
  readonly id: string;
  readonly atNs: number;
  readonly verified: boolean;
};
export type SinkReply =
  | { readonly port: number }
  | { readonly count: number }
  | { readonly arrivals: readonly Arrival[] }
  | { readonly forgotten: true };

const EHLO =
  '250-sink.example\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n';
const END = Buffer.from('\r\n.\r\n');
/** What relays put on top of a message stays far below this. */
const HEADER_BYTES = 24_576;

let arrivals: Arrival[] = [];

function note(head: Buffer): void {
  const text = head.toString('latin1');
  const id = /^X-Bench: *(\S+)/im.exec(text)?.[1] ?? 'unmarked';
  arrivals.push({ id, atNs: Number(process.hrtime.bigint()), verified: /dkim=pass/i.test(text) });
}

function serve(socket: Socket): void {
  let inData = false;
  let rest: Buffer = Buffer.alloc(0);
  let head: Buffer[] = [];
  let headBytes = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy()); // a relay that was killed; its own story tells
  socket.write('220 sink.example ESMTP\r\n');

  /** Takes message bytes; returns what follows the final dot, or undefined while there is none. */
  const takeData = (chunk: Buffer): Buffer | undefined => {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = all.indexOf(END);
    const taken = end === -1 ? all.subarray(0, Math.max(0, all.length - 4)) : all.subarray(0, end);
    if (headBytes < HEADER_BYTES) {
      head.push(Buffer.from(taken.subarray(0, HEADER_BYTES - headBytes)));
      headBytes += taken.length;
    }
    if (end === -1) {
      rest = Buffer.from(all.subarray(Math.max(0, all.length - 4)));
      return undefined;
    }
    rest = Buffer.alloc(0);
    inData = false;
    note(Buffer.concat(head));
    head = [];
    headBytes = 0;
    socket.write('250 2.0.0 taken\r\n');
    return all.subarray(end + END.length);
  };

  const command = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') socket.write(EHLO);
    else if (verb === 'DATA') {
      inData = true;
      // So that an empty message, which is a dot at once, is seen as one.
      rest = Buffer.from('\r\n');
      socket.write('354 go on\r\n');
    } else if (verb === 'QUIT') socket.end('221 2.0.0 bye\r\n');
    else socket.write('250 2.0.0 ok\r\n');
  };

  socket.on('data', (chunk: Buffer) => {
    let left: Buffer | undefined = chunk;
    while (left !== undefined && left.length > 0) {
      if (inData) {
        left = takeData(left);
        continue;
      }
      const text: Buffer = rest.length === 0 ? left : Buffer.concat([rest, left]);
      const end = text.indexOf('\r\n');
      if (end === -1) {
        rest = Buffer.from(text);
        return;
      }
      rest = Buffer.alloc(0);
      command(text.toString('latin1', 0, end));
      left = text.subarray(end + 2);
    }
  });
}

const tell = (reply: SinkReply): void => void process.send?.(reply);
const server = createServer({ noDelay: true }, serve);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') tell({ port: address.port });
});
process.on('message', (request: SinkRequest) => {
  switch (request.ask) {
    case 'count':
      return tell({ count: arrivals.length });
    case 'arrivals':
      return tell({ arrivals });
    case 'forget':
      arrivals = [];
      return tell({ forgotten: true });
  }
});
process.on('disconnect', () => process.exit(0));
