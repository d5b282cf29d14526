/** The hashes and signatures of Node, for servers and the command line; a browser has `web-crypto.ts`. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Sha256 } from './hashing.ts';
import { type KeyKind, KEY_KINDS, type NoteKey, noteKey } from './keys.ts';
import type { NoteSignature } from './note.ts';
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts';
import { layOutSignature, messageToSign, type SignatureAlgorithm, type VerifySignature } from './signing.ts';

/** Asking for a string and turning it into bytes takes a third of the time of asking for a Buffer. */
export const sha256: Sha256 = (data) => Buffer.from(hash('sha256', data, 'binary'), 'latin1');

/** RFC 8410 §4 and FIPS 204 keys differ from their bare bytes by a fixed head. */
const SPKI_HEAD: Readonly<Record<SignatureAlgorithm, Buffer>> = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  'ml-dsa-44': Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
};

export const verifySignature: VerifySignature = (algorithm, publicKey, message, signature) => {
  const key = Buffer.concat([SPKI_HEAD[algorithm], publicKey]);
  try {
    return verify(null, message, createPublicKey({ key, format: 'der', type: 'spki' }), signature);
  } catch {
    return false; // a key or signature that OpenSSL does not take is one that does not hold
  }
};

export type SigningKey = NoteKey & { readonly privateKey: KeyObject };

export async function newSigningKey(name: string, kind: KeyKind): Promise<SigningKey> {
  const { algorithm } = KEY_KINDS[kind];
  // Told apart because the types of Node have one signature for each name.
  const { privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
  return await withPublicKey(name, kind, privateKey);
}

/** A private key as it is stored. */
export function exportSigningKey(key: SigningKey): Uint8Array {
  return new Uint8Array(key.privateKey.export({ format: 'der', type: 'pkcs8' }));
}

export async function importSigningKey(name: string, kind: KeyKind, pkcs8: Uint8Array): Promise<SigningKey> {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  return await withPublicKey(name, kind, privateKey);
}

async function withPublicKey(name: string, kind: KeyKind, privateKey: KeyObject): Promise<SigningKey> {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(spki.subarray(SPKI_HEAD[KEY_KINDS[kind].algorithm].length));
  return { ...(await noteKey(sha256, name, kind, publicKey)), privateKey };
}

const signInPool = promisify<null, Uint8Array, KeyObject, Buffer>(sign);

/** Signs a checkpoint; `timeS` goes into cosignatures, and 0 there says nothing about time. */
export async function signCheckpoint(
  key: SigningKey,
  checkpoint: Checkpoint,
  timeS: number,
): Promise<NoteSignature> {
  const message = messageToSign(key, formatCheckpoint(checkpoint), checkpoint, timeS);
  const raw = await signInPool(null, message, key.privateKey);
  return { name: key.name, keyId: key.id, signature: layOutSignature(key, timeS, raw) };
}
