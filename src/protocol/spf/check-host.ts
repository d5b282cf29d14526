/**
 * SPF, RFC 7208: may this address send for that domain? `checkHost` is the one door of the folder.
 *
 * It does not decide what becomes of the message, and it never says `pass` when something was not learned: a DNS failure
 * and a check that took too long are `temperror`. The record is the sender's text, so everything in it is bounded:
 * terms that ask DNS, answers that are empty, exchanges, names, time.
 *
 *   check-host.ts    identity, limits, explanation
 *   evaluate.ts      mechanisms and redirect
 *   session.ts       DNS, counting, macro values
 *   record.ts, macro.ts   the grammar
 */
import { parseIp } from '#core/ip.ts';
import { isHostName, toAsciiDomain } from '#protocol/address/domain.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { evaluateDomain, type Evaluation } from './evaluate.ts';
import { expandMacros, parseMacroString } from './macro.ts';
import {
  ask,
  DEFAULT_LIMITS,
  isStop,
  macroValues,
  targetName,
  type Session,
  type SpfLimits,
} from './session.ts';

export type SpfInput = {
  /** The client's address as text. */
  readonly ip: string;
  readonly helo: string;
  /** Reverse path without brackets; empty for the null sender, whose identity is postmaster at HELO (RFC 7208 §2.4). */
  readonly mailFrom: string;
  readonly resolver: Resolver;
  /** Our name, for %{r}. */
  readonly receiver?: string;
  readonly nowMs: number;
  readonly limits?: Partial<SpfLimits>;
};

export type SpfResult = {
  readonly result: 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';
  /** The domain that was judged; as it was given where it is no domain. */
  readonly domain: string;
  readonly scope: 'mailfrom' | 'helo';
  /** The domain's own words for a `fail` (exp=), printable ASCII; empty where it gives none. */
  readonly explanation: string;
  /** One sentence for people. */
  readonly reason: string;
  /** The term that decided, as written; `default` where none matched; empty where no record was evaluated. */
  readonly mechanism: string;
  readonly lookups: number;
  readonly voidLookups: number;
};

/** Judges a client; never throws for what a sender or DNS does. */
export async function checkHost(input: SpfInput): Promise<SpfResult> {
  const scope = input.mailFrom === '' ? 'helo' : 'mailfrom';
  const sender = input.mailFrom === '' ? `postmaster@${input.helo}` : input.mailFrom;
  const at = sender.lastIndexOf('@');
  const written = sender.slice(at + 1);
  const domain = judgedDomain(written);
  const ip = parseIp(input.ip);
  const identity = { scope, domain: domain ?? written } as const;
  if (ip === undefined) return unjudged(identity, 'the client has no IP address');
  if (domain === undefined) return unjudged(identity, 'the sender has no domain name with two labels');
  const session: Session = {
    ip,
    helo: input.helo,
    // RFC 7208 §4.3: without a local part it is "postmaster".
    localpart: at > 0 ? sender.slice(0, at) : 'postmaster',
    senderDomain: domain,
    receiver: input.receiver ?? 'unknown',
    resolver: input.resolver,
    nowMs: input.nowMs,
    limits: { ...DEFAULT_LIMITS, ...input.limits },
    lookups: 0,
    voidLookups: 0,
    isOver: false,
    validatedNames: undefined,
  };
  return withinTime(session, identity, judge(session, identity));
}

type Identity = Pick<SpfResult, 'scope' | 'domain'>;

/** RFC 7208 §4.3: literals, single labels and malformed names are `none`. Names with other characters than a host's too. */
function judgedDomain(written: string): string | undefined {
  const domain = isHostName(written) ? written.toLowerCase() : toAsciiDomain(written);
  return domain?.includes('.') === true ? domain : undefined;
}

function unjudged(identity: Identity, reason: string): SpfResult {
  return { ...identity, result: 'none', explanation: '', reason, mechanism: '', lookups: 0, voidLookups: 0 };
}

async function judge(session: Session, identity: Identity): Promise<SpfResult> {
  const outcome = await evaluateDomain(session, identity.domain);
  const { result, reason, mechanism } = outcome;
  // Taken before the explanation, which must not count (RFC 7208 §4.6.4).
  const { lookups, voidLookups } = session;
  const explanation = result === 'fail' ? await explain(session, outcome) : '';
  return { ...identity, result, explanation, reason, mechanism, lookups, voidLookups };
}

/** RFC 7208 §6.2: whatever goes wrong here only means that there is no explanation. */
async function explain(session: Session, { record, domain }: Evaluation): Promise<string> {
  if (record?.explanation === undefined) return '';
  const name = await targetName(session, record.explanation, domain);
  if (name === undefined) return '';
  const texts = await ask(session, name, session.resolver.txt, false);
  if (isStop(texts) || texts.length !== 1) return '';
  const macros = parseMacroString(texts[0]!, 'explanation'); // `!`: there is exactly one
  if (!macros.ok) return '';
  const text = expandMacros(macros.value, await macroValues(session, macros.value, domain));
  // It goes into replies and headers: what the local part smuggled in must not.
  return text.length <= MAX_EXPLANATION && /^[\x20-\x7e]*$/.test(text) ? text : '';
}

const MAX_EXPLANATION = 500;

async function withinTime(
  session: Session,
  identity: Identity,
  judged: Promise<SpfResult>,
): Promise<SpfResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<SpfResult>((resolve) => {
    timer = setTimeout(() => {
      session.isOver = true;
      const { lookups, voidLookups } = session;
      const reason = `the check took longer than ${session.limits.timeoutMs} ms`;
      resolve({
        ...identity,
        result: 'temperror',
        explanation: '',
        reason,
        mechanism: '',
        lookups,
        voidLookups,
      });
    }, session.limits.timeoutMs);
  });
  try {
    return await Promise.race([judged, late]);
  } finally {
    clearTimeout(timer);
  }
}
