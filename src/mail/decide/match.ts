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

/** Asked for every finding and rule of every message: it makes no functions on the way. */
export function fits(
  when: Conditions,
  facts: Facts,
  finding: Finding,
  recipient: EnvelopeRecipient,
): boolean {
  return (
    (when.finding === undefined || anyPatternFits(when.finding, finding)) &&
    (when.outcome === undefined || when.outcome.includes(finding.outcome)) &&
    (when.class === undefined || when.class.includes(finding.class)) &&
    (when.direction === undefined || when.direction === facts.direction) &&
    (when.listener === undefined || when.listener.includes(facts.listener)) &&
    (when.senderDomain === undefined || anyDomainFits(when.senderDomain, facts.senderDomain)) &&
    (when.authenticatedDomain === undefined ||
      anyDomainFits(when.authenticatedDomain, facts.authenticatedDomain)) &&
    (when.recipientDomain === undefined || anyDomainFits(when.recipientDomain, recipient.domain)) &&
    // Our own recipients are compared without case, as nearly every mail store does (RFC 5321 §2.4 leaves it to the host).
    (when.recipient === undefined || when.recipient.includes(recipient.address.toLowerCase())) &&
    (when.minWeight === undefined || facts.weight >= when.minWeight)
  );
}

function anyPatternFits(patterns: readonly FindingPattern[], finding: Finding): boolean {
  for (const pattern of patterns) if (patternFits(pattern, finding)) return true;
  return false;
}

function anyDomainFits(patterns: readonly string[], domain: string): boolean {
  for (const pattern of patterns) if (domainFits(pattern, domain)) return true;
  return false;
}

function patternFits(pattern: FindingPattern, finding: Finding): boolean {
  if (pattern.check !== '*' && pattern.check !== finding.check) return false;
  return pattern.isPrefix ? finding.code.startsWith(pattern.code) : finding.code === pattern.code;
}

function domainFits(pattern: string, domain: string): boolean {
  return pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : domain === pattern;
}
