/**
 * Delivery reports that are owed after an attempt, as messages ready to be committed with it: one per action, from the null
 * sender, its body sealed and durable before any row names it.
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import { createHash } from 'node:crypto';
import { concat, fromUtf8 } from '#core/bytes.ts';
import { type BlobId, type MessageId, newId, type TenantId } from '#core/id.ts';
import { type Clock, mailDate } from '#core/time.ts';
import type { BlobStore } from '#platform/blob.ts';
import { buildDsn, type Dsn, type DsnRecipient } from '#protocol/dsn/build.ts';
import type { DsnAction, DsnLanguage } from '#protocol/dsn/texts.ts';
import { findBodyStart } from '#protocol/message/header.ts';
import { encodeEdits } from '../act/edits-codec.ts';
import { dsnRecipient, reportAction } from '../deliver/reports.ts';
import type { DeliveryRecipient } from '../deliver/types.ts';
import type { Route } from '../directory/types.ts';
import type { Envelope } from '../envelope.ts';
import type { QueueJob } from './job.ts';
import type { ReportLimits } from './report-limits.ts';
import { mayReport, retOf } from './report-to.ts';
import type { Settled } from './outbound.ts';
import type { MessageToCommit } from './rows.ts';

export type ReportWriter = (
  job: QueueJob,
  route: Route,
  settled: readonly Settled[],
) => Promise<readonly MessageToCommit[]>;

export type ReportDeps = {
  readonly hostname: string;
  /** Of the tenant, or of the installation. */
  readonly languageOf: (tenant: TenantId) => DsnLanguage;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Of reports to senders whom nothing proves. */
  readonly limits: ReportLimits;
};

/** A report returns the header and, of a small message, the whole; more is not read. */
const MAX_ORIGINAL = 100_000;

export function createReportWriter(deps: ReportDeps): ReportWriter {
  return async (job, route, settled) => {
    const byAction = new Map<DsnAction, Settled[]>();
    for (const s of settled) {
      const { settlement } = s;
      const recipient = deliveryRecipient(s);
      const action = reportAction(
        job.mailFrom,
        recipient,
        { ...s.result, outcome: settlement.outcome },
        route,
        settlement.delayTold,
      );
      if (action !== undefined && mayReport(job.reportTo, action))
        byAction.set(action, [...(byAction.get(action) ?? []), s]);
    }
    if (job.reportTo === 'headers') await limit(deps, job, byAction);
    if (byAction.size === 0) return [];
    const original = await readOriginal(job);
    return await Promise.all(
      [...byAction].map(([action, those]) => writeReport(deps, job, action, those, original)),
    );
  };
}

/** Whom nothing proves is told of as much as its message and its domain have left. */
async function limit(deps: ReportDeps, job: QueueJob, byAction: Map<DsnAction, Settled[]>): Promise<void> {
  for (const [action, those] of byAction) {
    const allowed = await deps.limits.allow(job.tenant, job.message, domainOf(job.mailFrom), those.length);
    if (allowed === 0) byAction.delete(action);
    else byAction.set(action, those.slice(0, allowed));
  }
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

function deliveryRecipient({ recipient }: Settled): DeliveryRecipient {
  const { n, address, notify, orcpt } = recipient;
  return { key: String(n), address, notify, orcpt };
}

type Original = { readonly header: Uint8Array; readonly full: Uint8Array | undefined };

async function readOriginal(job: QueueJob): Promise<Original> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of job.body()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ORIGINAL) break;
  }
  const bytes = concat(chunks);
  const bodyStart = findBodyStart(bytes);
  return {
    header: bytes.subarray(0, bodyStart < 0 ? bytes.length : bodyStart),
    full: size > MAX_ORIGINAL ? undefined : bytes,
  };
}

async function writeReport(
  deps: ReportDeps,
  job: QueueJob,
  action: DsnAction,
  settled: readonly Settled[],
  original: Original,
): Promise<MessageToCommit> {
  const id = newId<'message'>(deps.clock());
  const dsn = buildDsn({
    action,
    language: deps.languageOf(job.tenant),
    reportingHost: deps.hostname,
    from: `MAILER-DAEMON@${deps.hostname}`,
    to: job.mailFrom,
    messageId: `${id}@${deps.hostname}`,
    boundary: `=_${id}`,
    nowMs: deps.clock(),
    arrivedMs: job.receivedAtMs,
    envid: job.envid,
    // RFC 8689 §5: a report about such a message returns its header alone.
    ret: job.requireTls ? 'HDRS' : retOf(job.reportTo, job.ret),
    retryUntilMs: action === 'delayed' ? settled[0]?.triedUntilMs : undefined,
    original,
    recipients: settled.map((s) => {
      const all = dsnRecipient(deliveryRecipient(s), s.result);
      const told = job.reportTo === 'full' ? all : withoutInside(all);
      // RFC 3463 §3.5: delivery time expired.
      return s.settlement.isExpired ? { ...told, status: '4.4.7' } : told;
    }),
  });
  return await storeReport(deps, job, id, dsn);
}

/** Names of hosts behind us, and their words, which may hold names, are not for strangers. */
function withoutInside(told: DsnRecipient): DsnRecipient {
  return { ...told, remoteHost: undefined, text: told.code === undefined ? '' : told.status };
}

async function storeReport(
  deps: ReportDeps,
  job: QueueJob,
  id: MessageId,
  dsn: Dsn,
): Promise<MessageToCommit> {
  const blob = id as string as BlobId; // the id of a body is the id of its message
  const { key, wrapped } = deps.keys.newDataKey(job.tenant, blob);
  const writer = deps.blobs.create(blob, key, job.tenant);
  await writer.write(dsn.bytes);
  await writer.commit();
  const envelope = reportEnvelope(deps, job, id, dsn);
  const trace = fromUtf8(
    `X-Gatehouse-Id: ${id}\r\nX-Gatehouse-About: ${job.message}; ${mailDate(deps.clock())}\r\n`,
  );
  return {
    envelope,
    isGenerated: true,
    size: dsn.bytes.length,
    sha256: createHash('sha256').update(dsn.bytes).digest('hex'),
    blob,
    keyWrapped: wrapped,
    headerFrom: `MAILER-DAEMON@${deps.hostname}`,
    subject: undefined,
    messageIdHeader: `<${id}@${deps.hostname}>`,
    findings: [],
    verdict: {
      recipients: [
        { address: job.mailFrom, action: 'accept', class: 'none', reasons: [], subjectTag: undefined },
      ],
      answer: 'accept',
      class: 'none',
      reasons: [],
      reply: undefined,
      policyVersion: 'generated',
    },
    variants: [encodeEdits({ originalSize: dsn.bytes.length, prepend: trace, removed: [], inserted: [] })],
    variantOf: [0],
    timings: {},
  };
}

function reportEnvelope(deps: ReportDeps, job: QueueJob, id: MessageId, dsn: Dsn): Envelope {
  return {
    id,
    tenant: job.tenant,
    direction: 'out',
    listener: { name: 'report', kind: 'relay' },
    receivedAtMs: deps.clock(),
    peer: { ip: '', port: 0, name: undefined },
    helo: deps.hostname,
    protocol: 'local',
    tls: undefined,
    auth: undefined,
    mailFrom: '', // RFC 5321 §4.5.5: so that nobody ever reports about a report
    body: dsn.bodyType,
    smtpUtf8: dsn.smtpUtf8,
    requireTls: job.requireTls, // RFC 8689 §5: what it tells of is protected like the message itself
    ret: undefined,
    envid: undefined,
    recipients: [
      {
        address: job.mailFrom,
        domain: domainOf(job.mailFrom),
        notify: 'never',
        orcpt: undefined,
      },
    ],
  };
}
