/**
 * Fixed numbers of runs, so that a check takes the same time everywhere; GATEHOUSE_FUZZ_RUNS multiplies them for a long
 * night. fast-check prints seed and path of a failure; GATEHOUSE_FUZZ_SEED repeats it.
 */
const FACTOR = Number(process.env['GATEHOUSE_FUZZ_RUNS'] ?? '1');
const SEED = process.env['GATEHOUSE_FUZZ_SEED'];

export function runs(count: number): { numRuns: number; seed?: number; verbose: 1 } {
  return {
    numRuns: Math.max(1, Math.round(count * FACTOR)),
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    verbose: 1,
  };
}
