/**
 * What is known about each recipient while an attempt goes from host to host. A result that is about the message is final
 * for its recipient; a failure of a host leaves its recipients open for the next host, and counts if none is left.
 */
import type { Clock } from '#core/time.ts';
import { type SmtpReply, enhancedOf } from '#protocol/smtp/client-reply.ts';
import { UNMET_REPLIES } from '#protocol/smtp/client-commands.ts';
import type { RecipientResult } from '#protocol/smtp/client-session.ts';
import { LOCAL_PROBLEMS, type LocalProblem, classifyReply, localOutcome } from './classify.ts';
import type { TlsPlan } from './tls-policy.ts';
import { type Connection, lostProblem } from './transport.ts';
import type { AttemptResult, DeliveryJob, DeliveryRecipient, Outcome, Stage } from './types.ts';

export type HostFailure = {
  readonly stage: Stage;
  readonly problem: LocalProblem;
  readonly detail: string;
  readonly reply?: SmtpReply | undefined;
  readonly retryAtMs?: number | undefined;
};

type About = { readonly connection: Connection; readonly reused: boolean; readonly connectMs: number };
type Said = Pick<AttemptResult, 'outcome' | 'status' | 'stage' | 'code' | 'enhanced' | 'text' | 'remoteSaid'>;
type Where = Pick<
  AttemptResult,
  'remoteHost' | 'remoteIp' | 'tls' | 'security' | 'reusedConnection' | 'connectMs' | 'dsnPassedOn'
>;

const NOWHERE: Where = {
  remoteHost: undefined,
  remoteIp: undefined,
  tls: undefined,
  security: undefined,
  reusedConnection: false,
  dsnPassedOn: false,
  connectMs: 0,
};
/** Texts go into rows, reports and the console; a remote does not decide how long they are. */
const MAX_TEXT = 1000;

export class Outcomes {
  readonly clock: Clock;
  readonly #job: DeliveryJob;
  readonly #startedMs: number;
  readonly #final = new Map<string, AttemptResult>();
  /** The worst word so far about recipients that are still open: a temporary one outweighs a permanent one. */
  readonly #provisional = new Map<string, AttemptResult>();

  constructor(job: DeliveryJob, clock: Clock) {
    this.#job = job;
    this.clock = clock;
    this.#startedMs = clock();
  }

  /** Recipients without a final result. */
  get open(): readonly DeliveryRecipient[] {
    return this.#job.recipients.filter((r) => !this.#final.has(r.key));
  }

  /** A host could not be used; everybody still open may go to the next one. */
  note(failure: HostFailure, host: string, ip: string | undefined, plan: TlsPlan | undefined): void {
    const security =
      plan === undefined
        ? undefined
        : { policy: plan.policy, by: plan.by, authenticated: false, dane: plan.dane, sts: plan.sts };
    const where: Where = { ...NOWHERE, remoteHost: host, remoteIp: ip, security };
    for (const r of this.open) this.#hold(this.#result(r, saidByFailure(failure), where, failure.retryAtMs));
  }

  /** No host at all. */
  failRest(failure: HostFailure): void {
    for (const r of this.open)
      this.#final.set(r.key, this.#result(r, saidByFailure(failure), NOWHERE, failure.retryAtMs));
  }

  /** What a transaction said about its recipients. */
  take(
    batch: readonly DeliveryRecipient[],
    results: readonly RecipientResult[],
    about: About,
    host: string,
  ): void {
    const { connection, reused: reusedConnection, connectMs } = about;
    const { tls, security } = connection;
    const where: Where = {
      remoteHost: host,
      remoteIp: connection.target.ip,
      tls,
      security,
      reusedConnection,
      connectMs,
      dsnPassedOn: connection.capabilities.dsn,
    };
    for (const [i, r] of batch.entries()) {
      const said = saidBy(results[i]);
      const result = this.#result(r, said, where, undefined);
      if (mayTryNextHost(said, results[i])) this.#hold(result);
      else this.#final.set(r.key, result);
    }
  }

  /** No host is left: what was provisional becomes the result. */
  settle(): void {
    for (const r of this.open) {
      const none: HostFailure = {
        stage: 'connect',
        problem: 'connect-failed',
        detail: 'no host could be tried',
      };
      this.#final.set(
        r.key,
        this.#provisional.get(r.key) ?? this.#result(r, saidByFailure(none), NOWHERE, undefined),
      );
    }
  }

  results(): readonly AttemptResult[] {
    return this.#job.recipients.map((r) => this.#final.get(r.key)!); // `!`: settle and failRest leave nobody open
  }

  #hold(result: AttemptResult): void {
    const before = this.#provisional.get(result.recipient);
    // A host that may come back keeps the recipient alive, whatever the others say for good.
    if (before?.outcome === 'deferred' && result.outcome === 'failed') return;
    this.#provisional.set(result.recipient, result);
  }

  #result(r: DeliveryRecipient, said: Said, where: Where, retryAtMs: number | undefined): AttemptResult {
    const startedMs = this.#startedMs;
    return { recipient: r.key, ...said, ...where, startedMs, totalMs: this.clock() - startedMs, retryAtMs };
  }
}

function saidByFailure(failure: HostFailure): Said {
  if (failure.reply !== undefined) return saidByReply(failure.stage, failure.reply);
  const { enhanced, text } = LOCAL_PROBLEMS[failure.problem];
  const outcome = localOutcome(failure.problem);
  return {
    outcome,
    status: enhanced,
    stage: failure.stage,
    code: undefined,
    enhanced,
    text: clip(`${text}: ${failure.detail}`),
    remoteSaid: false,
  };
}

function saidByReply(stage: Stage, reply: SmtpReply): Said {
  const outcome = classifyReply(stage, reply.code, reply.enhanced);
  return {
    outcome,
    status: agree(outcome, enhancedOf(reply)),
    stage,
    code: reply.code,
    enhanced: reply.enhanced,
    text: clip(reply.lines.join('\n')),
    remoteSaid: true,
  };
}

/** The class of our status is our outcome, also where we read a 5xx as temporary. */
function agree(outcome: Outcome, enhanced: string): string {
  const digit = { delivered: '2', deferred: '4', failed: '5' }[outcome];
  return digit + enhanced.slice(1);
}

function saidBy(result: RecipientResult | undefined): Said {
  if (result === undefined) return saidByFailure({ stage: 'mail', problem: 'lost', detail: 'no reply' });
  switch (result.kind) {
    case 'reply':
      return saidByReply(result.stage, result.reply);
    case 'lost':
      return saidByFailure({
        stage: result.stage,
        problem: lostProblem(result.reason),
        detail: `${result.reason} at ${result.stage}`,
      });
    case 'unmet': {
      const { enhanced, text } = UNMET_REPLIES[result.need];
      return {
        outcome: 'failed',
        status: enhanced,
        stage: 'capability',
        code: undefined,
        enhanced,
        text,
        remoteSaid: false,
      };
    }
  }
  return saidByFailure({ stage: 'mail', problem: 'protocol', detail: 'unknown result' });
}

const BEFORE_THE_END: ReadonlySet<Stage> = new Set(['rset', 'mail', 'rcpt', 'data', 'body']);

/**
 * Another host may be asked when this one could not, or would not for now, and certainly has not taken the message. After
 * the last byte was sent it may have: then only the queue comes back, later.
 */
function mayTryNextHost(said: Said, result: RecipientResult | undefined): boolean {
  if (result?.kind === 'unmet') return result.need !== 'sender-syntax' && result.need !== 'recipient-syntax';
  if (said.outcome !== 'deferred') return false;
  if (result?.kind === 'lost') return BEFORE_THE_END.has(said.stage);
  // A 4xx to RCPT is greylisting or a full mailbox, the same at every host of the domain.
  return said.stage === 'mail' || said.stage === 'rset';
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
