/** Spans as people write them: `90s`, `5m`, `4h`, `2d`; a list with commas. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds, or undefined for what is no span. */
export function parseSpan(text: string): number | undefined {
  const match = /^\s*(\d{1,7})\s*([smhd])\s*$/i.exec(text);
  const unit = UNITS[match?.[2]?.toLowerCase() ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

export function parseSpans(text: string): number[] | undefined {
  const spans = text.split(',').map(parseSpan);
  return spans.every((s) => s !== undefined) ? spans : undefined;
}

/** The shortest way to write it that is exact. */
export function printSpan(seconds: number): string {
  const [unit, size] = Object.entries(UNITS)
    .toReversed()
    .find(([, n]) => seconds % n === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
