/**
 * The way of a message. Read this first.
 *
 *   receive ─ Envelope + SpooledMessage ─ inspect ─ Finding[] ─ decide ─ Verdict ─ act ─ edits ─ commit ─ 250 ─ deliver
 *
 * Each station takes values and gives a value; none calls the station before it, none writes what another wrote. Whatever
 * goes wrong before the commit ends as 451 and nothing is ours: the sender keeps the message and comes again.
 */
import type { BlobId } from '#core/id.ts';
import type { Clock } from '#core/time.ts';
import { faultPoint } from '#platform/fault-point.ts';
import { type ActSettings, type Plan, plan } from './act/plan.ts';
import { encodeEdits } from './act/edits-codec.ts';
import { decide } from './decide/decide.ts';
import type { Policy } from './decide/policy.ts';
import type { Envelope } from './envelope.ts';
import type { Finding } from './finding.ts';
import type { InspectDeps } from './inspect/check.ts';
import { inspect, type Inspector } from './inspect/run-checks.ts';
import type { Committer } from './queue/commit.ts';
import type { MessageToCommit } from './queue/rows.ts';
import type { Arrival, Flow, FlowAnswer } from './receive/arrival.ts';
import type { Signing } from './signing/sign-and-seal.ts';
import { trackedFields } from './track/tracked-fields.ts';
import type { Verdict } from './verdict.ts';
import { policyReply } from './decide/policy-reply.ts';

export type FlowDeps = {
  readonly inspector: Inspector;
  readonly inspectDeps: Omit<InspectDeps, 'dnsbl'>;
  readonly policy: () => Policy;
  readonly act: ActSettings;
  readonly unsigned: Signing['unsigned'];
  readonly committer: Committer;
  /** Hands a message that is ours to the delivery engine. Must not throw. */
  readonly deliver: (message: MessageToCommit, arrival: Arrival, plan: Plan) => void;
  readonly clock: Clock;
};

export function createFlow(deps: FlowDeps): Flow {
  return async (envelope, arrival) => {
    const startedMs = performance.now();
    faultPoint('receive.data-ended');

    // Inspect: every check answers; one that crashes or is late answers that. Meanwhile the body becomes durable, so that
    // disk and DNS are waited for together. A disk that fails here throws: 451.
    const durable = arrival.commitBlob();
    durable.catch(() => {}); // waited for below; without this a failure during inspection would count as unhandled
    const inspection = await inspect(deps.inspector, envelope, arrival.message, {
      ...deps.inspectDeps,
      dnsbl: [],
    });
    const unsigned = deps.unsigned(envelope, arrival.message.header);
    const findings = [
      ...arrival.findings,
      ...inspection.findings,
      ...(unsigned === undefined ? [] : [unsigned]),
    ];
    const inspectedMs = performance.now();

    // Decide: pure. One action for each recipient, one answer for the dialogue.
    const verdict = decide(deps.policy(), envelope, findings);
    if (verdict.answer !== 'accept') return await refuse(deps, envelope, arrival, findings, verdict);

    // Act: what each recipient gets, planned beside the original. All or none: a change that cannot be made throws.
    const planned = await plan(verdict, envelope, arrival.message, findings, deps.act);

    // Commit: first the body, then one transaction with every row. Before it nothing is ours, after it everything is.
    await durable;
    faultPoint('receive.blob-durable');
    const plannedMs = performance.now();
    const message = toCommit(envelope, arrival, findings, verdict, planned, {
      inspectMs: inspectedMs - startedMs,
      planMs: plannedMs - inspectedMs,
    });
    faultPoint('receive.before-commit');
    await deps.committer.commit(message);
    faultPoint('receive.after-commit');

    // 250: responsibility is ours (RFC 5321 §6.1). Delivery begins at once and answers to the queue, not to this function.
    deps.deliver(message, arrival, planned);
    return { kind: 'accepted' };
  };
}

/** Nothing is kept but the record of the refusal, so that `explain` can tell the sender's helpdesk why. */
async function refuse(
  deps: FlowDeps,
  envelope: Envelope,
  arrival: Arrival,
  findings: readonly Finding[],
  verdict: Verdict,
): Promise<FlowAnswer> {
  const none: Plan = { variants: [], variantOf: envelope.recipients.map(() => 0) };
  await deps.committer.commit(toCommit(envelope, arrival, findings, verdict, none, {}));
  const reply = policyReply(verdict, envelope.id);
  return verdict.answer === 'reject' ? { kind: 'rejected', reply } : { kind: 'deferred', reply };
}

function toCommit(
  envelope: Envelope,
  arrival: Arrival,
  findings: readonly Finding[],
  verdict: Verdict,
  planned: Plan,
  timings: Readonly<Record<string, number>>,
): MessageToCommit {
  const { message } = arrival;
  return {
    envelope,
    size: message.size,
    sha256: message.sha256,
    blob: message.blob satisfies BlobId,
    keyWrapped: arrival.wrappedKey,
    ...trackedFields(message.header),
    findings,
    verdict,
    variants: planned.variants.map((v) => encodeEdits(v.edits)),
    variantOf: planned.variantOf,
    timings,
  };
}
