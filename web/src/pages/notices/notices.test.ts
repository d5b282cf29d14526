import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './page-of.ts';

test('a notice leads to the page it speaks of, and never out of the console', () => {
  const cases: readonly (readonly [details: Record<string, unknown>, page: string | undefined])[] = [
    [{ request: '0190-a', act: 'grant' }, '/requests/0190-a'],
    [{ campaign: '0190-b' }, '/campaigns/0190-b'],
    [{ access: '0190-c', request: '0190-a' }, '/content'],
    [{ access: '0190-c', message: '0190-d' }, '/messages/0190-d'],
    [{ breakGlass: '0190-e' }, undefined],
    [{ request: '../../x' }, undefined],
    [{ request: '//elsewhere.example' }, undefined],
    [{ request: 7 }, undefined],
    [{}, undefined],
  ];
  for (const [details, page] of cases) assert.equal(pageOf({ details }), page, JSON.stringify(details));
});
