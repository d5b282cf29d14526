/**
 * OpenDKIM: as a milter beside Postfix, as a signer of mail that we have to verify, and (`opendkim -t`) as a judge of what
 * we signed. Its resolver is libunbound and has to be on port 53, which only root can offer.
 */
import { writeFileSync } from 'node:fs';
import { must, runAside, startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers } from '#test/support/until.ts';

export const OPENDKIM_NEEDS = ['root', 'opendkim', 'opendkim-genkey'] as const;

export type OpendkimOptions = {
  /** Address of a resolver on port 53. */
  readonly nameserver: string;
  /** With a domain it signs what comes from this machine; without it only verifies. */
  readonly sign?: { readonly domain: string; readonly selector: string; readonly keyFile: string };
  readonly cgroupProcs?: string;
};
export type MilterPeer = { readonly port: number; readonly [Symbol.asyncDispose]: () => Promise<void> };

function configuration(port: number, o: OpendkimOptions): string {
  // Nobody is internal to a verifier: the mail of a test comes from loopback, which by default would not be verified.
  const mode =
    o.sign === undefined ? ['Mode v', 'InternalHosts 192.0.2.1'] : ['Mode sv', 'InternalHosts 127.0.0.0/8'];
  const sign = o.sign === undefined ? [] : [`Domain ${o.sign.domain}`, `Selector ${o.sign.selector}`, `KeyFile ${o.sign.keyFile}`,
    'Canonicalization relaxed/simple', 'SignatureAlgorithm rsa-sha256']; // prettier-ignore
  return [`Socket inet:${port}@127.0.0.1`, 'Syslog no', 'Background no', 'UserID root', 'RequireSafeKeys no', 'AlwaysAddARHeader yes',
    'DNSTimeout 5', `Nameservers ${o.nameserver}`, ...mode, ...sign, ''].join('\n'); // prettier-ignore
}

export async function startOpendkim(o: OpendkimOptions): Promise<MilterPeer> {
  const temp = tempDir('opendkim');
  const port = await freePort();
  writeFileSync(temp.in('opendkim.conf'), configuration(port, o));
  const child = await startChild({
    name: 'opendkim',
    command: ['/usr/sbin/opendkim', '-f', '-x', temp.in('opendkim.conf')],
    stopSignal: 'SIGKILL', // on SIGTERM it waits for seconds, for nothing
    ready: () => answers(port),
    ...(o.cgroupProcs === undefined ? {} : { cgroupProcs: o.cgroupProcs }),
  });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}

/** A key pair made by opendkim-genkey: the private key's file and the TXT record to publish. */
export function opendkimKey(
  folder: string,
  domain: string,
  selector: string,
): { keyFile: string; record: string } {
  must(['/usr/sbin/opendkim-genkey', '-b', '2048', '-d', domain, '-s', selector, '-D', folder]);
  const written = must(['cat', `${folder}/${selector}.txt`]).stdout;
  const record = [...written.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');
  return { keyFile: `${folder}/${selector}.private`, record };
}

/** What `opendkim -t` says about a message: `verified` only for a good signature. */
export async function opendkimVerdict(
  message: string,
  nameserver: string,
): Promise<{ verified: boolean; said: string }> {
  using temp = tempDir('opendkim-t');
  writeFileSync(temp.in('message'), message, 'latin1');
  writeFileSync(temp.in('opendkim.conf'), `Syslog no\nNameservers ${nameserver}\n`);
  const ran = await runAside([
    '/usr/sbin/opendkim',
    '-vv',
    '-x',
    temp.in('opendkim.conf'),
    '-t',
    temp.in('message'),
  ]);
  const said = `${ran.stdout}${ran.stderr}`;
  return { verified: ran.code === 0 && /verification \(s=.*\) succeeded/.test(said), said };
}
