/** Spans of time as people write them: `90s`, `15m`, `4h`, `5d`. */
const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/** Whole seconds; undefined when the text is no such span. The unit must be there: nobody should have to guess it. */
export function parseDurationS(text: string): number | undefined {
  const match = /^(\d{1,9})([dhms])$/.exec(text.trim());
  const unit = UNITS.find(([letter]) => letter === match?.[2]);
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit[1];
}

/** The largest unit that says it without a fraction. */
export function formatDurationS(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [letter, size] = UNITS.find(([, s]) => whole >= s && whole % s === 0) ?? ['s', 1];
  return `${whole / size}${letter}`;
}

/** For tables: the two largest units, `3d 4h`. */
export function roughDuration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [letter, size] of UNITS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0 || (letter === 's' && parts.length === 0)) parts.push(`${n}${letter}`);
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
