/**
 * Word from other processes through PostgreSQL's LISTEN: one connection for all channels of a process. A notification that
 * was missed does not come again, so each time the connection is made anew every channel is told once.
 */
import { errorChain } from '#core/errors.ts';
import type { Database } from './db.ts';
import type { Logger } from './log.ts';

export type Listening = { readonly [Symbol.asyncDispose]: () => Promise<void> };

const RECONNECT_MS = 2_000;
const CHANNEL = /^[a-z_]+$/;

/** Calls a channel's function after each notification, and with nothing after every reconnection. The functions must not throw. */
export async function listen(
  db: Database,
  log: Logger,
  channels: Readonly<Record<string, (payload: string) => void>>,
): Promise<Listening> {
  let client: Awaited<ReturnType<Database['dedicated']>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const connect = async (): Promise<void> => {
    const fresh = await db.dedicated();
    if (isClosed) return await fresh.end();
    client = fresh;
    fresh.on('notification', ({ channel, payload }) => channels[channel]?.(payload ?? ''));
    fresh.on('end', () => {
      if (client === fresh) later();
    });
    for (const channel of Object.keys(channels).filter((c) => CHANNEL.test(c)))
      await fresh.query(`listen ${channel}`);
    return undefined;
  };
  const later = (): void => {
    client = undefined;
    if (isClosed) return;
    timer = setTimeout(() => void again(), RECONNECT_MS);
    timer.unref();
  };
  const again = async (): Promise<void> => {
    try {
      await connect();
      for (const tell of Object.values(channels)) tell('');
    } catch (error) {
      log.warn('changes are not listened for; trying again', { error: errorChain(error) });
      later();
    }
  };

  await again();
  return {
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      clearTimeout(timer);
      const mine = client;
      client = undefined;
      await mine?.end();
    },
  };
}
