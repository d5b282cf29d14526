/**
 * Any bytes, as a client's side of an SMTP session: it never throws, keeps little, ends its replies properly, and its
 * answers do not depend on how the bytes were cut. The first byte chooses the cut and the listener, the rest is said.
 */
import { assertNever } from '#core/result.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import { createSession, type ServerSession } from '#protocol/smtp/server-session.ts';
import type { Question, SessionConfig, SessionEvent } from '#protocol/smtp/session-types.ts';

export const FUZZ_CONFIG: SessionConfig = {
  hostname: 'mx.example',
  maxMessageBytes: 4000,
  maxRecipients: 5,
  maxErrors: 10,
  maxRefusedRecipients: 10,
  maxIdleCommands: 30,
  maxMessages: 5,
  maxAuthFailures: 3,
  tlsAvailable: true,
  tlsRequired: false,
  authOffered: true,
  authRequired: false,
  chunking: true,
  binaryMime: true,
  bareNewlines: 'reject',
  earlyTalkers: 'note',
};

/** What became of a session: all it said, and the messages it took. */
export type Outcome = {
  readonly out: string;
  readonly messages: readonly string[];
  readonly isClosed: boolean;
};

/** Yes to most, no to some, always the same for the same question. */
function answer(question: Question): Reply {
  switch (question.kind) {
    case 'auth':
      return question.credentials.password.length % 2 === 0 ? replies.authenticated() : replies.authFailed();
    case 'mail':
      return question.mail.mailbox.address.startsWith('no') ? replies.refused() : replies.senderOk('id');
    case 'rcpt':
      return question.rcpt.mailbox.localPart.startsWith('no')
        ? replies.unknownRecipient()
        : replies.recipientOk();
    case 'data-begin':
      return question.transaction.helo === 'slow' ? replies.slowDown() : replies.startMail();
    case 'data-end':
      return question.size % 7 === 3 ? replies.deferred('id') : replies.accepted('id');
    case 'connect':
    case 'xclient':
      return replies.greeting('mx.example');
    case 'helo':
      return replies.done();
    default:
      return assertNever(question);
  }
}

export function converse(pieces: readonly Uint8Array[], config: SessionConfig, insideTls: boolean): Outcome {
  const session = createSession(config, { insideTls, xclientAllowed: insideTls });
  const state = { out: '', messages: [] as string[], body: '', isClosed: false };
  work(session, session.start(), state);
  for (const piece of pieces) {
    work(session, session.feed(piece), state);
    if (state.isClosed !== !session.wantsInput) throw new Error('the session waits for nobody');
  }
  return state;
}

type State = { out: string; messages: string[]; body: string; isClosed: boolean };

function work(session: ServerSession, events: readonly SessionEvent[], state: State): void {
  const queue = [...events];
  for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
    if (state.isClosed) throw new Error(`an event after the end: ${event.kind}`);
    if (event.kind === 'reply') state.out += event.text;
    else if (event.kind === 'body') state.body += Buffer.from(event.chunk).toString('latin1');
    else if (event.kind === 'body-void') state.body = '';
    else if (event.kind === 'close') state.isClosed = true;
    else if (event.kind === 'start-tls') queue.push(...session.tlsStarted());
    else {
      if (event.question.kind === 'data-end') {
        checkMessage(event.question, state.body);
        state.messages.push(state.body);
        state.body = '';
      }
      queue.push(...session.answer(event.id, answer(event.question)));
    }
  }
}

function checkMessage(question: Extract<Question, { kind: 'data-end' }>, body: string): void {
  const { mail, recipients } = question.transaction;
  if (recipients.length === 0) throw new Error('a message to nobody');
  if (body.length !== question.size)
    throw new Error(`${body.length} octets handed out, ${question.size} counted`);
  if (body.length > FUZZ_CONFIG.maxMessageBytes) throw new Error('larger than allowed');
  if (mail.body !== 'BINARYMIME' && /\r(?!\n)|(?<!\r)\n|\0/.test(body))
    throw new Error('bare CR, bare LF or NUL');
}

/** The same bytes in pieces of pseudo-random sizes that depend on `seed` alone. */
export function cut(bytes: Uint8Array, seed: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let state = seed | 1;
  for (let at = 0; at < bytes.length;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const size = 1 + ((state >> 8) % (seed % 3 === 0 ? 3 : 40));
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Throws when a promise of the session is broken. */
export function fuzz(data: Uint8Array): void {
  const seed = data[0] ?? 0;
  const bytes = data.subarray(1);
  // What follows STARTTLS in the same piece is dropped, so there the cut matters by design.
  const insideTls = seed % 2 === 1 || /starttls/i.test(Buffer.from(bytes).toString('latin1'));
  const whole = converse([bytes], FUZZ_CONFIG, insideTls);
  const pieces = converse(cut(bytes, seed), FUZZ_CONFIG, insideTls);
  if (whole.out !== pieces.out)
    throw new Error(`the cut changes the replies:\n${whole.out}\n---\n${pieces.out}`);
  if (whole.messages.join('\0') !== pieces.messages.join('\0'))
    throw new Error('the cut changes the messages');
  if (!/^(?:\d{3}[- ][\x20-\x7e]*\r\n)*$/.test(whole.out)) throw new Error(`a malformed reply: ${whole.out}`);
}
