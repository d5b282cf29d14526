/** What /readyz asks besides the database and the mail processes: is there room for bodies, and does the scanner answer. */
import { connect } from 'node:net';
import { statfs } from 'node:fs/promises';
import type { Probe } from '#api/probes.ts';
import type { ClamdAddress } from '#platform/clamd.ts';

type Space = { readonly bsize: number; readonly blocks: number; readonly bavail: number };

/** Below both of these a burst of mail could fill the disk before somebody has looked. */
const MIN_FREE_SHARE = 0.05;
const MIN_FREE_BYTES = 200 * 1024 * 1024;
const MIB = 1024 * 1024;

export function spaceProbe(
  folder: string,
  spaceOf: (folder: string) => Promise<Space> = (path) => statfs(path),
): Probe {
  return {
    name: 'space',
    check: async () => {
      const { bsize, blocks, bavail } = await spaceOf(folder);
      const freeBytes = bavail * bsize;
      const isLow = bavail < blocks * MIN_FREE_SHARE || freeBytes < MIN_FREE_BYTES;
      const share = Math.floor((100 * bavail) / Math.max(1, blocks));
      return isLow ? `${Math.floor(freeBytes / MIB)} MiB (${share} %) left in the data folder` : undefined;
    },
  };
}

const PING_MS = 1_500;
const MAX_ANSWER = 64;

/** clamd(8): `zPING` is answered with `PONG`. */
export function clamdProbe(address: ClamdAddress): Probe {
  return {
    name: 'clamav',
    check: () =>
      new Promise((resolve) => {
        const socket = address.kind === 'unix' ? connect(address.path) : connect(address.port, address.host);
        const done = (why: string | undefined): void => {
          socket.destroy();
          resolve(why);
        };
        let answer = '';
        socket.setTimeout(PING_MS, () => done(`no answer within ${PING_MS} ms`));
        socket.setEncoding('latin1');
        socket.on('connect', () => socket.write('zPING\0'));
        socket.on('data', (text) => {
          answer += String(text);
          if (answer === 'PONG\0') done(undefined);
          else if (answer.length > MAX_ANSWER || answer.includes('\0'))
            done('it does not answer as clamd does');
        });
        socket.on('error', (error: NodeJS.ErrnoException) =>
          done(`no connection (${error.code ?? 'unknown reason'})`),
        );
        socket.on('close', () => done('it closed the connection without an answer'));
      }),
  };
}
