/** The hashes and signatures of browsers. What a browser cannot check does not hold: ML-DSA-44 is not in all of them yet. */
import type { Hash } from './hashing.ts';
import type { VerifySignature } from './signing.ts';

export const webSha256: Hash = async (data) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(data)));

const NAMES = { ed25519: 'Ed25519', 'ml-dsa-44': 'ML-DSA-44' } as const;
/** Bare bytes are called `raw` for the old algorithms and `raw-public` for the new. */
const FORMATS = { ed25519: 'raw', 'ml-dsa-44': 'raw-public' } as const;

export const webVerify: VerifySignature = async (algorithm, publicKey, message, signature) => {
  const name = NAMES[algorithm];
  try {
    // `as`: the format of ML-DSA keys is not in the type definitions yet; a browser that does not know it throws.
    const format = FORMATS[algorithm] as 'raw';
    const key = await crypto.subtle.importKey(format, new Uint8Array(publicKey), { name }, false, ['verify']);
    return await crypto.subtle.verify({ name }, key, new Uint8Array(signature), new Uint8Array(message));
  } catch {
    return false; // an unknown algorithm or a malformed key: nothing was verified
  }
};

/** Whether this browser can check signatures of the kind at all, so that a page can say so instead of "false". */
export async function canVerify(algorithm: 'ed25519' | 'ml-dsa-44'): Promise<boolean> {
  try {
    await crypto.subtle.generateKey({ name: NAMES[algorithm] }, false, ['sign', 'verify']);
    return true;
  } catch {
    return false; // the answer that was asked for
  }
}
