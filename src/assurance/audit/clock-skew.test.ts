import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reader, Row } from '#platform/db.ts';
import { clockSkewMs, clockTrouble } from './clock-skew.ts';

/** A database whose clock is off, and which answers after a while. */
function world(aheadMs: number, wayMs: number): { db: Reader; nowMs: () => number } {
  let now = 1_700_000_000_000;
  const query = async <T extends Row>(): Promise<T[]> => {
    now += wayMs / 2;
    const rows = [{ ms: now - aheadMs }] as unknown as T[]; // the one statement there is
    now += wayMs / 2;
    return rows;
  };
  return { db: { query }, nowMs: () => now };
}

test('a clock that is more than a second off is told, in both directions, whatever the way takes', async () => {
  const cases: [aheadMs: number, wayMs: number, trouble: RegExp | undefined][] = [
    [0, 2, undefined],
    [900, 2, undefined],
    [-900, 500, undefined],
    [1_500, 2, /1\.5 s ahead of the database/],
    [-3_600_000, 2, /3600\.0 s behind the database/],
    [1_500, 800, /1\.5 s ahead/],
  ];
  for (const [aheadMs, wayMs, trouble] of cases) {
    const { db, nowMs } = world(aheadMs, wayMs);
    const said = await clockTrouble(db, nowMs);
    if (trouble === undefined) assert.equal(said, undefined);
    else assert.match(said ?? '', trouble);
  }
});

test('a database that answers nothing is no agreement', async () => {
  const db: Reader = { query: async () => [] };
  assert.ok(Number.isNaN(await clockSkewMs(db, () => 0)));
});
