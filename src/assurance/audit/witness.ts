/**
 * A witness at work (C2SP tlog-witness): it signs a checkpoint only when the log is what it saw last, grown. Its answers are
 * those of the protocol, status and body, whoever carries them.
 *
 * All steps from the look at the memory to the write of it run without a pause, so that two requests cannot both pass.
 */
import { equalBytes, fromUtf8 } from '#core/bytes.ts';
import { parseAddCheckpoint } from '#protocol/tlog/add-checkpoint.ts';
import { sha256, signCheckpoint, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { formatSignature } from '#protocol/tlog/note.ts';
import { type OpenCheckpoint, openCheckpoint } from '#protocol/tlog/open-checkpoint.ts';
import { verifyConsistency } from '#protocol/tlog/proof.ts';
import type { WitnessState } from './witness-state.ts';

export type WitnessAnswer = {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  /** 200: signature lines. 409: the size signed last, where that is what did not fit. Else one sentence. */
  readonly body: string;
  readonly type: 'text/plain' | 'text/x.tlog.size';
  /** A log that was signed by its own key and has two histories: where the proof of that was kept. */
  readonly evidence?: string;
  readonly size?: number;
};

export type Witness = { readonly add: (request: Uint8Array) => Promise<WitnessAnswer> };

export function createWitnessing(state: WitnessState, nowMs: () => number): Witness {
  let last: Promise<unknown> = Promise.resolve();
  return {
    add: (request) => {
      const next = last.then(() => judge(state, request, nowMs()));
      last = next.catch(() => {}); // whoever asked is told; the next one is judged by itself
      return next;
    },
  };
}

const say = (status: 400 | 403 | 404 | 409 | 422, body: string): WitnessAnswer => ({
  status,
  body: `${body}\n`,
  type: 'text/plain',
});

async function judge(state: WitnessState, request: Uint8Array, nowMs: number): Promise<WitnessAnswer> {
  const parsed = parseAddCheckpoint(request);
  if (!parsed.ok) return say(400, parsed.error);
  const { oldSize, path } = parsed.value;
  const note = fromUtf8(parsed.value.checkpoint);
  const opened = await openCheckpoint(note, state.logKeys(), verifySignature);
  if (!opened.ok) return say(opened.error.includes('does not hold') ? 403 : 400, opened.error);
  const { checkpoint, signers } = opened.value;
  if (state.logKeys(checkpoint.origin).length === 0) return say(404, 'this log is not known here');
  // A key signs for the log it is named after, and for no other.
  if (!signers.some((s) => s.key.name === checkpoint.origin))
    return say(403, 'no key that is known for this log has signed the checkpoint');
  if (oldSize > checkpoint.size) return say(400, 'the old size is larger than the checkpoint');
  const seen = state.lastSeen(checkpoint.origin);
  const bad = (reason: string, status: 409 | 422): WitnessAnswer => ({
    ...say(status, reason),
    evidence: state.keepEvidence(checkpoint.origin, request, nowMs),
  });
  if (oldSize !== (seen?.size ?? 0))
    return { status: 409, body: `${seen?.size ?? 0}\n`, type: 'text/x.tlog.size' };
  if (seen !== undefined && checkpoint.size === seen.size && !equalBytes(checkpoint.root, seen.root))
    return bad('the log has two histories: another tree of this size was signed before', 409);
  const first = seen ?? { size: 0, root: checkpoint.root };
  const grown =
    first.size === 0
      ? path.length === 0
      : await verifyConsistency(sha256, {
          size1: first.size,
          root1: first.root,
          size2: checkpoint.size,
          root2: checkpoint.root,
          path,
        });
  if (!grown) return bad('the proof does not show that the log is the one signed before, grown', 422);
  return await cosign(state, opened.value, parsed.value.checkpoint, nowMs);
}

async function cosign(
  state: WitnessState,
  { checkpoint }: OpenCheckpoint,
  text: string,
  nowMs: number,
): Promise<WitnessAnswer> {
  const timeS = Math.floor(nowMs / 1000);
  const lines = await Promise.all(state.keys.map((key) => signCheckpoint(key, checkpoint, timeS)));
  // On the disk before it leaves: a witness that forgets could be made to sign a second history.
  state.remember(checkpoint.origin, { size: checkpoint.size, root: checkpoint.root }, text);
  return {
    status: 200,
    body: lines.map(formatSignature).join(''),
    type: 'text/plain',
    size: checkpoint.size,
  };
}
