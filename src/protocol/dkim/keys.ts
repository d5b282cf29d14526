/** Making signing keys and the records that publish them (RFC 6376 §3.6.1, RFC 8463 §4.2). */
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { InvariantError } from '#core/errors.ts';
import { toBase64 } from './compose.ts';

export type DkimKeyKind = 'rsa2048' | 'ed25519';
export type DkimKeyPair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

const generate = promisify(generateKeyPair);

/** A new key pair. RFC 8301 §3.2: RSA keys have at least 2048 bits. */
export function generateDkimKey(kind: DkimKeyKind): Promise<DkimKeyPair> {
  return kind === 'rsa2048' ? generate('rsa', { modulusLength: 2048 }) : generate('ed25519');
}

export type KeyRecordFlags = { readonly testing?: boolean; readonly strict?: boolean };

/** The text to publish at `selector._domainkey.domain`; takes the private key as well as the public one. */
export function dkimKeyRecord(key: KeyObject, flags: KeyRecordFlags = {}): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const letters = [...(flags.testing === true ? ['y'] : []), ...(flags.strict === true ? ['s'] : [])];
  const t = letters.length === 0 ? '' : ` t=${letters.join(':')};`;
  const der = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  if (publicKey.asymmetricKeyType === 'rsa') return `v=DKIM1; k=rsa;${t} p=${toBase64(der)}`;
  // RFC 8463 §4.2: the 32 bytes of the key alone, which are the end of the DER form.
  if (publicKey.asymmetricKeyType === 'ed25519')
    return `v=DKIM1; k=ed25519;${t} p=${toBase64(der.subarray(der.length - 32))}`;
  throw new InvariantError(`a key of type ${publicKey.asymmetricKeyType ?? 'secret'} cannot sign mail`);
}
