/**
 * Puts every check to one message, at the same time, each within its budget.
 *
 * Every check that applies leaves at least one finding: what it saw, or `clean`, or that it crashed or was too late. A
 * check that is silent would be taken for one that had no objection, and that is how filters fail open.
 */
import { errorChain } from '#core/errors.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import type { SpooledMessage } from '../spooled.ts';
import type { Authentication, AuthStep } from './authentication.ts';
import type { Check, CheckFinding, CheckInput, InspectDeps, SenderInput } from './check.ts';
import { LATE, within } from './deadlines.ts';

export type Inspection = { readonly findings: readonly Finding[]; readonly auth: Authentication };

export type Inspector = {
  readonly checks: readonly Check[];
  /** Never rejects: what goes wrong is inside the value (authenticate.ts). */
  readonly authenticate: (input: CheckInput, deps: InspectDeps) => Promise<Authentication>;
  /** Where the reason of a crash goes; the finding itself carries none, since peers may see findings. */
  readonly onCrash: (check: string, reason: string) => void;
};

/** All findings in the order of the list, whatever finished first, so that the same message reads the same. */
export async function inspect(
  inspector: Inspector,
  envelope: Envelope,
  message: SpooledMessage,
  deps: InspectDeps,
): Promise<Inspection> {
  const input: CheckInput = { envelope, message };
  const checks = inspector.checks.filter((c) => c.appliesTo?.(envelope) !== false);
  const authenticating = inspector.authenticate(input, deps);
  // Content checks start at once, too: an engine works while DNS is asked.
  const early = checks.map((c) =>
    c.stage === 'sender' ? undefined : runOne(inspector, c.name, c.timeoutMs, () => c.run(input, deps)),
  );
  const auth = await authenticating;
  const withAuth: SenderInput = { envelope, message, auth };
  const all = checks.map((c, i) =>
    c.stage === 'sender' ? runOne(inspector, c.name, c.timeoutMs, () => c.run(withAuth, deps)) : early[i]!,
  );
  const findings: Finding[] = [];
  for (const one of all) for (const finding of await one) findings.push(withStep(finding, auth));
  return { findings, auth };
}

/** A check of the sender took as long as the step of authentication it speaks for; its own part is nothing. */
function withStep(finding: Finding, { durationUs }: Authentication): Finding {
  const stepUs = isStep(finding.check, durationUs) ? durationUs[finding.check] : 0;
  return stepUs === 0 ? finding : { ...finding, durationUs: finding.durationUs + stepUs };
}

function isStep(check: string, steps: Authentication['durationUs']): check is AuthStep {
  return Object.hasOwn(steps, check);
}

type Run = () => Promise<readonly CheckFinding[]> | readonly CheckFinding[];

/** Values where the check answered at once, so that checks which only compute cost no promise. */
function runOne(
  inspector: Inspector,
  name: string,
  timeoutMs: number,
  run: Run,
): readonly Finding[] | Promise<readonly Finding[]> {
  const startedMs = performance.now();
  try {
    const answer = run();
    if (!(answer instanceof Promise)) return named(name, startedMs, answer);
    return within(answer, timeoutMs).then(
      (value) => named(name, startedMs, value === LATE ? [failed('timeout')] : value),
      (error: unknown) => crash(inspector, name, startedMs, error),
    );
  } catch (error) {
    return crash(inspector, name, startedMs, error);
  }
}

// Losing the throw is right here: it becomes a finding that no policy takes for a pass.
function crash(inspector: Inspector, name: string, startedMs: number, error: unknown): readonly Finding[] {
  inspector.onCrash(name, errorChain(error));
  return named(name, startedMs, [failed('crashed')]);
}

function failed(outcome: 'crashed' | 'timeout'): CheckFinding {
  return { code: outcome, outcome, class: 'policy', weight: 0, params: {}, cites: [] };
}

const CLEAN: CheckFinding = {
  code: 'clean',
  outcome: 'pass',
  class: 'policy',
  weight: 0,
  params: {},
  cites: [],
};

function named(check: string, startedMs: number, said: readonly CheckFinding[]): readonly Finding[] {
  const durationUs = Math.round((performance.now() - startedMs) * 1000);
  return (said.length === 0 ? [CLEAN] : said).map((f) => ({
    check,
    code: f.code,
    outcome: f.outcome,
    class: f.class,
    weight: f.weight,
    params: f.params,
    cites: f.cites,
    durationUs,
  }));
}
