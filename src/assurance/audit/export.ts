/** Writes a tenant's log as a folder that can be checked anywhere (`export-folder.ts`). */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader } from '#platform/db.ts';
import { formatPolicy } from '#protocol/tlog/policy.ts';
import { isPruned, tileNames, tilePath } from '#protocol/tlog/tiles.ts';
import { type About, FILES } from './export-folder.ts';
import { readHead, tilesOfLog } from './log.ts';
import { logPolicy, witnessed } from './witnesses.ts';

/** The folder must be new or empty: two exports in one would look like a forgery. */
export async function exportLog(
  db: Reader,
  tenant: TenantId,
  folder: string,
  nowMs: number,
): Promise<Result<About, string>> {
  const head = await readHead(db, tenant);
  if (head === undefined || head.size === 0) return err('the audit log of this tenant has no entries yet');
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) return err(`${folder} is not empty`);
  const read = tilesOfLog(db, tenant);
  for (const tile of tileNames(head.size))
    if (!isPruned(tile, head.minimumIndex)) await write(folder, tilePath(tile), await read(tile));
  const seen = await witnessed(db, tenant, head);
  // Without a witnessed checkpoint the policy must not ask for one, or nothing would ever check.
  const policy = await logPolicy(db, tenant, seen === undefined ? 0 : head.quorum);
  const about: About = {
    format: 'gatehouse-audit-export/1',
    origin: head.origin,
    tenant,
    size: head.size,
    minimumIndex: head.minimumIndex,
    exportedAt: new Date(nowMs).toISOString(),
  };
  if (seen !== undefined) await write(folder, FILES.witnessed, seen.note);
  await write(folder, FILES.policy, formatPolicy(policy));
  await write(folder, FILES.about, `${JSON.stringify(about, null, 2)}\n`);
  // Last: a folder without a checkpoint is an export that was cut.
  await write(folder, FILES.checkpoint, head.checkpoint);
  return ok(about);
}

async function write(folder: string, name: string, content: Uint8Array | string): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
