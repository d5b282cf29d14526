/** The sentence of a finding in a person's language. */
import type { Finding } from '../finding.ts';
import { CATALOGUES, fill, type Language } from './text.ts';

export function findingText(finding: Pick<Finding, 'check' | 'code' | 'params'>, language: Language): string {
  const texts: Readonly<Record<string, string>> = CATALOGUES[language];
  const sentence = texts[`${finding.check}.${finding.code}`] ?? texts[`*.${finding.code}`];
  // A code without a sentence is a mistake of ours which a test looks for; people still get the bare word.
  return sentence === undefined ? `${finding.check}.${finding.code}` : fill(sentence, finding.params);
}
