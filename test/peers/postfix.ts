/**
 * A Postfix of our own (config, queue and data in a temp dir): a sender, a plain relay, or a next hop whose mail the test can
 * read. Runs as root only, as Postfix itself demands. The machine's own Postfix is neither started nor touched.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { must, run, runAside, startChild, type Ran } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers, until } from '#test/support/until.ts';

export const POSTFIX_NEEDS = ['root', '/usr/sbin/postfix', '/usr/sbin/postconf'] as const;

export type PostfixOptions = {
  readonly hostname?: string;
  /** Domains whose mail is kept in a folder per recipient; `received()` reads them. */
  readonly keeps?: readonly string[];
  /** Everything else goes to this host and port. */
  readonly relayTo?: { readonly host: string; readonly port: number };
  /** Clients that may relay; the default is this machine. */
  readonly networks?: readonly string[];
  /** Certificate offered by STARTTLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly milterPorts?: readonly number[];
  /** More lines for main.cf and master.cf. */
  readonly main?: Readonly<Record<string, string>>;
  readonly master?: readonly string[];
  readonly resolvConf?: string;
  readonly cgroupProcs?: string;
  readonly listenOn?: string;
  /** A fixed port; the default is a free one. */
  readonly port?: number;
};

export type Kept = { readonly recipient: string; readonly text: string };
export type Postfix = {
  readonly port: number;
  readonly log: () => string;
  /** Runs this instance's sendmail(1). */
  readonly sendmail: (args: readonly string[], message: string) => Promise<Ran>;
  readonly received: () => readonly Kept[];
  /** Waits for the mail with this text in it. */
  readonly receive: (containing: string, timeoutMs?: number) => Promise<Kept>;
  readonly queue: () => string;
  readonly flush: () => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const SERVICES = `
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

function mainCf(dir: string, o: PostfixOptions): string {
  const hostname = o.hostname ?? 'postfix.example';
  const settings: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: `${dir}/queue`,
    data_directory: `${dir}/data`,
    maillog_file: `${dir}/log/mail.log`,
    maillog_file_prefixes: dir,
    myhostname: hostname,
    mydestination: '',
    local_transport: 'error:nobody lives here',
    alias_maps: '',
    inet_interfaces: 'all',
    inet_protocols: 'ipv4',
    mynetworks: (o.networks ?? ['127.0.0.0/8']).join(' '),
    // The test's maildirs belong to nobody (65534).
    virtual_mailbox_base: `${dir}/mail`,
    virtual_mailbox_domains: (o.keeps ?? []).join(' '),
    virtual_mailbox_maps: 'static:all/',
    virtual_uid_maps: 'static:65534',
    virtual_gid_maps: 'static:65534',
    ...(o.relayTo === undefined ? {} : { relayhost: `[${o.relayTo.host}]:${o.relayTo.port}` }),
    ...(o.tls === undefined
      ? {}
      : { smtpd_tls_security_level: 'may', smtpd_tls_cert_file: o.tls.cert, smtpd_tls_key_file: o.tls.key }),
    ...(o.milterPorts === undefined
      ? {}
      : { smtpd_milters: o.milterPorts.map((p) => `inet:127.0.0.1:${p}`).join(' ') }),
    ...o.main,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

function layOut(dir: string, port: number, o: PostfixOptions): string {
  const config = `${dir}/etc`;
  for (const folder of ['etc', 'queue', 'data', 'log', 'mail', 'mail/all'])
    mkdirSync(`${dir}/${folder}`, { recursive: true });
  chownSync(`${dir}/data`, ...idsOf('postfix'));
  layOutQueue(`${dir}/queue`);
  for (const folder of ['mail', 'mail/all']) chownSync(`${dir}/${folder}`, 65534, 65534);
  writeFileSync(`${config}/main.cf`, mainCf(dir, o));
  const listen = `${o.listenOn ?? '127.0.0.1'}:${port} inet n - n - - smtpd`;
  writeFileSync(`${config}/master.cf`, [listen, SERVICES.trim(), ...(o.master ?? []), ''].join('\n'));
  return config;
}

/** The folders that Postfix's start-up script makes, with their owners; doing it here saves its two seconds of checks. */
function layOutQueue(queue: string): void {
  const [postfix] = idsOf('postfix');
  const postdrop = Number(must(['getent', 'group', 'postdrop']).stdout.split(':')[2]);
  const own = [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'saved',
    'trace',
  ];
  for (const name of own) {
    mkdirSync(`${queue}/${name}`, { mode: 0o700 });
    chownSync(`${queue}/${name}`, postfix, 0);
  }
  mkdirSync(`${queue}/pid`);
  for (const [name, mode] of [
    ['maildrop', 0o1730],
    ['public', 0o2710],
  ] as const) {
    mkdirSync(`${queue}/${name}`);
    chownSync(`${queue}/${name}`, postfix, postdrop);
    chmodSync(`${queue}/${name}`, mode);
  }
}

/** uid and gid of a user that a Debian package made. */
export function idsOf(user: string): [number, number] {
  const id = (flag: string): number => Number(must(['id', flag, user]).stdout);
  return [id('-u'), id('-g')];
}

export async function startPostfix(o: PostfixOptions = {}): Promise<Postfix> {
  const temp = tempDir('postfix');
  const port = o.port ?? (await freePort(o.listenOn));
  const config = layOut(temp.path, port, o);
  const log = (): string => {
    const file = temp.in('log', 'mail.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const master = await startChild({
    name: 'postfix',
    command: ['/usr/lib/postfix/sbin/master', '-c', config, '-s'],
    ready: () => answers(port, o.listenOn),
    timeoutMs: 30_000,
    ...(o.resolvConf === undefined ? {} : { privateFiles: { '/etc/resolv.conf': o.resolvConf } }),
    ...(o.cgroupProcs === undefined ? {} : { cgroupProcs: o.cgroupProcs }),
  }).catch((error: unknown) => {
    const said = log();
    temp[Symbol.dispose]();
    throw new Error(`postfix did not start\n${said}`, { cause: error });
  });
  const received = (): readonly Kept[] => readMaildir(temp.in('mail', 'all', 'new'));
  return {
    port,
    log,
    sendmail: (args, message) => runAside(['/usr/sbin/sendmail', '-C', config, ...args], { input: message }),
    received,
    receive: (containing, timeoutMs = 20_000) =>
      until(
        `mail with "${containing}" at Postfix`,
        () => received().find((m) => m.text.includes(containing)),
        timeoutMs,
        50,
      ).catch((error: unknown) => {
        throw new Error(`not received; Postfix says:\n${log()}`, { cause: error });
      }),
    queue: () => run(['/usr/sbin/postqueue', '-c', config, '-j']).stdout,
    flush: () => void must(['/usr/sbin/postqueue', '-c', config, '-f']),
    [Symbol.asyncDispose]: async () => {
      await master[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}

/** virtual(8) writes the envelope recipient as Delivered-To. */
function readMaildir(folder: string): readonly Kept[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => {
    const text = readFileSync(`${folder}/${name}`, 'latin1');
    return { recipient: /^Delivered-To: (.*)$/m.exec(text)?.[1] ?? '', text };
  });
}
