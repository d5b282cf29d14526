/**
 * What became of delivery attempts, written down: the attempt, the recipient's state, the queue row and the audit event in
 * one statement, for as many attempts as are waiting.
 */
import type { Database, Reader } from '#platform/db.ts';
import { registry } from '#platform/metrics.ts';
import type { QueueKey } from './rows.ts';
import { withoutNul } from './rows.ts';

const deliveries = registry.counter(
  'gatehouse_deliveries_total',
  'Delivery attempts that were written down, one for each recipient, by outcome and by what made the transport safe.',
  ['outcome', 'security'],
);

export type Settlement = QueueKey & {
  readonly address: string;
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: 'delivered' | 'deferred' | 'failed';
  /** `failed` because time ran out, not because the remote said so. */
  readonly isExpired: boolean;
  /** When to try again; only for `deferred`. */
  readonly nextAtMs: number | undefined;
  /** Whether the sender was told of the delay in the same transaction. */
  readonly delayTold: boolean;
  readonly stage: string;
  readonly remoteHost: string | undefined;
  readonly remoteIp: string | undefined;
  readonly replyCode: number | undefined;
  readonly enhanced: string | undefined;
  readonly replyText: string;
  readonly tlsVersion: string | undefined;
  readonly tlsCipher: string | undefined;
  readonly security: string;
  readonly securityDetail: string;
};

/**
 * The planner knows nothing of what $1 will hold and takes a function to give a hundred rows. For tables that were small when
 * it was asked it would then read all of queue and recipient for each statement, for as long as nobody analyses them: the
 * condition on `n`, which is always true, makes it expect few rows and go by the keys.
 */
const SETTLE = `
with input as (
  select * from json_to_recordset($1::json) as s (
    tenant_id uuid, message_id uuid, n smallint, at timestamptz, duration_ms int, outcome text, state text, next_at timestamptz,
    delay_told boolean, stage text, remote_host text, remote_ip text, reply_code smallint, enhanced text, reply_text text,
    tls_version text, tls_cipher text, security text, security_detail text)
  where n between 0 and 32767
), new_attempt as (
  insert into attempt (tenant_id, message_id, n, at, duration_ms, outcome, stage, remote_host, remote_ip, reply_code, enhanced,
    reply_text, tls_version, tls_cipher, security, security_detail)
  select tenant_id, message_id, n, at, duration_ms, outcome, stage, remote_host, remote_ip, reply_code, enhanced,
    reply_text, tls_version, tls_cipher, security, security_detail from input
), finished as (
  delete from queue q using input i
  where i.state is not null and q.tenant_id = i.tenant_id and q.message_id = i.message_id and q.n = i.n
), told as (
  update recipient r set state = i.state, state_at = i.at from input i
  where i.state is not null and r.tenant_id = i.tenant_id and r.message_id = i.message_id and r.n = i.n and r.state = 'queued'
), later as (
  update queue q set attempts = q.attempts + 1, next_at = i.next_at, delay_told = q.delay_told or i.delay_told,
    last_reply = i.reply_text, lease_owner = null, leased_until = null
  from input i
  where i.state is null and q.tenant_id = i.tenant_id and q.message_id = i.message_id and q.n = i.n
), recorded as (
  insert into audit_event (tenant_id, what, actor, subject, details)
  select tenant_id, 'delivery.' || outcome, 'system:worker', message_id::text,
    jsonb_build_object('recipient', n, 'remote', remote_host, 'reply', reply_code, 'enhanced', enhanced) from input
)
select distinct i.message_id::text as id from input i
where i.state is not null and not exists (
  select from recipient r where r.tenant_id = i.tenant_id and r.message_id = i.message_id and r.state in ('queued', 'held')
    and not exists (select from input d where d.message_id = r.message_id and d.n = r.n and d.state is not null))`;

/**
 * Writes the settlements. Returns the messages of which no recipient is waiting any more, whose bodies may go. (Two
 * settlements of one message at the same moment may both not see it; the sweep finds such a body later.)
 */
export async function settle(on: Reader, settlements: readonly Settlement[]): Promise<string[]> {
  const rows = settlements.map((s) => ({
    tenant_id: s.tenant,
    message_id: s.message,
    n: s.n,
    at: new Date(s.atMs).toISOString(),
    duration_ms: Math.round(s.durationMs),
    outcome: s.outcome,
    state:
      s.outcome === 'deferred'
        ? null
        : s.outcome === 'delivered'
          ? 'delivered'
          : s.isExpired
            ? 'expired'
            : 'failed',
    next_at: s.nextAtMs === undefined ? null : new Date(s.nextAtMs).toISOString(),
    delay_told: s.delayTold,
    stage: s.stage,
    remote_host: withoutNul(s.remoteHost),
    remote_ip: s.remoteIp ?? null,
    reply_code: s.replyCode ?? null,
    enhanced: s.enhanced ?? null,
    reply_text: withoutNul(s.replyText) ?? '',
    tls_version: s.tlsVersion ?? null,
    tls_cipher: s.tlsCipher ?? null,
    security: s.security,
    security_detail: withoutNul(s.securityDetail) ?? '',
  }));
  const finished = await on.query<{ id: string }>(SETTLE, [JSON.stringify(rows)], 'queue.settle');
  for (const s of settlements) deliveries.with(s.isExpired ? 'expired' : s.outcome, s.security).inc();
  return finished.map((r) => r.id);
}

export type Settler = { readonly settle: (settlements: readonly Settlement[]) => Promise<readonly string[]> };

type Waiting = {
  readonly settlements: readonly Settlement[];
  readonly done: (finished: readonly string[]) => void;
  readonly failed: (error: unknown) => void;
};

/** Nobody waits for a settlement, but until it is written a crash would deliver again: short. */
const GATHER_MS = 30;

/** Settlements that end in the same moment share one transaction. */
export function createSettler(db: Database): Settler {
  let waiting: Waiting[] = [];
  let isUnderWay = false;
  const run = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    try {
      const finished = new Set(
        await settle(
          db,
          batch.flatMap((w) => w.settlements),
        ),
      );
      for (const w of batch) w.done(w.settlements.map((s) => s.message).filter((m) => finished.has(m)));
    } catch (error) {
      for (const w of batch) w.failed(error);
    }
    // Who came meanwhile waits for company like the first: a statement of its own would cost as much as one for all.
    isUnderWay = waiting.length > 0;
    if (isUnderWay) setTimeout(() => void run(), GATHER_MS);
  };
  return {
    settle: (settlements) =>
      new Promise((done, failed) => {
        waiting.push({ settlements, done, failed });
        if (isUnderWay) return;
        isUnderWay = true;
        setTimeout(() => void run(), GATHER_MS);
      }),
  };
}
