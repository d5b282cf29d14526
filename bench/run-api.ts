/** The process behind `gatehouse bench api`. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openDatabase } from '#platform/db.ts';
import { embeddedUrl } from '#platform/embedded-postgres.ts';
import { startGateway } from '#test/support/gateway.ts';
import { createApiLoad, KINDS } from './api.ts';
import { fillApiPeople } from './api-people.ts';
import { table } from './figures.ts';

const USAGE = `Usage: gatehouse bench api [--tenants N] [--people N] [--messages N] [--seconds N] [--json FILE]

Sign-in, search and approval against a gateway with --tenants tenants (1000), --people people (100) and --messages messages
(100) in each: flat out for --seconds (15), then at half that rate for as long. Target: p99 under 100 ms for each kind at half
load. Exit code 0 when it is met.
`;
const TARGET_P99_MS = 100;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tenants: { type: 'string', default: '1000' },
      people: { type: 'string', default: '100' },
      messages: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '15' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (process.stdout.write(USAGE), 0);
  const [tenants, people, messages, seconds] = [
    values.tenants,
    values.people,
    values.messages,
    values.seconds,
  ].map(Number);
  const isCount = (n: number | undefined, least: number, most: number): n is number =>
    n !== undefined && Number.isInteger(n) && n >= least && n <= most;
  if (
    !isCount(tenants, 1, 10_000) ||
    !isCount(people, 3, 10_000) ||
    !isCount(messages, 50, 10_000) ||
    !isCount(seconds, 1, 600)
  )
    return (process.stderr.write(USAGE), 2);
  await using gateway = await startGateway({ listeners: ['mx'] });
  const owner = openDatabase({
    url: embeddedUrl(gateway.data),
    maxConnections: 1,
    statementTimeoutMs: 600_000,
    applicationName: 'bench-fill',
  });
  const startMs = performance.now();
  const data = await fillApiPeople(owner, {
    tenants,
    people: people * tenants,
    messages: messages * tenants,
  });
  await owner[Symbol.asyncDispose]();
  process.stderr.write(
    `filled ${tenants} tenants, ${tenants * people} people, ${tenants * messages} messages in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`,
  );
  const load = createApiLoad(gateway.ports.http, data);
  await load.flatOut(Math.min(10, seconds) * 1000); // to warm up
  const capacityPerS = await load.flatOut(seconds * 1000);
  const ratePerS = capacityPerS / 2;
  const latency = await load.paced(ratePerS, seconds * 1000);
  const rows = KINDS.map((k) => {
    const { count, p50Ms, p99Ms, maxMs } = latency[k];
    return [k, String(count), p50Ms.toFixed(1), p99Ms.toFixed(1), maxMs.toFixed(1)];
  });
  process.stderr.write(
    `${Math.round(capacityPerS)} requests/s flat out; at ${Math.round(ratePerS)}/s, in ms:\n${table([['', 'count', 'p50', 'p99', 'max'], ...rows])}\n`,
  );
  const isMet = KINDS.every((k) => latency[k].count > 0 && latency[k].p99Ms < TARGET_P99_MS);
  process.stderr.write(`${isMet ? 'met' : 'MISSED'}: p99 under ${TARGET_P99_MS} ms at half load\n`);
  const text = `${JSON.stringify({ tenants, people, messages, capacityPerS, ratePerS, latency, isMet }, null, 2)}\n`;
  if (values.json === '-') process.stdout.write(text);
  else if (values.json !== undefined) writeFileSync(values.json, text);
  return isMet ? 0 : 1;
}

process.exitCode = await main();
