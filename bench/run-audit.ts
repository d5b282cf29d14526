/** The process behind `gatehouse bench audit`. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stopTestDatabases } from '#test/support/database.ts';
import { openAccount } from './accounting.ts';
import { actCost, appendRate, sequencerLag, sequencerRate, verifyRate } from './audit.ts';

const USAGE = `Usage: gatehouse bench audit [--parts act,sequence,lag,append,verify] [--events N] [--rounds N] [--json FILE]

  act       an event's share in the transaction it rides in: at most 15 % of CPU and latency
  sequence  a backlog turned into signed entries: 10,000/s or more
  lag       2,000 events/s by 16 writers: never more than 1 s behind
  append    events with no act around them, beside the database's smallest transaction
  verify    the offline check of --events events (1,000,000): under 20 s a million
Exit code 0 when every target that was measured is met.
`;
const PARTS = ['act', 'sequence', 'lag', 'append', 'verify'];

type Outcome = { readonly part: string; readonly isMet: boolean; readonly figures: unknown };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      parts: { type: 'string', default: PARTS.join(',') },
      events: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '7' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (process.stdout.write(USAGE), 0);
  const parts = values.parts.split(',');
  const [events, rounds] = [Number(values.events), Number(values.rounds)];
  const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= 50_000_000;
  if (!isCount(events) || !isCount(rounds) || parts.some((p) => !PARTS.includes(p)))
    return (process.stderr.write(USAGE), 2);
  using account = openAccount('audit');
  // This process and the database it starts are the account.
  if (account.procsFile !== undefined) writeFileSync(account.procsFile, String(process.pid));
  const outcomes: Outcome[] = [];
  const report = (part: string, isMet: boolean, figures: object): void => {
    outcomes.push({ part, isMet, figures });
    const cells = Object.entries(figures).map(
      ([k, v]) => `${k} ${typeof v === 'number' ? v.toFixed(1) : String(v)}`,
    );
    process.stderr.write(`${isMet ? 'met   ' : 'MISSED'} ${part}: ${cells.join(', ')}\n`);
  };
  try {
    if (parts.includes('act'))
      for (const writers of [1, 8]) {
        const cost = await actCost(account, writers, 800, rounds);
        report('act', cost.latencyPercent <= 15 && cost.cpuPercent <= 15, cost);
      }
    if (parts.includes('sequence')) {
      const rate = await sequencerRate(account, 30_000, rounds);
      report('sequence', rate.perSecond >= 10_000, rate);
    }
    if (parts.includes('lag')) {
      const lag = await sequencerLag(2_000, 16, 20);
      report('lag', lag.maxMs <= 1_000 && lag.perSecond >= 1_900, lag);
    }
    if (parts.includes('append'))
      for (const writers of [1, 8]) {
        const append = await appendRate(writers, 2, Math.min(rounds, 5));
        report('append', append.perSecond >= 0.8 * append.commitsPerSecond, append);
      }
  } finally {
    await stopTestDatabases();
  }
  if (parts.includes('verify')) {
    const verified = await verifyRate(events, Math.min(rounds, 3));
    report('verify', verified.seconds <= (20 * events) / 1_000_000, verified);
  }
  const text = `${JSON.stringify({ accounting: account.how, outcomes }, null, 2)}\n`;
  if (values.json === '-') process.stdout.write(text);
  else if (values.json !== undefined) writeFileSync(values.json, text);
  return outcomes.every((o) => o.isMet) ? 0 : 1;
}

process.exitCode = await main();
