/** C2SP tlog-checkpoint: the three lines that say which log, how long it is, and the root of its tree. */
import { err, ok, type Result } from '#core/result.ts';
import { fromBase64, parseCount, toBase64 } from './base64.ts';
import { HASH_BYTES } from './hashing.ts';

export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Signed by note and v1 signatures, not by ML-DSA-44 ones; nobody should believe them. */
  readonly extensions: readonly string[];
};

const MAX_ORIGIN = 255;
const MAX_EXTENSIONS = 16;

/** The text of a note; its final newline included. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join('');
}

export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  if (!text.endsWith('\n')) return err('the checkpoint is cut');
  const [origin = '', count = '', base64 = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '' || new TextEncoder().encode(origin).length > MAX_ORIGIN)
    return err('the origin of the checkpoint is empty or too long');
  const size = parseCount(count);
  if (size === undefined) return err('the size in the checkpoint is no number');
  const root = fromBase64(base64);
  if (root?.length !== HASH_BYTES) return err('the root in the checkpoint is no SHA-256 hash');
  if (extensions.length > MAX_EXTENSIONS || extensions.includes(''))
    return err('the checkpoint has an empty line or too many lines');
  return ok({ origin, size, root, extensions });
}
