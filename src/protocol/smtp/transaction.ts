/** The envelope of a message while its commands arrive. Owned by one session; handed out as the read-only Transaction. */
import { err, type Result } from '#core/result.ts';
import { parsePathArgument, type PathError } from './command.ts';
import { readMailFrom, readRcptTo, type MailFrom, type Offered, type RcptTo } from './mail-parameters.ts';
import { replies, type Reply } from './replies.ts';
import type { Transaction } from './session-types.ts';

export class Envelope implements Transaction {
  readonly helo: string;
  readonly protocol: string;
  readonly mail: MailFrom;
  readonly recipients: RcptTo[] = [];
  readonly #esmtp: boolean;

  constructor(helo: string, esmtp: boolean, protocol: string, mail: MailFrom) {
    this.helo = helo;
    this.protocol = protocol;
    this.mail = mail;
    this.#esmtp = esmtp;
  }

  static readMail(argument: string, offered: Offered): Result<MailFrom, Reply> {
    const parsed = parsePathArgument(argument, 'FROM');
    return parsed.ok ? readMailFrom(parsed.value, offered) : err(pathReply(parsed.error, 'sender'));
  }

  readRcpt(argument: string): Result<RcptTo, Reply> {
    const parsed = parsePathArgument(argument, 'TO');
    return parsed.ok
      ? readRcptTo(parsed.value, this.mail.smtpUtf8, this.#esmtp)
      : err(pathReply(parsed.error, 'recipient'));
  }
}

function pathReply(error: PathError, whose: 'sender' | 'recipient'): Reply {
  if (error.kind !== 'address') return replies.badArgument(error.text);
  return whose === 'sender' ? replies.badSenderAddress(error.text) : replies.badAddress(error.text);
}
