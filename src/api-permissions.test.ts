import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE, PERMISSIONS } from '#assurance/access/catalogue.ts';
import { apiRoutes } from './api-routes.ts';

test('every permission of the catalogue is asked for by a route, or marked as planned', () => {
  // Routes only close over what they are given; their declarations ask nothing of it.
  const used = new Set(apiRoutes(...([{}, {}, {}] as Parameters<typeof apiRoutes>)).map((r) => r.permission));
  assert.ok(used.size > 10, 'there are routes');
  const entries: Readonly<Record<string, { readonly of: string; readonly planned?: true }>> = CATALOGUE;
  const idle = PERMISSIONS.filter((p) => !used.has(p) && entries[p]?.planned !== true);
  assert.deepEqual(idle, []);
});
