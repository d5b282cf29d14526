/**
 * A coverage-guided fuzzer: `node tools/fuzz.ts TARGET [--seconds N] [--corpus DIR]`.
 *
 * TARGET is a file in test/fuzz/targets that exports `fuzz(data)`, which throws when a promise is broken. Inputs that reach
 * new code (V8's block coverage, asked between batches) are kept in .cache/fuzz/TARGET and mutated further; inputs that
 * break a promise, or take a second, are written to test/corpus/TARGET, where an ordinary test replays them for ever.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join, resolve } from 'node:path';

export type Target = (data: Uint8Array) => void;
export type Crash = { readonly data: Uint8Array; readonly error: unknown };
export type Budget = {
  readonly seconds: number;
  readonly runs: number;
  readonly seed: number;
};
export type Outcome = {
  readonly runs: number;
  readonly blocks: number;
  readonly kept: readonly Uint8Array[];
  readonly crashes: readonly Crash[];
};

const ROOT = resolve(import.meta.dirname, '..');
const MAX_INPUT = 4096;
const BATCH = 32;
const MAX_CORPUS = 2000;
const SLOW_MS = 1000;

/** Code blocks executed since the last question, with how often, in powers of two. */
type Coverage = { readonly take: () => string[]; readonly stop: () => void };

function startCoverage(): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    take: () => {
      const seen: string[] = [];
      session.post('Profiler.takePreciseCoverage', (error, answer) => {
        if (error !== null) throw error;
        for (const script of answer.result) {
          if (!script.url.includes('/src/')) continue;
          for (const f of script.functions)
            for (const r of f.ranges)
              if (r.count > 0)
                seen.push(
                  `${script.scriptId}:${r.startOffset}:${r.endOffset}:${Math.min(6, Math.floor(Math.log2(r.count)))}`,
                );
        }
      });
      return seen;
    },
    stop: () => session.disconnect(),
  };
}

/** xorshift: small, seeded, the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return below <= 0 ? 0 : (state >>> 0) % below;
  };
}

/** What mail is made of, so that a mutation can put a whole word where it hurts. */
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\n\n',
  '\0',
  ' ',
  '\t',
  '--',
  '--b',
  '--b--',
  '\r\n--b\r\n',
  '\r\n--b--\r\n',
  '\n--b\n',
  'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
  'Content-Type: multipart/mixed; boundary="b c"\r\n\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Type: text/plain\r\n',
  'Content-Transfer-Encoding: base64\r\n\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n\r\n',
  'Content-Transfer-Encoding: x-uuencode\r\n\r\n',
  "Content-Disposition: attachment; filename*0*=utf-8''a; filename*1=b\r\n",
  'begin 644 a\r\n',
  'end\r\n',
  '=ybegin ',
  'QUJD\r\n',
  'QQ==',
  '=\r\n',
  '=3D',
  '=?utf-8?q?a=40b?=',
  '=?utf-8?b?YQ==?=',
  '<',
  '>',
  '@',
  '"',
  '\\',
  '(',
  ')',
  ',',
  ';',
  ':',
  '%',
  "'",
  '*',
  '=',
  'From: ',
  'Sender: a@b.example\r\n',
  'a@b.example',
  'boundary',
  'name',
  'charset=utf-16',
  '\xff',
  '\xc3\xa9',
].map((w) => Buffer.from(w, 'latin1'));

function mutate(input: Uint8Array, other: Uint8Array, roll: (below: number) => number): Uint8Array {
  let data: Buffer = Buffer.from(input);
  for (let n = roll(4) + 1; n > 0; n--) {
    const at = roll(data.length + 1);
    const splice = (remove: number, insert: Uint8Array): Buffer =>
      Buffer.concat([data.subarray(0, at), insert, data.subarray(at + remove)]);
    switch (roll(8)) {
      case 0:
        if (data.length > 0) data[roll(data.length)] = roll(256);
        break;
      case 1:
        if (data.length > 0) data[roll(data.length)]! ^= 1 << roll(8); // `!`: not empty
        break;
      case 2:
        data = splice(roll(16) + 1, Buffer.alloc(0));
        break;
      case 3:
      case 4:
        data = splice(0, WORDS[roll(WORDS.length)]!); // `!`: below the length
        break;
      case 5:
        data = splice(roll(8), WORDS[roll(WORDS.length)]!); // `!`: below the length
        break;
      case 6:
        data = splice(0, Buffer.from(data.subarray(roll(data.length), roll(data.length + 1))));
        break;
      default:
        data = splice(roll(data.length), other.subarray(roll(other.length)));
    }
  }
  return data.subarray(0, MAX_INPUT);
}

/** Fuzzes until the budget is used up. The seeds are tried first, and none of them may break a promise either. */
export function fuzzTarget(target: Target, seeds: readonly Uint8Array[], budget: Budget): Outcome {
  const roll = random(budget.seed);
  const corpus: Uint8Array[] = seeds.length > 0 ? [...seeds] : [new Uint8Array(0)];
  const kept: Uint8Array[] = [];
  const crashes: Crash[] = [];
  const blocks = new Set<string>();
  const endMs = performance.now() + budget.seconds * 1000;
  let runs = 0;
  const run = (data: Uint8Array): void => {
    runs++;
    const startedMs = performance.now();
    try {
      target(data);
      const tookMs = performance.now() - startedMs;
      if (tookMs > SLOW_MS) crashes.push({ data, error: new Error(`took ${Math.round(tookMs)} ms`) });
    } catch (error) {
      crashes.push({ data, error }); // Not rethrown: it is what is looked for.
    }
  };
  const coverage = startCoverage();
  const isNew = (): boolean => {
    const before = blocks.size;
    for (const block of coverage.take()) blocks.add(block);
    return blocks.size > before;
  };
  for (const seed of corpus) run(seed);
  isNew();
  while (runs < budget.runs && performance.now() < endMs && crashes.length < 5) {
    const pick = (): Uint8Array => corpus[roll(corpus.length)]!; // `!`: never empty
    const batch = Array.from({ length: BATCH }, () => mutate(pick(), pick(), roll));
    for (const data of batch) run(data);
    if (!isNew()) continue;
    // Some input of the batch reached new code; those that do so again with another batch before them stay, too.
    for (const data of batch.slice(0, 4 + roll(8))) {
      if (corpus.length >= MAX_CORPUS) break;
      corpus.push(data);
      kept.push(data);
    }
  }
  coverage.stop();
  return { runs, blocks: blocks.size, kept, crashes };
}

/** The files of a folder, and of the folders in it, as inputs. */
export function readInputs(folder: string): Uint8Array[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name.toString()))
    .filter((path) => statSync(path).isFile())
    .sort()
    .map((path) => new Uint8Array(readFileSync(path).subarray(0, MAX_INPUT)));
}

export async function loadTarget(name: string): Promise<Target> {
  const module = (await import(join(ROOT, 'test/fuzz/targets', `${name}.ts`))) as { readonly fuzz: Target };
  return module.fuzz;
}

function save(folder: string, data: Uint8Array): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(data).digest('hex').slice(0, 16));
  writeFileSync(path, data);
  return path;
}

function readOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args[at + 1];
}

async function main(args: readonly string[]): Promise<number> {
  const names = readdirSync(join(ROOT, 'test/fuzz/targets')).map((f) => f.replace(/\.ts$/, ''));
  const [name] = args;
  if (name === undefined || !names.includes(name)) {
    console.error(`fuzz: name a target out of ${names.join(', ')}`);
    return 2;
  }
  const seconds = Number(readOption(args, '--seconds') ?? '60');
  if (!(seconds > 0)) {
    console.error('fuzz: --seconds takes a number above 0');
    return 2;
  }
  const cache = join(ROOT, '.cache/fuzz', name);
  const seeds = [
    ...readInputs(cache),
    ...readInputs(join(ROOT, 'test/corpus', name)),
    ...readInputs(readOption(args, '--corpus') ?? ''),
  ];
  const seed = Number(readOption(args, '--seed') ?? String(Date.now() & 0x7fffffff));
  console.log(`fuzz ${name}: seed ${seed}, ${seeds.length} inputs to begin with, ${seconds} s`);
  const outcome = fuzzTarget(await loadTarget(name), seeds, {
    seconds,
    runs: Number.POSITIVE_INFINITY,
    seed,
  });
  for (const data of outcome.kept) save(cache, data);
  for (const { data, error } of outcome.crashes)
    console.error(
      `broken by ${save(join(ROOT, 'test/corpus', name), data)}: ${error instanceof Error ? error.message : 'thrown'}`,
    );
  console.log(
    `${outcome.runs} runs, ${outcome.blocks} blocks, ${outcome.kept.length} kept, ${outcome.crashes.length} broken`,
  );
  return outcome.crashes.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
