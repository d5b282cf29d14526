/**
 * Short lists of lines that must outlive the process that wrote them: one file for each owner, appended and flushed before
 * `add` returns. For what happens rarely: it waits for the disk.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export type IdJournal = {
  readonly add: (owner: string, lines: readonly string[]) => void;
  /** Whole lines only: what a crash cut is left out. */
  readonly of: (owner: string) => readonly string[];
  /** Forgets the owners who wrote last before `beforeMs`. */
  readonly sweep: (beforeMs: number) => void;
};

export function openIdJournal(folder: string): IdJournal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (owner: string): string => {
    if (!/^[0-9a-f-]+$/.test(owner)) throw new Error('an owner is named by its id');
    return join(folder, owner);
  };
  return {
    add: (owner, lines) => {
      const file = openSync(fileOf(owner), 'a', 0o600);
      try {
        writeSync(file, lines.map((line) => `${line}\n`).join(''));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
    of: (owner) => {
      try {
        return readFileSync(fileOf(owner), 'utf8').split('\n').slice(0, -1);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    sweep: (beforeMs) => {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        // Another process may sweep at the same moment.
        if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? beforeMs) < beforeMs)
          rmSync(path, { force: true });
      }
    },
  };
}
