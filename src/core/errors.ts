/**
 * The four kinds of surprise. Expected outcomes are values (core/result.ts); these are thrown and caught only at the four
 * doors: SMTP command, job, HTTP request, process.
 */

/** Trying again later may help: a database or peer that is away for now. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError';
}

/** Trying again cannot help. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}

/** The operator's configuration is wrong; `complaints` lists every mistake found, each naming thing and place. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
  readonly complaints: readonly string[];
  constructor(complaints: readonly string[], options?: ErrorOptions) {
    super(complaints.join('\n'), options);
    this.complaints = complaints;
  }
}

/** A promise of our own code is broken: a bug. */
export class InvariantError extends Error {
  override readonly name: string = 'InvariantError';
}

/** The error's messages from outermost to the cause, for the log; never for a peer. */
export function errorChain(error: unknown): string {
  const messages: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current !== undefined && current !== null; depth++) {
    messages.push(current instanceof Error ? `${current.name}: ${current.message}` : JSON.stringify(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return messages.join(' ← ');
}
