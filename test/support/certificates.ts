/** An own certificate authority per test run, made with OpenSSL's command line: nothing of ours judges our own TLS. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './child.ts';

export type Certificate = { readonly cert: string; readonly key: string };
export type Authority = {
  /** PEM file of the anchor. */
  readonly ca: string;
  /** A leaf for these names and addresses, valid for a day; `days` below 0 makes an expired one. */
  readonly issue: (name: string, names: readonly string[], days?: number) => Certificate;
};

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function authority(folder: string, commonName = 'Gatehouse test CA'): Authority {
  const ca = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca.key');
  must(['openssl', 'req', '-x509', ...P256, '-keyout', caKey, '-out', ca, '-days', '30', '-subj', `/CN=${commonName}`,
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign']); // prettier-ignore
  return { ca, issue: (name, names, days = 1) => issue(folder, { ca, caKey }, name, names, days) };
}

function issue(
  folder: string,
  by: { readonly ca: string; readonly caKey: string },
  name: string,
  names: readonly string[],
  days: number,
): Certificate {
  const cert = join(folder, `${name}.pem`);
  const key = join(folder, `${name}.key`);
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  const alternatives = names.map((n) => (/^[\d.]+$|:/.test(n) ? `IP:${n}` : `DNS:${n}`));
  writeFileSync(extensions, `subjectAltName=${alternatives.join(',')}\nbasicConstraints=CA:FALSE\n`);
  must([
    'openssl',
    'req',
    '-new',
    ...P256,
    '-keyout',
    key,
    '-out',
    request,
    '-subj',
    `/CN=${names[0] ?? name}`,
  ]);
  must(['openssl', 'x509', '-req', '-in', request, '-CA', by.ca, '-CAkey', by.caKey, '-CAcreateserial', '-out', cert,
    '-days', String(days), '-extfile', extensions]); // prettier-ignore
  return { cert, key };
}

/** `3 1 1` data of a TLSA record for the certificate (RFC 7672 §3.1.1: the form DANE for SMTP recommends). */
export function tlsa311(cert: string): string {
  const spki = must(['openssl', 'x509', '-in', cert, '-noout', '-pubkey']).stdout;
  const digest = must(['sh', '-c', 'openssl pkey -pubin -outform DER | openssl dgst -sha256 -r'], {
    input: spki,
  });
  return digest.stdout.slice(0, 64);
}
