import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from './metrics.ts';

test('counters, gauges and histograms are written as Prometheus text', () => {
  const r = createRegistry();
  const accepted = r.counter('mail_total', 'Messages taken.', ['verdict']);
  accepted.with('accept').inc();
  accepted.with('accept').inc(2);
  accepted.with('say "no"').inc();
  const open = r.gauge('sessions', 'Open sessions.');
  open.set(5);
  open.add(-2);
  r.gaugeFrom('queue', 'Waiting.', () => 7);
  const took = r.histogram('took_seconds', 'Time.', [0.1, 1]);
  for (const v of [0.05, 0.1, 0.5, 9]) took.observe(v);
  assert.equal(
    r.text(),
    `# HELP mail_total Messages taken.
# TYPE mail_total counter
mail_total{verdict="accept"} 3
mail_total{verdict="say \\"no\\""} 1
# HELP sessions Open sessions.
# TYPE sessions gauge
sessions 3
# HELP queue Waiting.
# TYPE queue gauge
queue 7
# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 2
took_seconds_bucket{le="1"} 3
took_seconds_bucket{le="+Inf"} 4
took_seconds_sum 9.65
took_seconds_count 4
`,
  );
});

test('a label value chosen by a peer cannot grow memory: series past the limit are counted as other', () => {
  const r = createRegistry();
  const c = r.counter('c', 'C.', ['peer']);
  for (let i = 0; i < 5_000; i++) c.with(`peer${i}`).inc();
  const lines = r.text().trim().split('\n').slice(2);
  assert.ok(lines.length <= 501, String(lines.length));
  assert.ok(lines.includes('c{peer="other"} 4500'));
});

test('a metric declared twice, misnamed, or used without its labels is a bug that shows at once', () => {
  const r = createRegistry();
  const c = r.counter('c', 'C.', ['a']);
  assert.throws(() => r.gauge('c', 'C.'), /declared twice/);
  assert.throws(() => r.gauge('C-1', 'C.'), /no metric name/);
  assert.throws(() => c.inc(), /use with/);
  assert.throws(() => c.with('1', '2'), /has labels a/);
});
