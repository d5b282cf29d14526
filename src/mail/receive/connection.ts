/**
 * Drives one socket through one session: bytes in, events worked off in order, replies out in as few writes as possible.
 *
 * It reads only while the session wants input and the spool keeps up, so a peer can fill neither memory nor disk faster than
 * we work. Every wait has an end: handshake, command, content, whole message, shutdown. Owns its socket, timer and message
 * in progress; `settled` resolves when all of them are gone.
 */
import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { errorChain } from '#core/errors.ts';
import { newId, type MessageId } from '#core/id.ts';
import { assertNever } from '#core/result.ts';
import type { Clock } from '#core/time.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { faultPoint } from '#platform/fault-point.ts';
import type { Logger } from '#platform/log.ts';
import { registry } from '#platform/metrics.ts';
import { formatReply, replies, type Reply } from '#protocol/smtp/replies.ts';
import { createSession, type ServerSession } from '#protocol/smtp/server-session.ts';
import type { Question, SessionConfig, SessionEvent } from '#protocol/smtp/session-types.ts';
import type { Admission } from './admission.ts';
import type { Client } from './client.ts';
import type { ListenerConfig } from './config.ts';
import { MessageIntake, type IntakeOptions } from './message-intake.ts';
import { tlsInfo, wrapServer } from './tls.ts';

const connections = registry.counter('gatehouse_smtp_connections_total', 'SMTP connections taken in.', [
  'listener',
]);
const answers = registry.counter('gatehouse_smtp_replies_total', 'SMTP replies given, by their code.', [
  'listener',
  'code',
]);

export type ConnectionOptions = {
  readonly config: ListenerConfig;
  readonly session: SessionConfig;
  readonly xclientAllowed: boolean;
  readonly tls: SecureContext | undefined;
  readonly hasClientAnchors: boolean;
  readonly keys: KeyStore;
  readonly intake: IntakeOptions;
  readonly log: Logger;
  readonly clock: Clock;
};

/** How long a peer may take to close its side after we closed ours. */
const LINGER_MS = 5_000;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #log: Logger;
  readonly #client: Client;
  readonly #session: ServerSession;
  /** Resolves when socket, timers and message are gone. */
  readonly settled: Promise<void>;
  #resolveSettled: () => void = () => {};
  #socket: Socket | TLSSocket;
  /** Of the message in progress, made at MAIL; before the first MAIL it names the connection. */
  #id: MessageId = newId<'message'>();
  #intake: MessageIntake | undefined;
  #receivedAtMs = 0;
  /** Since when content is coming, also content that nobody wants. */
  #contentSinceMs: number | undefined;
  #queue: SessionEvent[] = [];
  #isGreeted = false;
  /** The text that waits to be written says that a message is ours. */
  #hasPromised = false;
  /** True while `#work` runs. */
  #isBusy = false;
  /** The message is with the flow: from here on only the flow says what becomes of it. */
  #isHandingOver = false;
  #isEnding = false;
  #isStopping = false;
  #out = '';
  #flushSoon: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #refusals = 0;

  constructor(socket: Socket, client: Client, options: ConnectionOptions) {
    this.#options = options;
    this.#socket = socket;
    this.#client = client;
    this.#log = options.log.child({ peer: client.ip }); // which listener it is the logger says already
    this.#session = createSession(options.session, {
      insideTls: options.config.tls === 'implicit',
      xclientAllowed: options.xclientAllowed,
    });
    this.settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Begins: at once, or with the handshake where TLS is implicit. */
  start(): void {
    connections.with(this.#options.config.name).inc();
    this.#attach(this.#socket);
    if (this.#options.config.tls === 'implicit') return this.#shakeHands(() => this.#session.start());
    this.#listen();
    this.#push(this.#session.start());
  }

  /** Ends after the message in progress, or now when there is none. */
  stop(): void {
    this.#isStopping = true;
    if (!this.#isBusy && !this.#session.isInContent) this.#interrupt(this.#goodbye());
  }

  /** Ends whatever is going on. A message that the flow has already is still settled there. */
  destroy(): void {
    this.#socket.destroy();
  }

  #goodbye(): Reply {
    return replies.shuttingDown(this.#options.config.hostname);
  }

  #attach(socket: Socket | TLSSocket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    // A reset is how many peers say goodbye; `close` follows and does the rest.
    socket.on('error', (error) => this.#log.debug('smtp connection broke', { error: error.message }));
    socket.once('close', () => void this.#closed(socket));
    socket.on('drain', () => this.#resume());
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Uint8Array) => this.#received(chunk));
    // A half-closed peer still reads our replies; when it has nothing more to say the session has no future.
    this.#socket.once('end', () => {
      this.#isEnding = true;
      if (!this.#isBusy) this.#hangUp();
    });
  }

  async #closed(socket: Socket | TLSSocket): Promise<void> {
    if (socket !== this.#socket) return;
    clearTimeout(this.#timer);
    clearImmediate(this.#flushSoon);
    this.#isEnding = true;
    this.#queue = [];
    this.#client.leave();
    // A message that was handed over is the flow's to settle; one still arriving is rubbish.
    if (!this.#isHandingOver) await this.#intake?.abort();
    if (!this.#isBusy) this.#resolveSettled();
  }

  #received(chunk: Uint8Array): void {
    if (!this.#isGreeted) this.#client.talkedEarly();
    // While we work nobody may send faster than we store or answer: at most this one chunk comes on top.
    if (this.#isBusy) this.#socket.pause();
    this.#push(this.#session.feed(chunk));
    if (!this.#isBusy && this.#session.isInContent) this.#arm();
  }

  #push(events: readonly SessionEvent[]): void {
    if (events.length === 0) return;
    this.#queue.push(...events);
    if (!this.#isBusy) void this.#work();
  }

  /** Works off the queue in order. The only place where the connection waits. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    clearTimeout(this.#timer);
    try {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
        const waiting = this.#event(event);
        if (waiting === undefined) continue;
        // Replies given already do not wait with us, unless the wait is over within this turn.
        this.#flushSoon ??= setImmediate(() => this.#flush());
        await waiting;
      }
    } catch (error) {
      // A bug in here ends this connection and must not take others with it.
      this.#log.error('smtp connection failed', { id: this.#id, error: errorChain(error) });
      this.#out += formatReply(replies.localError(this.#id));
      this.#isEnding = true;
    } finally {
      this.#isBusy = false;
    }
    this.#rest();
  }

  /** The queue is empty: the peer's turn. */
  #rest(): void {
    this.#flush();
    if (this.#socket.destroyed) return this.#resolveSettled();
    if (this.#isEnding) return this.#hangUp();
    const inContent = this.#session.isInContent;
    if (this.#isStopping && !inContent) return this.#interrupt(this.#goodbye());
    if (this.#client.limits?.isBanned() === true && !inContent) return this.#interrupt(replies.banned());
    this.#arm();
    this.#resume();
  }

  #resume(): void {
    if (this.#isBusy || this.#socket.writableNeedDrain || !this.#session.wantsInput) return;
    this.#socket.resume();
  }

  #interrupt(reply: Reply): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#push(this.#session.interrupt(reply));
  }

  #flush(): void {
    clearImmediate(this.#flushSoon);
    this.#flushSoon = undefined;
    if (this.#out === '' || this.#socket.destroyed) return;
    const text = this.#out;
    this.#out = '';
    // A peer that does not read its replies gets no more commands read.
    if (!this.#socket.write(text, 'latin1')) this.#socket.pause();
    if (this.#hasPromised) {
      this.#hasPromised = false;
      faultPoint('receive.after-250');
    }
  }

  #hangUp(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.end();
    this.#socket.resume();
  }

  /**
   * Starts the wait for the peer. Called only when a command was answered or content came: a command sent byte by byte has
   * the time of one command (RFC 5321 §4.5.3.2.7), content the time between pieces and of a whole message.
   */
  #arm(): void {
    const { config, clock } = this.#options;
    clearTimeout(this.#timer);
    if (!this.#session.isInContent) this.#contentSinceMs = undefined;
    else this.#contentSinceMs ??= clock();
    const waitMs =
      this.#contentSinceMs === undefined
        ? config.commandTimeoutMs
        : Math.min(config.dataTimeoutMs, this.#contentSinceMs + config.messageTimeoutMs - clock());
    this.#timer = setTimeout(() => this.#timedOut(), Math.max(1, waitMs));
  }

  #timedOut(): void {
    this.#log.info('smtp client was too slow', { id: this.#id });
    this.#interrupt(replies.timeout(this.#options.config.hostname));
  }

  #event(event: SessionEvent): Promise<void> | void {
    switch (event.kind) {
      case 'reply':
        return this.#reply(event);
      case 'body':
        return this.#intake?.write(event.chunk);
      case 'body-void':
        return this.#isHandingOver ? undefined : this.#intake?.abort();
      case 'question':
        return this.#question(event.id, event.question);
      case 'start-tls':
        return this.#startTls();
      case 'close':
        this.#isEnding = true;
        return undefined;
      default:
        return assertNever(event);
    }
  }

  #reply(event: Extract<SessionEvent, { kind: 'reply' }>): void {
    const { config } = this.#options;
    this.#isGreeted = true;
    this.#out += event.text;
    answers.with(config.name, String(event.code)).inc();
    if (event.code === 250 && event.verb === 'DATA') this.#hasPromised = true;
    if (event.code < 400) return;
    // Never the command itself: it may be a password. Verb, code and id are enough to find the message.
    this.#log.info('smtp refused', { verb: event.verb, code: event.code, id: this.#id });
    if (event.code >= 500 && event.code <= 535) this.#client.limits?.noteError();
  }

  async #question(id: number, question: Question): Promise<void> {
    const reply = await this.#answer(question);
    await this.#tarpit(question, reply);
    if (this.#socket.destroyed) return;
    this.#queue.push(...this.#session.answer(id, reply));
  }

  /** A throw behind a question is answered 451; only the message itself has a door of its own (message-intake.ts). */
  async #answer(question: Question): Promise<Reply> {
    try {
      return await this.#decide(question);
    } catch (error) {
      this.#log.error('smtp question failed', {
        question: question.kind,
        id: this.#id,
        error: errorChain(error),
      });
      if (question.kind === 'auth') return replies.authUnavailable();
      return question.kind === 'connect'
        ? { ...replies.localError(), close: true }
        : replies.localError(this.#id);
    }
  }

  #decide(question: Question): Promise<Reply> | Reply {
    const { admission } = this.#client;
    if (question.kind === 'connect') return this.#connect();
    if (admission === undefined) return replies.localError(this.#id);
    switch (question.kind) {
      case 'helo':
        return replies.done();
      case 'xclient':
        return this.#becomes(question.facts.ip, question.facts.port);
      case 'auth':
        return admission.authenticate(question.credentials);
      case 'mail':
        this.#id = newId<'message'>();
        return admission.mail(this.#id, question.mail);
      case 'rcpt':
        return admission.recipient(question.mail, question.rcpt);
      case 'data-begin':
        return this.#begin(admission);
      case 'data-end':
        return this.#complete(question, admission);
      default:
        return assertNever(question);
    }
  }

  async #connect(): Promise<Reply> {
    const refusal = await this.#client.admit();
    if (refusal !== undefined) return refusal;
    const { greetingDelayMs } = this.#options.config;
    if (greetingDelayMs > 0) await sleep(greetingDelayMs);
    return this.#greeting();
  }

  async #becomes(ip: string | undefined, port: number | undefined): Promise<Reply> {
    return (await this.#client.becomes(ip, port)) ?? this.#greeting();
  }

  #greeting(): Reply {
    return replies.greeting(this.#options.config.hostname);
  }

  async #begin(admission: Admission): Promise<Reply> {
    const tenant = admission.tenant;
    if (tenant === undefined) return replies.localError(this.#id);
    await this.#options.keys.ensureTenant(tenant);
    this.#receivedAtMs = this.#options.clock();
    this.#intake = new MessageIntake(this.#options.intake, this.#id, tenant);
    return replies.startMail();
  }

  async #complete(
    { transaction, defects }: Extract<Question, { kind: 'data-end' }>,
    admission: Admission,
  ): Promise<Reply> {
    const intake = this.#intake;
    if (intake === undefined) return replies.localError(this.#id);
    this.#isHandingOver = true;
    try {
      return await intake.complete(transaction, defects, admission, async () => ({
        part: {
          listener: { name: this.#options.config.name, kind: this.#options.config.kind },
          peer: await this.#client.peer(),
          tls: this.#client.tls,
          receivedAtMs: this.#receivedAtMs,
        },
        findings: await this.#client.findings(),
      }));
    } finally {
      this.#isHandingOver = false;
      this.#intake = undefined;
    }
  }

  /** Each refusal takes longer than the one before: dictionaries become slow, an honest typo does not notice. */
  async #tarpit(question: Question, reply: Reply): Promise<void> {
    const { tarpitMs, maxTarpitMs } = this.#options.config;
    const counts = reply.code >= 500 && (question.kind === 'rcpt' || question.kind === 'auth');
    if (!counts || tarpitMs === 0 || this.#client.limits?.isExempt === true) return;
    await sleep(Math.min(maxTarpitMs, tarpitMs * ++this.#refusals));
  }

  #startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    // RFC 3207 §4.2 and CVE-2011-0411: what came in the clear behind STARTTLS is not read as anything.
    while (plain.read() !== null);
    this.#flush();
    return new Promise((resolve) => {
      this.#shakeHands(() => {
        resolve();
        return this.#session.tlsStarted();
      }, resolve);
    });
  }

  #shakeHands(then: () => SessionEvent[], failed: () => void = () => {}): void {
    const { tls, config, hasClientAnchors } = this.#options;
    const plain = this.#socket;
    if (tls === undefined) return void plain.destroy();
    const secure = wrapServer(plain, tls, config);
    const timer = setTimeout(() => secure.destroy(), config.handshakeTimeoutMs);
    this.#attach(secure);
    secure.once('close', () => {
      clearTimeout(timer);
      failed();
    });
    secure.once('secure', () => {
      clearTimeout(timer);
      this.#client.hasTls(tlsInfo(secure, hasClientAnchors));
      this.#listen();
      this.#push(then());
    });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
