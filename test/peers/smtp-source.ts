/** Postfix's load tools: smtp-source sends, smtp-sink takes; both are other people's SMTP and not counted in any figure. */
import { runAside, startChild, type Ran } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { answers } from '#test/support/until.ts';

export const SMTP_SOURCE_NEEDS = ['smtp-source', 'smtp-sink'] as const;

export function smtpSource(o: {
  readonly port: number;
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  readonly sessions: number;
  readonly bytes?: number;
}): Promise<Ran> {
  return runAside(['/usr/sbin/smtp-source', '-4', '-s', String(o.sessions), '-m', String(o.messages), '-l', String(o.bytes ?? 4_000),
    '-f', o.from, '-t', o.to, '-M', 'source.example', `inet:127.0.0.1:${o.port}`], { timeoutMs: 120_000 }); // prettier-ignore
}

/** `args` as of smtp-sink(1): `-r DATA` answers 4xx there, `-q RCPT` disconnects, `-f` 5xx. */
export async function startSmtpSink(args: readonly string[] = []): Promise<{
  readonly port: number;
  readonly output: () => string;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const port = await freePort();
  // As root smtp-sink wants a user to become.
  const user = process.getuid?.() === 0 ? ['-u', 'postfix'] : [];
  const child = await startChild({
    name: 'smtp-sink',
    command: ['/usr/sbin/smtp-sink', '-c', ...user, ...args, `inet:127.0.0.1:${port}`, '1000'],
    ready: () => answers(port),
  });
  return { port, output: child.output, [Symbol.asyncDispose]: child[Symbol.asyncDispose] };
}
