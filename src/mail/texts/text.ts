/** One sentence of the catalogue with its blanks filled, safe to print whatever the values are. */
import { de } from './de.ts';
import { en, type TextKey, type Texts } from './en.ts';
import { nl } from './nl.ts';

export type Language = 'en' | 'de' | 'nl';
export const LANGUAGES: readonly Language[] = ['en', 'de', 'nl'];
export const CATALOGUES: Readonly<Record<Language, Texts>> = { en, de, nl };

export type Params = Readonly<Record<string, string | number | boolean>>;

/** Values come from strangers: longer than this helps nobody. */
const MAX_PARAM_CHARS = 200;
// Control and direction characters, with which a value could leave its line or turn the sentence around it.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function text(language: Language, key: TextKey, params: Params = {}): string {
  return fill(CATALOGUES[language][key], params);
}

export function fill(sentence: string, params: Params): string {
  return sentence.replace(/\{(\w+)\}/g, (_all, key: string) => printable(params[key]));
}

export function printable(value: string | number | boolean | undefined): string {
  const text = String(value ?? '?').replace(UNPRINTABLE, '\u{fffd}');
  if (text === '') return '-';
  return text.length > MAX_PARAM_CHARS ? `${text.slice(0, MAX_PARAM_CHARS)}…` : text;
}
