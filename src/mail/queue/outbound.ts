/**
 * Between queue and delivery: makes jobs of messages and rows, runs one attempt, and turns what it brought into
 * settlements: delivered, to be tried again, or failed, with the reports that are owed.
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { TenantId } from '#core/id.ts';
import { assertNever } from '#core/result.ts';
import type { Clock } from '#core/time.ts';
import type { BlobStore } from '#platform/blob.ts';
import { decodeEdits } from '../act/edits-codec.ts';
import { applyEdits, editedSize, type Edits } from '../act/edits.ts';
import type { Plan } from '../act/plan.ts';
import { destinationKey } from '../deliver/attempt.ts';
import { type Treatment, treat } from '../deliver/destination.ts';
import { decideRetry } from '../deliver/retry.ts';
import type { AttemptResult, DeliveryJob } from '../deliver/types.ts';
import type { LiveDirectory } from '../directory/directory.ts';
import type { Arrival } from '../receive/arrival.ts';
import type { Route } from '../directory/types.ts';
import type { JobOutcome, Permit } from './engine.ts';
import { type JobRecipient, parseNotify, type QueueJob } from './job.ts';
import type { LeasedRow } from './lease.ts';
import { notifyOf, reportToOf, retOf } from './report-to.ts';
import type { ReportWriter } from './reports.ts';
import type { MessageToCommit } from './rows.ts';
import type { Settlement } from './settle.ts';

export type OutboundDeps = {
  readonly hostname: string;
  readonly directory: Pick<LiveDirectory, 'route' | 'destinations' | 'settings' | 'refresh' | 'current'> &
    Partial<Pick<LiveDirectory, 'trouble'>>;
  readonly deliver: (delivery: DeliveryJob) => Promise<readonly AttemptResult[]>;
  readonly reports: ReportWriter;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** How destinations are treated that nobody said anything about; DEFAULT_TREATMENT when left out. */
  readonly standard?: Treatment;
};

export type Outbound = {
  readonly jobsOfRows: (rows: readonly LeasedRow[]) => readonly QueueJob[];
  readonly jobsOfMessage: (message: MessageToCommit, arrival: Arrival, plan: Plan) => readonly QueueJob[];
  readonly attempt: (job: QueueJob) => Promise<JobOutcome>;
  readonly permit: (job: QueueJob) => Promise<Permit>;
};

/** A paused destination is looked at again after this; who lets it go on makes its rows due at once. */
const PAUSED_MS = 300_000;
/** How long after a hold or pause a job may still begin. */
const RULE_AGE_MS = 250;
/** Rows of a suspended tenant are not leased at all; this is for what was in memory when it was suspended. */
const SUSPENDED_MS = 60_000;
/** How long a job waits when its destination is at its limit. */
const BUSY_MS = 5_000;

export function createOutbound(deps: OutboundDeps): Outbound {
  return {
    jobsOfRows: (rows) => jobsOfRows(deps, rows),
    jobsOfMessage: (message, arrival, plan) => jobsOfMessage(deps, message, arrival, plan),
    attempt: (job) => attempt(deps, job),
    permit: (job) => permit(deps, job),
  };
}

function treatmentOf(deps: OutboundDeps, tenant: TenantId, domain: string): Treatment {
  const { destinations, settings } = deps.directory;
  return treat(destinations(tenant), settings(tenant), domain, deps.clock(), deps.standard);
}

/**
 * What allows a job to go is never older than RULE_AGE_MS, whatever became of the notification: one small question now and
 * then for all jobs of the process. Where the database cannot be asked nothing begins; it could not be written down either.
 *
 * A "no" is asked for twice: the rows of a destination that was just let go on are due before every process has heard of
 * it, and to hold or put them off by the old rule would undo what the operator did.
 */
async function permit(deps: OutboundDeps, job: QueueJob): Promise<Permit> {
  const ask = (): Permit =>
    deps.directory.trouble?.(job.tenant) === 'suspended'
      ? { kind: 'suspended', atMs: deps.clock() + SUSPENDED_MS }
      : permitOf(treatmentOf(deps, job.tenant, job.domain), deps.clock());
  await deps.directory.current(RULE_AGE_MS);
  if (ask().kind === 'go') return { kind: 'go' };
  await deps.directory.refresh();
  return ask();
}

function permitOf({ state }: Treatment, nowMs: number): Permit {
  switch (state.kind) {
    case 'pause':
      return { kind: 'later', atMs: Math.min(state.untilMs ?? Infinity, nowMs + PAUSED_MS) };
    case 'hold':
      return { kind: 'hold', rule: state.rule, reason: state.reason };
    case 'go':
    case 'reroute':
      return { kind: 'go' };
  }
  return assertNever(state);
}

function routeOf(deps: OutboundDeps, tenant: TenantId, domain: string, { state }: Treatment): Route {
  return state.kind === 'reroute' ? state.route : deps.directory.route(tenant, domain);
}

function destinationOf(deps: OutboundDeps, tenant: TenantId, domain: string): string {
  const route = routeOf(deps, tenant, domain, treatmentOf(deps, tenant, domain));
  return destinationKey({ route, domain });
}

/** One job for each variant and destination of a message that was just committed; its bytes come from memory if small. */
function jobsOfMessage(
  deps: OutboundDeps,
  message: MessageToCommit,
  arrival: Arrival,
  plan: Plan,
): QueueJob[] {
  const e = message.envelope;
  const jobs = new Map<string, QueueJob & { recipients: JobRecipient[] }>();
  e.recipients.forEach((r, n) => {
    const action = message.verdict.recipients[n]?.action;
    if (action !== 'accept' && action !== 'tag') return;
    const variant = plan.variantOf[n] ?? 0;
    const edits = plan.variants[variant]?.edits;
    if (edits === undefined) return;
    const destination = destinationOf(deps, e.tenant, r.domain);
    const key = `${variant} ${r.domain} ${destination}`;
    let job = jobs.get(key);
    if (job === undefined) {
      job = {
        tenant: e.tenant,
        message: e.id,
        mailFrom: e.mailFrom,
        destination,
        domain: r.domain,
        recipients: [],
        size: editedSize(edits),
        bodyType: e.body,
        smtpUtf8: e.smtpUtf8,
        requireTls: e.requireTls,
        ret: e.ret,
        envid: e.envid,
        reportTo: reportToOf(e, message.findings),
        receivedAtMs: e.receivedAtMs,
        blob: message.blob,
        body: () => applyEdits(edits, arrival.message.read()),
      };
      jobs.set(key, job);
    }
    job.recipients.push({
      n,
      address: r.address,
      domain: r.domain,
      notify: r.notify,
      orcpt: r.orcpt,
      attempts: 0,
      queuedAtMs: e.receivedAtMs,
      delayTold: false,
    });
  });
  return [...jobs.values()];
}

/** The same from the table: rows of one message, destination and variant make one job. */
function jobsOfRows(deps: OutboundDeps, rows: readonly LeasedRow[]): QueueJob[] {
  const jobs = new Map<string, QueueJob & { recipients: JobRecipient[] }>();
  for (const row of rows) {
    const destination = destinationOf(deps, row.tenant, row.domain);
    const key = `${row.message} ${row.variant} ${row.domain} ${destination}`;
    let job = jobs.get(key);
    if (job === undefined) {
      const edits = decodeEdits(row.edits);
      job = {
        tenant: row.tenant,
        message: row.message,
        mailFrom: row.mailFrom,
        destination,
        domain: row.domain,
        recipients: [],
        size: editedSize(edits),
        bodyType: row.body,
        smtpUtf8: row.smtpUtf8,
        requireTls: row.requireTls,
        ret: row.ret ?? undefined,
        envid: row.envid ?? undefined,
        reportTo: row.reportTo,
        receivedAtMs: row.receivedAtMs,
        blob: row.blob,
        body: () => storedContent(deps, row, edits),
      };
      jobs.set(key, job);
    }
    job.recipients.push({
      n: row.n,
      address: row.address,
      domain: row.domain,
      notify: parseNotify(row.notify),
      orcpt: row.orcpt ?? undefined,
      attempts: row.attempts,
      queuedAtMs: row.queuedAtMs,
      delayTold: row.delayTold,
    });
  }
  return [...jobs.values()];
}

function storedContent(deps: OutboundDeps, row: LeasedRow, edits: Edits): AsyncIterable<Uint8Array> {
  const key = deps.keys.unwrapDataKey(row.tenant, row.blob, row.keyWrapped);
  return applyEdits(edits, deps.blobs.read(row.blob, key));
}

async function attempt(deps: OutboundDeps, job: QueueJob): Promise<JobOutcome> {
  const treatment = treatmentOf(deps, job.tenant, job.domain);
  const { source } = treatment;
  const route = routeOf(deps, job.tenant, job.domain, treatment);
  const results = await deps.deliver({
    ...job,
    route,
    recipients: job.recipients.map((r) => ({
      key: String(r.n),
      address: r.address,
      notify: notifyOf(job.reportTo, r.notify),
      orcpt: r.orcpt,
    })),
    ret: retOf(job.reportTo, job.ret),
    heloName: source.heloName ?? deps.hostname,
    source: { v4: source.v4, v6: source.v6 },
    limits: treatment.limits,
    limitedFor: treatment.isLimited ? job.tenant : undefined,
    mayStill: async () => (await permit(deps, job)).kind === 'go',
  });
  if (results.every((r) => r.stage === 'slot'))
    return { settlements: [], reports: [], notBeforeMs: results[0]?.retryAtMs ?? deps.clock() + BUSY_MS };
  const settled = job.recipients.map((recipient, i) =>
    settlementOf(deps, job, treatment, recipient, results[i]!),
  ); // `!`: one result per recipient
  const reports = await deps.reports(job, route, settled);
  return { settlements: settled.map((s) => s.settlement), reports };
}

/** A settlement with what a report about it needs. */
export type Settled = {
  readonly recipient: JobRecipient;
  readonly result: AttemptResult;
  readonly settlement: Settlement;
  /** Until when it will be tried; for the report of a delay. */
  readonly triedUntilMs: number;
};

function settlementOf(
  deps: OutboundDeps,
  job: QueueJob,
  treatment: Treatment,
  recipient: JobRecipient,
  result: AttemptResult,
): Settled {
  const nowMs = deps.clock();
  const schedule = job.mailFrom === '' ? treatment.bounceSchedule : treatment.schedule;
  const decision = decideRetry({
    schedule,
    acceptedMs: recipient.queuedAtMs,
    nowMs,
    failures: recipient.attempts + 1,
    noticesSent: recipient.delayTold ? 1 : 0,
    retryAtMs: result.retryAtMs,
    random: Math.random,
  });
  const isExpired = result.outcome === 'deferred' && decision.kind === 'give-up';
  const retry = result.outcome === 'deferred' && decision.kind === 'retry' ? decision : undefined;
  const { security } = result;
  return {
    recipient,
    result,
    triedUntilMs: recipient.queuedAtMs + schedule.maxAgeS * 1000,
    settlement: {
      tenant: job.tenant,
      message: job.message,
      n: recipient.n,
      address: recipient.address,
      atMs: result.startedMs,
      durationMs: result.totalMs,
      outcome: isExpired ? 'failed' : result.outcome,
      isExpired,
      nextAtMs: retry?.atMs,
      delayTold: retry?.sendDelayNotice === true,
      stage: result.stage,
      remoteHost: result.remoteHost,
      remoteIp: result.remoteIp,
      replyCode: result.code,
      enhanced: result.enhanced,
      replyText: result.text,
      tlsVersion: result.tls?.version,
      tlsCipher:
        result.tls === undefined
          ? undefined
          : [result.tls.cipher, result.tls.group].filter(Boolean).join(' '),
      security: security === undefined ? 'none' : security.policy,
      securityDetail: security === undefined ? '' : detailOf(security),
    },
  };
}

function detailOf(security: NonNullable<AttemptResult['security']>): string {
  const words = [
    `asked by ${security.by}`,
    security.authenticated ? 'peer authenticated' : 'peer not authenticated',
    security.dane === undefined ? '' : `DANE: ${security.dane}`,
    security.sts === undefined ? '' : `MTA-STS: ${security.sts}`,
  ];
  return words.filter((w) => w !== '').join('; ');
}
