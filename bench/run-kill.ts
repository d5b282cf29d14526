/** The process behind `gatehouse bench kill`. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FAULT_POINTS, type FaultPoint } from '#platform/fault-point.ts';
import { benchKill, isGood, type KillOptions } from './kill.ts';

const POINTS = Object.keys(FAULT_POINTS);
const USAGE = `Usage: gatehouse bench kill [--kills N] [--points a,b] [--seed N] [--json FILE]

Kills the gateway and its database at every named point under load, N times in all, and holds what it had promised
against what arrived. Exit code 0 when nothing was lost and nothing came twice without a cut attempt.
  --kills N      how often (500)
  --points a,b   ${POINTS.join(', ')} (all)
  --seed N       which passing of a point is the last (1)
  --json FILE    the report as JSON; - is standard output
`;

const isPoint = (name: string): name is FaultPoint => Object.hasOwn(FAULT_POINTS, name);

function readOptions(): (KillOptions & { readonly json: string | undefined }) | 'help' {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '500' },
      points: { type: 'string', default: POINTS.join(',') },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  for (const name of ['kills', 'seed'] as const)
    if (!/^\d{1,5}$/.test(values[name]) || Number(values[name]) < 1)
      throw new RangeError(`--${name}: "${values[name]}" is no number from 1 to 99999`);
  const points = values.points.split(',');
  const unknown = points.filter((p) => !isPoint(p));
  if (unknown.length > 0)
    throw new RangeError(`--points: no "${unknown.join(', ')}"; known are ${POINTS.join(', ')}`);
  return {
    kills: Number(values.kills),
    seed: Number(values.seed),
    points: points.filter(isPoint),
    json: values.json,
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

async function main(): Promise<number> {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`gatehouse bench kill: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const report = await benchKill(options);
  const text = `${JSON.stringify(report, null, 2)}\n`;
  process.stderr.write(text);
  if (options.json === '-') process.stdout.write(text);
  else if (options.json !== undefined) writeFileSync(options.json, text);
  return isGood(report) ? 0 : 1;
}

process.exitCode = await main();
