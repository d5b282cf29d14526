/**
 * Our Authentication-Results (RFC 8601), made from the findings alone: what is stored is what the header said, and a replay
 * writes the same line.
 */
import { formatAuthResults, type AuthResult } from '#protocol/auth-results/format.ts';
import {
  arcAuthResult,
  dkimAuthResult,
  dmarcAuthResult,
  iprevAuthResult,
  spfAuthResult,
} from '#protocol/auth-results/methods.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';

/** The whole value: authserv-id and one result for each method and signature, folded. */
export function authenticationResults(
  authservId: string,
  envelope: Envelope,
  findings: readonly Finding[],
): string {
  return formatAuthResults(
    authservId,
    findings.flatMap((f) => resultOf(f, envelope) ?? []),
  );
}

function resultOf(finding: Finding, envelope: Envelope): AuthResult | undefined {
  const result = word(finding);
  const { peer } = envelope;
  const p = (name: string): string | undefined => {
    const value = finding.params[name];
    return value === undefined || value === '' ? undefined : String(value);
  };
  switch (finding.check) {
    case 'spf': {
      const isHelo = envelope.mailFrom === '';
      return spfAuthResult({
        result,
        scope: isHelo ? 'helo' : 'mailfrom',
        identity: isHelo ? envelope.helo : envelope.mailFrom,
      });
    }
    case 'dkim':
      // These say more about a signature that has its result already.
      return finding.code === 'partial' || finding.code === 'unsigned-duplicate'
        ? undefined
        : dkim(result, p);
    case 'arc':
      return arcAuthResult({
        result,
        instances: Number(finding.params['instances'] ?? 0),
        remoteIp: peer.ip,
      });
    case 'dmarc':
      return dmarcAuthResult({
        result,
        domain: p('domain') ?? '',
        policy: p('policy'),
        disposition: p('disposition') ?? 'none',
        ...(finding.code === 'overridden' ? { reason: 'trusted forwarder' } : {}),
      });
    case 'iprev':
      return iprevAuthResult({ result: iprevWord(result), ip: peer.ip, name: peer.name });
    default:
      return undefined;
  }
}

function dkim(result: string, p: (name: string) => string | undefined): AuthResult {
  const domain = p('domain');
  if (domain === undefined) return { method: 'dkim', result, properties: [] };
  const selector = p('selector');
  const algorithm = p('algorithm');
  const signature = p('prefix');
  const reason = p('because');
  return dkimAuthResult({
    result,
    domain,
    ...(selector === undefined ? {} : { selector }),
    ...(algorithm === undefined ? {} : { algorithm }),
    // RFC 6008 §4: tells signatures of one domain apart.
    ...(signature === undefined ? {} : { signature }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Codes of ours that say more than the result word of the method does. */
const WORDS: Readonly<Record<string, string>> = {
  crashed: 'temperror',
  timeout: 'temperror',
  trusted: 'pass',
  overridden: 'fail',
  'fail-none': 'fail',
  'fail-quarantine': 'fail',
  'fail-reject': 'fail',
  'fail-reject-indirect': 'fail',
  'implicit-fail': 'none',
  'no-single-author': 'permerror',
  'ambiguous-author': 'permerror',
};

function word(finding: Finding): string {
  return WORDS[finding.code] ?? finding.code;
}

function iprevWord(result: string): 'pass' | 'fail' | 'temperror' | 'permerror' {
  return result === 'pass' || result === 'fail' || result === 'permerror' ? result : 'temperror';
}
