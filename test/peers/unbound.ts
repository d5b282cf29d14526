/**
 * A validating resolver: real unbound, without the internet. It knows what it is told as local data and asks the given
 * authoritative servers for their zones, validating by the given trust anchors. As root it listens on port 53 of a loopback
 * address of its own, so that peers which only read resolv.conf can use it, too.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '#test/support/child.ts';
import { freeLoopbackAddress, freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answersDns } from './dns-probe.ts';

export const UNBOUND_NEEDS = ['unbound'] as const;

export type UnboundOptions = {
  /** Master-file lines, as `name TTL IN TYPE data`; their zones are answered from here alone. */
  readonly localZones?: readonly string[];
  readonly localData?: readonly string[];
  readonly stubs?: readonly { readonly zone: string; readonly host: string; readonly port: number }[];
  /** DS or DNSKEY lines. */
  readonly trustAnchors?: readonly string[];
};

export type Unbound = {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** A resolv.conf naming this resolver; `undefined` where it could not have port 53. */
  readonly resolvConf: string | undefined;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

function configuration(dir: string, host: string, port: number, o: UnboundOptions): string {
  const lines = ['server:', `interface: ${host}`, `port: ${port}`, 'do-daemonize: no', 'use-syslog: no',
    'logfile: ""', `directory: "${dir}"`, 'username: ""', 'chroot: ""', 'pidfile: ""', 'num-threads: 1',
    'access-control: 127.0.0.0/8 allow', 'do-not-query-localhost: no', 'module-config: "validator iterator"',
    'val-override-date: 0', 'so-reuseport: no', 'do-ip6: no', 'verbosity: 1']; // prettier-ignore
  for (const zone of o.localZones ?? []) lines.push(`local-zone: "${zone}" static`);
  for (const data of o.localData ?? []) lines.push(`local-data: '${data}'`);
  for (const anchor of o.trustAnchors ?? []) lines.push(`trust-anchor: "${anchor}"`);
  // What this resolver does not know does not exist: no test may wait for, or reach, the internet.
  for (const stub of o.stubs ?? []) lines.push(`local-zone: "${stub.zone}" transparent`);
  lines.push('local-zone: "." static');
  for (const stub of o.stubs ?? [])
    lines.push(
      'stub-zone:',
      `name: "${stub.zone}"`,
      `stub-addr: ${stub.host}@${stub.port}`,
      'stub-prime: no',
    );
  lines.push('remote-control:', 'control-enable: no');
  return `${lines.join('\n')}\n`;
}

export async function startUnbound(o: UnboundOptions = {}): Promise<Unbound> {
  const temp = tempDir('unbound');
  const isRoot = process.getuid?.() === 0;
  const host = isRoot ? freeLoopbackAddress() : '127.0.0.1';
  const port = isRoot ? 53 : await freePort();
  const config = join(temp.path, 'unbound.conf');
  writeFileSync(config, configuration(temp.path, host, port, o));
  const resolvConf = join(temp.path, 'resolv.conf');
  writeFileSync(resolvConf, `nameserver ${host}\noptions timeout:5 attempts:2\n`);
  const child = await startChild({
    name: 'unbound',
    command: ['/usr/sbin/unbound', '-d', '-p', '-c', config],
    ready: () => answersDns(host, port),
  });
  return {
    host,
    port,
    address: `${host}:${port}`,
    resolvConf: port === 53 ? resolvConf : undefined,
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}
