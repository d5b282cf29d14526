/** A mail process: told by the supervisor what to do, ended by it, and gone when it is gone. */
import { ConfigError, errorChain } from '#core/errors.ts';
import { type Logger, openLog } from '#platform/log.ts';
import { registry } from '#platform/metrics.ts';
import { createLimitLink, type LimitLink } from './limit-link.ts';
import { openMail, type Mail } from './mail.ts';
import type { FromMail, ToMail } from './mail-ipc.ts';

let mail: Mail | undefined;
let log: Logger | undefined;
let limits: LimitLink | undefined;

function say(message: FromMail): void {
  process.send?.(message);
}

async function start(message: ToMail & { kind: 'start' }): Promise<void> {
  log = openLog({ level: message.config.log.level }).child({ pid: process.pid });
  try {
    limits = createLimitLink(say, message.processes, message.bans);
    mail = await openMail(message.config, message.url, log, limits);
    say({ kind: 'ready', listeners: mail.listeners });
  } catch (error) {
    const complaints = error instanceof ConfigError ? error.complaints : [];
    say({ kind: 'failed', complaints, text: errorChain(error) });
    process.disconnect();
    process.exitCode = 1;
  }
}

async function reload(): Promise<void> {
  if (mail === undefined || log === undefined) return;
  try {
    const complaints = await mail.reload();
    for (const complaint of complaints)
      log.error('not taken over, the old one stays in force', { complaint });
    if (complaints.length === 0) log.info('policy and certificates read again');
  } catch (error) {
    log.error('policy and certificates could not be read again', { error: errorChain(error) });
  }
}

async function stop(): Promise<void> {
  await mail?.[Symbol.asyncDispose]();
  process.disconnect();
}

process.on('message', (message: ToMail) => {
  switch (message.kind) {
    case 'start':
      void start(message);
      break;
    case 'metrics':
      say({ kind: 'metrics', question: message.question, text: registry.text() });
      break;
    case 'limit-answer':
    case 'ban':
      limits?.hear(message);
      break;
    case 'reload':
      void reload();
      break;
    case 'stop':
      void stop();
      break;
    default:
      message satisfies never;
  }
});
// The supervisor died: its successor wants our ports. What we had accepted is in the database.
process.once('disconnect', () => process.exit(process.exitCode ?? 1));
// The supervisor alone decides when we stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
