/** TLS of the listeners: one context per listener, and what is worth knowing about a finished handshake. */
import { readFile } from 'node:fs/promises';
import { createSecureContext, TLSSocket, type PeerCertificate, type SecureContext } from 'node:tls';
import { ConfigError } from '#core/errors.ts';
import type { TlsInfo } from '#mail/envelope.ts';
import type { ListenerConfig } from './config.ts';

export type TlsMaterial = {
  readonly certPem: string;
  readonly keyPem: string;
  /** Anchors that client certificates are trusted by; without them no client certificate is trusted. */
  readonly clientCaPem: string | undefined;
};

/** Reads the PEM files that the configuration names; `undefined` when it names none. */
export async function readTlsMaterial(config: ListenerConfig): Promise<TlsMaterial | undefined> {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
  const read = async (file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw new ConfigError([`listener ${config.name}: ${file} cannot be read`], { cause: error });
    }
  };
  return {
    certPem: await read(tlsCertFile),
    keyPem: await read(tlsKeyFile),
    clientCaPem: tlsClientCaFile === undefined ? undefined : await read(tlsClientCaFile),
  };
}

export function createTlsContext(config: ListenerConfig, material: TlsMaterial): SecureContext {
  try {
    return createSecureContext({
      cert: material.certPem,
      key: material.keyPem,
      // Without anchors of its own Node would trust every public authority's client certificates.
      ca: material.clientCaPem ?? material.certPem,
      minVersion: 'TLSv1.2', // RFC 8996 §4 and §5 forbid what is older
      ecdhCurve: knownGroups(config.tlsGroups),
      honorCipherOrder: true,
    });
  } catch (error) {
    throw new ConfigError([`listener ${config.name}: the certificate or key cannot be used`], {
      cause: error,
    });
  }
}

/** The groups that this OpenSSL has, in order: an older one without ML-KEM still serves the rest. */
export function knownGroups(groups: string): string {
  const known = groups.split(':').filter((group) => {
    try {
      createSecureContext({ ecdhCurve: group });
      return true;
    } catch {
      return false; // OpenSSL does not know it: left out, as documented
    }
  });
  return known.length === 0 ? 'auto' : known.join(':');
}

/** Wraps a connection that is about to shake hands; `secure` or `error` follows on the result. */
export function wrapServer(
  socket: ConstructorParameters<typeof TLSSocket>[0],
  context: SecureContext,
  config: ListenerConfig,
): TLSSocket {
  return new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    requestCert: config.tlsClientCertificates === 'optional',
    // Whom to trust is decided by admission; a stranger's certificate is no reason to lose his mail.
    rejectUnauthorized: false,
  });
}

export function tlsInfo(socket: TLSSocket, hasClientAnchors: boolean): TlsInfo {
  const certificate: Partial<PeerCertificate> | null = socket.getPeerCertificate();
  const fingerprint = certificate?.fingerprint256;
  const key = socket.getEphemeralKeyInfo() as { readonly name?: string } | null;
  const sni: unknown = Reflect.get(socket, 'servername');
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    // NOTE: Node tells the group on the client side only; on ours this is undefined until it does.
    group: key?.name,
    sni: typeof sni === 'string' && sni !== '' ? sni : undefined,
    clientCertSha256: fingerprint?.replaceAll(':', '').toLowerCase(),
    clientCertTrusted: hasClientAnchors && fingerprint !== undefined && isVerified(socket),
  };
}

/**
 * OpenSSL's verdict on the client's chain. Node puts it into `authorized` only on sockets of its own tls.Server, so it is
 * asked where that one asks it; should a future Node not have it there, nobody's certificate is trusted.
 */
function isVerified(socket: TLSSocket): boolean {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return false;
  const verifyError: unknown = Reflect.get(handle, 'verifyError');
  if (typeof verifyError !== 'function') return false;
  const error: unknown = Reflect.apply(verifyError, handle, []);
  return error === null || error === undefined;
}
