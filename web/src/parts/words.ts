/** Words for what the API names by a code, and figures as the reader's language writes them. */
import type { TFunction } from 'i18next';
import i18next from 'i18next';

/** The word for a value such as a verdict or a state; the bare value where a newer server knows more than we do. */
export function word(t: TFunction, kind: string, value: string): string {
  const key = `${kind}.${value}`;
  // `as`: whether the key exists has just been asked.
  return i18next.exists(key) ? t(key as 'verdict.accept') : value;
}

export function formatBytes(bytes: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const;
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const digits = new Intl.NumberFormat(language, { maximumFractionDigits: step === 0 ? 0 : 1 });
  return `${digits.format(bytes / 1000 ** step)} ${units[step]}`;
}

export const formatDate = (ms: number, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(ms);
export const formatClock = (ms: number, language: string): string =>
  new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(ms);

const SPANS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** `3 hours 20 minutes`: at most two units. */
export function formatSpan(seconds: number, language: string): string {
  const parts: string[] = [];
  let left = Math.max(0, Math.round(seconds));
  for (const [size, unit] of SPANS) {
    const n = Math.floor(left / size);
    if (n > 0 && parts.length < 2)
      parts.push(new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(n));
    left -= n * size;
  }
  return parts.length === 0
    ? new Intl.NumberFormat(language, { style: 'unit', unit: 'second', unitDisplay: 'long' }).format(0)
    : parts.join(' ');
}
