/**
 * How an outside suite is judged: each case is a test of its own; a case listed in known-gaps.tsv must fail (one that
 * passes has to leave the list), and a listed case that the suite does not have is a mistake in the list.
 *
 * The data is not part of the repository. It is looked for in GATEHOUSE_CORPORA, by default ../shared/corpora. Where it is
 * absent the suite is skipped and says so; with CI=true that is a failure.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestContext } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');
export const CORPORA: string = resolve(ROOT, process.env['GATEHOUSE_CORPORA'] ?? '../shared/corpora');

/** The full path of a corpus file or folder; undefined when it is absent and the test was skipped. */
export function corpusPath(t: TestContext, path: string): string | undefined {
  const full = resolve(CORPORA, path);
  if (existsSync(full)) return full;
  assert.notEqual(process.env['CI'], 'true', `the outside data ${path} is absent (GATEHOUSE_CORPORA)`);
  t.skip(`needs the outside data ${path} (GATEHOUSE_CORPORA)`);
  return undefined;
}

export function corpusText(t: TestContext, path: string): string | undefined {
  const full = corpusPath(t, path);
  return full === undefined ? undefined : readFileSync(full, 'utf8');
}

export type SuiteCase = { readonly id: string; readonly judge: () => void | Promise<void> };
export type Suite = {
  /** As in the first column of known-gaps.tsv. */
  readonly name: string;
  readonly cases: readonly SuiteCase[];
  /** How many cases the suite has; a loader that lost some must not pass. */
  readonly count: number;
};

/** Case → reason, of the suite's lines in known-gaps.tsv. */
export function knownGaps(suite: string): Map<string, string> {
  const [head, ...lines] = readFileSync(resolve(import.meta.dirname, 'known-gaps.tsv'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.equal(head, 'suite\tcase\treason', 'known-gaps.tsv: the heading is not the expected one');
  const gaps = new Map<string, string>();
  for (const line of lines) {
    const [name, id = '', reason = ''] = line.split('\t');
    assert.notEqual(reason, '', `known-gaps.tsv: "${line}" gives no reason`);
    if (name === suite) gaps.set(id, reason);
  }
  return gaps;
}

export async function judgeSuite(t: TestContext, suite: Suite): Promise<void> {
  assert.equal(suite.cases.length, suite.count, `${suite.name}: cases found`);
  const ids = new Set(suite.cases.map((c) => c.id));
  assert.equal(ids.size, suite.count, `${suite.name}: case names are unique`);
  const gaps = knownGaps(suite.name);
  for (const id of gaps.keys()) assert.ok(ids.has(id), `known-gaps.tsv: ${suite.name} has no case "${id}"`);
  for (const c of suite.cases) {
    await t.test(`${suite.name} ${c.id}`, async () => {
      const reason = gaps.get(c.id);
      if (reason === undefined) return c.judge();
      await assert.rejects(async () => c.judge(), `known gap passes now, take it off the list (${reason})`);
    });
  }
}
