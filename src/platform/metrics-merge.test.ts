import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeMetrics } from './metrics-merge.ts';

test('mergeMetrics() sums what has the same name and labels and keeps the rest', () => {
  const one = '# HELP a Things.\n# TYPE a counter\na{x="1"} 2\na{x="2"} 1\n';
  const two = '# HELP a Things.\n# TYPE a counter\na{x="1"} 3\n# HELP b More.\n# TYPE b gauge\nb 7\n';
  assert.equal(
    mergeMetrics([one, two, '']),
    '# HELP a Things.\n# TYPE a counter\na{x="1"} 5\na{x="2"} 1\n# HELP b More.\n# TYPE b gauge\nb 7\n',
  );
});
