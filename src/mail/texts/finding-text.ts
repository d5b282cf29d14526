/** The sentence of a finding in a person's language. */
import type { Finding } from '../finding.ts';
import { de } from './de.ts';
import { en, type Texts } from './en.ts';
import { nl } from './nl.ts';

export type Language = 'en' | 'de' | 'nl';
export const CATALOGUES: Readonly<Record<Language, Texts>> = { en, de, nl };

/** Params come from strangers: longer than this helps nobody. */
const MAX_PARAM_CHARS = 200;
// Control and direction characters, with which a value could leave its line or turn the sentence around it.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function findingText(finding: Pick<Finding, 'check' | 'code' | 'params'>, language: Language): string {
  const texts: Readonly<Record<string, string>> = CATALOGUES[language];
  const sentence = texts[`${finding.check}.${finding.code}`] ?? texts[`*.${finding.code}`];
  // A code without a sentence is a mistake of ours which a test looks for; people still get the bare word.
  if (sentence === undefined) return `${finding.check}.${finding.code}`;
  return sentence.replace(/\{(\w+)\}/g, (_all, key: string) => printable(finding.params[key]));
}

function printable(value: string | number | boolean | undefined): string {
  const text = String(value ?? '?').replace(UNPRINTABLE, '\u{fffd}');
  if (text === '') return '-';
  return text.length > MAX_PARAM_CHARS ? `${text.slice(0, MAX_PARAM_CHARS)}…` : text;
}
