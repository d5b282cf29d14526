/** The policy that protects until somebody writes another: policies/default.yaml of this repository. */
import { readFileSync } from 'node:fs';
import { InvariantError } from '#core/errors.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy.ts';

export function defaultPolicy(): Policy {
  const file = new URL('../../../policies/default.yaml', import.meta.url);
  const parsed = parsePolicy(readFileSync(file, 'utf8'), 'policies/default.yaml');
  if (!parsed.ok) throw new InvariantError(parsed.error.join('\n'));
  return parsed.value;
}
