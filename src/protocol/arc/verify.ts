/**
 * Validating an ARC chain (RFC 8617 §5.2): what it says is only that these domains handled the message in this order and
 * that the newest of them saw it as it is now. Whether any of them is to be believed is for the list of trusted sealers.
 *
 * Work is bounded: the newest set is judged first and the first failure ends it, so that a stranger can make us ask for
 * keys only as far as the chain truly holds.
 */
import { concat } from '#core/bytes.ts';
import type { BodyHashes } from '#protocol/dkim/body-hash.ts';
import { byteWriter, writeField, writeOwnField } from '#protocol/dkim/canonical-header.ts';
import { type DkimKey, fetchKeys, type KeyCache } from '#protocol/dkim/key-record.ts';
import { DKIM_LIMITS, refuseSize, verifyBytes, verifySignature, wantedKey } from '#protocol/dkim/verify.ts';
import type { Signature } from '#protocol/dkim/signature.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { Header } from '#protocol/message/header.ts';
import { type ArcReason, type ArcSet, judgeStatements, readChain } from './chain.ts';

export type ArcSetResult = {
  readonly instance: number;
  /** d= and s= of the ARC-Seal; undefined when it cannot be read. */
  readonly sealer: string | undefined;
  readonly selector: string | undefined;
  /** d= of the ARC-Message-Signature, which may differ. */
  readonly signer: string | undefined;
  /** What the sealer found: the text of an Authentication-Results field, authserv-id first. */
  readonly authenticationResults: string;
};

export type ArcResult = {
  readonly result: 'pass' | 'fail' | 'none';
  readonly reason: ArcReason;
  readonly text: string;
  /** A failure that came from DNS being away; the chain has failed all the same. */
  readonly temporary: boolean;
  /** How many sets the message carries, by the highest i= that could be read. */
  readonly instances: number;
  /** Lowest set whose message signature still holds; 0 when all do (RFC 8617 §5.2 step 5), undefined unless it passes. */
  readonly oldestPass: number | undefined;
  /** Domains of the seals, oldest first. */
  readonly sealers: readonly string[];
  /** Oldest first; empty when the sets are not in order. */
  readonly sets: readonly ArcSetResult[];
};

export type ArcVerification = {
  readonly header: Header;
  readonly bodyHashes: BodyHashes;
  readonly resolver: Resolver;
  readonly nowMs: number;
  readonly keys?: KeyCache;
};

/** The state of the chain; `none` when there is no ARC field at all. */
export async function verifyArc(input: ArcVerification): Promise<ArcResult> {
  const chain = readChain(input.header);
  if (chain.kind === 'none')
    return outcome('none', [], { reason: 'no-chain', text: 'there is no ARC chain' });
  if (chain.kind === 'broken') return { ...outcome('fail', [], chain), instances: chain.highest };
  const { sets } = chain;
  const said = judgeStatements(sets);
  if (said !== undefined) return outcome('fail', sets, said);
  const problem = (await judgeNewestMessage(input, sets)) ?? (await judgeSeals(input, sets));
  // RFC 8617 §5.2.1: every failure is permanent, DNS included.
  if (problem !== undefined) return { ...outcome('fail', sets, problem), temporary: problem.temporary };
  const oldestPass = await findOldestPass(input, sets);
  return { ...outcome('pass', sets, { reason: 'good', text: 'the chain holds' }), oldestPass };
}

function outcome(
  result: ArcResult['result'],
  sets: readonly ArcSet[],
  why: { readonly reason: ArcReason; readonly text: string },
): ArcResult {
  const described = sets.map(describeSet);
  return {
    result,
    reason: why.reason,
    text: why.text,
    temporary: false,
    instances: sets.length,
    oldestPass: undefined,
    sealers: described.map((s) => s.sealer).filter((s) => s !== undefined),
    sets: described,
  };
}

function describeSet(set: ArcSet): ArcSetResult {
  const seal = set.seal.parsed.ok ? set.seal.parsed.value : undefined;
  const message = set.message.parsed.ok ? set.message.parsed.value : undefined;
  return {
    instance: set.instance,
    sealer: seal?.domain,
    selector: seal?.selector,
    signer: message?.domain,
    authenticationResults: set.results.payload,
  };
}

type Problem = { readonly reason: ArcReason; readonly text: string; readonly temporary: boolean };

/** RFC 8617 §5.2 step 4: the newest message signature must hold for the message as it is. */
async function judgeNewestMessage(
  input: ArcVerification,
  sets: readonly ArcSet[],
): Promise<Problem | undefined> {
  const newest = sets.at(-1);
  if (newest === undefined) return undefined;
  const judged = await verifySignature(input, newest.message);
  if (judged.result === 'pass') return undefined;
  return {
    reason: 'message-signature',
    text: `ARC-Message-Signature i=${newest.instance}: ${judged.text}`,
    temporary: judged.result === 'temperror',
  };
}

/** RFC 8617 §5.2 step 6: every seal from the newest to the first. */
async function judgeSeals(input: ArcVerification, sets: readonly ArcSet[]): Promise<Problem | undefined> {
  const covered = sealedBytes(input.header, sets);
  for (const set of sets.toReversed()) {
    const problem = await judgeSeal(input, set, covered[set.instance - 1]!); // `!`: one entry for each set
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * RFC 8617 §5.1.1: a seal covers all sets up to its own, results, message signature and seal of each, its own seal last
 * and without its value.
 */
function sealedBytes(header: Header, sets: readonly ArcSet[]): (() => Uint8Array)[] {
  const all = byteWriter(4096 * sets.length);
  const ends: number[] = [];
  for (const set of sets) {
    writeField(all, header, set.results.field, 'relaxed');
    writeField(all, header, set.message.field, 'relaxed');
    ends.push(all.bytes().length);
    writeField(all, header, set.seal.field, 'relaxed');
  }
  return sets.map((set, i) => () => {
    const own = byteWriter();
    writeOwnField(own, header, set.seal.field, 'relaxed');
    return concat([all.bytes().subarray(0, ends[i]), own.bytes()]);
  });
}

async function judgeSeal(
  input: ArcVerification,
  set: ArcSet,
  covered: () => Uint8Array,
): Promise<Problem | undefined> {
  const fail = (text: string, temporary = false): Problem => ({
    reason: 'seal',
    text: `ARC-Seal i=${set.instance}: ${text}`,
    temporary,
  });
  if (!set.seal.parsed.ok) return fail(set.seal.parsed.error.text);
  const signature = set.seal.parsed.value;
  const keys = await fetchKeys(input.resolver, wantedKey(signature), input.keys);
  if (!keys.ok) return fail(keys.error.text, keys.error.code === 'key-unavailable');
  const refused = keys.value.map((k) => refuseSize(k, DKIM_LIMITS));
  const usable = keys.value.filter((_, i) => refused[i] === undefined);
  if (usable.length === 0) return fail(refused[0]?.text ?? 'there is no usable key');
  return isSealedBy(usable, signature, covered())
    ? undefined
    : fail('the seal does not fit the chain and the key');
}

function isSealedBy(keys: readonly DkimKey[], signature: Signature, bytes: Uint8Array): boolean {
  return keys.slice(0, 3).some((key) => verifyBytes(signature.algorithm, bytes, key, signature.signature));
}

/** RFC 8617 §5.2 step 5, done last: it does not change the result, so it is not paid for chains that fail. */
async function findOldestPass(input: ArcVerification, sets: readonly ArcSet[]): Promise<number> {
  for (const set of sets.slice(0, -1).toReversed()) {
    const judged = await verifySignature(input, set.message);
    if (judged.result !== 'pass') return set.instance + 1;
  }
  return 0;
}
