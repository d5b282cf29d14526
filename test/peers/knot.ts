/** An authoritative server: real Knot DNS, which can sign its zones (DNSSEC) with keys it makes itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { must, run, startChild } from '#test/support/child.ts';
import { freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { answersDns } from './dns-probe.ts';

export const KNOT_NEEDS = ['knotd', 'knotc', 'keymgr'] as const;

export type Zone = {
  readonly name: string;
  /** Master-file lines below the SOA and NS, which are made here: `@ TXT "v=spf1 -all"`. */
  readonly records: readonly string[];
  readonly signed?: boolean;
};

export type Knot = {
  readonly host: string;
  readonly port: number;
  /** DNSKEY lines of the signed zones, for a resolver to trust. */
  readonly trustAnchors: readonly string[];
  readonly replace: (zone: Zone) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

let serial = 1;
function zoneFile(zone: Zone): string {
  const head = [`$ORIGIN ${zone.name}.`, '$TTL 60', `@ SOA ns hostmaster ${serial++} 3600 600 86400 1`, '@ NS ns',
    'ns A 127.0.0.1']; // prettier-ignore
  return `${[...head, ...zone.records].join('\n')}\n`;
}

function configuration(dir: string, port: number, zones: readonly Zone[]): string {
  const lines = ['server:', `  rundir: "${dir}"`, `  listen: 127.0.0.1@${port}`, '  udp-workers: 1', '  tcp-workers: 1',
    '  background-workers: 1', 'log:', '  - target: stderr', '    any: info', 'database:', `  storage: "${dir}/db"`,
    'policy:', '  - id: test', '    algorithm: ecdsap256sha256', '    single-type-signing: on', 'zone:']; // prettier-ignore
  for (const zone of zones) {
    lines.push(`  - domain: ${zone.name}`, `    file: "${dir}/${zone.name}.zone"`, '    zonefile-sync: -1');
    lines.push('    zonefile-load: difference-no-serial', '    journal-content: all');
    if (zone.signed === true) lines.push('    dnssec-signing: on', '    dnssec-policy: test');
  }
  return `${lines.join('\n')}\n`;
}

export async function startKnot(zones: readonly Zone[]): Promise<Knot> {
  const temp = tempDir('knot');
  const port = await freePort();
  mkdirSync(temp.in('db'));
  const config = temp.in('knot.conf');
  writeFileSync(config, configuration(temp.path, port, zones));
  for (const zone of zones) writeFileSync(temp.in(`${zone.name}.zone`), zoneFile(zone));
  const child = await startChild({
    name: 'knot',
    command: ['/usr/sbin/knotd', '-c', config],
    ready: () => answersDns('127.0.0.1', port),
  });
  const anchors: string[] = [];
  for (const zone of zones) {
    if (zone.signed !== true) continue;
    const line = await until(`Knot's key of ${zone.name}`, () => keyOf(config, zone.name), 10_000);
    anchors.push(line);
  }
  return {
    host: '127.0.0.1',
    port,
    trustAnchors: anchors,
    replace: (zone) => {
      writeFileSync(temp.in(`${zone.name}.zone`), zoneFile(zone));
      must(['/usr/sbin/knotc', '-c', config, '-b', 'zone-reload', zone.name]);
    },
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      temp[Symbol.dispose]();
    },
  };
}

function keyOf(config: string, zone: string): string | undefined {
  const said = run(['/usr/sbin/keymgr', '-c', config, zone, 'dnskey']).stdout;
  return /^\S+ .*DNSKEY .*$/m.exec(said)?.[0];
}
