/**
 * A certificate of our own making, for the time before the operator has a real one: enough for opportunistic TLS, where
 * nobody checks it, and for trying things out. It is kept, so that whoever pinned it still knows it after a restart.
 *
 * The few bytes of DER (ITU-T X.690) that an RFC 5280 certificate with one name needs are written by hand: node:crypto
 * makes keys and signatures but no certificates, and a library for it would bring thirty packages.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type CertificateFiles = { readonly certificate: string; readonly key: string };

const VALID_MS = 10 * 365 * 86_400_000;
const RENEW_BEFORE_MS = 30 * 86_400_000;

/** Where they lie, made or not. */
export const selfSignedFiles = (directory: string): CertificateFiles => ({
  certificate: join(directory, 'self-signed.pem'),
  key: join(directory, 'self-signed.key'),
});

/** The certificate and key files for `hostname` in `directory`, made where missing, expiring, or for another name. */
export function selfSigned(directory: string, hostname: string, nowMs: number): CertificateFiles {
  const files = selfSignedFiles(directory);
  if (isUsable(files, hostname, nowMs)) return files;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = certificateDer(hostname, privateKey, publicKey, nowMs);
  write(files.key, String(privateKey.export({ format: 'pem', type: 'pkcs8' })));
  write(files.certificate, pem(certificate));
  return files;
}

function isUsable(files: CertificateFiles, hostname: string, nowMs: number): boolean {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return false;
  const certificate = new X509Certificate(readFileSync(files.certificate));
  return (
    certificate.checkHost(hostname) !== undefined && Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS
  );
}

/** Whole or not at all: a crash in between leaves the old file. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

const COMMON_NAME = Buffer.from('550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('551d11', 'hex');
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');

/** Tag, length (X.690 §8.1.3), contents. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const size =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function certificateDer(
  hostname: string,
  privateKey: KeyObject,
  publicKey: KeyObject,
  nowMs: number,
): Uint8Array {
  const algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256));
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8_STRING, Buffer.from(hostname.slice(0, 64))))),
  );
  // RFC 5280 §4.1.2.2: positive, at most 20 octets.
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40; // `!`: sixteen bytes were asked for
  const names = der(SEQUENCE, der(DNS_NAME, Buffer.from(hostname)));
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))), // RFC 5280 §4.1.2.1: v3, since there are extensions
    der(INTEGER, serial),
    algorithm,
    name,
    der(SEQUENCE, time(nowMs - 3_600_000), time(nowMs + VALID_MS)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, der(OID, SUBJECT_ALT_NAME), der(OCTET_STRING, names)))),
  );
  return der(SEQUENCE, body, algorithm, der(BIT_STRING, Buffer.from([0]), sign('sha256', body, privateKey)));
}

function time(atMs: number): Buffer {
  // RFC 5280 §4.1.2.5: two digits of the year until 2049.
  return der(
    UTC_TIME,
    Buffer.from(
      new Date(atMs)
        .toISOString()
        .slice(2)
        .replaceAll(/[-:T]|\.\d{3}/g, ''),
    ),
  );
}

function pem(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
