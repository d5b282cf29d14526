/** What a first page costs under row-level security: the rows that its plan touches, not a time, so that load cannot decide. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TenantId } from '#core/id.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { loadApiData } from '../../../bench/api-data.ts';
import { build, type Search } from './search.ts';

after(stopTestDatabases);

type Node = Readonly<Record<string, unknown>> & { readonly Plans?: readonly Node[] };

const MESSAGES = 20_000;
const PAGE = 50;

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const below of node.Plans ?? []) yield* nodesOf(below);
}

const number = (node: Node, name: string): number => Number(node[name] ?? 0);
/** Rows that were looked at by a node, all its loops together. */
const touched = (node: Node): number =>
  (number(node, 'Actual Rows') + number(node, 'Rows Removed by Filter')) * number(node, 'Actual Loops');

test('a first page touches about a page of rows, along an index, for every question that one answers', async () => {
  await using db = await testDatabase();
  await loadApiData(db, { tenants: 2, people: 0, messages: 2 * MESSAGES, passwordHash: '' });
  const [tenant] = await db.query<{ id: TenantId }>(`select id from tenant where name = 'bench-0'`);
  assert.ok(tenant !== undefined);
  const app = db.as('app').asTenant(tenant.id);
  const searches: readonly Omit<Search, 'limit'>[] = [
    {},
    { sender: 'user2@sender.example' },
    { sender: 'nobody@sender.example' },
    { recipient: 'p0@bench-0.example' },
    { recipient: 'nobody@bench-0.example' },
    { recipient: '@bench-0.example' },
    { messageId: '<400@sender.example>' },
    { verdict: 'hold' },
    { sender: 'user2@sender.example', recipient: 'p0@bench-0.example' },
  ];
  for (const search of searches) {
    const { sql, values } = build(tenant.id, { ...search, limit: PAGE });
    const [row] = await app.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Node }] }>(
      `explain (analyze, format json) ${sql}`,
      values,
    );
    assert.ok(row !== undefined);
    const nodes = [...nodesOf(row['QUERY PLAN'][0].Plan)];
    const scans = nodes.filter((n) => n['Relation Name'] !== undefined && touched(n) > 0);
    const name = JSON.stringify(search);
    // Partitions without rows are cheapest read as they are.
    const whole = scans.filter((n) => n['Node Type'] === 'Seq Scan' && touched(n) > 10);
    assert.deepEqual(
      whole.map((n) => n['Relation Name']),
      [],
      `${name} reads a whole table`,
    );
    const rows = scans.reduce((sum, n) => sum + touched(n), 0);
    assert.ok(rows < 20 * PAGE, `${name} touches ${rows} rows of ${MESSAGES}`);
  }
});
