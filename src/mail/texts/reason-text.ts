/** The sentence of a reason in a person's language: that of its finding, of its kind of rule, or as it was kept. */
import type { Finding } from '../finding.ts';
import type { Reason } from '../verdict.ts';
import { findingText } from './finding-text.ts';
import { CATALOGUES, type Language } from './text.ts';

export function reasonText(
  reason: Reason,
  findings: readonly Pick<Finding, 'check' | 'code' | 'params'>[],
  language: Language,
): string {
  const finding = findings.find((f) => `${f.check}.${f.code}` === reason.finding);
  if (finding !== undefined) return findingText(finding, language);
  const texts: Readonly<Record<string, string>> = CATALOGUES[language];
  const ofRule = reason.finding.startsWith('rule.') ? texts[reason.finding] : undefined;
  return ofRule ?? reason.text;
}
