/**
 * The decision: findings and envelope in, verdict out, by the rules of the policy (policy.ts says how they combine). Pure:
 * the same input gives the same verdict, so that a decision can be replayed and a changed policy tried on the past.
 */
import type { Envelope, EnvelopeRecipient } from '../envelope.ts';
import type { Finding, Outcome, ThreatClass } from '../finding.ts';
import { en } from '../texts/en.ts';
import { findingText } from '../texts/finding-text.ts';
import type { Action, Reason, RecipientVerdict, Verdict } from '../verdict.ts';
import { factsOf, fits, type Facts } from './match.ts';
import { ACTIONS, type Policy, type Rule } from './policy.ts';

/** Stands for the message itself, so that rules about sender or recipient speak even where nothing was found. */
const MESSAGE: Finding = {
  check: 'message',
  code: 'received',
  outcome: 'neutral',
  class: 'policy',
  weight: 0,
  params: {},
  cites: [],
  durationUs: 0,
};

/** More reasons than a person reads; the findings keep the rest. */
const MAX_REASONS = 20;

type Spoken = { readonly rule: Rule; readonly finding: Finding };

export function decide(policy: Policy, envelope: Envelope, findings: readonly Finding[]): Verdict {
  const facts = factsOf(envelope, findings);
  const all = [...findings, MESSAGE];
  const perRecipient = policy.rules.some(
    (r) => r.when.recipient !== undefined || r.when.recipientDomain !== undefined,
  );
  let shared: readonly Spoken[] | undefined;
  const spoken = envelope.recipients.map((recipient) => {
    if (perRecipient) return speak(policy, facts, all, recipient);
    shared ??= speak(policy, facts, all, recipient);
    return shared;
  });
  const answer = answerOf(spoken.map(actionOf));
  const recipients = envelope.recipients.map((r, i) => recipientVerdict(r, spoken[i]!, answer)); // `!`: same length
  const telling = spoken.reduce<readonly Spoken[]>(
    (a, b) => (rank(actionOf(b)) > rank(actionOf(a)) ? b : a),
    [],
  );
  return {
    recipients,
    answer,
    class: classOf(telling),
    reasons: reasonsOf(telling),
    reply:
      answer === 'accept' ? undefined : telling.find((s) => s.rule.action === actionOf(telling))?.rule.reply,
    policyVersion: policy.version,
  };
}

/** For each finding the first rule that fits it, harshest first; equals keep the order of the findings. */
function speak(
  policy: Policy,
  facts: Facts,
  findings: readonly Finding[],
  recipient: EnvelopeRecipient,
): readonly Spoken[] {
  const spoken: Spoken[] = [];
  for (const finding of findings) {
    const rule = firstFitting(policy.rules, facts, finding, recipient);
    if (rule !== undefined && rule.action !== 'accept') spoken.push({ rule, finding });
  }
  return spoken.sort((a, b) => rank(b.rule.action) - rank(a.rule.action));
}

function firstFitting(
  rules: readonly Rule[],
  facts: Facts,
  finding: Finding,
  recipient: EnvelopeRecipient,
): Rule | undefined {
  for (const rule of rules) if (fits(rule.when, facts, finding, recipient)) return rule;
  return undefined;
}

function rank(action: Action): number {
  return ACTIONS.indexOf(action);
}

function actionOf(spoken: readonly Spoken[]): Action {
  return spoken[0]?.rule.action ?? 'accept';
}

/** Outcomes that say nothing about the message, only that we could not look. */
const UNSEEN: readonly Outcome[] = ['temperror', 'crashed', 'timeout'];

function classOf(spoken: readonly Spoken[]): Verdict['class'] {
  const [first] = spoken;
  if (first === undefined) return 'none';
  // A scanner that was away has found no malware, and a rule about the sender has found nothing at all.
  if (isGeneral(first.rule)) return first.rule.when.minWeight === undefined ? 'policy' : heaviest(spoken);
  const isUnseen = first.rule.action === 'defer' && UNSEEN.includes(first.finding.outcome);
  return isUnseen ? 'policy' : first.finding.class;
}

function heaviest(spoken: readonly Spoken[]): ThreatClass {
  return spoken.reduce((a, b) => (b.finding.weight > a.finding.weight ? b : a)).finding.class;
}

/** A rule that asks for no finding fits all of them; none of them is its reason. */
function isGeneral({ when }: Rule): boolean {
  return when.finding === undefined && when.outcome === undefined && when.class === undefined;
}

function answerOf(actions: readonly Action[]): Verdict['answer'] {
  if (actions.includes('defer')) return 'defer';
  return actions.length > 0 && actions.every((a) => a === 'reject') ? 'reject' : 'accept';
}

function recipientVerdict(
  recipient: EnvelopeRecipient,
  spoken: readonly Spoken[],
  answer: Verdict['answer'],
): RecipientVerdict {
  const action = actionOf(spoken);
  const reasons = reasonsOf(spoken);
  // The dialogue has one answer. A reject that cannot be said is held: bouncing it later would hit forged senders.
  const unsaid = action === 'reject' && answer === 'accept';
  return {
    address: recipient.address,
    action: unsaid ? 'hold' : action,
    class: classOf(spoken),
    reasons: unsaid ? [...reasons, SPLIT] : reasons,
    subjectTag: unsaid ? undefined : spoken.find((s) => s.rule.action === 'tag')?.rule.tag,
  };
}

const SPLIT: Reason = {
  rule: 'one answer for all recipients',
  finding: 'rule.split',
  text: en['rule.split'],
};

/** Each rule with what it spoke about; one that asks for no finding speaks once, or for the weights it added up. */
function reasonsOf(spoken: readonly Spoken[]): readonly Reason[] {
  const reasons: Reason[] = [];
  const said = new Set<Rule>();
  for (const { rule, finding } of spoken) {
    if (reasons.length === MAX_REASONS) break;
    const isWeighed = rule.when.minWeight !== undefined && spoken.some((s) => weighs(s, rule));
    if (!isGeneral(rule) || (isWeighed && finding.weight > 0)) {
      reasons.push({
        rule: rule.name,
        finding: `${finding.check}.${finding.code}`,
        text: findingText(finding, 'en'),
      });
    } else if (!isWeighed && !said.has(rule)) {
      said.add(rule);
      const key = ruleKey(rule);
      reasons.push({ rule: rule.name, finding: key, text: en[key] });
    }
  }
  return reasons;
}

const weighs = (s: Spoken, rule: Rule): boolean => s.rule === rule && s.finding.weight > 0;

function ruleKey({ when }: Rule): 'rule.sender' | 'rule.recipient' | 'rule.message' {
  if (when.senderDomain !== undefined || when.authenticatedDomain !== undefined) return 'rule.sender';
  return when.recipient === undefined && when.recipientDomain === undefined
    ? 'rule.message'
    : 'rule.recipient';
}
