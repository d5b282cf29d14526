/** Metrics of several processes as one text: samples of the same name and labels are summed. */

/** Sums Prometheus texts; every kind of ours adds up (counters, histogram buckets, gauges that count things). */
export function mergeMetrics(texts: readonly string[]): string {
  const heads = new Map<string, string[]>();
  const samples = new Map<string, Map<string, number>>();
  for (const text of texts) {
    let family = '';
    for (const line of text.split('\n')) {
      const head = /^# (?:HELP|TYPE) (\S+)/.exec(line);
      if (head !== null) {
        family = head[1]!; // `!`: the group is not optional
        const known = heads.get(family) ?? [];
        if (!known.includes(line)) heads.set(family, [...known, line]);
        continue;
      }
      const space = line.lastIndexOf(' ');
      if (space <= 0) continue;
      const series = samples.get(family) ?? new Map<string, number>();
      const name = line.slice(0, space);
      series.set(name, (series.get(name) ?? 0) + Number(line.slice(space + 1)));
      samples.set(family, series);
    }
  }
  let out = '';
  for (const [family, lines] of heads) {
    out += `${lines.join('\n')}\n`;
    for (const [name, value] of samples.get(family) ?? []) out += `${name} ${value}\n`;
  }
  return out;
}
