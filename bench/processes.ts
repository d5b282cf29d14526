/** The two processes of a benchmark that are not counted: the load and the sink, asked by messages. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadReply, LoadRequest } from './load.ts';
import type { Arrival, SinkReply } from './sink.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function answer<T>(child: ChildProcess, timeoutMs: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => done(new Error(`${what} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const onMessage = (message: unknown): void => {
      clearTimeout(timer);
      child.off('exit', onExit);
      resolve(message as T); // our own processes, with the types of their own files
    };
    const done = (error: Error): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      reject(error);
    };
    const onExit = (): void => done(new Error(`${what} ended`));
    child.once('message', onMessage).once('exit', onExit);
  });
}

export type Sink = {
  readonly pid: number;
  readonly port: number;
  readonly count: () => Promise<number>;
  readonly arrivals: () => Promise<readonly Arrival[]>;
  readonly forget: () => Promise<void>;
  readonly [Symbol.dispose]: () => void;
};

export async function startSink(): Promise<Sink> {
  const child = fork(script('./sink.ts'), []);
  const ask = (request: object): Promise<SinkReply> => {
    const reply = answer<SinkReply>(child, 10_000, 'the sink');
    child.send(request);
    return reply;
  };
  const first = await answer<SinkReply>(child, 10_000, 'the sink');
  return {
    pid: child.pid ?? 0,
    port: 'port' in first ? first.port : 0,
    count: async () => {
      const reply = await ask({ ask: 'count' });
      return 'count' in reply ? reply.count : 0;
    },
    arrivals: async () => {
      const reply = await ask({ ask: 'arrivals' });
      return 'arrivals' in reply ? reply.arrivals : [];
    },
    forget: async () => void (await ask({ ask: 'forget' })),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

export type Load = {
  readonly pid: number;
  readonly run: (request: LoadRequest) => Promise<LoadReply>;
  readonly [Symbol.dispose]: () => void;
};

export function startLoad(): Load {
  const child = fork(script('./load.ts'), []);
  return {
    pid: child.pid ?? 0,
    run: (request) => {
      const reply = answer<LoadReply>(child, 600_000, 'the load generator');
      child.send(request);
      return reply;
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
