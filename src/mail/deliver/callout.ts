/**
 * Asks the server that would take the mail whether it knows a recipient: MAIL FROM:<>, RCPT TO, QUIT, and never DATA.
 * Only servers of our own tenants are asked; asking strangers is abuse. Who remembers the answer is the directory.
 */
import type { Resolver } from '#protocol/dns/resolver.ts';
import { replyText } from '#protocol/smtp/client-reply.ts';
import type { RecipientResult } from '#protocol/smtp/client-session.ts';
import type { NextHop } from '../directory/types.ts';
import { findAddresses } from './addresses.ts';
import { planTls } from './tls-policy.ts';
import { Connection, DEFAULT_TIMEOUTS_MS, type Target, type Timeouts } from './transport.ts';

export type CalloutAnswer =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown'; readonly detail: string }
  /** No answer that says yes or no: the caller tempfails. */
  | { readonly kind: 'unavailable'; readonly detail: string };

export type CalloutDeps = {
  readonly resolver: Resolver;
  readonly heloName: string;
  /** The client that asks is waiting at RCPT, so this is much shorter than for delivery. Default 10 000 for each stage. */
  readonly stageTimeoutMs?: number;
  readonly nowMs: number;
  /** Anchors instead of the system's roots, where the next hop names none; as in a delivery. */
  readonly caPem?: string | undefined;
};

const ANY_SOURCE = { v4: undefined, v6: undefined };
const MAX_ADDRESSES = 2;

export async function verifyRecipientByCallout(
  hop: NextHop,
  address: string,
  deps: CalloutDeps,
): Promise<CalloutAnswer> {
  const found = await findAddresses(hop.host, deps.resolver, { source: ANY_SOURCE, refused: [] });
  if (found.kind !== 'addresses') return { kind: 'unavailable', detail: `no address for ${hop.host}` };
  let last: CalloutAnswer = { kind: 'unavailable', detail: 'not asked' };
  for (const ip of found.ips.slice(0, MAX_ADDRESSES)) {
    last = await askAt(ip, hop, address, deps);
    if (last.kind !== 'unavailable') return last;
  }
  return last;
}

async function askAt(ip: string, hop: NextHop, address: string, deps: CalloutDeps): Promise<CalloutAnswer> {
  const none = { kind: 'none', why: 'callout' } as const;
  const { host, port, protocol } = hop;
  const planned = planTls({
    route: hop,
    domain: host,
    host,
    hostSecure: true,
    dane: none,
    sts: none,
    requireTls: false,
  });
  if (!planned.ok) return { kind: 'unavailable', detail: planned.error.detail };
  const target: Target = {
    host,
    ip,
    port,
    protocol,
    heloName: deps.heloName,
    localAddress: undefined,
    plan: { ...planned.value, caPem: planned.value.caPem ?? deps.caPem },
  };
  const opened = await Connection.open(target, shortTimeouts(deps.stageTimeoutMs ?? 10_000), deps.nowMs);
  if (!opened.ok) {
    const { stage, detail, reply } = opened.error;
    return { kind: 'unavailable', detail: `${stage}: ${reply === undefined ? detail : replyText(reply)}` };
  }
  const result = await opened.value.probe(address);
  opened.value.quit();
  return answerOf(result);
}

function answerOf(result: RecipientResult): CalloutAnswer {
  if (result.kind === 'lost') return { kind: 'unavailable', detail: `${result.reason} at ${result.stage}` };
  if (result.kind === 'unmet') return { kind: 'unknown', detail: result.need };
  const { reply, stage } = result;
  if (stage !== 'rcpt') return { kind: 'unavailable', detail: replyText(reply) };
  if (reply.code >= 200 && reply.code < 300) return { kind: 'known' };
  // Only a 5xx that is about the mailbox says no: 5.7.x is about us, and says nothing about the person.
  const aboutUs = reply.enhanced?.startsWith('5.7.') === true || reply.code === 500 || reply.code === 503;
  if (reply.code >= 500 && !aboutUs) return { kind: 'unknown', detail: replyText(reply) };
  return { kind: 'unavailable', detail: replyText(reply) };
}

function shortTimeouts(ms: number): Timeouts {
  const all = Object.entries(DEFAULT_TIMEOUTS_MS).map(([stage, longMs]) => [stage, Math.min(longMs, ms)]);
  return { ...(Object.fromEntries(all) as Timeouts), transaction: 3 * ms }; // as: the same keys, numbers again
}
