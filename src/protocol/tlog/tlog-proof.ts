/** C2SP tlog-proof: index, path and checkpoint in one text that proves, offline, that an entry was logged and witnessed. */
import { fromUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { fromBase64, parseCount, toBase64 } from './base64.ts';
import { type Hash, HASH_BYTES, leafData, MAX_PATH } from './hashing.ts';
import { type OpenCheckpoint, openCheckpoint } from './open-checkpoint.ts';
import { isQuorum, type Policy } from './policy.ts';
import { verifyInclusion } from './proof.ts';
import type { VerifySignature } from './signing.ts';

export type TlogProof = {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** Believed by nobody: it is not covered by any signature. */
  readonly extra: Uint8Array | undefined;
  /** The signed note, as it is. */
  readonly checkpoint: string;
};

const HEAD = 'c2sp.org/tlog-proof@v1';
const MAX_LENGTH = 1024 * 1024;

export function formatProof({ index, path, extra, checkpoint }: TlogProof): string {
  const lines = [HEAD, ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]), `index ${index}`];
  return `${[...lines, ...path.map(toBase64)].join('\n')}\n\n${checkpoint}`;
}

export function parseProof(text: string): Result<TlogProof, string> {
  if (text.length > MAX_LENGTH) return err('the proof is too long');
  const end = text.indexOf('\n\n');
  if (end === -1) return err('the proof has no checkpoint below an empty line');
  const [head, ...lines] = text.slice(0, end).split('\n');
  if (head !== HEAD) return err(`the proof does not begin with ${HEAD}`);
  let extra: Uint8Array | undefined;
  if (lines[0]?.startsWith('extra ') === true) {
    extra = fromBase64(lines.shift()!.slice('extra '.length)); // `!`: it was just looked at
    if (extra === undefined) return err('the extra data of the proof is no base64');
  }
  const [indexLine = '', ...rows] = lines;
  const index = indexLine.startsWith('index ') ? parseCount(indexLine.slice('index '.length)) : undefined;
  if (index === undefined) return err('the proof has no index');
  const path = parseHashes(rows);
  if (path === undefined) return err('the path of the proof is no list of SHA-256 hashes');
  return ok({ index, path, extra, checkpoint: text.slice(end + 2) });
}

/** Undefined when a line is no hash or there are more than any tree needs. */
export function parseHashes(lines: readonly string[]): Uint8Array[] | undefined {
  if (lines.length > MAX_PATH) return undefined;
  const hashes = lines.map((line) => fromBase64(line));
  return hashes.every((h): h is Uint8Array => h?.length === HASH_BYTES) ? hashes : undefined;
}

export type ProofCheck = {
  readonly hash: Hash;
  readonly verify: VerifySignature;
  /** Whom one trusts; it must not come from where the proof came from. */
  readonly policy: Policy;
};

/** Holds a proof for `entry` against the policy. The reason of a failure is one sentence. */
export async function checkProof(
  text: string,
  entry: Uint8Array,
  { hash, verify, policy }: ProofCheck,
): Promise<Result<OpenCheckpoint & { readonly index: number }, string>> {
  const proof = parseProof(text);
  if (!proof.ok) return proof;
  const opened = await openTrusted(fromUtf8(proof.value.checkpoint), policy, verify);
  if (!opened.ok) return opened;
  const { root, size } = opened.value.checkpoint;
  const leafHash = await hash(leafData(entry));
  const { index, path } = proof.value;
  if (!(await verifyInclusion(hash, { index, size, leafHash, path, root })))
    return err(`the entry is not number ${index} of the log that the checkpoint signs`);
  return ok({ ...opened.value, index });
}

/**
 * A checkpoint signed by a log of the policy, under that log's name, and by a quorum of its witnesses. Where the policy has
 * several keys of that log (one classical, one post-quantum) each of them must have signed: a signature that was taken away
 * would otherwise be a quiet step back to the weaker one.
 */
export async function openTrusted(
  bytes: Uint8Array,
  policy: Policy,
  verify: VerifySignature,
): Promise<Result<OpenCheckpoint, string>> {
  const logs = policy.logs.map((l) => l.key);
  const keys = [...logs, ...policy.witnesses.map((w) => w.key)];
  const opened = await openCheckpoint(bytes, keys, verify);
  if (!opened.ok) return opened;
  const { checkpoint, signers } = opened.value;
  const own = logs.filter((key) => key.name === checkpoint.origin);
  if (own.length === 0 || !signers.some((s) => own.includes(s.key)))
    return err('no log that is known has signed the checkpoint');
  const silent = own.filter((key) => !signers.some((s) => s.key === key));
  if (silent.length > 0)
    return err(
      `${silent.length} of the ${own.length} keys that the policy has of this log did not sign the checkpoint`,
    );
  if (!isQuorum(policy, signers)) return err(`the quorum "${policy.quorum}" of witnesses has not signed it`);
  return opened;
}
