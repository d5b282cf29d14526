/** Making a database server stand still, as a full disk array, a paused machine or a dead network do. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from '#platform/db.ts';

/** All processes of the server behind `db` are stopped until the returned function is called. Linux only. */
export async function stall(db: Database): Promise<() => void> {
  const [me] = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(String(me?.pid));
  const processes = [postmaster, ...readdirSync('/proc').filter((p) => parentOf(p) === postmaster)].map(
    Number,
  );
  for (const pid of processes) signal(pid, 'SIGSTOP');
  return () => {
    for (const pid of processes) signal(pid, 'SIGCONT');
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Helper processes of the server come and go.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function parentOf(pid: string): string | undefined {
  if (!/^\d+$/.test(pid)) return undefined;
  try {
    // The name in parentheses may hold anything, spaces as well.
    return /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined; // it ended meanwhile
  }
}
