/**
 * Exim 4, Debian's build unpacked under .cache/exim (as a package it excludes Postfix; tools/peers.sh fetches it). It insists
 * on its user being in the passwd file, so it runs as root in a mount namespace whose passwd file has that user.
 */
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runAside, startChild, type Ran } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers, until } from '#test/support/until.ts';

const EXIM = resolve('.cache/exim/usr/sbin/exim4');
export const EXIM_NEEDS = ['root', 'namespaces', EXIM] as const;
/** A number that no Debian package takes; the user exists only in the private passwd file. */
const UID = 64_925;

export type EximOptions = {
  readonly hostname?: string;
  readonly keeps?: readonly string[];
  readonly relayTo?: { readonly host: string; readonly port: number };
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly resolvConf?: string;
};
export type Exim = {
  readonly port: number;
  readonly log: () => string;
  readonly sendmail: (args: readonly string[], message: string) => Promise<Ran>;
  readonly receive: (containing: string, timeoutMs?: number) => Promise<string>;
  readonly received: () => readonly string[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

function configuration(dir: string, port: number, o: EximOptions): string {
  const tls =
    o.tls === undefined
      ? []
      : ['tls_advertise_hosts = *', `tls_certificate = ${dir}/tls.pem`, `tls_privatekey = ${dir}/tls.key`];
  const relay = o.relayTo === undefined ? [] : ['out:', '  driver = manualroute', '  domains = ! +kept', '  transport = smtp',
    `  route_list = * ${o.relayTo.host}::${o.relayTo.port} byname`, '  self = send']; // prettier-ignore
  return [`primary_hostname = ${o.hostname ?? 'exim.example'}`, `domainlist kept = ${(o.keeps ?? []).join(' : ')}`,
    `spool_directory = ${dir}/spool`, `log_file_path = ${dir}/log/%slog`, `pid_file_path = ${dir}/exim.pid`, `exim_path = ${EXIM}`,
    `daemon_smtp_ports = ${port}`, 'local_interfaces = 127.0.0.1', 'disable_ipv6', 'host_lookup =', 'rfc1413_hosts =', 'keep_environment =',
    'acl_smtp_rcpt = take', 'acl_smtp_data = take', 'trusted_users = root', 'never_users =', 'smtp_accept_max = 100', 'queue_run_max = 5',
    'prdr_enable = false', 'dkim_verify_signers =', ...tls,
    'begin acl', 'take:', '  accept',
    'begin routers', ...relay, 'in:', '  driver = accept', '  domains = +kept', '  transport = keep',
    'begin transports', 'smtp:', '  driver = smtp', '  hosts_try_chunking = *', 'keep:', '  driver = appendfile', `  directory = ${dir}/mail/new`,
    '  maildir_format = false', '  create_directory', '  delivery_date_add', '  envelope_to_add', '  return_path_add',
    `  user = ${UID}`, `  group = ${UID}`,
    'begin retry', '* * F,1h,2s', ''].join('\n'); // prettier-ignore
}

function layOut(dir: string, port: number, o: EximOptions): Record<string, string> {
  for (const folder of ['spool', 'log', 'mail', 'mail/new']) {
    mkdirSync(`${dir}/${folder}`);
    chownSync(`${dir}/${folder}`, UID, UID);
  }
  if (o.tls !== undefined) {
    // Read by Exim's own user, to whom the caller's key file is closed.
    writeFileSync(`${dir}/tls.pem`, readFileSync(o.tls.cert));
    writeFileSync(`${dir}/tls.key`, readFileSync(o.tls.key), { mode: 0o600 });
    chownSync(`${dir}/tls.key`, UID, UID);
  }
  writeFileSync(`${dir}/exim.conf`, configuration(dir, port, o));
  writeFileSync(
    `${dir}/passwd`,
    `${readFileSync('/etc/passwd', 'utf8')}Debian-exim:x:${UID}:${UID}::${dir}:/usr/sbin/nologin\n`,
  );
  writeFileSync(`${dir}/group`, `${readFileSync('/etc/group', 'utf8')}Debian-exim:x:${UID}:\n`);
  return {
    '/etc/passwd': `${dir}/passwd`,
    '/etc/group': `${dir}/group`,
    ...(o.resolvConf === undefined ? {} : { '/etc/resolv.conf': o.resolvConf }),
  };
}

export async function startExim(o: EximOptions = {}): Promise<Exim> {
  const temp = tempDir('exim');
  const port = await freePort();
  const privateFiles = layOut(temp.path, port, o);
  const config = temp.in('exim.conf');
  const log = (): string =>
    readdirSync(temp.in('log'))
      .map((file) => readFileSync(temp.in('log', file), 'utf8'))
      .join('');
  const child = await startChild({
    name: 'exim',
    command: [EXIM, '-C', config, '-bdf', '-q5s'],
    privateFiles,
    ready: () => answers(port),
  });
  const received = (): readonly string[] => {
    const folder = temp.in('mail', 'new');
    if (!existsSync(folder)) return [];
    // appendfile writes under a name starting with "temp" and renames when the message is whole.
    const files = readdirSync(folder).filter((file) => !file.startsWith('temp'));
    return files.map((file) => readFileSync(`${folder}/${file}`, 'latin1'));
  };
  return {
    port,
    log,
    received,
    sendmail: (args, message) =>
      // Inside the daemon's mount namespace, where its user exists.
      runAside(['/usr/bin/nsenter', '--mount', '-t', String(child.pid), EXIM, '-C', config, ...args], {
        input: message,
      }),
    receive: (containing, timeoutMs = 20_000) =>
      until(
        `mail with "${containing}" at Exim`,
        () => received().find((m) => m.includes(containing)),
        timeoutMs,
        50,
      ).catch((error: unknown) => {
        throw new Error(`not received; Exim says:\n${log()}`, { cause: error });
      }),
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}
