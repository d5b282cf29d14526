/**
 * ClamAV's daemon with a signature database of our own: the EICAR test string (a harmless text that every engine agrees to
 * report) and one marker that exists only in these tests. No download, no real malware.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers } from '#test/support/until.ts';

export const CLAMD_NEEDS = ['clamd'] as const;
export const OWN_MARKER = 'GATEHOUSE-OWN-TEST-SIGNATURE-7b1f';
/** Put together at run time, so that no engine reports this source file. */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE', '!$H+H*'].join(
  '',
);

export type Clamd = {
  readonly port: number;
  readonly socket: string;
  readonly log: () => string;
  /** SIGSTOP and SIGCONT: an engine that hangs. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

export async function startClamd(): Promise<Clamd> {
  const temp = tempDir('clamd');
  const port = await freePort();
  mkdirSync(temp.in('db'));
  // type 0, any offset; the name before the first colon is what clamd reports, with `.UNOFFICIAL` behind it.
  writeFileSync(
    temp.in('db', 'own.ndb'),
    `Eicar-Test-Signature:0:*:${hex(EICAR)}\nGatehouse.Test.Marker:0:*:${hex(OWN_MARKER)}\n`,
  );
  const lines = [`TCPSocket ${port}`, 'TCPAddr 127.0.0.1', `LocalSocket ${temp.in('clamd.sock')}`, `DatabaseDirectory ${temp.in('db')}`,
    'Foreground yes', 'LogTime yes', 'MaxThreads 4', 'StreamMaxLength 100M', 'ExitOnOOM yes', '']; // prettier-ignore
  writeFileSync(temp.in('clamd.conf'), lines.join('\n'));
  const child = await startChild({
    name: 'clamd',
    command: ['/usr/sbin/clamd', '--foreground', '-c', temp.in('clamd.conf')],
    ready: () => answers(port),
    timeoutMs: 30_000,
  });
  return {
    port,
    socket: temp.in('clamd.sock'),
    log: child.output,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGCONT');
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}
