/**
 * What a test needs from the machine. What is missing skips the test with a reason that nobody overlooks; with CI=true a
 * missing peer is a failure, because a test that silently stopped running is worse than none.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Where an executable of this name is, or `undefined`. */
export function which(name: string): string | undefined {
  if (name.startsWith('/')) return existsSync(name) ? name : undefined;
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export type Need = { readonly missing: readonly string[] };

/**
 * `root` stands for running as root, `namespaces` for being allowed to mount files over others in a namespace of one's own;
 * everything else is the name or path of an executable.
 */
export function missing(needs: readonly string[]): readonly string[] {
  return needs.filter((need) => {
    if (need === 'root') return process.getuid?.() !== 0;
    if (need === 'namespaces') return !canUnshare();
    return which(need) === undefined;
  });
}

let mayUnshare: boolean | undefined;
const canUnshare = (): boolean =>
  (mayUnshare ??=
    spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/hosts', '/etc/hosts']).status === 0);

/** True when the test can run. Otherwise it has been marked as skipped (or, in CI, this throws). */
export function have(t: TestContext, ...needs: readonly string[]): boolean {
  const lacking = missing(needs);
  if (lacking.length === 0) return true;
  const reason = `needs ${lacking.join(', ')} (sh tools/peers.sh installs the peers; Postfix and Exim run as root)`;
  if (process.env['CI'] === 'true') throw new Error(`in CI nothing may be missing: ${reason}`);
  console.error(`SKIPPED "${t.name}": ${reason}`);
  t.skip(reason);
  return false;
}
