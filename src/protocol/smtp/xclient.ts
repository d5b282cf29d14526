/**
 * XCLIENT, by which a proxy we name in the configuration tells whom it speaks for (Postfix XCLIENT_README). Values are
 * xtext; `[UNAVAILABLE]` and `[TEMPUNAVAIL]` mean "not known".
 */
import { formatIp, parseIp } from '#core/ip.ts';
import { decodeXtext } from './xtext.ts';

export type XclientFacts = {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  readonly name: string | undefined;
  readonly helo: string | undefined;
};

type Draft = { -readonly [K in keyof XclientFacts]: XclientFacts[K] };

/** The attributes, or `undefined` when one is malformed or was not offered. */
export function parseXclient(argument: string): XclientFacts | undefined {
  const facts: Draft = { ip: undefined, port: undefined, name: undefined, helo: undefined };
  const words = argument.split(' ').filter((w) => w !== '');
  if (words.length === 0 || words.length > 8) return undefined;
  for (const word of words) {
    const [, name, raw] = /^(NAME|ADDR|PORT|PROTO|HELO)=(\S{1,255})$/i.exec(word) ?? [];
    const value = raw === undefined ? undefined : decodeXtext(raw);
    if (name === undefined || value === undefined) return undefined;
    if (/^\[(UNAVAILABLE|TEMPUNAVAIL)\]$/i.test(value)) continue;
    if (!setAttribute(facts, name.toUpperCase(), value)) return undefined;
  }
  return facts;
}

function setAttribute(facts: Draft, name: string, value: string): boolean {
  if (name === 'ADDR') {
    const ip = parseIp(value.replace(/^IPv6:/i, ''));
    facts.ip = ip === undefined ? undefined : formatIp(ip);
    return ip !== undefined;
  }
  if (name === 'PORT') {
    facts.port = Number(value);
    return /^\d{1,5}$/.test(value) && facts.port <= 65_535;
  }
  if (name === 'NAME') facts.name = value.toLowerCase();
  if (name === 'HELO') facts.helo = value;
  return true;
}
