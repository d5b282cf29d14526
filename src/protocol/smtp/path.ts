/**
 * The paths of MAIL FROM and RCPT TO as the session needs them: the strict readers of protocol/address, with the null path
 * and `<postmaster>` in the same shape. Whether SMTPUTF8 was said is known only after the parameters, so UTF-8 is read here
 * and refused later.
 */
import { err, ok, type Result } from '#core/result.ts';
import { parseForwardPath, parseReversePath } from '../address/path.ts';

export type Mailbox = {
  /** Without brackets and source route, in one spelling; empty for the null path. */
  readonly address: string;
  readonly localPart: string;
  /** A-label, lower case, or an address literal as `[…]`; empty for `<>` and `<postmaster>`. */
  readonly domain: string;
  /** Whether it can only be said with SMTPUTF8 (RFC 6531 §3.2). */
  readonly needsUtf8: boolean;
};

const NULL_PATH: Mailbox = { address: '', localPart: '', domain: '', needsUtf8: false };
/** RFC 5321 §4.5.1: valid without a domain. */
const POSTMASTER: Mailbox = { address: 'postmaster', localPart: 'postmaster', domain: '', needsUtf8: false };

/** Reads `<path>` at the start of `text`; `rest` is what follows the closing bracket. The error is a phrase for the peer. */
export function parsePath(
  text: string,
  whose: 'FROM' | 'TO',
): Result<{ readonly mailbox: Mailbox; readonly rest: string }, string> {
  const read = whose === 'FROM' ? parseReversePath : parseForwardPath;
  const path = read(text, { smtpUtf8: true });
  if (!path.ok) return err(`malformed address: expected ${path.error.expected}`);
  const { mailbox, end } = path.value;
  const rest = text.slice(end);
  if (mailbox === undefined) return ok({ mailbox: whose === 'FROM' ? NULL_PATH : POSTMASTER, rest });
  const needsUtf8 = /[^\u0000-\u007f]/.test(text.slice(0, end));
  return ok({
    mailbox: { address: mailbox.address, localPart: mailbox.localpart, domain: mailbox.domain, needsUtf8 },
    rest,
  });
}
