/**
 * `gatehouse bench NAME`: a benchmark beside its peers. Each is a program of its own under bench/, started here in a network
 * namespace where one can be made (root on Linux): the load then comes from an address that is not loopback, as a stranger's
 * does, and nothing reaches the machine's own network.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CliContext } from './context.ts';

const BENCHES: Readonly<Record<string, string>> = {
  relay: 'the same mail through Postfix, its filters, and Gatehouse: CPU, throughput, latency',
  audit: 'the audit log: share in a transaction, sequencer rate and lag, offline check of a million events',
  api: 'sign-in, search and approval of 1,000 tenants and 100,000 people: rate, latency at half load',
  kill: 'kill -9 at every named point under load: nothing accepted is lost, nothing comes twice unexplained',
};

function usage(): string {
  const rows = Object.entries(BENCHES).map(([name, what]) => `  ${name.padEnd(8)} ${what}`);
  return `Usage: gatehouse bench NAME [OPTIONS]\n\n${rows.join('\n')}\n\n"gatehouse bench NAME --help" lists its options.\n`;
}

/** The address the load of a benchmark is sent from, of the range for documentation. */
const STRANGER = '198.51.100.9';
const IN_NAMESPACE = [
  'unshare',
  '--net',
  'sh',
  '-c',
  `ip link set lo up && ip addr add ${STRANGER}/32 dev lo && exec "$@"`,
  'sh',
];

export async function run(
  args: readonly string[],
  context: Pick<CliContext, 'stdout' | 'stderr'>,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h') {
    (name === undefined ? context.stderr : context.stdout)(usage());
    return name === undefined ? 2 : 0;
  }
  const script = fileURLToPath(new URL(`../../bench/run-${name}.ts`, import.meta.url));
  if (!Object.hasOwn(BENCHES, name) || !existsSync(script)) {
    context.stderr(`gatehouse bench: there is no benchmark "${name}"; "gatehouse bench --help" lists them\n`);
    return 2;
  }
  const command = [process.execPath, script, ...rest];
  if (rest.includes('--help')) return await outcome(command);
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) {
    context.stderr(
      'gatehouse bench: needs root on Linux: the peers run as root and in a network of their own\n',
    );
    return 1;
  }
  return await outcome([...IN_NAMESPACE, ...command]);
}

function outcome([file = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
