/**
 * C2SP signed-note: a text with signature lines below it. The text means nothing until a signature of a key one knows has
 * been checked (`open-checkpoint.ts`).
 */
import { fromUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { fromBase64, toBase64 } from './base64.ts';

export type NoteSignature = {
  readonly name: string;
  /** The first four bytes, a number. */
  readonly keyId: number;
  readonly signature: Uint8Array;
};
/** The text includes its final newline. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

/** C2SP asks for 16 at least; one of ML-DSA-44 has 3.3 KB as text. */
const MAX_SIGNATURES = 64;
const MAX_NOTE_BYTES = 512 * 1024;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function parseNote(bytes: Uint8Array): Result<Note, string> {
  if (bytes.length > MAX_NOTE_BYTES) return err(`the note is longer than ${MAX_NOTE_BYTES} bytes`);
  let whole: string;
  try {
    whole = decoder.decode(bytes);
  } catch {
    return err('the note is not UTF-8'); // the expected outcome looked for
  }
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) return err('the note holds a control character');
  // The last empty line separates; the text keeps its own newline.
  const at = whole.lastIndexOf('\n\n');
  if (at === -1 || !whole.endsWith('\n')) return err('the note has no signatures below an empty line');
  const signatures = parseSignatures(whole.slice(at + 2));
  return signatures.ok ? ok({ text: whole.slice(0, at + 1), signatures: signatures.value }) : signatures;
}

/** Signature lines, as they stand below a note and as a witness answers with. */
export function parseSignatures(lines: string): Result<NoteSignature[], string> {
  if (!lines.endsWith('\n')) return err('the last signature line is cut');
  const all = lines.slice(0, -1).split('\n');
  if (all.length > MAX_SIGNATURES) return err(`the note has more than ${MAX_SIGNATURES} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of all) {
    const [dash, name = '', base64 = '', ...rest] = line.split(' ');
    const bytes = fromBase64(base64);
    if (dash !== '—' || !isKeyName(name) || rest.length > 0 || bytes === undefined || bytes.length < 5)
      return err(`signature line ${signatures.length + 1} is malformed`);
    signatures.push({ name, keyId: keyIdIn(bytes), signature: bytes.slice(4) });
  }
  return ok(signatures);
}

export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  const bytes = new Uint8Array(4 + signature.length);
  new DataView(bytes.buffer).setUint32(0, keyId);
  bytes.set(signature, 4);
  return `— ${name} ${toBase64(bytes)}\n`;
}

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignature).join('')}`;
}

/** Not empty, without spaces of any kind and plus signs. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Z}]/u.test(name) && fromUtf8(name).length <= 255;
}

export function keyIdIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
