/**
 * What is done to a message for each recipient, built beside the original. Recipients who get the same message share a
 * variant.
 *
 * In: forged trusted fields out, trace fields on top, a tag where the policy says so, and an ARC seal where that tag broke
 * what others signed. Out: Date and Message-ID where submission owes them, and DKIM signatures over the result. A message
 * that is held has its edits ready, so that a release delivers what was decided then.
 */
import { bodyHashKey, createBodyHasher, type BodyHashes } from '#protocol/dkim/body-hash.ts';
import { SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { concat } from '#core/bytes.ts';
import type { ChainResult } from '#protocol/arc/seal.ts';
import { mailDate } from '#core/time.ts';
import { parseHeader, type Header } from '#protocol/message/header.ts';
import type { Envelope } from '../envelope.ts';
import type { Finding } from '../finding.ts';
import type { SpooledMessage } from '../spooled.ts';
import type { RecipientVerdict, Verdict } from '../verdict.ts';
import { authenticationResults } from './authentication-results.ts';
import { applyEditsInMemory, type Edits, type Insertion, type Range } from './edits.ts';
import { receivedField, safeWord } from './received.ts';
import { headerBytes, tagSubject } from './subject-tag.ts';
import { forgedFields } from './trusted-headers.ts';

/** The message as it will be sent, as far as a signature needs it. */
export type EditedMessage = {
  readonly header: Header;
  /** Holds SIGNING_BODY_HASH; no change of ours touches the body. */
  readonly bodyHashes: BodyHashes;
};

export type ActSettings = {
  readonly hostname: string;
  readonly authservId: string;
  /** DKIM-Signature fields with their line ends; throws where the domain must be signed for and cannot be. */
  readonly sign: (
    envelope: Envelope,
    edited: EditedMessage,
  ) => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
  /**
   * The ARC set for a changed message; `results` is the value of our Authentication-Results, `chain` what its ARC chain was
   * worth on arrival. Empty when we do not seal.
   */
  readonly seal: (
    envelope: Envelope,
    edited: EditedMessage,
    results: string,
    chain: ChainResult,
  ) => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
};

export type Variant = {
  readonly edits: Edits;
  /** Places in `envelope.recipients`. */
  readonly recipients: readonly number[];
};
export type Plan = {
  readonly variants: readonly Variant[];
  /** For each recipient, in order: its variant. */
  readonly variantOf: readonly number[];
};

export async function plan(
  verdict: Verdict,
  envelope: Envelope,
  message: SpooledMessage,
  findings: readonly Finding[],
  settings: ActSettings,
): Promise<Plan> {
  const groups = new Map<string, number[]>();
  verdict.recipients.forEach((r, n) => {
    const key = `${r.action}\n${r.class}\n${r.subjectTag ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), n]);
  });
  const variants: Variant[] = [];
  const variantOf = Array<number>(verdict.recipients.length).fill(0);
  for (const recipients of groups.values()) {
    const first = verdict.recipients[recipients[0]!]!; // `!`: a group is made with its first member
    for (const n of recipients) variantOf[n] = variants.length;
    variants.push({
      edits: await editsFor(first, verdict, envelope, message, findings, settings),
      recipients,
    });
  }
  return { variants, variantOf };
}

async function editsFor(
  recipient: RecipientVerdict,
  verdict: Verdict,
  envelope: Envelope,
  message: SpooledMessage,
  findings: readonly Finding[],
  settings: ActSettings,
): Promise<Edits> {
  const { header } = message;
  const removed = forgedFields(header, settings.authservId);
  const tagging =
    recipient.subjectTag === undefined
      ? { inserted: [], prepend: '' }
      : tagSubject(header, recipient.subjectTag);
  const isIn = envelope.direction === 'in';
  const results = isIn ? authenticationResults(settings.authservId, envelope, findings) : '';
  const top = headerBytes(
    receivedField(envelope, settings.hostname) +
      (isIn
        ? `Authentication-Results: ${results}\r\n` + ourFields(recipient, verdict, envelope, findings)
        : '') +
      submissionFields(envelope, header, settings.hostname) +
      tagging.prepend,
  );
  const base: Edits = { originalSize: message.size, prepend: top, removed, inserted: tagging.inserted };
  const isChanged = tagging.inserted.length > 0 || tagging.prepend !== '';
  if (isIn && !isChanged) return base;
  const edited = await editedMessage(base, message);
  const chain = chainOf(findings);
  // A chain whose worth we could not learn is not vouched for.
  if (isIn && chain === undefined) return base;
  const seals =
    isIn && chain !== undefined
      ? await settings.seal(envelope, edited, results, chain)
      : mayVouch(findings)
        ? await settings.sign(envelope, edited)
        : [];
  return seals.length === 0 ? base : { ...base, prepend: concat([...seals, top]) };
}

/** A policy may let an author pass that its sender may not use; our signature then does not say that he may. */
function mayVouch(findings: readonly Finding[]): boolean {
  return !findings.some((f) => f.check === 'sender' && f.outcome !== 'pass');
}

/** What the new seal says of the chain before it (RFC 8617 §5.1.1). */
function chainOf(findings: readonly Finding[]): ChainResult | undefined {
  const code = findings.find((f) => f.check === 'arc')?.code;
  if (code === 'trusted') return 'pass';
  return code === 'none' || code === 'pass' || code === 'fail' ? code : undefined;
}

/** What our own servers and people may believe, since what came from outside was removed. */
function ourFields(
  recipient: RecipientVerdict,
  verdict: Verdict,
  envelope: Envelope,
  findings: readonly Finding[],
): string {
  const unchecked = uncheckedBy(findings);
  return (
    `X-Gatehouse-Id: ${envelope.id}\r\n` +
    `X-Gatehouse-Verdict: ${recipient.action}; class=${recipient.class}; policy=${safeWord(verdict.policyVersion)}\r\n` +
    (unchecked.length === 0 ? '' : `X-Gatehouse-Unchecked: ${unchecked.join(', ')}\r\n`)
  );
}

/** Names of the checks that did not get to see the message, or did not finish. */
export function uncheckedBy(findings: readonly Finding[]): readonly string[] {
  const didNotRun = (f: Finding): boolean =>
    f.outcome === 'crashed' ||
    f.outcome === 'timeout' ||
    ['absent', 'unavailable', 'too-large'].includes(f.code);
  return [...new Set(findings.filter(didNotRun).map((f) => safeWord(f.check)))];
}

/** RFC 6409 §8.2 and §8.3: a submission server may add the Date and Message-ID that the client left out. */
function submissionFields(envelope: Envelope, header: Header, hostname: string): string {
  if (envelope.listener.kind !== 'submission') return '';
  const has = (name: string): boolean => header.fields.some((f) => f.lower === name);
  return (
    (has('date') ? '' : `Date: ${mailDate(envelope.receivedAtMs)}\r\n`) +
    (has('message-id') ? '' : `Message-ID: <${envelope.id}@${hostname}>\r\n`)
  );
}

async function editedMessage(edits: Edits, message: SpooledMessage): Promise<EditedMessage> {
  const { header } = message;
  const within = (end: number): boolean => end <= header.bodyStart;
  const headerOnly: Edits = {
    ...edits,
    originalSize: header.bodyStart,
    removed: edits.removed.filter((r: Range) => within(r.end)),
    inserted: edits.inserted.filter((i: Insertion) => within(i.at)),
  };
  const bytes = concat(applyEditsInMemory(headerOnly, header.bytes.subarray(0, header.bodyStart)));
  return { header: parseHeader(bytes), bodyHashes: await signingHashes(message) };
}

/** The hash a signature needs: from the one pass while the message arrived, else by reading it again. */
async function signingHashes(message: SpooledMessage): Promise<BodyHashes> {
  if (message.bodyHashes.has(bodyHashKey(SIGNING_BODY_HASH))) return message.bodyHashes;
  const hasher = createBodyHasher([SIGNING_BODY_HASH]);
  let skip = message.header.bodyStart;
  for await (const chunk of message.read()) {
    if (chunk.length > skip) hasher.update(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return hasher.finish();
}
