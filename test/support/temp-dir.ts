/** A directory that lives as long as its owner. `GATEHOUSE_TEST_KEEP=1` leaves it behind for looking into. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TempDir = {
  readonly path: string;
  readonly in: (...parts: readonly string[]) => string;
  readonly [Symbol.dispose]: () => void;
};

/** Others may look through (0755): several peers drop their privileges and still have to find their files. */
export function tempDir(name: string): TempDir {
  const path = mkdtempSync(join(tmpdir(), `gatehouse-${name}-`));
  chmodSync(path, 0o755);
  return {
    path,
    in: (...parts) => join(path, ...parts),
    [Symbol.dispose]: () => {
      if (process.env['GATEHOUSE_TEST_KEEP'] === '1') console.error(`kept ${path}`);
      else rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
