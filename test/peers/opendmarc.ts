/** OpenDMARC as a milter; it reads what OpenDKIM and the SPF policy server before it wrote, and DNS through resolv.conf. */
import { writeFileSync } from 'node:fs';
import { startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers } from '#test/support/until.ts';
import type { MilterPeer } from './opendkim.ts';

export const OPENDMARC_NEEDS = ['root', 'namespaces', 'opendmarc'] as const;

export async function startOpendmarc(o: {
  readonly resolvConf: string;
  readonly authservId: string;
  readonly cgroupProcs?: string;
}): Promise<MilterPeer> {
  const temp = tempDir('opendmarc');
  const port = await freePort();
  writeFileSync(temp.in('ignore-hosts'), '192.0.2.1\n');
  const lines = [`Socket inet:${port}@127.0.0.1`, `AuthservID ${o.authservId}`, `TrustedAuthservIDs ${o.authservId}`, 'Syslog false',
    'Background false', 'RejectFailures false', 'SPFSelfValidate true', `IgnoreHosts ${temp.in('ignore-hosts')}`,
    'PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat', '']; // prettier-ignore
  writeFileSync(temp.in('opendmarc.conf'), lines.join('\n'));
  const child = await startChild({
    name: 'opendmarc',
    command: ['/usr/sbin/opendmarc', '-f', '-c', temp.in('opendmarc.conf')],
    privateFiles: { '/etc/resolv.conf': o.resolvConf },
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
