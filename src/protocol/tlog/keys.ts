/** Keys that check notes, and their text form: `name+12345678+base64` (a vkey). Name and id together say which key it is. */
import { concat, fromUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { fromBase64, toBase64 } from './base64.ts';
import type { Hash } from './hashing.ts';
import { isKeyName, keyIdIn } from './note.ts';

/**
 * What a key signs: `note` the text of a note, `cosignature` the text with a time before it, `subtree` a structure with the
 * signer's name in it. The first two are Ed25519, the third is ML-DSA-44 (C2SP tlog-cosignature).
 */
export type KeyKind = 'note' | 'cosignature' | 'subtree';
export type NoteKey = {
  readonly name: string;
  readonly id: number;
  readonly kind: KeyKind;
  readonly publicKey: Uint8Array;
};

export const KEY_KINDS = {
  note: { type: 1, algorithm: 'ed25519', publicKeyBytes: 32, signatureBytes: 64 },
  cosignature: { type: 4, algorithm: 'ed25519', publicKeyBytes: 32, signatureBytes: 72 },
  subtree: { type: 6, algorithm: 'ml-dsa-44', publicKeyBytes: 1312, signatureBytes: 2428 },
} as const satisfies Readonly<Record<KeyKind, unknown>>;

const KINDS: readonly KeyKind[] = ['note', 'cosignature', 'subtree'];

export async function noteKey(
  hash: Hash,
  name: string,
  kind: KeyKind,
  publicKey: Uint8Array,
): Promise<NoteKey> {
  const typed = concat([Uint8Array.of(KEY_KINDS[kind].type), publicKey]);
  return { name, id: keyIdIn(await hash(concat([fromUtf8(`${name}\n`), typed]))), kind, publicKey };
}

export function formatKey({ name, id, kind, publicKey }: NoteKey): string {
  const typed = concat([Uint8Array.of(KEY_KINDS[kind].type), publicKey]);
  return `${name}+${id.toString(16).padStart(8, '0')}+${toBase64(typed)}`;
}

export async function parseKey(hash: Hash, text: string): Promise<Result<NoteKey, string>> {
  if (text.length > 4096) return err('the key is too long');
  // Base 64 may hold a plus sign of its own; names and ids do not.
  const [, name = '', base64 = ''] = /^([^+]*)\+[0-9a-f]{8}\+(.*)$/su.exec(text) ?? [];
  const bytes = fromBase64(base64);
  if (!isKeyName(name) || bytes === undefined || bytes.length === 0)
    return err('the key is not of the form name+id+base64');
  const kind = KINDS.find((k) => KEY_KINDS[k].type === bytes[0]);
  if (kind === undefined) return err(`the key has the unknown type ${bytes[0]}`);
  if (bytes.length !== 1 + KEY_KINDS[kind].publicKeyBytes)
    return err('the key does not have the length of its type');
  const key = await noteKey(hash, name, kind, bytes.slice(1));
  return formatKey(key) === text
    ? ok(key)
    : err(`the id of the key should be ${formatKey(key).split('+')[1]}`);
}

/** Two keys are one when they are the same bytes, whatever they are called. */
export function sameKey(a: NoteKey, b: NoteKey): boolean {
  return toBase64(a.publicKey) === toBase64(b.publicKey);
}
