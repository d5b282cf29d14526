/**
 * Holds an installation against its promises: what was accepted is delivered, queued, held, or ended with a record; every
 * body that is still needed is there and is what arrived; nothing is left over. Reads everything once, in batches, so that
 * memory does not grow with the installation; run it after a crash, a restore, or every test.
 *
 * A gateway that runs moves mail meanwhile: a row that looks wrong is looked at again before it is reported.
 */
import { createHash } from 'node:crypto';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { errorChain } from '#core/errors.ts';
import type { BlobId, MessageId, TenantId } from '#core/id.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database, Row } from '#platform/db.ts';
import { decodeEdits } from '../act/edits-codec.ts';

export type Breach = {
  readonly kind:
    | 'no-recipient'
    | 'recipient-count'
    | 'no-audit'
    | 'queued-without-queue-row'
    | 'queue-row-without-queued'
    | 'queue-row-without-message'
    | 'ended-without-record'
    | 'delivered-twice'
    | 'edits'
    | 'body-missing'
    | 'body-changed'
    | 'body-unneeded';
  readonly subject: string;
  readonly detail: string;
};

export type VerifyCounts = {
  messages: number;
  recipients: number;
  queueRows: number;
  bodies: number;
  bodiesRead: number;
  readonly states: Record<string, number>;
};

export type VerifyOptions = {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly keys: KeyStore;
  readonly nowMs: number;
  /** Called for each breach as it is found; nothing is kept. */
  readonly onBreach: (breach: Breach) => void;
};

const BATCH = 500;
/** A younger body may belong to a message that is arriving right now. */
const ORPHAN_AGE_MS = 3_600_000;

/** Resolves to what was looked at; breaches go to `onBreach`. */
export async function verify(options: VerifyOptions): Promise<VerifyCounts> {
  const counts: VerifyCounts = {
    messages: 0,
    recipients: 0,
    queueRows: 0,
    bodies: 0,
    bodiesRead: 0,
    states: {},
  };
  await verifyMessages(options, counts);
  await verifyQueue(options, counts);
  await verifyBodies(options, counts);
  return counts;
}

type MessageRow = Row & {
  readonly tenant: TenantId;
  readonly id: MessageId;
  readonly size: number;
  readonly sha256: string;
  readonly blob: BlobId;
  readonly key: Uint8Array;
  readonly edits: readonly Uint8Array[];
  readonly audited: number | null;
  readonly recipients: readonly RecipientRow[] | null;
};

type RecipientRow = {
  readonly n: number;
  readonly variant: number;
  readonly state: string;
  readonly queued: boolean;
  readonly delivered: number;
  readonly failed: number;
  readonly recorded: boolean;
};

/** A message with all that must agree about it, seen in one snapshot. */
const SELECT = `
select m.tenant_id as tenant, m.id, m.size, m.sha256, m.blob, m.key_wrapped as key, m.edits,
  (select (details->>'recipients')::int from audit_event a
   where a.tenant_id = m.tenant_id and a.subject = m.id::text and a.what = any($4::text[]) order by a.id limit 1) as audited,
  (select json_agg(json_build_object('n', r.n, 'variant', r.variant, 'state', r.state,
     'queued', q.n is not null,
     'delivered', (select count(*) from attempt t where t.tenant_id = r.tenant_id and t.message_id = r.message_id and t.n = r.n and t.outcome = 'delivered'),
     'failed', (select count(*) from attempt t where t.tenant_id = r.tenant_id and t.message_id = r.message_id and t.n = r.n and t.outcome = 'failed'),
     'recorded', exists (select from audit_event a where a.tenant_id = r.tenant_id and a.subject = r.message_id::text
       and a.what in ('held.deleted', 'queue.deleted') and a.details->>'recipient' = r.n::text)) order by r.n)
   from recipient r left join queue q on q.tenant_id = r.tenant_id and q.message_id = r.message_id and q.n = r.n
   where r.tenant_id = m.tenant_id and r.message_id = m.id) as recipients
from message m`;
/** Verbs under which a message comes into being: accepted by SMTP, made by us, or refused. */
const BIRTHS = ['message.accepted', 'message.generated', 'message.refused'];

async function verifyMessages(options: VerifyOptions, counts: VerifyCounts): Promise<void> {
  let tenant = '00000000-0000-0000-0000-000000000000';
  let id = tenant;
  for (;;) {
    const rows = await options.db.query<MessageRow>(
      `${SELECT} where (m.tenant_id, m.id) > ($1::uuid, $2::uuid) order by m.tenant_id, m.id limit $3`,
      [tenant, id, BATCH, BIRTHS],
    );
    for (const row of rows) {
      counts.messages++;
      counts.recipients += row.recipients?.length ?? 0;
      for (const r of row.recipients ?? []) counts.states[r.state] = (counts.states[r.state] ?? 0) + 1;
      await verifyMessage(options, counts, row);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    tenant = last.tenant;
    id = last.id;
  }
}

async function verifyMessage(options: VerifyOptions, counts: VerifyCounts, row: MessageRow): Promise<void> {
  let breaches = [...rowBreaches(row), ...(await bodyBreach(options, counts, row))];
  if (breaches.length > 0) {
    // The message may have moved on between the row and its body; what is still wrong in a fresh snapshot is wrong.
    const [again] = await options.db.query<MessageRow>(
      `${SELECT} where m.tenant_id = $1 and m.id = $2 and $3::int is not null`,
      [row.tenant, row.id, 0, BIRTHS],
    );
    breaches =
      again === undefined ? [] : [...rowBreaches(again), ...(await bodyBreach(options, counts, again))];
  }
  for (const breach of breaches) options.onBreach(breach);
}

function* rowBreaches(row: MessageRow): Generator<Breach> {
  const subject = `message ${row.id}`;
  const recipients = row.recipients ?? [];
  if (recipients.length === 0)
    yield { kind: 'no-recipient', subject, detail: 'the message has no recipient' };
  if (row.audited === null)
    yield { kind: 'no-audit', subject, detail: 'no audit event records that it was accepted' };
  else if (row.audited !== recipients.length)
    yield {
      kind: 'recipient-count',
      subject,
      detail: `accepted for ${row.audited} recipients, has ${recipients.length}`,
    };
  for (const r of recipients) yield* recipientBreaches(`${subject} recipient ${r.n}`, r);
  for (const [n, bytes] of row.edits.entries()) {
    const wrong = editsProblem(bytes, row.size);
    if (wrong !== undefined) yield { kind: 'edits', subject: `${subject} variant ${n}`, detail: wrong };
  }
  for (const r of recipients)
    // Of a message that was refused nothing is kept, so there is nothing it could have been changed into.
    if (r.state !== 'refused' && r.variant >= row.edits.length)
      yield {
        kind: 'edits',
        subject: `${subject} recipient ${r.n}`,
        detail: `its variant ${r.variant} is missing`,
      };
}

function* recipientBreaches(subject: string, r: RecipientRow): Generator<Breach> {
  if (r.state === 'queued' && !r.queued)
    yield {
      kind: 'queued-without-queue-row',
      subject,
      detail: 'waits for delivery, but nothing will deliver it',
    };
  if (r.state !== 'queued' && r.queued)
    yield { kind: 'queue-row-without-queued', subject, detail: `is ${r.state}, but would be delivered` };
  if (r.delivered > 1) yield { kind: 'delivered-twice', subject, detail: `delivered ${r.delivered} times` };
  const isRecorded =
    r.state === 'delivered'
      ? r.delivered > 0
      : r.state === 'failed' || r.state === 'expired'
        ? r.failed > 0
        : r.state === 'deleted'
          ? r.recorded
          : true;
  if (!isRecorded)
    yield { kind: 'ended-without-record', subject, detail: `is ${r.state}, but no record says how` };
}

function editsProblem(bytes: Uint8Array, size: number): string | undefined {
  try {
    const edits = decodeEdits(bytes);
    return edits.originalSize === size
      ? undefined
      : `made for ${edits.originalSize} bytes, the message has ${size}`;
  } catch (error) {
    // Not rethrown: edits that cannot be read are exactly what is looked for.
    return errorChain(error);
  }
}

/** The body of a message that somebody still waits for: there, and what arrived. */
async function bodyBreach(options: VerifyOptions, counts: VerifyCounts, row: MessageRow): Promise<Breach[]> {
  if (!(row.recipients ?? []).some((r) => r.state === 'queued' || r.state === 'held')) return [];
  const subject = `message ${row.id}`;
  counts.bodiesRead++;
  try {
    await options.keys.ensureTenant(row.tenant);
    const key = options.keys.unwrapDataKey(row.tenant, row.blob, row.key);
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of options.blobs.read(row.blob, key)) {
      hash.update(chunk);
      size += chunk.length;
    }
    if (hash.digest('hex') === row.sha256 && size === row.size) return [];
    return [{ kind: 'body-changed', subject, detail: `body ${row.blob} is not what arrived` }];
  } catch (error) {
    // Not rethrown: a body that is gone, or that its key does not open, is exactly what is looked for.
    return [{ kind: 'body-missing', subject, detail: errorChain(error) }];
  }
}

/** Queue rows whose recipient or message does not exist; the other direction is seen from the messages. */
async function verifyQueue(options: VerifyOptions, counts: VerifyCounts): Promise<void> {
  let after: readonly [string, string, number] = [
    '00000000-0000-0000-0000-000000000000',
    '00000000-0000-0000-0000-000000000000',
    -1,
  ];
  for (;;) {
    const rows = await options.db.query<Row & { tenant: string; message: string; n: number; whole: boolean }>(
      `select q.tenant_id as tenant, q.message_id as message, q.n, (r.n is not null and m.id is not null) as whole
       from queue q left join recipient r on r.tenant_id = q.tenant_id and r.message_id = q.message_id and r.n = q.n
       left join message m on m.tenant_id = q.tenant_id and m.id = q.message_id
       where (q.tenant_id, q.message_id, q.n) > ($1::uuid, $2::uuid, $3) order by q.tenant_id, q.message_id, q.n limit $4`,
      [...after, BATCH],
    );
    for (const row of rows) {
      counts.queueRows++;
      if (!row.whole)
        options.onBreach({
          kind: 'queue-row-without-message',
          subject: `queue row ${row.message}/${row.n}`,
          detail: 'its message or recipient does not exist',
        });
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = [last.tenant, last.message, last.n];
  }
}

/** Bodies that nobody needs, old enough that nothing will come to need them. A body is named as its message. */
async function verifyBodies(options: VerifyOptions, counts: VerifyCounts): Promise<void> {
  let old: BlobId[] = [];
  const flush = async (): Promise<void> => {
    const needed = await options.db.query<Row & { id: BlobId }>(
      `select m.blob as id from message m where m.id = any($1::uuid[]) and m.blob = m.id
         and exists (select from recipient r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.state in ('queued', 'held'))`,
      [old],
    );
    const wanted = new Set(needed.map((r) => r.id));
    for (const id of old)
      if (!wanted.has(id))
        options.onBreach({
          kind: 'body-unneeded',
          subject: `body ${id}`,
          detail: 'nobody waits for it; the next sweep removes it',
        });
    old = [];
  };
  for await (const { id, modifiedMs } of options.blobs.list()) {
    counts.bodies++;
    if (options.nowMs - modifiedMs < ORPHAN_AGE_MS) continue;
    old.push(id);
    if (old.length === BATCH) await flush();
  }
  if (old.length > 0) await flush();
}
