/**
 * A raw SMTP client for tests: it says exactly what the test tells it to, also what no decent client would say, and
 * returns replies as they came. The product's own client is not used to test the product's server.
 */
import { createConnection, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

export type Reply = { readonly code: number; readonly lines: readonly string[]; readonly text: string };

/** PEM of a certificate the client shows. */
export type ClientCertificate = { readonly cert: string; readonly key: string };

export type SmtpClient = {
  readonly greeting: Reply;
  /** Sends the line with CRLF and returns the reply. */
  readonly command: (line: string) => Promise<Reply>;
  /** Sends bytes as they are and waits for nothing. */
  readonly send: (bytes: string | Uint8Array) => void;
  /** The next reply; rejects when the peer closes or `timeoutMs` passes. */
  readonly reply: (timeoutMs?: number) => Promise<Reply>;
  /** Resolves to the serial number of the certificate that was shown. */
  readonly startTls: (servername?: string, own?: ClientCertificate) => Promise<string>;
  readonly close: () => void;
  readonly [Symbol.dispose]: () => void;
};

export async function smtpClient(
  port: number,
  options: { readonly host?: string; readonly from?: string; readonly timeoutMs?: number } = {},
): Promise<SmtpClient> {
  let socket: Socket = createConnection({
    port,
    host: options.host ?? '127.0.0.1',
    ...(options.from === undefined ? {} : { localAddress: options.from }),
  });
  const replies: Reply[] = [];
  const waiting: { resolve: (r: Reply) => void; reject: (e: Error) => void }[] = [];
  let rest = '';
  let lines: string[] = [];
  let closed: Error | undefined;
  const onData = (chunk: Buffer): void => {
    rest += chunk.toString('latin1');
    for (let at = rest.indexOf('\r\n'); at !== -1; at = rest.indexOf('\r\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 2);
      lines.push(line);
      if (line[3] === '-') continue;
      const reply = { code: Number(line.slice(0, 3)), lines, text: lines.join('\n') };
      lines = [];
      const next = waiting.shift();
      if (next === undefined) replies.push(reply);
      else next.resolve(reply);
    }
  };
  const onClose = (): void => {
    closed ??= new Error('the server closed the connection');
    for (const w of waiting.splice(0)) w.reject(closed);
  };
  const attach = (s: Socket): void => {
    s.on('data', onData);
    s.on('error', (error) => {
      closed ??= error;
    });
    s.on('close', onClose);
  };
  attach(socket);
  const reply = (timeoutMs = options.timeoutMs ?? 20_000): Promise<Reply> => {
    const ready = replies.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (closed !== undefined) return Promise.reject(closed);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs);
      waiting.push({
        resolve: (r) => (clearTimeout(timer), resolve(r)),
        reject: (e) => (clearTimeout(timer), reject(e)),
      });
    });
  };
  const command = (line: string): Promise<Reply> => {
    socket.write(`${line}\r\n`, 'latin1');
    return reply();
  };
  const close = (): void => void socket.destroy();
  return {
    greeting: await reply(),
    command,
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    reply,
    startTls: async (servername, own) => {
      const ready = await command('STARTTLS');
      if (ready.code !== 220) throw new Error(`STARTTLS: ${ready.text}`);
      socket.removeAllListeners('data');
      socket.removeAllListeners('close');
      const secure = tlsConnect({
        socket,
        rejectUnauthorized: false,
        ...(servername === undefined ? {} : { servername }),
        ...own,
      });
      await new Promise<void>((resolve, reject) => {
        secure.once('secureConnect', resolve).once('error', reject);
      });
      socket = secure;
      attach(secure);
      return secure.getPeerCertificate().serialNumber;
    },
    close,
    [Symbol.dispose]: close,
  };
}

export type Mail = {
  readonly helo?: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string | Uint8Array;
};

/** The reply that ended the transaction: that of the end of DATA, or the first one that refused. */
export async function sendMail(client: SmtpClient, mail: Mail): Promise<Reply> {
  const ehlo = await client.command(`EHLO ${mail.helo ?? 'client.example'}`);
  if (ehlo.code !== 250) return ehlo;
  const from = await client.command(`MAIL FROM:<${mail.from}>`);
  if (from.code !== 250) return from;
  let accepted = 0;
  let last = from;
  for (const to of mail.to) {
    last = await client.command(`RCPT TO:<${to}>`);
    if (last.code === 250) accepted++;
  }
  if (accepted === 0) return last;
  const go = await client.command('DATA');
  if (go.code !== 354) return go;
  client.send(typeof mail.data === 'string' ? mail.data.replace(/^\./gm, '..') : mail.data);
  client.send('\r\n.\r\n');
  return client.reply(60_000);
}
