/** One function per method: which result and which properties RFC 8601 §2.7 and its successors register for it. */
import type { AuthProperty, AuthResult } from './format.ts';

const property = (type: AuthProperty['type'], name: string, value: string): AuthProperty => ({
  type,
  property: name,
  value,
});

/** RFC 8601 §2.7.2. */
export function spfAuthResult(spf: {
  readonly result: string;
  readonly scope: 'mailfrom' | 'helo';
  readonly reason?: string;
  /** The address for `mailfrom`, the name for `helo`. */
  readonly identity: string;
}): AuthResult {
  return {
    method: 'spf',
    result: spf.result,
    ...(spf.reason === undefined ? {} : { comment: spf.reason }),
    properties: [property('smtp', spf.scope, spf.identity)],
  };
}

/** RFC 8601 §2.7.1; `header.b` tells several signatures of one domain apart (RFC 6008 §4). */
export function dkimAuthResult(dkim: {
  readonly result: string;
  readonly domain: string;
  readonly selector?: string;
  readonly algorithm?: string;
  /** Base64 of the signature; its first eight characters are written. */
  readonly signature?: string;
  readonly reason?: string;
}): AuthResult {
  const properties = [property('header', 'd', dkim.domain)];
  if (dkim.selector !== undefined) properties.push(property('header', 's', dkim.selector));
  if (dkim.algorithm !== undefined) properties.push(property('header', 'a', dkim.algorithm));
  if (dkim.signature !== undefined) properties.push(property('header', 'b', dkim.signature.slice(0, 8)));
  return {
    method: 'dkim',
    result: dkim.result,
    ...(dkim.reason === undefined ? {} : { reason: dkim.reason }),
    properties,
  };
}

/** RFC 9989 §9.1: the author domain, and the policy that applies to this message. */
export function dmarcAuthResult(dmarc: {
  readonly result: string;
  readonly domain: string;
  readonly policy: string | undefined;
  readonly disposition: string;
  readonly reason?: string;
}): AuthResult {
  const comment = dmarc.policy === undefined ? '' : `p=${dmarc.policy} dis=${dmarc.disposition}`;
  const policy = dmarc.policy === undefined ? [] : [property('policy', 'dmarc', dmarc.disposition)];
  return {
    method: 'dmarc',
    result: dmarc.result,
    comment,
    ...(dmarc.reason === undefined ? {} : { reason: dmarc.reason }),
    properties: [property('header', 'from', dmarc.domain), ...policy],
  };
}

/** RFC 8617 §10.1. */
export function arcAuthResult(arc: {
  readonly result: string;
  readonly instances: number;
  /** The lowest instance whose message signature still verifies. */
  readonly oldestPass?: number;
  readonly remoteIp?: string;
  readonly reason?: string;
}): AuthResult {
  const properties: AuthProperty[] = [];
  if (arc.oldestPass !== undefined)
    properties.push(property('header', 'oldest-pass', String(arc.oldestPass)));
  if (arc.remoteIp !== undefined) properties.push(property('smtp', 'remote-ip', arc.remoteIp));
  return {
    method: 'arc',
    result: arc.result,
    comment: arc.instances > 0 ? `i=${arc.instances}` : '',
    ...(arc.reason === undefined ? {} : { reason: arc.reason }),
    properties,
  };
}

/** RFC 8601 §2.7.3. */
export function iprevAuthResult(iprev: {
  readonly result: 'pass' | 'fail' | 'temperror' | 'permerror';
  readonly ip: string;
  /** The confirmed name behind the address. */
  readonly name: string | undefined;
}): AuthResult {
  return {
    method: 'iprev',
    result: iprev.result,
    ...(iprev.name === undefined ? {} : { comment: iprev.name }),
    properties: [property('policy', 'iprev', iprev.ip)],
  };
}
