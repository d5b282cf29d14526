/**
 * Folders that nobody else can have prepared: made by us, or found as we would have made them. Where root makes them for an
 * unprivileged account, root itself never works inside what the account may change.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '#core/errors.ts';

export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** 0711 lets others pass through to what they know the name of; nobody else ever writes. */
export type FolderMode = 0o700 | 0o711;

/**
 * Makes the folder, or checks the one that is there: a folder, no link, of `owner` or of us, in a place where no stranger can
 * put another, nor the account `kept` apart. Throws ConfigError otherwise.
 */
export function ownFolder(
  path: string,
  mode: FolderMode,
  owner: Account | undefined,
  kept: Account | undefined = owner,
): void {
  const parent = dirname(path);
  mkdirSync(parent, { recursive: true });
  checkParent(parent, path, kept);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  checkFolder(path, owner);
  // What is changed is what is open and was checked, whatever the name leads to by then.
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(fd);
    check(path, found, owner);
    if (owner !== undefined && found.uid !== owner.uid) fchownSync(fd, owner.uid, owner.gid);
    if ((found.mode & 0o777) !== mode) fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

/** Throws ConfigError when there is something of that name that is not our or the account's own folder. */
export function checkFolder(path: string, owner: Account | undefined): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined) check(path, found, owner);
}

function check(path: string, found: Stats, owner: Account | undefined): void {
  // Windows has no such owners, and no such accounts to keep out.
  if (process.getuid === undefined) return;
  const isOurs = found.uid === process.getuid() || found.uid === owner?.uid;
  if (found.isDirectory() && isOurs && (found.mode & 0o022) === 0) return;
  throw new ConfigError([
    `${path} is ${describe(found)}: somebody else made it, or could have. It must be a folder of uid ` +
      `${owner?.uid ?? process.getuid()} that nobody else may write; remove it if you know that it may go`,
  ]);
}

/** Whoever owns the folder above is the operator; a stranger, or the account that root keeps apart from, must not be. */
function checkParent(parent: string, path: string, kept: Account | undefined): void {
  const found = statSync(parent);
  const isForAll = (found.mode & 0o1002) === 0o002;
  if (!isForAll && (kept === undefined || found.uid !== kept.uid)) return;
  throw new ConfigError([
    `${path} cannot be kept safe: ${parent} is ${describe(found)}, so somebody else could put another thing in its place`,
  ]);
}

function describe(found: Stats): string {
  const what = found.isSymbolicLink() ? 'a link' : found.isDirectory() ? 'a folder' : 'no folder';
  return `${what} of uid ${found.uid} with mode ${(found.mode & 0o7777).toString(8)}`;
}
