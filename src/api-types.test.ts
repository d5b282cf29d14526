import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openapi } from '#api/openapi.ts';
import { apiTypes } from '../tools/make-api-types.ts';
import { apiRoutes } from './api-routes.ts';

const FILE = 'web/src/api/types.ts';

test('the types of the console are those of the routes (GATEHOUSE_TEST_RENEW=1 writes them)', () => {
  // Routes only close over what they are given; describing them asks nothing of it.
  const routes = apiRoutes({ stores: {}, about: {} } as Parameters<typeof apiRoutes>[0]);
  const types = apiTypes(openapi(routes));
  if (process.env['GATEHOUSE_TEST_RENEW'] === '1') writeFileSync(FILE, types);
  assert.equal(readFileSync(FILE, 'utf8'), types);
});
