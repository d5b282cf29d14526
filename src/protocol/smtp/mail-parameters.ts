/** What the parameters of MAIL and RCPT say, and which of them we offered. */
import { err, ok, type Result } from '#core/result.ts';
import type { PathArgument } from './command.ts';
import type { Mailbox } from './path.ts';
import { replies, type Reply } from './replies.ts';
import { decodeXtext } from './xtext.ts';

export type BodyKind = '7BIT' | '8BITMIME' | 'BINARYMIME';

export type MailFrom = {
  readonly mailbox: Mailbox;
  /** RFC 1870 §4. */
  readonly declaredSize: number | undefined;
  readonly body: BodyKind;
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly ret: 'FULL' | 'HDRS' | undefined;
  readonly envid: string | undefined;
};

export type Notify = 'never' | readonly ('success' | 'failure' | 'delay')[];

export type RcptTo = {
  readonly mailbox: Mailbox;
  readonly notify: Notify | undefined;
  /** Decoded, as `addr-type;address` (RFC 3461 §4.2). */
  readonly orcpt: string | undefined;
};

export type Offered = {
  readonly esmtp: boolean;
  readonly maxMessageBytes: number;
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  readonly insideTls: boolean;
};

type Draft = { -readonly [K in keyof MailFrom]: MailFrom[K] };
type Setter = (draft: Draft, value: string | undefined, offered: Offered) => Reply | undefined;

const MAIL_PARAMETERS: Readonly<Record<string, Setter>> = {
  SIZE: (draft, value, offered) => {
    // RFC 1870 §4: at most 20 digits.
    if (value === undefined || !/^\d{1,20}$/.test(value)) return replies.badArgument('SIZE needs a number');
    draft.declaredSize = Number(value);
    return draft.declaredSize > offered.maxMessageBytes ? replies.tooBig() : undefined;
  },
  BODY: (draft, value, offered) => {
    const body = value?.toUpperCase();
    if (body === 'BINARYMIME' && !offered.binaryMime)
      return replies.badParameter('BINARYMIME is not offered');
    if (body !== '7BIT' && body !== '8BITMIME' && body !== 'BINARYMIME')
      return replies.badArgument('BODY is 7BIT or 8BITMIME');
    draft.body = body;
    return undefined;
  },
  SMTPUTF8: (draft, value) => {
    if (value !== undefined) return replies.badArgument('SMTPUTF8 takes no value');
    draft.smtpUtf8 = true;
    return undefined;
  },
  REQUIRETLS: (draft, value, offered) => {
    if (value !== undefined) return replies.badArgument('REQUIRETLS takes no value');
    // RFC 8689 §4.2.1: only over a session that is itself protected.
    if (!offered.insideTls) return replies.tlsRequiredOnward();
    draft.requireTls = true;
    return undefined;
  },
  RET: (draft, value) => {
    const ret = value?.toUpperCase();
    if (ret !== 'FULL' && ret !== 'HDRS') return replies.badArgument('RET is FULL or HDRS');
    draft.ret = ret;
    return undefined;
  },
  ENVID: (draft, value) => {
    // RFC 3461 §4.4: at most 100 characters.
    const envid = value === undefined || value.length > 100 ? undefined : decodeXtext(value);
    if (envid === undefined) return replies.badArgument('ENVID is no xtext of up to 100 characters');
    draft.envid = envid;
    return undefined;
  },
  // RFC 4954 §5: read and not believed; whom we trust to say it is told by how the client signed in.
  AUTH: (_, value) =>
    value === undefined || decodeXtext(value) === undefined
      ? replies.badArgument('AUTH is no xtext')
      : undefined,
};

export function readMailFrom(argument: PathArgument, offered: Offered): Result<MailFrom, Reply> {
  const draft: Draft = {
    mailbox: argument.mailbox,
    declaredSize: undefined,
    body: '7BIT',
    smtpUtf8: false,
    requireTls: false,
    ret: undefined,
    envid: undefined,
  };
  for (const [name, value] of argument.parameters) {
    const set = offered.esmtp && Object.hasOwn(MAIL_PARAMETERS, name) ? MAIL_PARAMETERS[name] : undefined;
    // RFC 5321 §4.1.1.11: 555 for a parameter that is not known.
    if (set === undefined) return err(replies.badParameter('MAIL parameter not known'));
    const refusal = set(draft, value, offered);
    if (refusal !== undefined) return err(refusal);
  }
  if (draft.mailbox.needsUtf8 && !draft.smtpUtf8) return err(replies.needsUtf8());
  return ok(draft);
}

const NOTIFY = { SUCCESS: 'success', FAILURE: 'failure', DELAY: 'delay' } as const;

function readNotify(value: string | undefined): Notify | undefined {
  const words = (value ?? '').toUpperCase().split(',');
  if (words.length === 1 && words[0] === 'NEVER') return 'never'; // RFC 3461 §4.1: NEVER stands alone
  const notify: ('success' | 'failure' | 'delay')[] = [];
  for (const word of words) {
    if (word !== 'SUCCESS' && word !== 'FAILURE' && word !== 'DELAY') return undefined;
    if (!notify.includes(NOTIFY[word])) notify.push(NOTIFY[word]);
  }
  return notify;
}

/** RFC 3461 §4.2: up to 500 characters, `addr-type;xtext`. */
function readOrcpt(value: string | undefined): string | undefined {
  const semicolon = value?.indexOf(';') ?? -1;
  if (value === undefined || value.length > 500 || semicolon < 1) return undefined;
  const type = value.slice(0, semicolon);
  const raw = value.slice(semicolon + 1);
  // RFC 6533 §3: the utf-8 type may carry UTF-8 as it is.
  const address = type.toLowerCase() === 'utf-8' && !raw.includes('+') ? raw : decodeXtext(raw);
  if (!/^[A-Za-z0-9-]+$/.test(type) || address === undefined) return undefined;
  return `${type};${address}`;
}

export function readRcptTo(argument: PathArgument, smtpUtf8: boolean, esmtp: boolean): Result<RcptTo, Reply> {
  let notify: Notify | undefined;
  let orcpt: string | undefined;
  for (const [name, value] of argument.parameters) {
    if (esmtp && name === 'NOTIFY') {
      notify = readNotify(value);
      if (notify === undefined)
        return err(replies.badArgument('NOTIFY is NEVER or a list of SUCCESS, FAILURE, DELAY'));
    } else if (esmtp && name === 'ORCPT') {
      orcpt = readOrcpt(value);
      if (orcpt === undefined) return err(replies.badArgument('ORCPT is no type;xtext'));
    } else return err(replies.badParameter('RCPT parameter not known'));
  }
  if (argument.mailbox.needsUtf8 && !smtpUtf8) return err(replies.needsUtf8());
  return ok({ mailbox: argument.mailbox, notify, orcpt });
}
