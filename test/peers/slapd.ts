/** OpenLDAP's slapd with a small directory of people. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { must, startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers } from '#test/support/until.ts';

export const SLAPD_NEEDS = ['slapd', 'slapadd'] as const;
export const LDAP_BASE = 'dc=directory,dc=example';
export const LDAP_ADMIN = { dn: `cn=reader,${LDAP_BASE}`, password: 'reader-secret' } as const;

export type Slapd = {
  readonly url: string;
  readonly port: number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

function configuration(dir: string): string {
  return ['include /etc/ldap/schema/core.schema', 'include /etc/ldap/schema/cosine.schema',
    'include /etc/ldap/schema/inetorgperson.schema', 'modulepath /usr/lib/ldap', 'moduleload back_mdb', `pidfile ${dir}/slapd.pid`,
    'database mdb', 'maxsize 10485760', `suffix "${LDAP_BASE}"`, `rootdn "${LDAP_ADMIN.dn}"`, `rootpw ${LDAP_ADMIN.password}`,
    `directory ${dir}/db`, 'index mail eq', 'access to * by * none', ''].join('\n'); // prettier-ignore
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

export async function startSlapd(addresses: readonly string[]): Promise<Slapd> {
  const temp = tempDir('slapd');
  const port = await freePort();
  mkdirSync(temp.in('db'));
  const config = temp.in('slapd.conf');
  writeFileSync(config, configuration(temp.path));
  must(['/usr/sbin/slapadd', '-f', config], { input: ldif(addresses) });
  const child = await startChild({
    name: 'slapd',
    command: ['/usr/sbin/slapd', '-f', config, '-h', `ldap://127.0.0.1:${port}/`, '-d', '0'],
    ready: () => answers(port),
  });
  return {
    url: `ldap://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}
