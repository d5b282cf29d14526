/** OpenLDAP's slapd with a small directory of people. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Certificate } from '#test/support/certificates.ts';
import { must, startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers } from '#test/support/until.ts';

export const SLAPD_NEEDS = ['slapd', 'slapadd'] as const;
export const LDAP_BASE = 'dc=directory,dc=example';
export const LDAP_ADMIN = { dn: `cn=reader,${LDAP_BASE}`, password: 'reader-secret' } as const;

export type Slapd = {
  readonly url: string;
  /** `ldaps:`, where it was given a certificate; the other one then speaks StartTLS. */
  readonly tlsUrl: string;
  readonly port: number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

function configuration(dir: string, tls: Certificate | undefined, anonymous: 'none' | 'read'): string {
  const certificate =
    tls === undefined ? [] : [`TLSCertificateFile ${tls.cert}`, `TLSCertificateKeyFile ${tls.key}`];
  return [...certificate, 'include /etc/ldap/schema/core.schema', 'include /etc/ldap/schema/cosine.schema',
    'include /etc/ldap/schema/inetorgperson.schema', 'modulepath /usr/lib/ldap', 'moduleload back_mdb', `pidfile ${dir}/slapd.pid`,
    'database mdb', 'maxsize 10485760', `suffix "${LDAP_BASE}"`, `rootdn "${LDAP_ADMIN.dn}"`, `rootpw ${LDAP_ADMIN.password}`,
    `directory ${dir}/db`, 'index mail eq', `access to * by * ${anonymous}`, ''].join('\n'); // prettier-ignore
}

function ldif(addresses: readonly string[]): string {
  const people = addresses.map(
    (mail, i) =>
    [`dn: uid=person${i},${LDAP_BASE}`, 'objectClass: inetOrgPerson', `uid: person${i}`, `cn: Person ${i}`, `sn: ${i}`, `mail: ${mail}`].join('\n'), // prettier-ignore
  );
  const base = [
    `dn: ${LDAP_BASE}`,
    'objectClass: dcObject',
    'objectClass: organization',
    'dc: directory',
    'o: Example',
  ].join('\n');
  return `${[base, ...people].join('\n\n')}\n`;
}

/** `anonymous`: what somebody who has not signed in may do. */
export async function startSlapd(
  addresses: readonly string[],
  tls?: Certificate,
  fixedPort?: number,
  anonymous: 'none' | 'read' = 'none',
): Promise<Slapd> {
  const temp = tempDir('slapd');
  const port = fixedPort ?? (await freePort());
  const tlsPort = await freePort();
  mkdirSync(temp.in('db'));
  const config = temp.in('slapd.conf');
  writeFileSync(config, configuration(temp.path, tls, anonymous));
  must(['/usr/sbin/slapadd', '-f', config], { input: ldif(addresses) });
  const urls = `ldap://127.0.0.1:${port}/${tls === undefined ? '' : ` ldaps://127.0.0.1:${tlsPort}/`}`;
  const child = await startChild({
    name: 'slapd',
    command: ['/usr/sbin/slapd', '-f', config, '-h', urls, '-d', '0'],
    ready: () => answers(port),
  });
  return {
    url: `ldap://127.0.0.1:${port}`,
    tlsUrl: `ldaps://127.0.0.1:${tlsPort}`,
    port,
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}
