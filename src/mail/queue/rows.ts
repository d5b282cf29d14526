/**
 * A message as the commit station writes it: one object per message that carries every row of it. The names are the
 * columns of migrations/0001_base.sql.
 */
import type { BlobId, MessageId, TenantId } from '#core/id.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import type { Action, Verdict } from '../verdict.ts';
import { reportToOf } from './report-to.ts';

export type MessageToCommit = {
  readonly envelope: Envelope;
  /** True for reports of ours, which nobody sent us. */
  readonly isGenerated?: boolean;
  readonly size: number;
  readonly sha256: string;
  readonly blob: BlobId;
  readonly keyWrapped: Uint8Array;
  /** What tracking shows and searches: decoded, cut to a sane length. */
  readonly headerFrom: string | undefined;
  readonly subject: string | undefined;
  readonly messageIdHeader: string | undefined;
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
  /** Serialised edits, one per variant; a recipient names one by its place. */
  readonly variants: readonly Uint8Array[];
  /** For each recipient of the envelope, in order: its variant. */
  readonly variantOf: readonly number[];
  readonly timings: Readonly<Record<string, number>>;
};

/** Names one recipient of one message; the key of a queue row. */
export type QueueKey = { readonly tenant: TenantId; readonly message: MessageId; readonly n: number };

/** PostgreSQL text has no NUL (U+0000); header fields of hostile mail may. */
export function withoutNul(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll('\0', '\u{FFFD}').toWellFormed();
}

/** The rows of one message as JSON for `insertMessages`, whose column lists follow the same order. */
export function rowsOf(m: MessageToCommit): Record<string, unknown> {
  const e = m.envelope;
  return {
    tenant_id: e.tenant,
    id: e.id,
    received_at: new Date(e.receivedAtMs).toISOString(),
    direction: e.direction,
    listener: e.listener.name,
    listener_kind: e.listener.kind,
    peer_ip: e.peer.ip,
    peer_name: withoutNul(e.peer.name),
    helo: withoutNul(e.helo),
    protocol: e.protocol,
    tls_version: e.tls?.version ?? null,
    tls_cipher:
      e.tls === undefined
        ? null
        : e.tls.group === undefined
          ? e.tls.cipher
          : `${e.tls.cipher} ${e.tls.group}`,
    auth_method: e.auth?.method ?? null,
    auth_who: withoutNul(e.auth?.who),
    mail_from: withoutNul(e.mailFrom),
    header_from: withoutNul(m.headerFrom),
    subject: withoutNul(m.subject),
    message_id_header: withoutNul(m.messageIdHeader),
    size: m.size,
    sha256: m.sha256,
    blob: m.blob,
    key_wrapped: toBase64(m.keyWrapped),
    body: e.body,
    smtp_utf8: e.smtpUtf8,
    require_tls: e.requireTls,
    ret: e.ret ?? null,
    envid: withoutNul(e.envid),
    report_to: reportToOf(e, m.findings),
    verdict: harshest(m.verdict),
    class: m.verdict.class,
    reasons: m.verdict.reasons,
    policy_version: m.verdict.policyVersion,
    findings: m.findings,
    edits: m.variants.map(toBase64),
    timings: m.timings,
    recipients: e.recipients.map((r, n) => recipientRow(m, r, n)),
    what:
      m.isGenerated === true
        ? 'message.generated'
        : m.verdict.answer === 'accept'
          ? 'message.accepted'
          : 'message.refused',
  };
}

function recipientRow(
  m: MessageToCommit,
  r: Envelope['recipients'][number],
  n: number,
): Record<string, unknown> {
  const verdict = m.verdict.recipients[n];
  return {
    n,
    address: withoutNul(r.address),
    domain: r.domain,
    action: verdict?.action ?? 'hold',
    class: verdict?.class ?? 'none',
    reasons: verdict?.reasons ?? [],
    variant: m.variantOf[n] ?? 0,
    notify: r.notify === undefined ? null : r.notify === 'never' ? 'never' : r.notify.join(','),
    orcpt: withoutNul(r.orcpt),
    state: firstState(m.verdict, verdict?.action),
  };
}

/**
 * A refusal that cannot be said in the dialogue, since others accept, becomes a hold: never a bounce to a sender who may
 * be forged.
 */
function firstState(verdict: Verdict, action: Action | undefined): 'queued' | 'held' | 'refused' {
  if (verdict.answer !== 'accept') return 'refused';
  return action === 'accept' || action === 'tag' ? 'queued' : 'held';
}

const SEVERITY = ['accept', 'tag', 'hold', 'defer', 'reject'] as const;

/** What a message as a whole is called. */
export function harshest(verdict: Verdict): string {
  return SEVERITY[Math.max(0, ...verdict.recipients.map((r) => SEVERITY.indexOf(r.action)))] ?? 'hold';
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
