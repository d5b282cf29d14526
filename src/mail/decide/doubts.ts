/**
 * What is right by its form and still fits nothing: a finding that no check makes, a listener that does not exist, a domain
 * that is no name. Such a rule protects nobody, and nothing else would ever say so.
 */
import { nearest } from '#core/complaint.ts';
import { toAsciiDomain } from '#protocol/address/domain.ts';
import { en } from '../texts/en.ts';
import type { FindingPattern, Policy, Rule } from './policy.ts';

/** Every `check.code` that can be found; `*.code` is one that each check may make. Sentences of other things are left out. */
const FINDINGS = Object.keys(en).filter((key) => !/^(story|rule)\./.test(key));
const CHECK_NAMES = new Set(FINDINGS.map((f) => f.slice(0, f.indexOf('.'))).filter((c) => c !== '*'));

/** One sentence for each; none when every rule can fit something. */
export function doubtsAbout(policy: Policy, listeners: readonly string[]): string[] {
  return policy.rules.flatMap((rule) =>
    [...findingDoubts(rule), ...listenerDoubts(rule, listeners), ...domainDoubts(rule)].map(
      (doubt) => `rule "${rule.name}": ${doubt}`,
    ),
  );
}

function findingDoubts({ when }: Rule): string[] {
  return (when.finding ?? []).filter((p) => !FINDINGS.some((f) => canBe(p, f))).map(unknownFinding);
}

function canBe(pattern: FindingPattern, known: string): boolean {
  const [check = '', code = ''] = known.split('.');
  const isCheck =
    pattern.check === '*' || pattern.check === check || (check === '*' && CHECK_NAMES.has(pattern.check));
  return isCheck && (pattern.isPrefix ? code.startsWith(pattern.code) : code === pattern.code);
}

function unknownFinding({ check, code, isPrefix }: FindingPattern): string {
  const written = `${check}.${code}${isPrefix ? '*' : ''}`;
  const meant = nearest(written, FINDINGS);
  return `no check ever finds "${written}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}

function listenerDoubts({ when }: Rule, listeners: readonly string[]): string[] {
  const known = listeners.join(', ');
  return (when.listener ?? [])
    .filter((l) => !listeners.includes(l))
    .map((l) => `the configuration has no listener "${l}"; it has ${known}`);
}

function domainDoubts({ when }: Rule): string[] {
  return (['senderDomain', 'authenticatedDomain', 'recipientDomain'] as const).flatMap((key) =>
    (when[key] ?? []).flatMap((written) => {
      const bare = written.replace(/^\*\./, '');
      const name = toAsciiDomain(bare);
      if (name === undefined || !name.includes('.')) return [`${key} "${written}" is no domain name`];
      // Domains are compared in A-label form.
      return name === bare ? [] : [`${key} "${written}" must be written as "${name}"`];
    }),
  );
}
