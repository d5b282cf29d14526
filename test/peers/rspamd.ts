/**
 * Rspamd as a milter, without what needs the internet or Redis.
 * Debian's own configuration is used as it is; only the local part is ours.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { answers } from '#test/support/until.ts';
import type { MilterPeer } from './opendkim.ts';

export const RSPAMD_NEEDS = ['root', 'rspamd'] as const;
const SENDER_CHECKS = new Set(['spf', 'dkim', 'dmarc', 'arc', 'milter_headers']);
/** Modules that ask the internet or Redis; a test has neither, and a benchmark must not measure their timeouts. */
const OUTSIDE = new Set(['antivirus', 'asn', 'aws_s3', 'bimi', 'clickhouse', 'dcc', 'dkim_signing', 'elastic', 'external_services', 'fuzzy_check',
  'greylist', 'history_redis', 'metadata_exporter', 'mx_check', 'neural', 'p0f', 'ratelimit', 'rbl', 'redis', 'replies', 'reputation',
  'rspamd_update', 'surbl', 'url_redirector']); // prettier-ignore

/** Modules by the names of their configuration files that are switched off. */
function switchedOff(rules: 'sender' | 'default'): readonly string[] {
  const names = readdirSync('/etc/rspamd/modules.d').map((file) => file.replace(/\.conf$/, ''));
  return names.filter((name) => (rules === 'sender' ? !SENDER_CHECKS.has(name) : OUTSIDE.has(name)));
}

export async function startRspamd(o: {
  readonly dns: { readonly host: string; readonly port: number };
  /** `default` leaves Debian's content rules on; `sender` only SPF, DKIM, DMARC and ARC. */
  readonly rules: 'sender' | 'default';
  readonly cgroupProcs?: string;
}): Promise<MilterPeer> {
  const temp = tempDir('rspamd');
  const port = await freePort();
  const [normal, controller] = [await freePort(), await freePort()];
  for (const folder of ['local/local.d', 'local/override.d', 'db', 'log', 'run'])
    mkdirSync(temp.in(folder), { recursive: true });
  const local = (name: string, text: string): void => writeFileSync(temp.in('local/local.d', name), text);
  local(
    'options.inc',
    `dns { nameserver = ["${o.dns.host}:${o.dns.port}:1"]; timeout = 5s; retransmits = 2; }\nlocal_addrs = ["192.0.2.1"];\n`,
  );
  local('logging.inc', `type = "file"; filename = "${temp.in('log/rspamd.log')}"; level = "warning";\n`);
  local('worker-normal.inc', `bind_socket = "127.0.0.1:${normal}"; count = 1;\n`);
  local(
    'worker-controller.inc',
    `bind_socket = "127.0.0.1:${controller}"; password = "q1"; secure_ip = "127.0.0.1";\n`,
  );
  local(
    'worker-proxy.inc',
    `bind_socket = "127.0.0.1:${port}"; milter = yes; timeout = 60s; count = 2;\nupstream "local" { default = yes; self_scan = yes; }\n`,
  );
  // No second process that compiles patterns while a benchmark runs.
  writeFileSync(temp.in('local/override.d', 'worker-hs_helper.inc'), 'enabled = false; count = 0;\n');
  local('worker-fuzzy.inc', 'enabled = false; count = -1;\n');
  local(
    'milter_headers.conf',
    'use = ["authentication-results"]; skip_local = false; skip_authenticated = false;\n',
  );
  // Mail in the tests comes from 127/8, which these checks skip by default.
  for (const name of ['spf', 'dkim', 'dmarc', 'arc'])
    local(`${name}.conf`, 'check_local = true; check_authed = true;\n');
  for (const name of switchedOff(o.rules)) local(`${name}.conf`, 'enabled = false;\n');
  const vars = { CONFDIR: '/etc/rspamd', LOCAL_CONFDIR: temp.in('local'), DBDIR: temp.in('db'), RUNDIR: temp.in('run'), LOGDIR: temp.in('log') }; // prettier-ignore
  const child = await startChild({
    name: 'rspamd',
    command: ['/usr/bin/rspamd', '-f', '--insecure', '-c', '/etc/rspamd/rspamd.conf',
      ...Object.entries(vars).map(([name, value]) => `--var=${name}=${value}`)], // prettier-ignore
    ready: () => answers(port),
    timeoutMs: 30_000,
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
