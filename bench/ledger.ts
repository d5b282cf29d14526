/**
 * A sender that keeps book: which message had its 250, and which was cut off before any answer. The book is outside of the
 * gateway, so that what it promised can be held against what arrived.
 */
import { createConnection, type Socket } from 'node:net';
import { seeded } from './mix.ts';

export type Promised = {
  /** Our number, in `X-Bench`. */
  readonly id: string;
  /** The id in the gateway's reply. */
  readonly gatewayId: string;
};
export type Ledger = {
  /** Sends on `lanes` connections until `stop`; a lane whose connection broke opens another. */
  readonly start: (port: number, lanes: number) => void;
  /** Stops sending and waits until every lane has its answer or has lost its connection. */
  readonly stop: () => Promise<void>;
  readonly promised: ReadonlyMap<string, Promised>;
  readonly refused: () => number;
  readonly unanswered: () => number;
};

const PIECE = `${'x'.repeat(70)}\r\n`;
const RANDOM = seeded(7);

/** Mostly small; one in ten is larger than what the gateway keeps in memory. */
function message(id: string): string {
  const lines = RANDOM() < 0.1 ? 5_000 : 20 + Math.floor(RANDOM() * 200);
  return (
    `X-Bench: ${id}\r\nFrom: <ledger@good.gatehouse-try.example>\r\nTo: <user@inside.example>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n` +
    `Message-ID: <${id}@ledger.example>\r\nSubject: ledger ${id}\r\n\r\n${PIECE.repeat(lines)}.\r\n`
  );
}

type Answer = { readonly code: number; readonly text: string };
type Talk = {
  readonly socket: Socket;
  readonly say: (text: string) => Promise<Answer>;
  readonly hear: () => Promise<Answer>;
};

function open(port: number): Talk {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  const heard: Answer[] = [];
  const waiting: { resolve: (a: Answer) => void; reject: (e: Error) => void }[] = [];
  let rest = '';
  let end: Error | undefined;
  const finish = (error: Error): void => {
    end ??= error;
    for (const w of waiting.splice(0)) w.reject(end);
  };
  socket.on('error', finish).on('close', () => finish(new Error('closed')));
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    for (let at = rest.indexOf('\r\n'); at !== -1; at = rest.indexOf('\r\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 2);
      if (line[3] === '-') continue;
      const answer = { code: Number(line.slice(0, 3)), text: line };
      const next = waiting.shift();
      if (next === undefined) heard.push(answer);
      else next.resolve(answer);
    }
  });
  const hear = (): Promise<Answer> => {
    const ready = heard.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (end !== undefined) return Promise.reject(end);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  const say = (text: string): Promise<Answer> => {
    socket.write(text, 'latin1');
    return hear();
  };
  return { socket, say, hear };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;

export function openLedger(): Ledger {
  const promised = new Map<string, Promised>();
  let refused = 0;
  let unanswered = 0;
  let number = 0;
  let isStopped = true;
  let running: Promise<void>[] = [];

  /** One message on an open connection; false when it was refused for now. */
  const one = async (talk: Talk): Promise<boolean> => {
    const id = `k${++number}`;
    for (const line of [
      'MAIL FROM:<ledger@good.gatehouse-try.example>',
      'RCPT TO:<user@inside.example>',
      'DATA',
    ]) {
      const answer = await talk.say(`${line}\r\n`);
      if (answer.code >= 400) {
        refused++;
        await talk.say('RSET\r\n');
        return false;
      }
    }
    let answer: Answer;
    try {
      answer = await talk.say(message(id));
    } catch (error) {
      unanswered++;
      throw error;
    }
    if (answer.code === 250) promised.set(id, { id, gatewayId: UUID.exec(answer.text)?.[0] ?? '' });
    else refused++;
    return answer.code === 250;
  };

  const lane = async (port: number): Promise<void> => {
    while (!isStopped) {
      const talk = open(port);
      try {
        await talk.hear();
        await talk.say('EHLO ledger.example\r\n');
        while (!isStopped) if (!(await one(talk))) await pause(50);
        talk.socket.end('QUIT\r\n');
      } catch {
        // The connection broke, which is what the gateway is killed for; the book has what was promised before.
        talk.socket.destroy();
        await pause(20);
      }
    }
  };

  return {
    promised,
    refused: () => refused,
    unanswered: () => unanswered,
    start: (port, lanes) => {
      isStopped = false;
      running = Array.from({ length: lanes }, () => lane(port));
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
