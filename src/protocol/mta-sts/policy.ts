/** The policy document of MTA-STS (RFC 8461 §3.2): which hosts take a domain's mail, and whether to insist. */
import { type Result, err, ok } from '#core/result.ts';

export type StsPolicy = {
  readonly mode: 'enforce' | 'testing' | 'none';
  /** Host names or `*.domain`, lower case; empty only for mode `none`. */
  readonly mx: readonly string[];
  readonly maxAgeS: number;
};

/** RFC 8461 §3.2: the longest life is a year. */
const MAX_AGE_S = 31_557_600;
const MAX_MX = 200;
const MX = /^(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20}$/;

export function parseStsPolicy(text: string): Result<StsPolicy, string> {
  const first = new Map<string, string>();
  const mx: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon === -1) {
      if (line.trim() !== '') return err('a line without a colon');
      continue;
    }
    const key = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (key === 'mx') mx.push(value.toLowerCase());
    // RFC 8461 §3.2: of a repeated key other than mx the first counts.
    else if (!first.has(key)) first.set(key, value);
  }
  if (first.get('version') !== 'STSv1') return err('the version is not STSv1');
  const mode = first.get('mode');
  if (mode !== 'enforce' && mode !== 'testing' && mode !== 'none') return err('the mode is unknown');
  const maxAge = first.get('max_age') ?? '';
  if (!/^\d{1,10}$/.test(maxAge)) return err('max_age is missing or no number');
  if (mode !== 'none' && mx.length === 0) return err('no mx is named');
  if (mx.length > MAX_MX || !mx.every((m) => MX.test(m))) return err('an mx pattern is malformed');
  return ok({ mode, mx, maxAgeS: Math.min(Number(maxAge), MAX_AGE_S) });
}

/** RFC 8461 §4.1: exact, or a wildcard for exactly one leftmost label. */
export function policyNamesMx(policy: StsPolicy, host: string): boolean {
  const lower = host.toLowerCase();
  const dot = lower.indexOf('.');
  const wildcard = dot === -1 ? undefined : `*${lower.slice(dot)}`;
  return policy.mx.some((m) => m === lower || m === wildcard);
}
