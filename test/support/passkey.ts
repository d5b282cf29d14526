/** An authenticator in software: makes passkeys and signs with them as a browser would, for tests without one. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type SoftPasskey = {
  readonly id: string;
  /** What `navigator.credentials.create` answers. */
  readonly create: (options: CreationOptions, origin?: string) => Record<string, unknown>;
  /** What `navigator.credentials.get` answers; flags and counter can be made to lie. */
  readonly get: (options: RequestOptions, lies?: Lies) => Record<string, unknown>;
};
export type CreationOptions = { readonly challenge: string; readonly user: { readonly id: string } };
export type RequestOptions = { readonly challenge: string };
export type Lies = {
  readonly origin?: string;
  readonly rpId?: string;
  readonly isVerified?: boolean;
  readonly counter?: number;
  readonly userHandle?: string;
};

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();

export function softPasskey(rpId = 'localhost'): SoftPasskey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  let counter = 0;
  let userHandle = '';
  return {
    id: b64(id),
    create: (options, origin = 'http://localhost:8080') => {
      userHandle = options.user.id;
      const auth = Buffer.concat([authData(rpId, 0x45, 0), attested(id, publicKey)]);
      const object = cborMap([
        ['fmt', cborText('none')],
        ['attStmt', Buffer.from([0xa0])],
        ['authData', cborBytes(auth)],
      ]);
      return {
        id: b64(id),
        rawId: b64(id),
        type: 'public-key',
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, origin),
          attestationObject: b64(object),
          transports: ['internal'],
        },
        clientExtensionResults: {},
      };
    },
    get: (options, lies = {}) => {
      counter = lies.counter ?? counter + 1;
      const auth = authData(lies.rpId ?? rpId, lies.isVerified === false ? 0x01 : 0x05, counter);
      const client = clientData('webauthn.get', options.challenge, lies.origin ?? 'http://localhost:8080');
      const signed = Buffer.concat([auth, sha256(Buffer.from(client, 'base64url'))]);
      return {
        id: b64(id),
        rawId: b64(id),
        type: 'public-key',
        response: {
          clientDataJSON: client,
          authenticatorData: b64(auth),
          signature: b64(sign('sha256', signed, privateKey)),
          userHandle: lies.userHandle ?? userHandle,
        },
        clientExtensionResults: {},
      };
    },
  };
}

function clientData(type: string, challenge: string, origin: string): string {
  return b64(Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })));
}

/** Web Authentication §6.1: hash of the RP ID, flags, counter. */
function authData(rpId: string, flags: number, counter: number): Buffer {
  const tail = Buffer.alloc(5);
  tail[0] = flags;
  tail.writeUInt32BE(counter, 1);
  return Buffer.concat([sha256(rpId), tail]);
}

function attested(id: Uint8Array, key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(id.length);
  // COSE key: kty EC2, alg ES256, crv P-256, x, y.
  const cose = Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    cborBytes(Buffer.from(x, 'base64url')),
    Buffer.from([0x22]),
    cborBytes(Buffer.from(y, 'base64url')),
  ]);
  return Buffer.concat([Buffer.alloc(16), length, id, cose]);
}

function cborMap(entries: readonly (readonly [string, Uint8Array])[]): Buffer {
  return Buffer.concat([
    Buffer.from([0xa0 + entries.length]),
    ...entries.flatMap(([k, v]) => [cborText(k), v]),
  ]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)]);
}

function cborBytes(bytes: Uint8Array): Buffer {
  const head = bytes.length < 256 ? [0x58, bytes.length] : [0x59, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from(head), bytes]);
}
