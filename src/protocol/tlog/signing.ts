/** What exactly a signature on a checkpoint signs, and how its bytes are laid out (C2SP signed-note, tlog-cosignature). */
import { concat, fromUtf8 } from '#core/bytes.ts';
import type { Checkpoint } from './checkpoint.ts';
import { KEY_KINDS, type NoteKey } from './keys.ts';

export type SignatureAlgorithm = 'ed25519' | 'ml-dsa-44';
/** Checks one signature; an algorithm it does not know is a signature that does not hold. */
export type VerifySignature = (
  algorithm: SignatureAlgorithm,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

/** `timeS`: seconds since the epoch; 0 says nothing about time. */
export function messageToSign(
  key: Pick<NoteKey, 'kind' | 'name'>,
  text: string,
  checkpoint: Checkpoint,
  timeS: number,
): Uint8Array {
  switch (key.kind) {
    case 'note':
      return fromUtf8(text);
    case 'cosignature':
      return fromUtf8(`cosignature/v1\ntime ${timeS}\n${text}`);
    case 'subtree':
      return concat([
        fromUtf8('subtree/v1\n\0'),
        lengthPrefixed(key.name),
        uint64(timeS),
        lengthPrefixed(checkpoint.origin),
        uint64(0),
        uint64(checkpoint.size),
        checkpoint.root,
      ]);
  }
}

/** The bytes after the key id: the time goes before what was signed, except in plain notes. */
export function layOutSignature(key: Pick<NoteKey, 'kind'>, timeS: number, raw: Uint8Array): Uint8Array {
  return key.kind === 'note' ? raw : concat([uint64(timeS), raw]);
}

export type RawSignature = { readonly timeS: number; readonly raw: Uint8Array };

/** Undefined when the length is not that of the key's kind, or the time is beyond all bounds. */
export function readSignature(key: Pick<NoteKey, 'kind'>, signature: Uint8Array): RawSignature | undefined {
  if (signature.length !== KEY_KINDS[key.kind].signatureBytes) return undefined;
  if (key.kind === 'note') return { timeS: 0, raw: signature };
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { timeS: Number(time), raw: signature.subarray(8) };
}

function lengthPrefixed(text: string): Uint8Array {
  const bytes = fromUtf8(text);
  return concat([Uint8Array.of(bytes.length), bytes]);
}

function uint64(n: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(n));
  return bytes;
}
