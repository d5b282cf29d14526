/** Paths of MAIL FROM and RCPT TO (RFC 5321 §4.1.2): a mailbox in angle brackets, read from the start of the argument. */
import { err, ok, type Result } from '#core/result.ts';
import { parseMailbox, type Mailbox, type MailboxOptions, type SyntaxError } from './mailbox.ts';

export type ReversePath = {
  /** Undefined for the null sender (RFC 5321 §4.5.5). */
  readonly mailbox: Mailbox | undefined;
  /** Offset after the closing bracket: where the parameters begin. */
  readonly end: number;
};
export type ForwardPath = {
  /** Undefined for `<Postmaster>` without domain (RFC 5321 §4.1.1.3). */
  readonly mailbox: Mailbox | undefined;
  readonly end: number;
};

/** Longest text looked at: brackets, a source route and a mailbox. */
const MAX_PATH_TEXT = 1024;

/** Reads `<>` or `<mailbox>` at the start of `text`. */
export function parseReversePath(text: string, options: MailboxOptions): Result<ReversePath, SyntaxError> {
  if (text.startsWith('<>')) return ok({ mailbox: undefined, end: 2 });
  return readPath(text, options);
}

/** Reads `<mailbox>` or `<Postmaster>` at the start of `text`. */
export function parseForwardPath(text: string, options: MailboxOptions): Result<ForwardPath, SyntaxError> {
  if (/^<postmaster>/i.test(text.slice(0, 12))) return ok({ mailbox: undefined, end: 12 });
  return readPath(text, options);
}

function readPath(
  text: string,
  options: MailboxOptions,
): Result<{ mailbox: Mailbox; end: number }, SyntaxError> {
  if (text[0] !== '<') return err({ kind: 'syntax', at: 0, expected: '"<"' });
  const close = closingBracket(text);
  if (close === -1) return err({ kind: 'syntax', at: text.length, expected: '">"' });
  const start = afterSourceRoute(text, close);
  const mailbox = parseMailbox(text.slice(start, close), options);
  if (!mailbox.ok) return err({ ...mailbox.error, at: mailbox.error.at + start });
  return ok({ mailbox: mailbox.value, end: close + 1 });
}

/** The first `>` outside a quoted string, or -1. */
function closingBracket(text: string): number {
  let isQuoted = false;
  const length = Math.min(text.length, MAX_PATH_TEXT);
  for (let i = 1; i < length; i++) {
    const c = text[i];
    if (c === '\\' && isQuoted) i++;
    else if (c === '"') isQuoted = !isQuoted;
    else if (c === '>' && !isQuoted) return i;
  }
  return -1;
}

/** RFC 5321 §4.1.1.3 and RFC 5321 appendix C: a source route is understood and ignored. */
function afterSourceRoute(text: string, close: number): number {
  if (text[1] !== '@') return 1;
  const colon = text.indexOf(':', 2);
  return colon === -1 || colon > close ? 1 : colon + 1;
}
