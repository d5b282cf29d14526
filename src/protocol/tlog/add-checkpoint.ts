/** C2SP tlog-witness: what a log (or somebody for it) sends a witness to have a checkpoint cosigned. */
import { toUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { parseCount, toBase64 } from './base64.ts';
import { parseHashes } from './tlog-proof.ts';

export type AddCheckpoint = {
  /** The size the witness is thought to have cosigned last; 0 when it never did. */
  readonly oldSize: number;
  readonly path: readonly Uint8Array[];
  /** The signed note, as it is. */
  readonly checkpoint: string;
};

/** 63 lines at most, says C2SP. */
const MAX_LINES = 63;
export const MAX_ADD_CHECKPOINT_BYTES: number = 512 * 1024;

export function formatAddCheckpoint({ oldSize, path, checkpoint }: AddCheckpoint): string {
  return [`old ${oldSize}`, ...path.map(toBase64), '', checkpoint].join('\n');
}

export function parseAddCheckpoint(bytes: Uint8Array): Result<AddCheckpoint, string> {
  if (bytes.length > MAX_ADD_CHECKPOINT_BYTES) return err('the request is too long');
  const text = toUtf8(bytes);
  const end = text.indexOf('\n\n');
  if (end === -1) return err('there is no checkpoint below an empty line');
  const [first = '', ...rows] = text.slice(0, end).split('\n');
  const oldSize = first.startsWith('old ') ? parseCount(first.slice('old '.length)) : undefined;
  if (oldSize === undefined) return err('the first line is not "old" and a size');
  const path = rows.length > MAX_LINES ? undefined : parseHashes(rows);
  if (path === undefined) return err('the proof is no list of SHA-256 hashes');
  return ok({ oldSize, path, checkpoint: text.slice(end + 2) });
}
