/**
 * Puts the whole message to ClamAV. An engine that is absent, away or slow is a finding of its own: `absent` where none
 * is configured, `unavailable` where a configured one did not answer. What then happens is the policy's to say.
 */
import { assertNever } from '#core/result.ts';
import type { Check, CheckFinding } from '../check.ts';

export const clamav: Check = {
  name: 'clamav',
  // The client's own time limit is meant to speak first, since it knows why.
  timeoutMs: 60_000,
  run: async ({ message }, { clamd }) => {
    if (clamd === undefined) return [finding('absent', 'neutral', {})];
    const result = await clamd.scan(message.read(), message.size);
    switch (result.kind) {
      case 'clean':
        return [finding('clean', 'pass', {})];
      case 'found':
        return [{ ...finding('malware', 'fail', { signature: result.signature }), weight: 100 }];
      case 'too-large':
        return [finding('too-large', 'permerror', { bytes: message.size, maxBytes: result.maxBytes })];
      case 'unavailable':
        return [finding('unavailable', 'temperror', { reason: result.reason })];
      default:
        return assertNever(result);
    }
  },
};

function finding(
  code: string,
  outcome: CheckFinding['outcome'],
  params: CheckFinding['params'],
): CheckFinding {
  return { code, outcome, class: 'malware', weight: 0, params, cites: [] };
}
