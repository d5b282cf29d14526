/**
 * Our Authentication-Results (RFC 8601), made from the findings alone: what is stored is what the header said, and a replay
 * writes the same line.
 */
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';

/** The whole value: authserv-id and one resinfo for each result, folded. */
export function authenticationResults(
  authservId: string,
  envelope: Envelope,
  findings: readonly Finding[],
): string {
  const results = findings.flatMap((f) => resinfo(f, envelope) ?? []);
  return [authservId, ...(results.length === 0 ? ['none'] : results)].join(';\r\n\t');
}

function resinfo(finding: Finding, envelope: Envelope): string | undefined {
  const p = (name: string): string => String(finding.params[name] ?? '');
  switch (finding.check) {
    case 'spf':
      return spf(finding, envelope);
    case 'dkim':
      return finding.code === 'partial' ? undefined : dkim(finding);
    case 'arc':
      return info('arc', word(finding), [['smtp.remote-ip', envelope.peer.ip]]);
    case 'dmarc':
      return info('dmarc', word(finding), [
        ['header.from', p('domain')],
        ['policy.dmarc', p('policy')],
      ]);
    case 'iprev':
      return info('iprev', word(finding), [['policy.iprev', envelope.peer.ip]]);
    default:
      return undefined;
  }
}

function spf(finding: Finding, envelope: Envelope): string {
  const isHelo = finding.params['scope'] === 'helo';
  return info('spf', word(finding), [
    isHelo ? ['smtp.helo', envelope.helo] : ['smtp.mailfrom', envelope.mailFrom],
  ]);
}

function dkim(finding: Finding): string {
  const p = (name: string): string => String(finding.params[name] ?? '');
  return info('dkim', word(finding), [
    ['header.d', p('domain')],
    ['header.s', p('selector')],
    ['header.a', p('algorithm')],
    // RFC 6008 §4: tells signatures of one domain apart.
    ['header.b', p('prefix')],
  ]);
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
};

function word(finding: Finding): string {
  return WORDS[finding.code] ?? finding.code;
}

function info(method: string, result: string, properties: readonly (readonly [string, string])[]): string {
  const told = properties
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ` ${name}=${pvalue(value)}`);
  return `${method}=${result}${told.join('')}`;
}

/** RFC 8601 §2.2 pvalue: a token or an address of tokens as it is, everything else quoted (RFC 5322 §3.2.4). */
function pvalue(value: string): string {
  if (/^[\w!#$%&'*+.^`{|}~-]+(@[\w.-]+)?$/.test(value)) return value;
  const printable = value.slice(0, 320).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return `"${printable.replace(/["\\]/g, '\\$&')}"`;
}
