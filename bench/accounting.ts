/**
 * What a group of processes used: CPU (user + sys, of the living and the dead) and memory. The kernel's own accounting where
 * it lets us (cgroup v2, or v1 cpuacct); otherwise the sum over /proc of the process tree, which misses what daemons that
 * left the tree used and counts in steps of 10 ms. `how` says which it was, so that a figure can be judged.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

export type Account = {
  readonly how: 'cgroup v2' | 'cgroup v1' | 'proc';
  /** Processes enter the account by writing their pid here before they start; undefined where /proc is walked. */
  readonly procsFile: string | undefined;
  readonly cpuUs: () => number;
  readonly memoryKb: () => number;
  readonly [Symbol.dispose]: () => void;
};

const V1 = '/sys/fs/cgroup/cpuacct';
const V2_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** `others`: children of this process that do not belong to the account, for where /proc is walked. */
export function openAccount(name: string, others: readonly number[] = []): Account {
  const unique = `gatehouse-bench-${process.pid}-${name}`;
  for (const make of [openV2, openV1]) {
    const account = make(unique);
    if (account !== undefined) return account;
  }
  return openProc(new Set(others));
}

function openV2(name: string): Account | undefined {
  // A v2 root without the cpu controller has a cpu.stat, but only the v1 side may own the controller: usage is kept anyway.
  const root = V2_ROOTS.find((r) => existsSync(`${r}/cgroup.controllers`) && existsSync(`${r}/cpu.stat`));
  if (root === undefined) return undefined;
  return inCgroup('cgroup v2', `${root}/${name}`, (folder) => {
    const usage = /^usage_usec (\d+)$/m.exec(readFileSync(`${folder}/cpu.stat`, 'utf8'))?.[1];
    return Number(usage);
  });
}

function openV1(name: string): Account | undefined {
  if (!existsSync(`${V1}/cpuacct.usage`)) return undefined;
  return inCgroup(
    'cgroup v1',
    `${V1}/${name}`,
    (folder) => Number(readFileSync(`${folder}/cpuacct.usage`, 'utf8')) / 1_000,
  );
}

function inCgroup(
  how: Account['how'],
  folder: string,
  readUs: (folder: string) => number,
): Account | undefined {
  try {
    mkdirSync(folder);
    if (!Number.isFinite(readUs(folder))) throw new Error('no usage here');
  } catch {
    return undefined; // no right to make one: the next way is tried
  }
  const pids = (): number[] =>
    readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  return {
    how,
    procsFile: `${folder}/cgroup.procs`,
    cpuUs: () => readUs(folder),
    memoryKb: () => proportionalKb(pids()),
    [Symbol.dispose]: () => {
      try {
        for (const pid of pids()) writeFileSync(`${folder}/../cgroup.procs`, String(pid));
        rmdirSync(folder);
      } catch {
        // A process that is only now ending keeps its group; an empty folder of the kernel's is no harm.
      }
    },
  };
}

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number };

function stats(): readonly Stat[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      // proc(5): after the name in brackets, field 4 is the parent and 14 to 17 are user and system time, own and children's.
      const f = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(f[i]), 0);
      return [{ pid: Number(name), parent: Number(f[1]), ticks }];
    } catch {
      return []; // ended between the listing and the reading; its parent has its time
    }
  });
}

/** All below this process, except it and the others; so only one account at a time can be used this way. */
function openProc(others: ReadonlySet<number>): Account {
  const tree = (): readonly Stat[] => {
    const all = stats().filter((s) => !others.has(s.pid));
    const inside = new Set([process.pid]);
    for (let before = 0; before < inside.size;) {
      before = inside.size;
      for (const s of all) if (inside.has(s.parent)) inside.add(s.pid);
    }
    return all.filter((s) => inside.has(s.pid) && s.pid !== process.pid);
  };
  return {
    how: 'proc',
    procsFile: undefined,
    cpuUs: () => tree().reduce((sum, s) => sum + s.ticks, 0) * 10_000, // USER_HZ is 100 on every Linux that Node runs on
    memoryKb: () => proportionalKb(tree().map((s) => s.pid)),
    [Symbol.dispose]: () => {},
  };
}

/** Shared pages are counted once, divided among those who share them (Pss). */
function proportionalKb(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    try {
      sum += Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // Ended meanwhile.
    }
  }
  return sum;
}
