/**
 * One connection to a mail host: the socket, its TLS and its timeouts around a ClientSession.
 *
 * Owned by whoever opened it or took it from the pool; one transaction at a time. Every wait has an end (RFC 5321
 * §4.5.3.2), counted from the moment the wait began, so that a host that drips a byte a minute gains nothing.
 */
import { type Socket, connect } from 'node:net';
import { InvariantError } from '#core/errors.ts';
import { type Result, err, ok } from '#core/result.ts';
import { faultPoint } from '#platform/fault-point.ts';
import type { SmtpReply } from '#protocol/smtp/client-reply.ts';
import type { Transaction } from '#protocol/smtp/client-commands.ts';
import {
  type ClientEvent,
  ClientSession,
  type LostReason,
  type RecipientResult,
  type SessionStage,
} from '#protocol/smtp/client-session.ts';
import type { LocalProblem } from './classify.ts';
import { secure } from './tls.ts';
import type { TlsPlan } from './tls-policy.ts';
import type { SecurityResult, Stage, TlsUsed } from './types.ts';

/** RFC 5321 §4.5.3.2 for the stages of the dialogue. */
export type Timeouts = Readonly<Record<SessionStage | 'connect' | 'tls', number>> & {
  /** Everything from MAIL to the last reply. */
  readonly transaction: number;
};

export const DEFAULT_TIMEOUTS_MS: Timeouts = {
  connect: 30_000,
  greeting: 300_000,
  ehlo: 300_000,
  starttls: 120_000,
  tls: 60_000,
  rset: 20_000,
  mail: 300_000,
  rcpt: 300_000,
  data: 120_000,
  body: 180_000,
  'end-of-data': 600_000,
  quit: 5_000,
  transaction: 3_600_000,
};

export type Target = {
  readonly host: string;
  readonly ip: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  readonly heloName: string;
  readonly localAddress: string | undefined;
  readonly plan: TlsPlan;
};

export type OpenFailure = {
  readonly stage: Stage;
  readonly problem: LocalProblem;
  readonly detail: string;
  readonly reply: SmtpReply | undefined;
};

export type Body = {
  readonly chunks: () => AsyncIterable<Uint8Array>;
  readonly small: readonly Uint8Array[] | undefined;
};
export type Delivered = { readonly results: readonly RecipientResult[]; readonly reusable: boolean };

const CLEAR: Omit<SecurityResult, 'policy' | 'by' | 'dane' | 'sts'> = { authenticated: false };
/** Below this a copy into one buffer is cheaper than a vector of writes. */
const MAX_JOINED = 65_536;

export class Connection {
  readonly target: Target;
  tls: TlsUsed | undefined;
  security: SecurityResult;
  /** Messages begun on it. */
  uses = 0;
  /** Set by the pool while nobody owns the connection: called when the host ends it. */
  onIdleEnd: (() => void) | undefined;
  #socket: Socket;
  readonly #session: ClientSession;
  readonly #timeouts: Timeouts;
  #timer: NodeJS.Timeout | undefined;
  #waiting: SessionStage | undefined;
  #wake: ((event: ClientEvent) => void) | undefined;
  #drained: (() => void) | undefined;
  #alive = true;

  private constructor(target: Target, socket: Socket, timeouts: Timeouts) {
    this.target = target;
    this.#socket = socket;
    this.#timeouts = timeouts;
    this.#session = new ClientSession({ protocol: target.protocol, name: target.heloName });
    this.security = {
      policy: target.plan.policy,
      by: target.plan.by,
      dane: target.plan.dane,
      sts: target.plan.sts,
      ...CLEAR,
    };
    this.#listen();
  }

  get alive(): boolean {
    return this.#alive;
  }
  get capabilities(): ClientSession['capabilities'] {
    return this.#session.capabilities;
  }

  /** Connects, greets and secures; a failure says at which stage and why, and leaves nothing open. */
  static async open(
    target: Target,
    timeouts: Timeouts,
    nowMs: number,
  ): Promise<Result<Connection, OpenFailure>> {
    const socket = await dial(target, timeouts.connect);
    if (!socket.ok) return socket;
    const connection = new Connection(target, socket.value, timeouts);
    const failure = await connection.#greet(nowMs);
    if (failure === undefined) {
      faultPoint('deliver.connected');
      return ok(connection);
    }
    connection.destroy();
    return err(failure);
  }

  async #greet(nowMs: number): Promise<OpenFailure | undefined> {
    const plan = this.target.plan;
    const hello = await this.#next();
    if (hello.kind !== 'ready') return openFailure(hello);
    if (plan.policy === 'none') return undefined;
    if (!hello.capabilities.startTls) {
      return plan.clearAllowed
        ? undefined
        : failure('starttls', 'tls-not-offered', 'STARTTLS is not offered');
    }
    this.#session.startTls();
    const go = await this.#next();
    if (go.kind === 'refused' && plan.clearAllowed) return undefined;
    if (go.kind !== 'upgrade') return openFailure(go);
    return this.#upgrade(nowMs);
  }

  async #upgrade(nowMs: number): Promise<OpenFailure | undefined> {
    this.#stopTimer();
    this.#unlisten();
    // The TLS layer reports what happens to the socket below it.
    this.#socket.on('error', () => {});
    const secured = await secure(this.#socket, this.target.plan, this.#timeouts.tls, nowMs);
    if (!secured.ok) return failure('tls', secured.error.problem, secured.error.detail);
    this.#socket = secured.value.socket;
    this.tls = secured.value.used;
    this.security = secured.value.security;
    this.#listen();
    this.#session.tlsStarted();
    const again = await this.#next();
    return again.kind === 'ready' ? undefined : openFailure(again);
  }

  /** Sends one message to all recipients of the transaction. Throws only what reading the body throws. */
  async deliver(tx: Transaction, body: Body): Promise<Delivered> {
    this.uses++;
    const deadline = setTimeout(() => this.#end('timeout'), this.#timeouts.transaction);
    try {
      this.#session.begin(tx, body.small);
      let event = await this.#next();
      if (event.kind === 'body') {
        await this.#sendBody(body);
        this.#flush();
        faultPoint('deliver.data-sent');
        event = await this.#next();
      }
      if (event.kind !== 'done') throw new InvariantError(`a transaction ended with ${event.kind}`);
      if (!event.reusable) this.destroy();
      return { results: event.results, reusable: event.reusable && this.#alive };
    } catch (error) {
      // The body could not be read: the message must not look complete to the host, so the connection dies first.
      this.destroy();
      throw error;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Asks whether a recipient would be taken, from the null sender; no message follows. */
  async probe(address: string): Promise<RecipientResult> {
    this.uses++;
    this.#session.probe(address);
    const event = await this.#next();
    if (event.kind !== 'done') throw new InvariantError(`a probe ended with ${event.kind}`);
    return event.results[0] ?? { kind: 'lost', stage: 'rcpt', reason: 'aborted' };
  }

  async #sendBody(body: Body): Promise<void> {
    if (body.small !== undefined) {
      for (const piece of body.small) this.#session.bodyChunk(piece);
      this.#session.bodyEnd();
      return;
    }
    for await (const chunk of body.chunks()) {
      this.#session.bodyChunk(chunk);
      if (!this.#flush()) await this.#drain();
      if (!this.#session.wantsBody) return;
    }
    this.#session.bodyEnd();
  }

  /** Says QUIT and does not wait for the answer longer than it must. */
  quit(): void {
    if (!this.#alive) return;
    this.onIdleEnd = undefined;
    this.#session.quit();
    this.#flush();
    this.#socket.end();
    this.#arm(this.#timeouts.quit);
    this.#timer?.unref();
  }

  destroy(): void {
    this.#alive = false;
    this.#stopTimer();
    this.#socket.destroy();
  }

  readonly #handlers = {
    data: (bytes: Uint8Array): void => this.#onData(bytes),
    error: (): void => this.#end('reset'),
    end: (): void => this.#end('closed'),
    close: (): void => this.#end('closed'),
    drain: (): void => this.#drained?.(),
  };

  #listen(): void {
    for (const [event, handler] of Object.entries(this.#handlers)) this.#socket.on(event, handler);
  }

  #unlisten(): void {
    for (const [event, handler] of Object.entries(this.#handlers)) this.#socket.off(event, handler);
  }

  #onData(bytes: Uint8Array): void {
    this.#session.feed(bytes);
    this.#flush();
    this.#step();
  }

  #end(reason: LostReason): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#session.lost(reason);
    this.#drained?.();
    this.#step();
    this.#stopTimer();
    this.#socket.destroy();
  }

  /** Hands the next event to whoever waits; while nobody does, an event can only mean that the host has gone. */
  #step(): void {
    this.#armForStage();
    const wake = this.#wake;
    if (wake !== undefined) {
      const event = this.#session.takeEvent();
      if (event === undefined) return;
      this.#wake = undefined;
      wake(event);
    } else if (this.onIdleEnd !== undefined) {
      // Not even a polite word may come while the connection is idle: it would be taken for the answer to the next MAIL.
      this.#alive = false;
      this.onIdleEnd();
      this.destroy();
    }
  }

  #next(): Promise<ClientEvent> {
    this.#flush();
    const event = this.#session.takeEvent();
    if (event !== undefined) return Promise.resolve(event);
    this.#waiting = undefined;
    this.#armForStage();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Writes what the session wants said; false when the socket asks us to wait. */
  #flush(): boolean {
    const out = this.#session.takeOutput();
    if (out.length === 0 || !this.#alive) return true;
    if (out.length === 1) return this.#socket.write(out[0]!); // `!`: length is 1
    let size = 0;
    for (const piece of out) size += piece.length;
    if (size <= MAX_JOINED) return this.#socket.write(Buffer.concat(out, size));
    this.#socket.cork();
    let more = true;
    for (const piece of out) more = this.#socket.write(piece);
    this.#socket.uncork();
    return more;
  }

  async #drain(): Promise<void> {
    if (!this.#alive || !this.#socket.writableNeedDrain) return;
    this.#arm(this.#timeouts.body);
    await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#drained = undefined;
  }

  /** The clock starts anew when another reply becomes due, not when bytes arrive. */
  #armForStage(): void {
    const stage = this.#session.waitingFor;
    if (stage === this.#waiting && this.#timer !== undefined) return;
    this.#waiting = stage;
    if (stage === undefined) this.#stopTimer();
    else this.#arm(this.#timeouts[stage]);
  }

  #arm(timeoutMs: number): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => this.#end('timeout'), timeoutMs);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function dial(target: Target, timeoutMs: number): Promise<Result<Socket, OpenFailure>> {
  return new Promise((resolve) => {
    const socket = connect({
      host: target.ip,
      port: target.port,
      noDelay: true,
      ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }),
    });
    const finish = (outcome: Result<Socket, OpenFailure>): void => {
      clearTimeout(timer);
      if (!outcome.ok) socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(
      () => finish(err(failure('connect', 'connect-timeout', `${target.ip} port ${target.port}`))),
      timeoutMs,
    );
    socket.once('connect', () => finish(ok(socket)));
    // Stays: after the connection stands, the one who owns it listens too.
    socket.on('error', (error) => finish(err(failure('connect', 'connect-failed', error.message))));
  });
}

function failure(stage: Stage, problem: LocalProblem, detail: string, reply?: SmtpReply): OpenFailure {
  return { stage, problem, detail, reply };
}

/** What went wrong before the connection was ready. */
function openFailure(event: ClientEvent): OpenFailure {
  if (event.kind === 'refused') {
    const problem = event.stage === 'starttls' ? 'tls-not-offered' : 'protocol';
    return failure(event.stage, problem, 'refused', event.reply);
  }
  if (event.kind === 'lost') return failure(event.stage, lostProblem(event.reason), event.reason);
  throw new InvariantError(`a connection began with ${event.kind}`);
}

export function lostProblem(reason: LostReason): LocalProblem {
  if (reason === 'timeout') return 'timeout';
  return reason === 'closed' || reason === 'reset' || reason === 'aborted' ? 'lost' : 'protocol';
}
