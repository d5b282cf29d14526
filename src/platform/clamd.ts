/**
 * A client for ClamAV's daemon: one message, one INSTREAM, one answer (clamd(8) COMMANDS).
 *
 * The answer is parsed strictly: whatever is not exactly `OK` or a named detection is an error, because an engine that
 * stammers has not said "clean". At most `maxConcurrent` scans run; the rest wait in line, and the wait counts against
 * their time.
 */
import { connect, type Socket } from 'node:net';

export type ClamdAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export type ClamdOptions = {
  readonly address: ClamdAddress;
  readonly maxConcurrent: number;
  /** From the call to the answer, waiting in line included. */
  readonly timeoutMs: number;
  /** Larger messages are not scanned; must not exceed clamd's own StreamMaxLength. */
  readonly maxBytes: number;
};

export type ClamdResult =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly signature: string }
  | { readonly kind: 'too-large'; readonly maxBytes: number }
  | {
      readonly kind: 'unavailable';
      readonly reason: 'connect' | 'timeout' | 'closed' | 'reply' | 'error';
      readonly detail: string;
    };

export type ClamdClient = {
  readonly scan: (chunks: AsyncIterable<Uint8Array>, sizeBytes: number) => Promise<ClamdResult>;
};

/** Longest answer we read; clamd's are one short line. */
const MAX_REPLY_BYTES = 4096;

export function createClamd(options: ClamdOptions): ClamdClient {
  let running = 0;
  const line: (() => void)[] = [];
  const enter = (): Promise<void> | void => {
    if (running < options.maxConcurrent) {
      running++;
      return;
    }
    return new Promise((resolve) => line.push(resolve));
  };
  const leave = (): void => {
    // The place is handed over, not freed, so that nobody overtakes the line.
    const next = line.shift();
    if (next === undefined) running--;
    else next();
  };
  return {
    scan: async (chunks, sizeBytes) => {
      if (sizeBytes > options.maxBytes) return { kind: 'too-large', maxBytes: options.maxBytes };
      const endsMs = performance.now() + options.timeoutMs;
      await enter();
      try {
        return await instream(options, chunks, endsMs - performance.now());
      } finally {
        leave();
      }
    },
  };
}

async function instream(
  options: ClamdOptions,
  chunks: AsyncIterable<Uint8Array>,
  leftMs: number,
): Promise<ClamdResult> {
  if (leftMs <= 0) return unavailable('timeout', 'no scanner became free in time');
  const socket =
    options.address.kind === 'unix'
      ? connect(options.address.path)
      : connect(options.address.port, options.address.host);
  const answer = readAnswer(socket, leftMs);
  try {
    await send(socket, chunks, answer);
    return await answer;
  } finally {
    socket.destroy();
  }
}

function readAnswer(socket: Socket, leftMs: number): Promise<ClamdResult> {
  return new Promise((resolve) => {
    let text = '';
    let connected = false;
    const timer = setTimeout(() => resolve(unavailable('timeout', `no answer in time`)), leftMs);
    const done = (result: ClamdResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => (connected = true));
    socket.on('data', (data: string) => {
      text += data;
      const end = text.indexOf('\0');
      if (end !== -1) done(parseReply(text.slice(0, end)));
      else if (text.length > MAX_REPLY_BYTES) done(unavailable('reply', 'answer too long'));
    });
    socket.on('error', (error) => done(unavailable(connected ? 'closed' : 'connect', error.message)));
    socket.on('close', () => done(unavailable(connected ? 'closed' : 'connect', 'closed without an answer')));
  });
}

/** Sends the chunks with their lengths; stops early when the answer is already there (size limit, lost connection). */
async function send(
  socket: Socket,
  chunks: AsyncIterable<Uint8Array>,
  answer: Promise<unknown>,
): Promise<void> {
  let answered = false;
  const stop = answer.then(() => {
    answered = true;
  });
  const length = new DataView(new ArrayBuffer(4));
  socket.write('zINSTREAM\0');
  for await (const chunk of chunks) {
    if (answered) return;
    // A chunk of length zero would end the stream and leave the rest unscanned.
    if (chunk.length === 0) continue;
    length.setUint32(0, chunk.length);
    socket.cork();
    socket.write(new Uint8Array(length.buffer.slice(0)));
    const flowing = socket.write(chunk);
    socket.uncork();
    if (!flowing) await Promise.race([stop, drained(socket)]);
  }
  if (!answered) socket.write(new Uint8Array(4));
}

/** Resolves when more may be written; a lost connection shows in the answer, which the caller waits for beside this. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve));
}

/** `stream: OK`, `stream: NAME FOUND`, `… ERROR`; anything else is an engine we do not understand. */
export function parseReply(line: string): ClamdResult {
  if (line === 'stream: OK') return { kind: 'clean' };
  const found = /^stream: ([\x21-\x7e]{1,256}) FOUND$/.exec(line);
  if (found?.[1] !== undefined) return { kind: 'found', signature: found[1] };
  if (line.endsWith(' ERROR')) return unavailable('error', line.slice(0, 200));
  return unavailable('reply', line.slice(0, 200));
}

function unavailable(
  reason: Extract<ClamdResult, { kind: 'unavailable' }>['reason'],
  detail: string,
): ClamdResult {
  return { kind: 'unavailable', reason, detail };
}
