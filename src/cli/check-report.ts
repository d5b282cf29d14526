/** What `gatehouse check` prints: one JSON object with the keys that DESIGN §9 promises, or the same in sentences. */
import type { Envelope } from '#mail/envelope.ts';
import type { Finding } from '#mail/finding.ts';
import type { Authentication } from '#mail/inspect/authentication.ts';
import type { FileForm } from '#mail/inspect/offline.ts';
import type { SpooledMessage } from '#mail/spooled.ts';
import { findingText } from '#mail/texts/finding-text.ts';
import { reasonText } from '#mail/texts/reason-text.ts';
import { printable, text, type Language } from '#mail/texts/text.ts';
import type { Action, Verdict } from '#mail/verdict.ts';
import { ACTIONS } from '#mail/decide/policy.ts';

export type CheckReport = {
  readonly envelope: Envelope;
  readonly message: SpooledMessage;
  readonly auth: Authentication;
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
  readonly authenticationResults: string;
  readonly language: Language;
  readonly notes: FileForm['notes'];
  readonly readUs: number;
  readonly decideUs: number;
};

export function reportJson(report: CheckReport): string {
  const { auth, findings, message, verdict } = report;
  const { spf, arc, dmarc } = auth;
  const body = {
    spf: {
      result: spf.result,
      domain: spf.domain,
      scope: spf.scope,
      explanation: spf.explanation,
      reason: spf.detail,
    },
    dkim: auth.dkim.map((s) => ({
      result: s.result,
      domain: s.domain,
      selector: s.selector,
      algorithm: s.algorithm,
      bodyHashOk: s.bodyHashOk ?? null,
      reason: s.reason ?? null,
    })),
    // RFC 8617 §5.2.1: to the chain every failure is a failure; the finding tells one of DNS apart.
    arc: {
      result: arc.result === 'temperror' ? 'fail' : arc.result,
      instances: arc.instances,
      reason: arc.reason,
    },
    dmarc: {
      result: dmarc.result,
      domain: dmarc.domain,
      policy: dmarc.policy ?? null,
      disposition: dmarc.disposition,
      alignedBy: dmarc.alignedBy,
      policyDomain: dmarc.policyDomain ?? null,
      reason: dmarc.reason ?? null,
    },
    authenticationResults: report.authenticationResults.replaceAll('\r\n', ''),
    parts: message.mime.parts.map((p) => ({
      path: p.path,
      type: p.type,
      names: p.names,
      size: p.size,
      sha256: p.sha256 ?? null,
      defects: p.defects.map((d) => d.kind),
    })),
    findings: findings.map((f) => ({
      check: f.check,
      code: f.code,
      outcome: f.outcome,
      class: f.class,
      weight: f.weight,
      text: shownText(f, report.envelope, report.language),
      params: f.params,
      cites: f.cites,
    })),
    verdict: {
      action: harshest(verdict),
      class: verdict.class,
      reasons: verdict.reasons,
      answer: verdict.answer,
      policyVersion: verdict.policyVersion,
      recipients: verdict.recipients.map((r) => ({ address: r.address, action: r.action, class: r.class })),
    },
    timings: timings(report),
    notes: report.notes,
  };
  return `${JSON.stringify(body, undefined, 2)}\n`;
}

function timings(report: CheckReport): Record<string, number> {
  const checks = Object.fromEntries(report.findings.map((f) => [`${f.check}Us`, f.durationUs]));
  const steps = Object.fromEntries(
    Object.entries(report.auth.durationUs).map(([step, us]) => [`${step}Us`, us]),
  );
  return { readUs: report.readUs, ...checks, ...steps, decideUs: report.decideUs };
}

/** Who sent the file was not said: then nothing was asked about him, and nothing is claimed. */
function shownText(f: Finding, { peer, mailFrom, helo }: Envelope, language: Language): string {
  const isAsked =
    f.check === 'spf'
      ? peer.ip !== '' && (mailFrom !== '' || helo !== '')
      : peer.ip !== '' || (f.check !== 'iprev' && f.check !== 'dnsbl');
  return isAsked ? findingText(f, language) : text(language, 'story.not-asked');
}

function harshest(verdict: Verdict): Action {
  const ranks = verdict.recipients.map((r) => ACTIONS.indexOf(r.action));
  return ACTIONS[Math.max(0, ...ranks)] ?? 'hold';
}

const NOTES: Readonly<Record<FileForm['notes'][number], string>> = {
  'mbox-line': 'note: the first line is an mbox separator and was skipped',
  'lf-lines': 'note: the file has Unix line ends; it was read as mail, with CRLF',
};

export function reportText(report: CheckReport, language: Language): string {
  const { verdict, findings } = report;
  const lines = [
    ...report.notes.map((n) => NOTES[n]),
    `${text(language, `story.verdict.${harshest(verdict)}`)} (${verdict.class}) ${text(language, 'story.policy', { version: verdict.policyVersion })}`,
    ...verdict.reasons.map((r) => {
      const why = reasonText(r, findings, language);
      return `  - ${text(language, 'story.reason', { rule: r.rule, text: why })}`;
    }),
    ...(verdict.recipients.length > 1
      ? verdict.recipients.map((r) => `  ${printable(r.address)}: ${r.action}`)
      : []),
    '',
    ...findings.map(
      (f) =>
        `${f.outcome.padEnd(9)} ${`${f.check}.${f.code}`.padEnd(26)} ${shownText(f, report.envelope, language)}`,
    ),
    '',
    ...report.message.mime.parts.map(
      (p) =>
        `${p.path.padEnd(8)} ${printable(p.type).padEnd(26)} ${String(p.size).padStart(9)}  ${p.names.map(printable).join(' | ')}${p.defects.length === 0 ? '' : `  [${p.defects.map((d) => d.kind).join(' ')}]`}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
