/**
 * One attempt: a message to one destination. Finds the hosts, asks what transport they must offer, takes or opens a
 * connection, sends, and says for each recipient what became of it. It never loops over time: what is deferred comes back
 * as such, and the queue decides when to come again (retry.ts).
 */
import { type Clock, systemClock } from '#core/time.ts';
import type { StsPolicies } from '#platform/mta-sts/policies.ts';
import type { Network } from '#core/ip.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { Transaction } from '#protocol/smtp/client-commands.ts';
import { type HostAddresses, REFUSED_NETWORKS, findAddresses } from './addresses.ts';
import type { LocalProblem } from './classify.ts';
import { type Candidate, type Candidates, findCandidates } from './candidates.ts';
import type { SelfKnowledge } from './mx.ts';
import { type HostFailure, Outcomes } from './outcomes.ts';
import type { ConnectionPool } from './pool.ts';
import type { DestinationSlots } from './slots.ts';
import { type TlsPlan, planKey, planTls } from './tls-policy.ts';
import { type Body, Connection, type Delivered, type OpenFailure, type Timeouts } from './transport.ts';
import type { AttemptResult, DeliveryJob, DeliveryRecipient } from './types.ts';

export type DeliveryDeps = {
  readonly resolver: Resolver;
  readonly stsPolicies: StsPolicies;
  readonly pool: ConnectionPool;
  readonly slots: DestinationSlots;
  readonly self: SelfKnowledge;
  readonly timeouts: Timeouts;
  /** Port of MX hosts: 25, except in tests. */
  readonly mxPort: number;
  /** Anchors instead of the system's roots, where the route names none. */
  readonly caPem: string | undefined;
  /** Default REFUSED_NETWORKS; applies to hosts that a stranger's DNS names. */
  readonly refusedNetworks?: readonly Network[];
  readonly clock?: Clock;
  readonly random?: () => number;
};

/** Addresses tried in one attempt, over all hosts: the bound on what one unreachable destination costs. */
const MAX_CONNECTS = 8;
/** RFC 5321 §4.5.3.1.8: every server takes 100 recipients. */
const MAX_RECIPIENTS = 100;
/** Up to here the body is read first and may travel together with the commands. */
const SMALL_BODY_BYTES = 65_536;

/** A wait after which an operator may have said otherwise. */
const LONG_WAIT_MS = 100;

/** What jobs are counted by: the next hop, or the domain. */
export function destinationKey(job: Pick<DeliveryJob, 'route' | 'domain'>): string {
  return job.route.kind === 'host' ? `${job.route.protocol}:${job.route.host}:${job.route.port}` : job.domain;
}

/**
 * Tries to deliver; every recipient of the job has exactly one result, in the job's order. Throws only when our own body
 * cannot be read, after cutting the connection so that no half message counts as whole.
 */
export async function attemptDelivery(
  job: DeliveryJob,
  deps: DeliveryDeps,
): Promise<readonly AttemptResult[]> {
  const outcomes = new Outcomes(job, deps.clock ?? systemClock);
  const line = job.limitedFor === undefined ? '' : `${job.limitedFor} `;
  const askedMs = performance.now();
  const slot = await deps.slots.enter(line + destinationKey(job), job.limits);
  const notYet = (retryAtMs: number): readonly AttemptResult[] => {
    outcomes.failRest({ stage: 'slot', problem: 'busy', detail: destinationKey(job), retryAtMs });
    return outcomes.results();
  };
  if (slot.kind === 'busy') return notYet(slot.retryAtMs);
  try {
    const hasWaited = performance.now() - askedMs > LONG_WAIT_MS;
    if (hasWaited && (await job.mayStill?.()) === false) return notYet(outcomes.clock());
    await tryHosts(job, deps, outcomes);
  } finally {
    slot.leave();
  }
  return outcomes.results();
}

async function tryHosts(job: DeliveryJob, deps: DeliveryDeps, outcomes: Outcomes): Promise<void> {
  const found = await findCandidates(job, deps);
  if (found.kind === 'problem') {
    const { problem, detail } = found;
    outcomes.failRest({ stage: problem === 'dns-failed' ? 'dns' : 'route', problem, detail, ...noHost });
    return;
  }
  const body = await prepareBody(job);
  const budget = { connects: MAX_CONNECTS };
  for (const candidate of found.candidates) {
    if (outcomes.open.length === 0 || budget.connects <= 0) break;
    await tryHost({ job, deps, outcomes, found, candidate, body, budget });
  }
  outcomes.settle();
}

const noHost = { retryAtMs: undefined } as const;

type HostTry = {
  readonly job: DeliveryJob;
  readonly deps: DeliveryDeps;
  readonly outcomes: Outcomes;
  readonly found: Candidates;
  readonly candidate: Candidate;
  readonly body: Body;
  readonly budget: { connects: number };
};

async function tryHost(t: HostTry): Promise<void> {
  const { job, deps, candidate } = t;
  const dane = await candidate.dane();
  const { domain, route } = job;
  // RFC 8689 §5: a report is asked to be protected, and goes also where that cannot be proven.
  const requireTls = job.requireTls && job.mailFrom !== '';
  const { sts } = t.found;
  const planned = planTls({
    route,
    domain,
    requireTls,
    dane,
    sts,
    host: candidate.host,
    hostSecure: candidate.secure,
  });
  if (!planned.ok)
    return t.outcomes.note({ stage: 'policy', ...planned.error }, candidate.host, undefined, undefined);
  const plan = { ...planned.value, caPem: planned.value.caPem ?? deps.caPem };
  const key = connectionKey(job, candidate, planned.value);
  await sendAll(t, plan, key);
}

function connectionKey(job: DeliveryJob, candidate: Candidate, plan: TlsPlan): string {
  const source = `${job.source.v4 ?? ''}/${job.source.v6 ?? ''}/${job.heloName}`;
  return `${candidate.protocol}|${candidate.host}|${candidate.port}|${source}|${planKey(plan)}`;
}

/** Sends to everybody still open at this host, in transactions of a size that it takes. */
async function sendAll(t: HostTry, plan: TlsPlan, key: string): Promise<void> {
  const { outcomes, deps } = t;
  let rest: readonly DeliveryRecipient[] = outcomes.open;
  while (rest.length > 0) {
    const pooled = takeAlive(deps.pool, key);
    const startedMs = outcomes.clock();
    const connection = pooled ?? (await connectTo(t, plan));
    if (connection === undefined) return;
    const about = {
      connection,
      reused: pooled !== undefined,
      connectMs: pooled === undefined ? outcomes.clock() - startedMs : 0,
    };
    const batch = rest.slice(
      0,
      Math.min(MAX_RECIPIENTS, connection.capabilities.maxRecipients ?? MAX_RECIPIENTS),
    );
    const sent = await connection.deliver(transactionOf(t.job, batch), t.body);
    deps.pool.release(key, connection);
    // An idle connection may have been closed while our MAIL was on its way: that says nothing about the host.
    if (pooled !== undefined && diedBeforeMail(sent)) continue;
    outcomes.take(batch, sent.results, about, t.candidate.host);
    rest = rest.slice(batch.length);
    // Where the host has gone, the others of this job go to the next one instead of into the same hole.
    if (!sent.reusable && sent.results.some((r) => r.kind === 'lost')) return;
  }
}

function takeAlive(pool: ConnectionPool, key: string): Connection | undefined {
  for (;;) {
    const connection = pool.take(key);
    if (connection === undefined || connection.alive) return connection;
  }
}

function diedBeforeMail(sent: Delivered): boolean {
  return sent.results.every((r) =>
    r.kind === 'lost'
      ? r.stage === 'mail' || r.stage === 'rset'
      : r.kind === 'reply' && r.reply.code === 421 && (r.stage === 'mail' || r.stage === 'rset'),
  );
}

async function connectTo(t: HostTry, plan: TlsPlan): Promise<Connection | undefined> {
  const { job, deps, candidate, outcomes } = t;
  const rules = {
    source: job.source,
    refused: candidate.configured ? [] : (deps.refusedNetworks ?? REFUSED_NETWORKS),
  };
  const found = await findAddresses(candidate.host, deps.resolver, rules);
  if (found.kind !== 'addresses') {
    outcomes.note(addressProblem(found), candidate.host, undefined, undefined);
    return undefined;
  }
  for (const ip of found.ips) {
    if (t.budget.connects <= 0) return undefined;
    if (deps.self.isOurs(ip, candidate.port) && !candidate.configured) {
      outcomes.note({ stage: 'route', problem: 'loop', detail: ip }, candidate.host, ip, undefined);
      continue;
    }
    const opened = await openAddress(t, plan, ip);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

function addressProblem(found: Exclude<HostAddresses, { kind: 'addresses' }>): HostFailure {
  if (found.kind === 'error') return { stage: 'dns', problem: 'dns-failed', detail: found.detail };
  if (found.kind === 'refused')
    return { stage: 'route', problem: 'unroutable-address', detail: found.detail };
  const problem: LocalProblem = found.exists ? 'unroutable-address' : 'no-mail-host';
  return { stage: 'route', problem, detail: 'no usable address' };
}

/** One address; where TLS is only a wish and the handshake fails, once more without it. */
async function openAddress(t: HostTry, plan: TlsPlan, ip: string): Promise<Connection | undefined> {
  const first = await openOnce(t, plan, ip);
  if (first instanceof Connection) return first;
  if (first.stage === 'tls' && plan.clearAllowed && t.budget.connects > 0) {
    const again = await openOnce(t, { ...plan, policy: 'none' }, ip);
    if (again instanceof Connection) return again;
  }
  t.outcomes.note(first, t.candidate.host, ip, plan);
  return undefined;
}

async function openOnce(t: HostTry, plan: TlsPlan, ip: string): Promise<Connection | OpenFailure> {
  t.budget.connects--;
  t.deps.pool.counters.opened++;
  const { host, port, protocol } = t.candidate;
  const localAddress = ip.includes(':') ? t.job.source.v6 : t.job.source.v4;
  const target = { host, ip, port, protocol, heloName: t.job.heloName, localAddress, plan };
  const opened = await Connection.open(target, t.deps.timeouts, t.outcomes.clock());
  return opened.ok ? opened.value : opened.error;
}

function transactionOf(job: DeliveryJob, recipients: readonly DeliveryRecipient[]): Transaction {
  const { mailFrom, size, smtpUtf8, requireTls, ret, envid } = job;
  return { mailFrom, recipients, size, body: job.bodyType, smtpUtf8, requireTls, ret, envid };
}

async function prepareBody(job: DeliveryJob): Promise<Body> {
  if (job.size > SMALL_BODY_BYTES) return { chunks: job.body, small: undefined };
  const small: Uint8Array[] = [];
  for await (const chunk of job.body()) small.push(chunk);
  return { chunks: job.body, small };
}
