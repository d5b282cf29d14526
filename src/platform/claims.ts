/** What only one process may have: the data folder, and a port. Asked before anything is started, so that a second start fails with a sentence and leaves the first alone. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';

/** Claims the folder for this process; gives the release. Throws ConfigError when a living process has it. */
export function claimFolder(folder: string): () => void {
  const path = join(folder, 'gatehouse.pid');
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(path, `${process.pid} ${bornAt(process.pid) ?? ''}\n`, { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', born = ''] = readFileSync(path, 'utf8').trim().split(' ');
    if (isSame(Number(pid), born))
      throw new ConfigError([
        `data: ${folder} is in use by a gateway that runs already (process ${pid}); stop it first`,
      ]);
    // Left behind by a process that was killed.
    rmSync(path, { force: true });
  }
  throw new ConfigError([`data: ${folder} was claimed by another gateway at this moment`]);
}

/** When the process was born, in clock ticks since boot, where the system tells (proc(5), field 22). */
function bornAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // Not Linux, or no such process.
    return undefined;
  }
}

function isSame(pid: number, born: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return born === '' || bornAt(pid) === born;
}

/** Throws ConfigError when the address cannot be listened on, naming the setting that asks for it. */
export async function probePort(setting: string, host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw new ConfigError([`${setting}: ${whyNot(error as NodeJS.ErrnoException, host, port)}`], {
      cause: error,
    });
  }
  await new Promise((resolve) => server.close(resolve));
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  const { code = error.message } = error;
  if (code === 'EADDRINUSE')
    return `${host}:${port} is in use by another program; choose another port (0 takes a free one)`;
  if (code === 'EACCES')
    return `${host}:${port} may only be opened by root; choose a port above 1023 or grant CAP_NET_BIND_SERVICE`;
  if (code === 'EADDRNOTAVAIL') return `${host} is no address of this machine`;
  return `${host}:${port} cannot be opened (${code})`;
}
