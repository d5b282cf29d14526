/**
 * `npm test` and `npm run check`: each step in order, its time, and one line of totals at the end.
 *
 * Steps with node:test files are run in one `node --test` per step; a step whose folder has no test file fails, because a
 * checker that saw nothing must not pass.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';

type Step = { readonly name: string; readonly command: readonly string[]; readonly counts: boolean };

const tests = (name: string, pattern: string, concurrency = 2): Step => ({
  name,
  command: [
    process.execPath,
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=300000',
    pattern,
  ],
  counts: true,
});
const tool = (name: string, ...command: string[]): Step => ({ name, command, counts: false });

const CHECK: readonly Step[] = [
  tool('types', 'node_modules/.bin/tsc'),
  tool('types of the console', 'node_modules/.bin/tsc', '-p', 'web'),
  tool('types of its tests', 'node_modules/.bin/tsc', '-p', 'test/e2e/60-console'),
  tool('lint', 'node_modules/.bin/oxlint', '--type-aware', '--deny-warnings'),
  tool('format', 'node_modules/.bin/oxfmt', '--check'),
  tool('citations', process.execPath, 'tools/check-citations.ts'),
  tests('unit', '{src,web}/**/*.test.ts'),
];
const ALL: readonly Step[] = [
  ...CHECK,
  tests('conformance', 'test/conformance/**/*.test.ts'),
  tests('dialog', 'test/dialog/**/*.test.ts'),
  tests('fuzz', 'test/fuzz/**/*.test.ts'),
  tests('end-to-end', 'test/e2e/**/*.test.ts', 1),
  tests('fault', 'test/fault/**/*.test.ts', 1),
];

const steps: Readonly<Record<string, readonly Step[]>> = {
  check: CHECK,
  all: ALL,
  ...Object.fromEntries(ALL.map((s) => [s.name, [s]])),
};

type Totals = { passed: number; failed: number; skipped: number };

async function run(step: Step, totals: Totals): Promise<boolean> {
  const pattern = step.counts ? step.command.at(-1)! : undefined; // `!`: every counting step ends with its pattern
  if (pattern !== undefined && globSync(pattern).length === 0) {
    console.log(`✖ ${step.name}: no test file matches ${pattern}`);
    totals.failed++;
    return false;
  }
  const startedMs = Date.now();
  const [file, ...args] = step.command;
  const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'inherit'] }); // `!`: commands are never empty
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (!step.counts) process.stdout.write(text);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  if (!step.counts) {
    console.log(`${code === 0 ? '✔' : '✖'} ${step.name} (${seconds} s)`);
    if (code !== 0) totals.failed++;
    return code === 0;
  }
  const count = (word: string): number =>
    Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  totals.passed += count('pass');
  totals.failed += count('fail') + count('cancelled');
  totals.skipped += count('skipped') + count('todo');
  if (code !== 0 || process.env['GATEHOUSE_TEST_VERBOSE'] === '1') process.stdout.write(output);
  else for (const line of output.split('\n')) if (/﹣|# SKIP|^ℹ skip:/.test(line)) console.log(line);
  if (count('pass') + count('fail') + count('skipped') === 0) {
    console.log(`✖ ${step.name}: ran no test`);
    totals.failed++;
  }
  console.log(
    `${code === 0 ? '✔' : '✖'} ${step.name}: ${count('pass')} passed, ${count('fail')} failed, ${count('skipped')} skipped (${seconds} s)`,
  );
  return code === 0;
}

const which = process.argv[2] ?? 'all';
const chosen = steps[which];
if (chosen === undefined) {
  console.error(`run-tests: unknown step "${which}"; known are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
let good = true;
for (const step of chosen) good = (await run(step, totals)) && good;
console.log(`total: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = good && totals.failed === 0 ? 0 : 1;
