/**
 * One SMTP server session as a pure push machine: bytes in, events out, no socket, no clock, no waiting
 * (session-types.ts has the terms).
 *
 *     const session = createSession(config, facts);
 *     run(session.start()); … run(session.feed(bytes)); … run(session.answer(id, reply));
 *
 * Promises. Replies come in the order of the commands (RFC 2920 §3.2). The same bytes give the same replies however they
 * were cut. Nothing a peer sends makes it throw or keep more than `MAX_LINE` and `MAX_PENDING` bytes. What came behind
 * STARTTLS in the clear is dropped (RFC 3207 §4.2).
 */
import { concat } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import { assertNever } from '#core/result.ts';
import { isOtherProtocol, parseCommand, type Command } from './command.ts';
import { extensionList, protocolName } from './extensions.ts';
import { LineReader, type Line } from './line-reader.ts';
import { Content } from './content.ts';
import { formatReply, replies, type Reply } from './replies.ts';
import { SaslExchange } from './sasl.ts';
import type { Question, SessionConfig, SessionEvent, SessionFacts } from './session-types.ts';
import { Envelope } from './transaction.ts';
import { parseXclient } from './xclient.ts';

/** RFC 4954 §4: 12288 octets for an AUTH line. Other commands are held to `MAX_COMMAND`. */
const MAX_LINE = 12_300;
/** RFC 5321 §4.5.3.1.4 says 512 plus what each extension adds; ORCPT and ENVID make it some 1,100. */
const MAX_COMMAND = 2048;
/** A driver that heeds `wantsInput` never lets it come this far. */
const MAX_PENDING = 1 << 20;
const MAX_PIECES = 64;
/** What a reply may be logged under. Anything else could be a password, said by a client that is out of step. */
const VERBS = new Set(
  'EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH XCLIENT EXPN LHLO'.split(' '),
);

type Mode = 'command' | 'auth' | 'content' | 'tls' | 'refused' | 'closed';

export type ServerSession = Pick<
  Session,
  'start' | 'feed' | 'answer' | 'tlsStarted' | 'interrupt' | 'wantsInput' | 'isInContent'
>;

export function createSession(config: SessionConfig, facts: SessionFacts): ServerSession {
  return new Session(config, facts);
}

class Session {
  readonly #config: SessionConfig;
  readonly #lines: LineReader;
  #mode: Mode = 'command';
  #events: SessionEvent[] = [];
  /** The open question, and what to do with its answer. */
  #open: { id: number; resume: (reply: Reply) => void } | undefined;
  #questions = 0;
  /** Input kept while a question is open. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #verb = '';
  #greeted = false;
  #insideTls: boolean;
  #xclient: boolean;
  #authenticated = false;
  #helo: { name: string; esmtp: boolean } | undefined;
  #envelope: Envelope | undefined;
  #content: Content | undefined;
  #sasl: SaslExchange | undefined;
  #errors = 0;
  #refusedRecipients = 0;
  #idleCommands = 0;
  #authFailures = 0;
  #messages = 0;

  constructor(config: SessionConfig, facts: SessionFacts) {
    this.#config = config;
    this.#lines = new LineReader(MAX_LINE, config.bareNewlines === 'normalise');
    this.#insideTls = facts.insideTls;
    this.#xclient = facts.xclientAllowed;
  }

  /**
   * False while a question is open or the end has come: the driver then stops reading from the peer. Before the greeting
   * it is true, for who talks then is found out by listening.
   */
  get wantsInput(): boolean {
    return this.#isFree || (!this.#greeted && this.#mode !== 'closed');
  }

  get #isFree(): boolean {
    return this.#open === undefined && this.#mode !== 'closed' && this.#mode !== 'tls';
  }

  /** True between 354 (or a BDAT command) and the end of the content: other timeouts apply (RFC 5321 §4.5.3.2.5). */
  get isInContent(): boolean {
    return this.#mode === 'content';
  }

  /** The connection stands: asks whether it may stay, then greets. */
  start(): SessionEvent[] {
    this.#ask({ kind: 'connect' }, (reply) => {
      // RFC 5321 §4.3.1: the client waits for the greeting. One that does not is no mail server.
      const early = this.#pendingBytes > 0 && this.#config.earlyTalkers === 'reject' && reply.code < 400;
      this.#greet(early ? replies.earlyTalker() : reply);
    });
    return this.#take();
  }

  /** The next bytes from the peer, cut anywhere. */
  feed(bytes: Uint8Array): SessionEvent[] {
    if (this.#mode === 'closed' || this.#mode === 'tls') return [];
    if (bytes.length === 0) return [];
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    // Many tiny pieces cost more than their bytes.
    if (this.#pending.length > MAX_PIECES) this.#pending = [concat(this.#pending)];
    this.#run();
    if (this.#pendingBytes > MAX_PENDING) this.#hangUp(replies.tooMuchInput());
    return this.#take();
  }

  /** The driver's answer to the open question. */
  answer(id: number, reply: Reply): SessionEvent[] {
    const open = this.#open;
    if (this.#mode === 'closed') return [];
    if (open === undefined || open.id !== id) throw new InvariantError(`no open SMTP question ${id}`);
    this.#open = undefined;
    open.resume(reply);
    this.#run();
    return this.#take();
  }

  /** TLS stands: all that was said before is forgotten (RFC 3207 §4.2). */
  tlsStarted(): SessionEvent[] {
    this.#insideTls = true;
    this.#helo = undefined;
    this.#authenticated = false;
    this.#mode = 'command';
    return this.#take();
  }

  /** The driver ends the session (timeout, shutdown): says why and closes. */
  interrupt(reply: Reply): SessionEvent[] {
    if (this.#mode !== 'closed') this.#hangUp(reply);
    return this.#take();
  }

  #take(): SessionEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #ask(question: Question, resume: (reply: Reply) => void): void {
    const id = ++this.#questions;
    this.#open = { id, resume };
    this.#events.push({ kind: 'question', id, question });
  }

  #reply(reply: Reply): void {
    if (isProtocolError(reply.code)) this.#errors++;
    this.#events.push({ kind: 'reply', text: formatReply(reply), code: reply.code, verb: this.#verb });
    if (reply.close) this.#close();
    else if (this.#errors > this.#config.maxErrors) this.#hangUp(replies.tooManyErrors());
  }

  #hangUp(reply: Reply): void {
    this.#events.push({ kind: 'reply', text: formatReply(reply), code: reply.code, verb: this.#verb });
    this.#close();
  }

  #close(): void {
    this.#voidContent();
    this.#mode = 'closed';
    this.#open = undefined;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#events.push({ kind: 'close' });
  }

  /** Works on what was fed until it is used up, a question opens, or the session ends. */
  #run(): void {
    while (this.#pending.length > 0 && this.#isFree) {
      const chunk = this.#pending[0]!; // `!`: the length was just seen
      const next = this.#mode === 'content' ? this.#readContent(chunk) : this.#readLine(chunk);
      // Closing and STARTTLS drop what was pending.
      if (this.#pending[0] !== chunk) return;
      this.#pendingBytes -= next;
      if (next === chunk.length) this.#pending.shift();
      else this.#pending[0] = chunk.subarray(next);
    }
  }

  #readLine(chunk: Uint8Array): number {
    const { next, line } = this.#lines.read(chunk, 0);
    if (line !== undefined) this.#line(line);
    return next;
  }

  #line(line: Line): void {
    if (line.kind === 'bare-newline') return this.#reply(replies.bareNewline());
    if (this.#mode === 'auth') return this.#authLine(line);
    if (line.kind === 'too-long') return this.#reply(replies.lineTooLong());
    const command = parseCommand(line.bytes);
    this.#verb = command !== undefined && VERBS.has(command.verb) ? command.verb : 'other';
    if (command === undefined) return this.#reply(replies.syntax('not text'));
    if (line.bytes.length > MAX_COMMAND && command.verb !== 'AUTH') return this.#reply(replies.lineTooLong());
    this.#command(command);
  }

  /** A switch over verbs, kept whole: it is the list of what we speak. */
  #command({ verb, argument }: Command): void {
    if (isOtherProtocol(verb)) return this.#reply(replies.notThisProtocol());
    if (verb === 'QUIT') return this.#quit(argument);
    // RFC 5321 §3.1: after 554 instead of a greeting everything but QUIT gets 503.
    if (this.#mode === 'refused') return this.#reply(replies.outOfOrder('no service for you'));
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return this.#hello(argument, verb === 'EHLO');
      case 'MAIL':
        return this.#mail(argument);
      case 'RCPT':
        return this.#rcpt(argument);
      case 'DATA':
        return this.#data(argument);
      case 'BDAT':
        return this.#bdat(argument);
      case 'RSET':
        return this.#idle(() => this.#rset(argument));
      case 'NOOP':
        return this.#idle(() => this.#reply(replies.done()));
      case 'VRFY':
        return this.#idle(() =>
          this.#reply(argument === '' ? replies.badArgument('VRFY needs a name') : replies.cannotVerify()),
        );
      case 'HELP':
        return this.#idle(() => this.#reply(replies.help()));
      case 'STARTTLS':
        return this.#startTls(argument);
      case 'AUTH':
        return this.#auth(argument);
      case 'XCLIENT':
        return this.#xclientCommand(argument);
      default:
        // EXPN too: RFC 5321 §7.3 allows to offer neither, and we have no lists to show.
        return this.#reply(replies.unknownCommand());
    }
  }

  #greet(reply: Reply): void {
    this.#greeted = true;
    this.#events.push({ kind: 'reply', text: formatReply(reply), code: reply.code, verb: 'connect' });
    if (reply.close) this.#close();
    else if (reply.code >= 400) this.#mode = 'refused';
  }

  #idle(then: () => void): void {
    if (++this.#idleCommands > this.#config.maxIdleCommands) this.#hangUp(replies.tooManyCommands());
    else then();
  }

  #quit(argument: string): void {
    if (argument !== '') return this.#reply(replies.badArgument('QUIT takes no argument'));
    this.#reply(replies.bye(this.#config.hostname));
  }

  #rset(argument: string): void {
    if (argument !== '') return this.#reply(replies.badArgument('RSET takes no argument'));
    this.#forget();
    this.#reply(replies.done());
  }

  /** Drops the transaction, as RSET, EHLO and the end of a message do (RFC 5321 §4.1.1.5). */
  #forget(): void {
    this.#voidContent();
    this.#envelope = undefined;
  }

  #voidContent(): void {
    if (this.#content?.isHandedOut === true) this.#events.push({ kind: 'body-void' });
    this.#content = undefined;
  }

  /** Doomed content is read to its end, but nobody needs to keep it. */
  #voidDoomed(content: Content): void {
    if (!content.isHandedOut || content.doomed === undefined) return;
    content.isHandedOut = false;
    this.#events.push({ kind: 'body-void' });
  }

  #hello(name: string, esmtp: boolean): void {
    // RFC 5321 §4.1.1.1: an argument is needed; RFC 5321 §4.1.4: whether it is true is no reason to refuse here.
    if (!/^[\u0021-\u007e]{1,255}$/.test(name))
      return this.#reply(replies.badArgument('expected one host name'));
    this.#idle(() =>
      this.#ask({ kind: 'helo', name, esmtp }, (reply) => {
        if (reply.code >= 400) return this.#reply(reply);
        this.#forget();
        this.#helo = { name, esmtp };
        this.#reply(
          esmtp
            ? replies.ehlo(this.#config.hostname, this.#extensions())
            : replies.helo(this.#config.hostname),
        );
      }),
    );
  }

  #extensions(): string[] {
    const xclient = this.#xclient;
    return extensionList({ ...this.#config, insideTls: this.#insideTls, xclient });
  }

  #mail(argument: string): void {
    if (this.#helo === undefined) return this.#reply(replies.outOfOrder('say EHLO first'));
    if (this.#envelope !== undefined) return this.#reply(replies.outOfOrder('sender already given'));
    if (this.#config.tlsRequired && !this.#insideTls) return this.#reply(replies.tlsRequired());
    if (this.#config.authRequired && !this.#authenticated) return this.#reply(replies.authRequired());
    if (this.#messages >= this.#config.maxMessages) return this.#hangUp(replies.tooManyMessages());
    this.#idle(() => this.#readMail(argument));
  }

  #readMail(argument: string): void {
    if (this.#helo === undefined) throw new InvariantError('MAIL without EHLO');
    const helo = this.#helo;
    const mail = Envelope.readMail(argument, {
      ...this.#config,
      esmtp: helo.esmtp,
      insideTls: this.#insideTls,
    });
    if (!mail.ok) return this.#reply(mail.error);
    this.#ask({ kind: 'mail', helo: helo.name, mail: mail.value }, (reply) => {
      const protocol = protocolName({
        ...helo,
        smtpUtf8: mail.value.smtpUtf8,
        insideTls: this.#insideTls,
        authenticated: this.#authenticated,
      });
      if (reply.code < 300) {
        this.#envelope = new Envelope(helo.name, helo.esmtp, protocol, mail.value);
        this.#content = undefined; // chunks that were refused for want of a MAIL are history
      }
      this.#reply(reply);
    });
  }

  #rcpt(argument: string): void {
    const envelope = this.#envelope;
    if (envelope === undefined) return this.#reply(replies.outOfOrder('say MAIL first'));
    if (this.#content !== undefined) return this.#reply(replies.outOfOrder('content has begun'));
    const rcpt = envelope.readRcpt(argument);
    if (!rcpt.ok) return this.#refuseRecipient(rcpt.error);
    // RFC 5321 §4.5.3.1.10: too many is temporary, so that the client sends the rest apart.
    if (envelope.recipients.length >= this.#config.maxRecipients)
      return this.#reply(replies.tooManyRecipients());
    const accepted = envelope.recipients.length;
    this.#ask({ kind: 'rcpt', mail: envelope.mail, rcpt: rcpt.value, accepted }, (reply) => {
      if (reply.code >= 300) return this.#refuseRecipient(reply);
      envelope.recipients.push(rcpt.value);
      this.#reply(reply);
    });
  }

  /** Refused recipients have a budget of their own: an old mailing list is no attack, a dictionary is. */
  #refuseRecipient(reply: Reply): void {
    this.#reply(reply);
    if (this.#mode === 'closed' || reply.code < 500) return;
    if (++this.#refusedRecipients > this.#config.maxRefusedRecipients) this.#hangUp(replies.tooManyErrors());
  }

  #data(argument: string): void {
    if (argument !== '') return this.#reply(replies.badArgument('DATA takes no argument'));
    const envelope = this.#envelope;
    if (envelope === undefined) return this.#reply(replies.outOfOrder('say MAIL first'));
    if (this.#content !== undefined) return this.#reply(replies.outOfOrder('finish with BDAT or say RSET'));
    // RFC 3030 §3: BINARYMIME cannot be sent by DATA.
    if (envelope.mail.body === 'BINARYMIME') return this.#reply(replies.outOfOrder('BINARYMIME needs BDAT'));
    if (envelope.recipients.length === 0) return this.#idle(() => this.#reply(replies.noRecipients()));
    this.#ask({ kind: 'data-begin', transaction: envelope }, (reply) => {
      this.#reply(reply);
      if (reply.code !== 354 || this.#mode === 'closed') return;
      this.#content = Content.forData(this.#config, 'line');
      this.#content.isHandedOut = true;
      this.#mode = 'content';
    });
  }

  #bdat(argument: string): void {
    const [, digits, last] = /^(\d{1,15})(?: +(LAST))?$/i.exec(argument) ?? [];
    // Without the size, where the content ends and commands begin is a guess: we do not guess.
    if (digits === undefined || !this.#config.chunking) return this.#reply(replies.badChunk());
    const envelope = this.#envelope;
    const isFirst = this.#content === undefined;
    this.#content ??= Content.forBdat(this.#config, envelope?.mail.body === 'BINARYMIME' ? 'binary' : 'line');
    const content = this.#content;
    content.beginChunk(Number(digits), last !== undefined);
    if (envelope === undefined || envelope.recipients.length === 0)
      content.doom(envelope === undefined ? replies.outOfOrder('say MAIL first') : replies.noRecipients());
    this.#mode = 'content';
    if (!isFirst || content.doomed !== undefined || envelope === undefined) return this.#finishEmptyChunk();
    this.#ask({ kind: 'data-begin', transaction: envelope }, (reply) => {
      if (reply.code === 354) content.isHandedOut = true;
      else content.doom(reply);
      this.#finishEmptyChunk();
    });
  }

  /** `BDAT 0 LAST` has no octet that could bring us to the end of the chunk. */
  #finishEmptyChunk(): void {
    if (this.#content?.hasEnded === true) this.#contentEnd(this.#content);
  }

  #readContent(chunk: Uint8Array): number {
    const content = this.#content;
    if (content === undefined) throw new InvariantError('SMTP content without a reader');
    const next = content.read(chunk, (body) => this.#events.push({ kind: 'body', chunk: body }));
    this.#voidDoomed(content);
    // Somebody who goes on for as long again after "too big" is not listening.
    if (content.size > 2 * this.#config.maxMessageBytes + MAX_PENDING) this.#hangUp(replies.tooBigClosing());
    else if (content.hasEnded) this.#contentEnd(content);
    return next;
  }

  /** The end of DATA or of one BDAT chunk. */
  #contentEnd(content: Content): void {
    this.#mode = 'command';
    const doomed = content.doomed;
    if (doomed !== undefined) {
      this.#voidDoomed(content);
      // RFC 3030 §2: after a failed chunk each further one is read and refused until the last, or RSET.
      if (content.isLast) {
        this.#messages++;
        this.#content = undefined;
        this.#envelope = undefined;
      }
      return this.#reply(doomed);
    }
    if (!content.isLast) return this.#reply(replies.chunkOk(content.chunkBytes));
    this.#deliver(content);
  }

  #deliver(content: Content): void {
    const envelope = this.#envelope;
    if (envelope === undefined) throw new InvariantError('SMTP content without an envelope');
    const rest = content.finish();
    if (rest.length > 0) this.#events.push({ kind: 'body', chunk: rest });
    // The end may itself show a defect: a lone CR as the last octet of the last chunk.
    if (content.doomed !== undefined) {
      this.#forget();
      return this.#reply(content.doomed);
    }
    const { size, defects } = content;
    this.#ask({ kind: 'data-end', transaction: envelope, size, defects }, (reply) => {
      this.#messages++;
      this.#idleCommands = 0;
      // The message is the driver's now: nothing to void, and the next MAIL begins afresh before the peer is told.
      this.#content = undefined;
      this.#envelope = undefined;
      this.#reply(reply);
    });
  }

  #startTls(argument: string): void {
    if (argument !== '') return this.#reply(replies.badArgument('STARTTLS takes no argument'));
    if (this.#insideTls) return this.#reply(replies.outOfOrder('TLS is on already'));
    if (!this.#config.tlsAvailable) return this.#reply(replies.unknownCommand());
    this.#forget();
    this.#reply(replies.readyForTls());
    this.#mode = 'tls';
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#lines.reset();
    this.#events.push({ kind: 'start-tls' });
  }

  #auth(argument: string): void {
    if (!this.#config.authOffered) return this.#reply(replies.unknownCommand());
    if (!this.#insideTls) return this.#reply(replies.authNeedsTls());
    if (this.#helo?.esmtp !== true) return this.#reply(replies.outOfOrder('say EHLO first'));
    // RFC 4954 §4: once per session, and not inside a transaction.
    if (this.#authenticated || this.#envelope !== undefined)
      return this.#reply(replies.outOfOrder('AUTH not possible now'));
    const [mechanism = '', initial, ...rest] = argument.split(' ');
    const name = mechanism.toUpperCase();
    if (name !== 'PLAIN' && name !== 'LOGIN') return this.#reply(replies.unknownMechanism());
    if (rest.length > 0) return this.#reply(replies.badArgument('AUTH takes a mechanism and a response'));
    this.#sasl = new SaslExchange(name);
    this.#mode = 'auth';
    this.#saslStep(initial);
  }

  #authLine(line: Line): void {
    this.#verb = 'AUTH';
    const text = line.kind === 'line' ? String.fromCharCode(...line.bytes.subarray(0, MAX_LINE)) : undefined;
    if (text === undefined) return this.#endAuth(replies.lineTooLong());
    if (text === '*') return this.#endAuth(replies.authCancelled());
    this.#saslStep(text);
  }

  #saslStep(response: string | undefined): void {
    if (this.#sasl === undefined) throw new InvariantError('SASL response without an exchange');
    const step = this.#sasl.next(response);
    switch (step.kind) {
      case 'challenge':
        return this.#reply(replies.authContinue(step.base64));
      case 'malformed':
        return this.#endAuth(replies.badBase64());
      case 'credentials':
        return this.#ask({ kind: 'auth', credentials: step.credentials }, (reply) => this.#endAuth(reply));
      default:
        return assertNever(step);
    }
  }

  #endAuth(reply: Reply): void {
    this.#mode = 'command';
    this.#sasl = undefined;
    this.#authenticated = reply.code === 235;
    if (!this.#authenticated) this.#authFailures++;
    this.#reply(reply);
    if (this.#authFailures >= this.#config.maxAuthFailures && this.#isFree)
      this.#hangUp(replies.tooManyErrors());
  }

  #xclientCommand(argument: string): void {
    if (!this.#xclient) return this.#reply(replies.unknownCommand());
    if (this.#envelope !== undefined) return this.#reply(replies.outOfOrder('not inside a transaction'));
    const facts = parseXclient(argument);
    if (facts === undefined) return this.#reply(replies.badArgument('malformed XCLIENT attributes'));
    this.#ask({ kind: 'xclient', facts }, (reply) => {
      // As after a new connection: the greeting, and EHLO again.
      this.#helo = undefined;
      this.#authenticated = false;
      this.#greet(reply);
      if (facts.helo !== undefined && reply.code < 400) this.#helo = { name: facts.helo, esmtp: true };
    });
  }
}

/** What a correct client never causes. 535 and refused recipients have budgets of their own; a refused message is no error. */
function isProtocolError(code: number): boolean {
  return (code >= 500 && code <= 504) || code === 530 || code === 538 || code === 555;
}
