/** A step of sender authentication that broke or was late, as the finding of its check. */
import type { Authentication, AuthStep } from './authentication.ts';
import type { CheckFinding } from './check.ts';

export function inTrouble(auth: Authentication, step: AuthStep): CheckFinding | undefined {
  const trouble = auth.trouble.get(step);
  if (trouble === undefined) return undefined;
  return { code: trouble, outcome: trouble, class: 'auth', weight: 0, params: {}, cites: [] };
}
