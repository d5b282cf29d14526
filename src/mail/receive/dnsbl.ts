/**
 * DNS lists about the client's address (RFC 5782 §2), each with a weight. Answers are cached by the resolver. A list that
 * does not answer weighs nothing and says so: silence is neither guilt nor innocence.
 */
import { parseIp, reverseName } from '#core/ip.ts';
import type { Finding } from '#mail/finding.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { DnsblList } from './config.ts';

export type DnsblAnswer = { readonly score: number; readonly findings: readonly Finding[] };

/** `192.0.2.1` → `1.2.0.192.<zone>`, and the 32 nibbles for IPv6 (RFC 5782 §2.4). */
export function listName(ip: string, zone: string): string | undefined {
  const parsed = parseIp(ip);
  return parsed === undefined
    ? undefined
    : `${reverseName(parsed).replace(/\.(in-addr|ip6)\.arpa$/, '')}.${zone}`;
}

export async function askLists(
  lists: readonly DnsblList[],
  resolver: Resolver,
  ip: string,
): Promise<DnsblAnswer> {
  const answers = await Promise.all(lists.map((list) => askList(list, resolver, ip)));
  const findings = answers.flatMap((a) => a ?? []);
  return { findings, score: findings.reduce((sum, f) => sum + f.weight, 0) };
}

async function askList(list: DnsblList, resolver: Resolver, ip: string): Promise<Finding | undefined> {
  const name = listName(ip, list.zone);
  if (name === undefined) return undefined;
  const startedMs = performance.now();
  const answer = await resolver.a(name);
  const finding = (code: string, outcome: Finding['outcome'], weight: number, detail: string): Finding => ({
    check: 'dnsbl',
    code,
    outcome,
    class: 'spam',
    weight,
    params: { zone: list.zone, detail },
    cites: ['RFC 5782 §2.1'],
    durationUs: Math.round((performance.now() - startedMs) * 1000),
  });
  if (answer.kind === 'error') return finding('no-answer', 'temperror', 0, answer.reason);
  if (answer.kind !== 'records') return undefined;
  const valid = answer.records.filter((r) => isListCode(r));
  // RFC 5782 §5: a list answers from 127.0.0.0/8. Other addresses come from a domain somebody parked.
  if (valid.length === 0) return finding('bad-answer', 'permerror', 0, answer.records.join(' '));
  const weight = weigh(list, valid);
  return finding('listed', weight > 0 ? 'fail' : weight < 0 ? 'pass' : 'neutral', weight, valid.join(' '));
}

/** 127.255.255.0/24 is how lists say "you may not ask" (Spamhaus return codes); that is no listing. */
function isListCode(address: string): boolean {
  return address.startsWith('127.') && !address.startsWith('127.255.255.');
}

function weigh(list: DnsblList, answers: readonly string[]): number {
  if (list.codes.length === 0) return list.weight;
  return list.codes
    .filter((code) =>
      answers.some((a) => (word(a) & word(code.mask)) === (word(code.value) & word(code.mask))),
    )
    .reduce((sum, code) => sum + code.weight, 0);
}

function word(address: string): number {
  const bytes = parseIp(address)?.bytes ?? new Uint8Array(4);
  return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!; // `!`: an IPv4 address has four
}
