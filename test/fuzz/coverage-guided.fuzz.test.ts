/**
 * A bounded run of the coverage-guided fuzzer on every target, and the replay of every input that once broke one. A longer
 * run: `node tools/fuzz.ts TARGET --seconds 3600`.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzzTarget, loadTarget, readInputs } from '../../tools/fuzz.ts';

const RUNS = Math.round(1500 * Number(process.env['GATEHOUSE_FUZZ_RUNS'] ?? '1'));
const SEED = Number(process.env['GATEHOUSE_FUZZ_SEED'] ?? '20');
const folder = join(import.meta.dirname, 'targets');
const names = readdirSync(folder).map((f) => f.replace(/\.ts$/, ''));

for (const name of names) {
  test(`${name}: inputs that once broke a promise keep it`, async () => {
    const target = await loadTarget(name);
    for (const data of readInputs(join(import.meta.dirname, '../corpus', name))) target(data);
  });

  test(`${name}: the coverage-guided fuzzer finds nothing within its budget`, async (t) => {
    const seeds = readInputs(join(import.meta.dirname, '../corpus', name));
    const outcome = fuzzTarget(await loadTarget(name), seeds, { seconds: 60, runs: RUNS, seed: SEED });
    t.diagnostic(`seed ${SEED}: ${outcome.runs} runs, ${outcome.blocks} blocks, ${outcome.kept.length} kept`);
    for (const { data, error } of outcome.crashes)
      assert.fail(
        `${Buffer.from(data).toString('base64')}: ${error instanceof Error ? error.stack : 'thrown'}`,
      );
    // A fuzzer that sees no code is no fuzzer.
    assert.ok(outcome.blocks > 50 && outcome.kept.length > 10);
  });
}

test('the fuzzer finds a planted mistake', () => {
  const planted = (data: Uint8Array): void => {
    if (Buffer.from(data).includes('begin')) throw new Error('planted');
  };
  const outcome = fuzzTarget(planted, [], { seconds: 20, runs: 5000, seed: SEED });
  assert.ok(outcome.crashes.length > 0);
});
