/**
 * The client's side of SMTP (RFC 5321) and LMTP (RFC 2033) as a state machine: bytes of the server in, bytes to send and
 * events out. No socket, no clock, no TLS inside; mail/deliver/transport.ts drives it, and tests play the server by hand.
 *
 * Life: greeting → EHLO (or HELO) → `ready` → [startTls → `upgrade` → tlsStarted → `ready`] → begin(transaction) →
 * [`body` → bodyChunk… → bodyEnd] → `done` → begin(next)… → quit.
 *
 * Each recipient ends with exactly one outcome, from the reply that decided it, or from the stage at which the server went
 * away. Nothing is inferred: only a 2xx after the end of the message counts as delivered.
 */
import { fromUtf8 } from '#core/bytes.ts';
import { type Capabilities, NO_CAPABILITIES, parseCapabilities } from './capabilities.ts';
import { type ReplyProblem, ReplyReader, type SmtpReply } from './client-reply.ts';
import { mailCommand, rcptCommand, unmetNeed } from './client-commands.ts';
import type { Transaction, Unmet } from './client-commands.ts';
import { DotStuffer } from './dot-stuffing.ts';

/** Where in the dialogue something happened; also what the peer is being waited for. */
export type SessionStage =
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'rset'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'end-of-data'
  | 'quit';

export type LostReason = 'closed' | 'reset' | 'timeout' | 'aborted' | ReplyProblem | 'unexpected-reply';

export type RecipientResult =
  | { readonly kind: 'reply'; readonly stage: SessionStage; readonly reply: SmtpReply }
  | { readonly kind: 'lost'; readonly stage: SessionStage; readonly reason: LostReason }
  | { readonly kind: 'unmet'; readonly need: Unmet };

export type ClientEvent =
  | { readonly kind: 'ready'; readonly capabilities: Capabilities }
  /** The server is waiting for our TLS handshake. */
  | { readonly kind: 'upgrade' }
  /** The server does not want to talk (greeting, EHLO), or not in TLS (`starttls`, after which the session is still ready). */
  | { readonly kind: 'refused'; readonly stage: SessionStage; readonly reply: SmtpReply }
  /** Someone will take the message: send the body. */
  | { readonly kind: 'body' }
  /** Results in the order of the transaction's recipients. */
  | { readonly kind: 'done'; readonly results: readonly RecipientResult[]; readonly reusable: boolean }
  /** Outside a transaction: the server broke the protocol or went away. */
  | { readonly kind: 'lost'; readonly stage: SessionStage; readonly reason: LostReason };

type Expected = { readonly stage: SessionStage; readonly recipient: number };

export type ClientOptions = {
  readonly protocol: 'smtp' | 'lmtp';
  /** What we call ourselves in EHLO. */
  readonly name: string;
};

const EMPTY_TRANSACTION: Transaction = {
  mailFrom: '',
  recipients: [],
  size: 0,
  body: '7BIT',
  smtpUtf8: false,
  requireTls: false,
  ret: undefined,
  envid: undefined,
};

const isPositive = (reply: SmtpReply): boolean => reply.code >= 200 && reply.code < 300;

export class ClientSession {
  capabilities: Capabilities = NO_CAPABILITIES;
  readonly #options: ClientOptions;
  #reader = new ReplyReader();
  #expected: Expected[] = [{ stage: 'greeting', recipient: -1 }];
  #output: Uint8Array[] = [];
  #events: ClientEvent[] = [];
  #closed = false;
  #needsReset = false;
  #tx: Transaction | undefined;
  #results: (RecipientResult | undefined)[] = [];
  /** Recipients whose RCPT was answered 2xx, in order. */
  #accepted: number[] = [];
  #bodyState: 'none' | 'data' | 'bdat' | 'ended' = 'none';
  #stuffer = new DotStuffer();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** What the server owes us next, for the timeout to apply; `body` while it waits for us. */
  get waitingFor(): SessionStage | undefined {
    return (
      this.#expected[0]?.stage ??
      (this.#bodyState === 'data' || this.#bodyState === 'bdat' ? 'body' : undefined)
    );
  }

  /** Bytes to send now, and the session forgets them. */
  takeOutput(): Uint8Array[] {
    const out = this.#output;
    if (out.length > 0) this.#output = [];
    return out;
  }

  takeEvent(): ClientEvent | undefined {
    return this.#events.shift();
  }

  /** Takes bytes of the server. */
  feed(bytes: Uint8Array): void {
    if (this.#closed) return;
    const problem = this.#reader.push(bytes, (reply) => this.#take(reply));
    if (problem !== undefined) this.lost(problem);
  }

  /** The connection is over; what was not answered counts as lost at its stage. */
  lost(reason: LostReason): void {
    if (this.#closed) return;
    const stage = this.waitingFor ?? 'quit';
    this.#closed = true;
    if (this.#tx === undefined) this.#events.push({ kind: 'lost', stage, reason });
    else this.#settleAll({ kind: 'lost', stage, reason });
  }

  startTls(): void {
    this.#command('STARTTLS', 'starttls');
  }

  /** The handshake is done. RFC 3207 §4.2: all that was learnt before is forgotten. */
  tlsStarted(): void {
    this.capabilities = NO_CAPABILITIES;
    this.#reader = new ReplyReader();
    this.#hello();
  }

  /**
   * Starts a message; the session must be ready. A `smallBody` goes out together with the commands where the server takes
   * BDAT, which makes the whole transaction one round trip; otherwise it is sent at `body` like any other.
   */
  begin(tx: Transaction, smallBody?: readonly Uint8Array[]): void {
    this.#tx = tx;
    this.#results = Array.from({ length: tx.recipients.length });
    this.#accepted = [];
    this.#bodyState = 'none';
    const unmet = unmetNeed(tx, this.capabilities);
    if (unmet !== undefined) return this.#settleAll({ kind: 'unmet', need: unmet });
    const reset = this.#needsReset;
    this.#needsReset = true;
    if (reset) this.#command('RSET', 'rset');
    if (this.capabilities.pipelining && !this.#probing) return this.#pipeline(tx, smallBody);
    return reset ? undefined : this.#command(mailCommand(tx, this.capabilities), 'mail');
  }

  /** MAIL from the null sender and one RCPT, and nothing more: the result is what RCPT was answered. */
  probe(address: string): void {
    this.#probing = true;
    this.begin({ ...EMPTY_TRANSACTION, recipients: [{ address, notify: undefined, orcpt: undefined }] });
  }
  #probing = false;

  /** RFC 2920 §3.1: MAIL, all RCPT and DATA may go in one write; RFC 3030 §4.2: so may BDAT and what follows it. */
  #pipeline(tx: Transaction, smallBody: readonly Uint8Array[] | undefined): void {
    const caps = this.capabilities;
    let text = `${mailCommand(tx, caps)}\r\n`;
    this.#expected.push({ stage: 'mail', recipient: -1 });
    for (let i = 0; i < tx.recipients.length; i++) {
      text += `${rcptCommand(tx.recipients[i]!, caps)}\r\n`; // `!`: i is below length
      this.#expected.push({ stage: 'rcpt', recipient: i });
    }
    const inline = smallBody !== undefined && caps.chunking;
    if (inline) {
      let size = 0;
      for (const piece of smallBody) size += piece.length;
      text += `BDAT ${size} LAST\r\n`;
      this.#bodyState = 'ended';
    } else if (!this.#usesBdat(tx)) {
      text += 'DATA\r\n';
      this.#expected.push({ stage: 'data', recipient: -1 });
    }
    this.#output.push(fromUtf8(text));
    if (!inline) return;
    this.#output.push(...smallBody);
    this.#expected.push({ stage: 'end-of-data', recipient: -1 });
  }

  /** RFC 3030 §3: a message with binary parts cannot go through DATA. */
  #usesBdat(tx: Transaction): boolean {
    return this.capabilities.chunking && tx.body === 'BINARYMIME';
  }

  /** True while the body is still wanted; false once the server has refused it half-way. */
  get wantsBody(): boolean {
    return !this.#closed && (this.#bodyState === 'data' || this.#bodyState === 'bdat');
  }

  bodyChunk(chunk: Uint8Array): void {
    if (!this.wantsBody || chunk.length === 0) return;
    if (this.#bodyState === 'data') return this.#stuffer.push(chunk, this.#output);
    this.#output.push(fromUtf8(`BDAT ${chunk.length}\r\n`), chunk);
    this.#expected.push({ stage: 'body', recipient: -1 });
  }

  bodyEnd(): void {
    if (!this.wantsBody) return;
    if (this.#bodyState === 'data') this.#stuffer.end(this.#output);
    else this.#output.push(fromUtf8('BDAT 0 LAST\r\n'));
    this.#bodyState = 'ended';
    this.#expectFinal();
  }

  quit(): void {
    if (!this.#closed) this.#command('QUIT', 'quit');
  }

  #command(line: string, stage: SessionStage, recipient = -1): void {
    this.#output.push(fromUtf8(`${line}\r\n`));
    this.#expected.push({ stage, recipient });
  }

  #hello(): void {
    const verb = this.#options.protocol === 'lmtp' ? 'LHLO' : 'EHLO';
    this.#command(`${verb} ${this.#options.name}`, 'ehlo');
  }

  #take(reply: SmtpReply): void {
    if (this.#closed) return;
    const expected = this.#expected.shift();
    if (expected === undefined) {
      // RFC 5321 §3.8: a server may say 421 at any time; anything else unasked for means we are out of step.
      if (reply.code === 421 && this.#tx !== undefined) return this.#goodbye(reply, 'body');
      return this.lost(reply.code === 421 ? 'closed' : 'unexpected-reply');
    }
    if (reply.code === 421 && this.#tx !== undefined) return this.#goodbye(reply, expected.stage);
    // RFC 5321 §4.3.2: 3xx answers DATA and nothing else, 2xx anything but DATA; otherwise we are out of step.
    const intermediate = reply.code >= 300 && reply.code < 400;
    if (reply.code < 400 && intermediate !== (expected.stage === 'data')) return this.#outOfStep(expected);
    return this.#answer(expected, reply);
  }

  #outOfStep(expected: Expected): void {
    this.#expected.unshift(expected);
    this.lost('unexpected-reply');
  }

  #answer(expected: Expected, reply: SmtpReply): void {
    switch (expected.stage) {
      case 'greeting':
        return reply.code === 220 ? this.#hello() : this.#refuse('greeting', reply);
      case 'ehlo':
        return this.#onHello(reply);
      case 'starttls':
        return this.#onStartTls(reply);
      case 'rset':
        return this.#onReset(reply);
      case 'mail':
        return this.#onMail(reply);
      case 'rcpt':
        return this.#onRcpt(expected.recipient, reply);
      case 'data':
        return this.#onData(reply);
      case 'body':
        return this.#onBodyChunk(reply);
      case 'end-of-data':
        return this.#onFinal(expected.recipient, reply);
      case 'quit':
        this.#closed = true;
        return undefined;
    }
  }

  #refuse(stage: SessionStage, reply: SmtpReply): void {
    this.#closed = stage !== 'starttls';
    this.#events.push({ kind: 'refused', stage, reply });
  }

  #onHello(reply: SmtpReply): void {
    if (reply.code === 250) {
      this.capabilities = this.#saidHelo ? NO_CAPABILITIES : parseCapabilities(reply);
      this.#events.push({ kind: 'ready', capabilities: this.capabilities });
      return undefined;
    }
    // RFC 5321 §3.2: a server that knows no EHLO is greeted with HELO; LMTP has no such past.
    const old = reply.code >= 500 && this.#options.protocol === 'smtp' && !this.#saidHelo;
    if (!old) return this.#refuse('ehlo', reply);
    this.#saidHelo = true;
    return this.#command(`HELO ${this.#options.name}`, 'ehlo');
  }
  #saidHelo = false;

  #onStartTls(reply: SmtpReply): void {
    if (reply.code !== 220) return this.#refuse('starttls', reply);
    // Clear text behind the 220 was injected by someone who hopes that we take it for the server's encrypted words.
    if (this.#reader.hasRest) return this.lost('unexpected-reply');
    this.#events.push({ kind: 'upgrade' });
    return undefined;
  }

  #onReset(reply: SmtpReply): void {
    if (!isPositive(reply)) return this.#goodbye(reply, 'rset');
    if (this.capabilities.pipelining && !this.#probing) return undefined;
    return this.#command(mailCommand(this.#transaction(), this.capabilities), 'mail');
  }

  #onMail(reply: SmtpReply): void {
    if (!isPositive(reply)) this.#settleRest({ kind: 'reply', stage: 'mail', reply });
    if ((this.capabilities.pipelining && !this.#probing) || !isPositive(reply))
      return this.#afterRecipients();
    return this.#nextRcpt(0);
  }

  #nextRcpt(index: number): void {
    const tx = this.#transaction();
    const recipient = tx.recipients[index];
    if (recipient !== undefined)
      return this.#command(rcptCommand(recipient, this.capabilities), 'rcpt', index);
    if (this.#accepted.length > 0 && !this.#usesBdat(tx)) return this.#command('DATA', 'data');
    return this.#afterRecipients();
  }

  #onRcpt(index: number, reply: SmtpReply): void {
    if (this.#probing) return this.#settleAll({ kind: 'reply', stage: 'rcpt', reply });
    // A recipient already settled is one whose MAIL was refused; what the pipelined RCPT is told adds nothing.
    if (this.#results[index] === undefined) {
      if (isPositive(reply)) this.#accepted.push(index);
      else this.#results[index] = { kind: 'reply', stage: 'rcpt', reply };
    }
    if (!this.capabilities.pipelining) return this.#nextRcpt(index + 1);
    return this.#afterRecipients();
  }

  /** Once MAIL and every RCPT are answered: finish if nobody is left, or offer the body where no DATA reply will do so. */
  #afterRecipients(): void {
    const next = this.#expected[0]?.stage;
    if (next === 'rcpt' || next === 'data') return undefined;
    if (next === 'end-of-data') return this.#expandFinal();
    if (this.#accepted.length === 0) return this.#finish();
    this.#bodyState = 'bdat';
    this.#events.push({ kind: 'body' });
    return undefined;
  }

  #onData(reply: SmtpReply): void {
    const taken = this.#accepted.length > 0;
    if (reply.code === 354 && taken) {
      this.#stuffer = new DotStuffer();
      this.#bodyState = 'data';
      this.#events.push({ kind: 'body' });
      return undefined;
    }
    if (reply.code === 354) {
      // RFC 2920 §3.1: DATA was accepted without a recipient; an empty message gets us out, and its answer means nothing.
      this.#output.push(fromUtf8('.\r\n'));
      this.#expected.push({ stage: 'end-of-data', recipient: -2 });
      return undefined;
    }
    this.#settleRest({ kind: 'reply', stage: 'data', reply });
    return this.#finish();
  }

  /** A BDAT that is not the last (RFC 3030 §2): a refusal ends the transaction, what is in flight is answered all the same. */
  #onBodyChunk(reply: SmtpReply): void {
    if (reply.code === 250 || this.#allSettled()) return this.#maybeFinish();
    this.#settleRest({ kind: 'reply', stage: 'body', reply });
    this.#bodyState = 'ended';
    return this.#maybeFinish();
  }

  #maybeFinish(): void {
    if (this.#tx !== undefined && this.#allSettled() && this.#expected.length === 0) this.#finish();
  }

  /** RFC 2033 §4.2: an LMTP server answers once for each recipient that it accepted. */
  #expectFinal(): void {
    if (this.#options.protocol === 'smtp') this.#expected.push({ stage: 'end-of-data', recipient: -1 });
    else for (const i of this.#accepted) this.#expected.push({ stage: 'end-of-data', recipient: i });
  }

  /** The final reply was awaited before it was known how many there will be. */
  #expandFinal(): void {
    if (this.#options.protocol === 'smtp' || this.#accepted.length === 0) return;
    this.#expected.shift();
    this.#expectFinal();
  }

  #onFinal(recipient: number, reply: SmtpReply): void {
    const result: RecipientResult = { kind: 'reply', stage: 'end-of-data', reply };
    // RFC 5321 §4.1.1.4: after a message was taken the server has forgotten it; after anything else we say RSET.
    this.#needsReset = !isPositive(reply);
    if (recipient >= 0) this.#results[recipient] = result;
    else if (recipient === -1) this.#settleRest(result);
    if (this.#expected.length === 0) this.#finish();
  }

  #goodbye(reply: SmtpReply, stage: SessionStage): void {
    this.#closed = true;
    this.#settleAll({ kind: 'reply', stage, reply });
  }

  #allSettled(): boolean {
    return this.#results.every((r) => r !== undefined);
  }

  #settleRest(result: RecipientResult): void {
    for (let i = 0; i < this.#results.length; i++) this.#results[i] ??= result;
  }

  #settleAll(result: RecipientResult): void {
    this.#settleRest(result);
    this.#finish();
  }

  #finish(): void {
    const results = this.#results.filter((r) => r !== undefined);
    this.#tx = undefined;
    this.#bodyState = 'none';
    this.#probing = false;
    this.#events.push({ kind: 'done', results, reusable: !this.#closed });
  }

  #transaction(): Transaction {
    if (this.#tx === undefined) throw new Error('no transaction'); // cannot happen: asked only inside one
    return this.#tx;
  }
}
