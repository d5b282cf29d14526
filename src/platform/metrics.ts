/**
 * Counters, gauges and histograms, written as Prometheus text. Each is declared once at the top of the file that feeds it,
 * with a sentence that says what it means; `registry` collects the declarations of the whole process.
 *
 * Cheap where it counts: `with(...)` gives a series to keep, whose `inc` is one addition. Label values must come from short
 * closed lists; past `MAX_SERIES` a metric's further series are counted together under `other`, so that no peer can grow
 * our memory by choosing label values.
 */
import { InvariantError } from '#core/errors.ts';

export type Series = { readonly inc: (by?: number) => void };
export type Counter = Series & { readonly with: (...values: readonly string[]) => Series };
export type GaugeSeries = { readonly set: (value: number) => void; readonly add: (by: number) => void };
export type Gauge = GaugeSeries & { readonly with: (...values: readonly string[]) => GaugeSeries };
export type Timer = { readonly observe: (value: number) => void };
export type Histogram = Timer & { readonly with: (...values: readonly string[]) => Timer };

export type Registry = {
  readonly counter: (name: string, help: string, labels?: readonly string[]) => Counter;
  readonly gauge: (name: string, help: string, labels?: readonly string[]) => Gauge;
  /** A gauge whose value is asked for when metrics are read. */
  readonly gaugeFrom: (name: string, help: string, read: () => number) => void;
  /** A counter that is kept elsewhere, by a part that knows nothing of metrics. */
  readonly counterFrom: (name: string, help: string, read: () => number) => void;
  readonly histogram: (
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ) => Histogram;
  /** The exposition format 0.0.4. */
  readonly text: () => string;
};

const MAX_SERIES = 500;
const NAME = /^[a-z_][a-z0-9_]*$/;

/** Seconds, for what a person or a peer waits for. */
export const SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

export function createRegistry(): Registry {
  const writers = new Map<string, () => string>();
  const declare = (name: string, help: string, type: string, lines: () => string): void => {
    if (!NAME.test(name)) throw new InvariantError(`"${name}" is no metric name`);
    if (writers.has(name)) throw new InvariantError(`metric ${name} is declared twice`);
    const head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
    writers.set(name, () => head + lines());
  };
  const family = <S>(name: string, labels: readonly string[], make: () => S): Family<S> => ({
    name,
    labels,
    make,
    series: new Map(),
  });

  return {
    counter: (name, help, labels = []) => {
      const all = family(name, labels, newNumber);
      declare(name, help, 'counter', () => numberLines(all));
      const of = (values: readonly string[]): Series => {
        const s = seriesOf(all, values);
        return { inc: (by = 1) => void (s.value += by) };
      };
      return {
        ...(labels.length === 0 ? of([]) : { inc: unlabelled(name) }),
        with: (...values) => of(values),
      };
    },
    gauge: (name, help, labels = []) => {
      const all = family(name, labels, newNumber);
      declare(name, help, 'gauge', () => numberLines(all));
      const of = (values: readonly string[]): GaugeSeries => {
        const s = seriesOf(all, values);
        return { set: (value) => void (s.value = value), add: (by) => void (s.value += by) };
      };
      const wrong = unlabelled(name);
      return {
        ...(labels.length === 0 ? of([]) : { set: wrong, add: wrong }),
        with: (...values) => of(values),
      };
    },
    gaugeFrom: (name, help, read) => declare(name, help, 'gauge', () => `${name} ${number(read())}\n`),
    counterFrom: (name, help, read) => declare(name, help, 'counter', () => `${name} ${number(read())}\n`),
    histogram: (name, help, buckets, labels = []) => {
      const all = family(name, labels, () => newBuckets(buckets));
      declare(name, help, 'histogram', () => bucketLines(all, buckets));
      const of = (values: readonly string[]): Timer => {
        const s = seriesOf(all, values);
        return { observe: (value) => observe(s, buckets, value) };
      };
      return {
        ...(labels.length === 0 ? of([]) : { observe: unlabelled(name) }),
        with: (...values) => of(values),
      };
    },
    text: () => [...writers.values()].map((write) => write()).join(''),
  };
}

/** The process's own; rooms declare into it at the top of their files. */
export const registry: Registry = createRegistry();

type Family<S> = {
  readonly name: string;
  readonly labels: readonly string[];
  readonly make: () => S;
  readonly series: Map<string, S>;
};
type Num = { value: number };
type Buckets = { readonly counts: Float64Array; sum: number; count: number };

const newNumber = (): Num => ({ value: 0 });
const newBuckets = (limits: readonly number[]): Buckets => ({
  counts: new Float64Array(limits.length),
  sum: 0,
  count: 0,
});

function unlabelled(name: string): () => never {
  return () => {
    throw new InvariantError(`metric ${name} has labels: use with(…)`);
  };
}

function seriesOf<S>(all: Family<S>, values: readonly string[]): S {
  if (values.length !== all.labels.length)
    throw new InvariantError(`metric ${all.name} has labels ${all.labels.join(', ')}`);
  let key = labelText(all.labels, values);
  if (!all.series.has(key) && all.series.size >= MAX_SERIES)
    key = labelText(
      all.labels,
      values.map(() => 'other'),
    );
  let series = all.series.get(key);
  if (series === undefined) all.series.set(key, (series = all.make()));
  return series;
}

function observe(s: Buckets, limits: readonly number[], value: number): void {
  s.sum += value;
  s.count++;
  for (let i = 0; i < limits.length; i++) {
    if (value <= limits[i]!) {
      s.counts[i]!++; // `!`: counts has the length of limits
      return;
    }
  }
}

function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((n, i) => `${n}="${escapeLabel(values[i] ?? '')}"`).join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberLines(all: Family<Num>): string {
  let text = '';
  for (const [key, s] of all.series)
    text += `${all.name}${key === '' ? '' : `{${key}}`} ${number(s.value)}\n`;
  return text;
}

function bucketLines(all: Family<Buckets>, limits: readonly number[]): string {
  let text = '';
  for (const [key, s] of all.series) {
    const lead = key === '' ? '' : `${key},`;
    let sum = 0;
    limits.forEach((limit, i) => {
      sum += s.counts[i]!; // `!`: counts has the length of limits
      text += `${all.name}_bucket{${lead}le="${limit}"} ${sum}\n`;
    });
    const braces = key === '' ? '' : `{${key}}`;
    text += `${all.name}_bucket{${lead}le="+Inf"} ${s.count}\n`;
    text += `${all.name}_sum${braces} ${number(s.sum)}\n${all.name}_count${braces} ${s.count}\n`;
  }
  return text;
}

const number = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : 'NaN';
