/** The process behind `gatehouse bench relay`; src/cli/bench.ts starts it in a network of its own. */
import { parseArgs } from 'node:util';
import { benchRelay, RELAY_PEERS, type RelayBenchOptions, summary, writeJson } from './relay.ts';

const NAMES = RELAY_PEERS.map((p) => p.name);

const USAGE = `Usage: gatehouse bench relay [--rounds N] [--messages N] [--paced N] [--peers a,b] [--json FILE]

Sends one mix of messages through each relay in turn and prints CPU per message, messages/s, latency and memory.
  --rounds N     times that every relay has its turn (3)
  --messages N   messages flat out, at most 20000 (2000)
  --paced N      messages at half of that rate, for latency; 0 leaves it out (500)
  --peers a,b    ${NAMES.join(', ')} (all)
  --json FILE    every round as JSON; - is standard output
`;

function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < least || value > most)
    throw new RangeError(`--${name}: "${text}" is no number from ${least} to ${most}`);
  return value;
}

type Invocation = RelayBenchOptions & { readonly json: string | undefined };

function readOptions(): Invocation | 'help' {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      messages: { type: 'string', default: '2000' },
      paced: { type: 'string', default: '500' },
      peers: { type: 'string', default: NAMES.join(',') },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const peers = values.peers.split(',');
  const unknown = peers.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`--peers: no "${unknown.join(', ')}"; known are ${NAMES.join(', ')}`);
  return {
    rounds: count('rounds', values.rounds, 1, 100),
    messages: count('messages', values.messages, 100, 20_000),
    paced: count('paced', values.paced, 0, 20_000),
    peers,
    json: values.json,
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

async function main(): Promise<number> {
  let options: Invocation | 'help';
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(
      `gatehouse bench relay: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const rounds = await benchRelay(options);
  process.stderr.write(`${summary(rounds)}\n`);
  if (options.json !== undefined) writeJson(options.json, rounds);
  return 0;
}

process.exitCode = await main();
