/** The policy that the configuration names, or the one that protects until somebody writes another. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '#core/errors.ts';
import { defaultPolicy } from '#mail/decide/default-policy.ts';
import { parsePolicy } from '#mail/decide/parse-policy.ts';
import type { Policy } from '#mail/decide/policy.ts';
import type { Config } from './config.ts';

/** Throws ConfigError with everything that is wrong with the file. */
export function readPolicy(config: Config): Policy {
  if (config.policy === undefined) return defaultPolicy();
  let text: string;
  try {
    text = readFileSync(config.policy, 'utf8');
  } catch (error) {
    throw new ConfigError(
      [
        `policy: ${config.policy} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      ],
      { cause: error },
    );
  }
  const parsed = parsePolicy(text, config.policy);
  if (!parsed.ok) throw new ConfigError(parsed.error);
  return parsed.value;
}
