/** Whether a rule's conditions fit one finding for one recipient. */
import type { Envelope, EnvelopeRecipient } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import type { Conditions, FindingPattern } from './policy.ts';

/** What is the same for every finding and recipient of a message, worked out once. */
export type Facts = {
  readonly direction: Envelope['direction'];
  readonly listener: string;
  readonly senderDomain: string;
  readonly authenticatedDomain: string;
  readonly weight: number;
};

export function factsOf(envelope: Envelope, findings: readonly Finding[]): Facts {
  const passed = findings.find((f) => f.check === 'dmarc' && f.code === 'pass' && f.outcome === 'pass');
  const domain = passed?.params['domain'];
  return {
    direction: envelope.direction,
    listener: envelope.listener.name,
    senderDomain: envelope.mailFrom.slice(envelope.mailFrom.lastIndexOf('@') + 1).toLowerCase(),
    authenticatedDomain: typeof domain === 'string' ? domain : '',
    weight: findings.reduce((sum, f) => sum + f.weight, 0),
  };
}

export function fits(
  when: Conditions,
  facts: Facts,
  finding: Finding,
  recipient: EnvelopeRecipient,
): boolean {
  return (
    anyOf(when.finding, (p) => patternFits(p, finding)) &&
    anyOf(when.outcome, (o) => o === finding.outcome) &&
    anyOf(when.class, (c) => c === finding.class) &&
    (when.direction === undefined || when.direction === facts.direction) &&
    anyOf(when.listener, (l) => l === facts.listener) &&
    anyOf(when.senderDomain, (d) => domainFits(d, facts.senderDomain)) &&
    anyOf(when.authenticatedDomain, (d) => domainFits(d, facts.authenticatedDomain)) &&
    anyOf(when.recipientDomain, (d) => domainFits(d, recipient.domain)) &&
    // Our own recipients are compared without case, as nearly every mail store does (RFC 5321 §2.4 leaves it to the host).
    anyOf(when.recipient, (r) => r === recipient.address.toLowerCase()) &&
    (when.minWeight === undefined || facts.weight >= when.minWeight)
  );
}

function anyOf<T>(list: readonly T[] | undefined, test: (item: T) => boolean): boolean {
  return list === undefined || list.some(test);
}

function patternFits(pattern: FindingPattern, finding: Finding): boolean {
  if (pattern.check !== '*' && pattern.check !== finding.check) return false;
  return pattern.isPrefix ? finding.code.startsWith(pattern.code) : finding.code === pattern.code;
}

function domainFits(pattern: string, domain: string): boolean {
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern;
}
