/**
 * The whole story of one message as data: connection → checks → decision → each recipient with its attempts → the record.
 * story-text.ts tells it in words.
 */
import type { MessageId, TenantId } from '#core/id.ts';
import type { Reader, Row } from '#platform/db.ts';
import type { Finding, ThreatClass } from '../finding.ts';
import type { Action, Reason } from '../verdict.ts';

export type Story = {
  readonly message: StoryMessage;
  readonly recipients: readonly StoryRecipient[];
  readonly record: readonly StoryEvent[];
};

export type StoryMessage = {
  readonly id: MessageId;
  readonly receivedAtMs: number;
  readonly direction: 'in' | 'out';
  readonly listener: string;
  readonly peerIp: string;
  readonly peerName: string | null;
  readonly helo: string;
  readonly protocol: string;
  readonly tlsVersion: string | null;
  readonly tlsCipher: string | null;
  readonly authMethod: string | null;
  readonly authWho: string | null;
  readonly mailFrom: string;
  readonly headerFrom: string | null;
  readonly subject: string | null;
  readonly messageIdHeader: string | null;
  readonly size: number;
  readonly sha256: string;
  readonly verdict: Action;
  readonly class: ThreatClass | 'none';
  readonly reasons: readonly Reason[];
  readonly policyVersion: string;
  readonly findings: readonly Finding[];
  readonly timings: Readonly<Record<string, number>>;
};

export type StoryRecipient = {
  readonly n: number;
  readonly address: string;
  readonly action: Action;
  readonly reasons: readonly Reason[];
  readonly state: 'queued' | 'held' | 'delivered' | 'failed' | 'expired' | 'deleted' | 'refused';
  readonly stateAtMs: number;
  /** Of a queued recipient. */
  readonly nextAtMs: number | null;
  readonly attempts: readonly StoryAttempt[];
};

export type StoryAttempt = {
  readonly n: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: 'delivered' | 'deferred' | 'failed';
  readonly stage: string;
  readonly remoteHost: string | null;
  readonly remoteIp: string | null;
  readonly replyCode: number | null;
  readonly enhanced: string | null;
  readonly replyText: string;
  readonly tlsVersion: string | null;
  readonly tlsCipher: string | null;
  readonly security: string;
  readonly securityDetail: string;
};

export type StoryEvent = {
  readonly atMs: number;
  readonly what: string;
  readonly actor: string;
  readonly details: Readonly<Record<string, unknown>>;
};

const ms = (column: string, as: string): string =>
  `(extract(epoch from ${column}) * 1000)::bigint as "${as}"`;

/** Attempts of one message that are told; a message that is retried for days to a hundred recipients has more. */
const MAX_ATTEMPTS = 2000;
const MAX_EVENTS = 2000;

/** Undefined where the tenant has no such message. */
export async function explain(on: Reader, tenant: TenantId, id: MessageId): Promise<Story | undefined> {
  const key = [tenant, id];
  const [message] = await on.query<StoryMessage & Row>(
    `select id, ${ms('received_at', 'receivedAtMs')}, direction, listener, peer_ip as "peerIp", peer_name as "peerName", helo,
       protocol, tls_version as "tlsVersion", tls_cipher as "tlsCipher", auth_method as "authMethod", auth_who as "authWho",
       mail_from as "mailFrom", header_from as "headerFrom", subject, message_id_header as "messageIdHeader", size, sha256,
       verdict, class, reasons, policy_version as "policyVersion", findings, timings
     from message where tenant_id = $1 and id = $2`,
    key,
  );
  if (message === undefined) return undefined;
  const recipients = await on.query<Omit<StoryRecipient, 'attempts'> & Row>(
    `select r.n, r.address, r.action, r.reasons, r.state, ${ms('r.state_at', 'stateAtMs')}, ${ms('q.next_at', 'nextAtMs')}
     from recipient r left join queue q on q.tenant_id = r.tenant_id and q.message_id = r.message_id and q.n = r.n
     where r.tenant_id = $1 and r.message_id = $2 order by r.n`,
    key,
  );
  const attempts = await on.query<StoryAttempt & Row>(
    `select n, ${ms('at', 'atMs')}, duration_ms as "durationMs", outcome, stage, remote_host as "remoteHost",
       remote_ip as "remoteIp", reply_code as "replyCode", enhanced, reply_text as "replyText", tls_version as "tlsVersion",
       tls_cipher as "tlsCipher", security, security_detail as "securityDetail"
     from attempt where tenant_id = $1 and message_id = $2 order by n, at limit ${MAX_ATTEMPTS}`,
    key,
  );
  const record = await on.query<StoryEvent & Row>(
    `select ${ms('at', 'atMs')}, what, actor, details from audit_event
     where tenant_id = $1 and subject = $2::text order by id limit ${MAX_EVENTS}`,
    key,
  );
  const byRecipient = Map.groupBy(attempts, (a) => a.n);
  return {
    message,
    recipients: recipients.map((r) => ({ ...r, attempts: byRecipient.get(r.n) ?? [] })),
    record,
  };
}
