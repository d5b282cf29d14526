/** docs/asvs.tsv, the table of OWASP ASVS 5.0 requirements: whole, in order, and every file it names is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const STATES = ['met', 'partly', 'not applicable', 'not met'];
const [head, ...lines] = readFileSync('docs/asvs.tsv', 'utf8').trimEnd().split('\n');
const rows = lines.map((line) => line.split('\t'));

test('every line has its five columns, a well-formed id of its own, and a state', () => {
  assert.equal(head, 'id\tlevel\trequirement\tstatus\ttest or reason');
  assert.ok(rows.length > 100, 'there are requirements');
  const ids = rows.map(([id]) => id ?? '');
  for (const row of rows) {
    const [id = '', level = '', text = '', status = '', shown = ''] = row;
    assert.equal(row.length, 5, id);
    assert.match(id, /^V\d{1,2}\.\d{1,2}\.\d{1,2}$/);
    assert.match(level, /^[123]$/, id);
    assert.ok(text.length > 5 && STATES.includes(status) && shown.length > 5, id);
  }
  assert.equal(new Set(ids).size, ids.length, 'no id twice');
  const order = (id: string): number =>
    id
      .slice(1)
      .split('.')
      .reduce((sum, n) => sum * 100 + Number(n), 0);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => order(a) - order(b)),
  );
});

test('every file that is named is there, and what is met names one or says why none is needed', () => {
  let named = 0;
  for (const [id = '', , , status, shown = ''] of rows) {
    const files = shown.match(/\b(src|test|docs)\/[\w./-]+\.(ts|md)\b/g) ?? [];
    named += files.length;
    for (const file of files) assert.ok(existsSync(file), `${id}: ${file}`);
    if (status === 'met' && files.length === 0)
      assert.match(shown, /no such mechanism|node:crypto|\/readyz/, id);
  }
  assert.ok(named > 60, `${named} files`);
});
