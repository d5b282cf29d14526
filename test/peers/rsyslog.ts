/** Debian's rsyslog as a receiver of syslog over TLS, which writes one line for each message it took. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Certificate } from '#test/support/certificates.ts';
import { type Child, startChild } from '#test/support/child.ts';
import { answers } from '#test/support/until.ts';

export const RSYSLOG_NEEDS = ['rsyslogd', '/usr/share/doc/rsyslog-gnutls'] as const;

export type Rsyslog = Child & {
  /** `structured data|text` of each message, in the order of the file. */
  readonly lines: () => readonly string[];
};

export async function startRsyslog(o: {
  readonly folder: string;
  readonly port: number;
  readonly ca: string;
  readonly certificate: Certificate;
  /** Clients must have a certificate of the authority. */
  readonly isMutual?: boolean;
}): Promise<Rsyslog> {
  const file = `${o.folder}/received`;
  const config = `${o.folder}/rsyslog.conf`;
  writeFileSync(
    config,
    `global(workDirectory="${o.folder}" maxMessageSize="64k" defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="${o.ca}" defaultNetstreamDriverCertFile="${o.certificate.cert}"
  defaultNetstreamDriverKeyFile="${o.certificate.key}")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="${o.isMutual === true ? 'x509/certvalid' : 'anon'}")
input(type="imtcp" port="${o.port}" address="127.0.0.1")
template(name="taken" type="string" string="%structured-data%|%msg%\\n")
*.* action(type="omfile" file="${file}" template="taken" asyncWriting="off" flushOnTXEnd="on")
`,
  );
  const child = await startChild({
    name: 'rsyslogd',
    command: ['/usr/sbin/rsyslogd', '-n', '-f', config, '-i', `${o.folder}/rsyslog.pid`],
    ready: () => answers(o.port),
  });
  return {
    ...child,
    lines: () =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter((l) => l !== '')
        : [],
  };
}
