/** The one door through which a checkpoint of somebody else comes: parsed, and signed by keys one already had. */
import { err, ok, type Result } from '#core/result.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { KEY_KINDS, type NoteKey } from './keys.ts';
import { type Note, parseNote } from './note.ts';
import { messageToSign, readSignature, type VerifySignature } from './signing.ts';

export type Signer = { readonly key: NoteKey; readonly timeS: number };
export type OpenCheckpoint = {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** Whose signature holds, of the keys that were asked about. */
  readonly signers: readonly Signer[];
};

/**
 * Reads a checkpoint and checks every signature of a known key on it. One that does not hold condemns the whole; those of
 * unknown keys are nothing. That anybody signed at all is for the caller to ask (`policy.ts`).
 */
export async function openCheckpoint(
  bytes: Uint8Array,
  keys: readonly NoteKey[],
  verify: VerifySignature,
): Promise<Result<OpenCheckpoint, string>> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  const signers = await checkSignatures(note.value, checkpoint.value, keys, verify);
  return signers.ok
    ? ok({ checkpoint: checkpoint.value, note: note.value, signers: signers.value })
    : signers;
}

async function checkSignatures(
  note: Note,
  checkpoint: Checkpoint,
  keys: readonly NoteKey[],
  verify: VerifySignature,
): Promise<Result<Signer[], string>> {
  const signers: Signer[] = [];
  for (const line of note.signatures) {
    const key = keys.find((k) => k.name === line.name && k.id === line.keyId);
    if (key === undefined) continue;
    const signature = readSignature(key, line.signature);
    const message = signature && messageToSign(key, note.text, checkpoint, signature.timeS);
    const holds =
      message !== undefined &&
      (await verify(KEY_KINDS[key.kind].algorithm, key.publicKey, message, signature!.raw)); // `!`: it has a message
    if (!holds) return err(`the signature of ${key.name} does not hold`);
    if (!signers.some((s) => s.key === key)) signers.push({ key, timeS: signature!.timeS });
  }
  return ok(signers);
}
