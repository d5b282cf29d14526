/**
 * A log as a folder: `checkpoint`, `policy` (C2SP tlog-policy: the keys to check it with), `about.json`, and under `tile/` the
 * tiles and entry bundles of C2SP tlog-tiles. It is complete: checking it needs no server, no database, no network.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '#core/result.ts';
import { tilePath, TILE_WIDTH, type TileName } from '#protocol/tlog/tiles.ts';

export type About = {
  readonly format: 'gatehouse-audit-export/1';
  readonly origin: string;
  readonly tenant: string;
  readonly size: number;
  /** Entries below may be absent: they were let go by law or contract. */
  readonly minimumIndex: number;
  readonly exportedAt: string;
};

export const FILES = {
  about: 'about.json',
  checkpoint: 'checkpoint',
  witnessed: 'witnessed',
  policy: 'policy',
};

/** Bigger than any bundle can be. */
const MAX_FILE_BYTES = TILE_WIDTH * (2 + 0xffff);

/** Undefined when there is no such file. */
export async function readFileOf(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(join(folder, name));
    return bytes.length > MAX_FILE_BYTES ? undefined : bytes;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

export async function readTile(folder: string, tile: TileName): Promise<Uint8Array | undefined> {
  return await readFileOf(folder, tilePath(tile));
}

export async function readAbout(folder: string): Promise<Result<About, string>> {
  const bytes = await readFileOf(folder, FILES.about);
  if (bytes === undefined) return err(`${folder} is no export of an audit log: it has no ${FILES.about}`);
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return err(`${FILES.about} is no JSON`); // the expected outcome looked for
  }
  const a = (typeof said === 'object' && said !== null ? said : {}) as Partial<Record<keyof About, unknown>>; // each field is looked at
  const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  if (
    a.format !== 'gatehouse-audit-export/1' ||
    typeof a.origin !== 'string' ||
    typeof a.tenant !== 'string' ||
    typeof a.exportedAt !== 'string' ||
    !isCount(a.size) ||
    !isCount(a.minimumIndex) ||
    a.minimumIndex > a.size
  )
    return err(`${FILES.about} is not what this version writes`);
  return ok({
    format: a.format,
    origin: a.origin,
    tenant: a.tenant,
    size: a.size,
    minimumIndex: a.minimumIndex,
    exportedAt: a.exportedAt,
  });
}
