/**
 * Sealing a message that goes on (RFC 8617 §5.1): one more set of three fields, which say what we found, how the message
 * looked when it left us, and what the chain before us was worth.
 */
import { concat } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import type { BodyHashes } from '#protocol/dkim/body-hash.ts';
import { type ByteWriter, writeField } from '#protocol/dkim/canonical-header.ts';
import { fieldBytes, foldText, type Tag, toBase64 } from '#protocol/dkim/compose.ts';
import {
  bodyHashValue,
  DEFAULT_OVERSIGNED,
  DEFAULT_SIGNED,
  listToSign,
  namesOf,
  signField,
  type SigningKey,
} from '#protocol/dkim/sign.ts';
import { selectFields } from '#protocol/dkim/signed-fields.ts';
import { type Field, fieldLatin1, fieldsNamed, type Header, parseHeader } from '#protocol/message/header.ts';
import { type ArcSet, MAX_ARC_SETS, readChain } from './chain.ts';

export type ChainResult = 'none' | 'pass' | 'fail';

export type ArcSealing = SigningKey & {
  readonly header: Header;
  /** Must hold the hash that SIGNING_BODY_HASH asks for. */
  readonly bodyHashes: BodyHashes;
  /** As an Authentication-Results field would hold it, authserv-id first; folds allowed, no field name. */
  readonly authResultsPayload: string;
  /** What verifyArc said of the message as it came. */
  readonly chainResult: ChainResult;
  readonly nowMs: number;
  /** h= word for word; by default the fields a DKIM signature covers and DKIM-Signature itself. */
  readonly exactHeaders?: readonly string[];
};

/**
 * ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results, to be put on top in this order; empty where no set may be
 * added any more (RFC 8617 §5.1: a chain already sealed as failed, or full).
 */
export function sealArc(input: ArcSealing): Uint8Array[] {
  const chain = readChain(input.header);
  const before = chain.kind === 'chain' ? chain.sets : [];
  const instance = (chain.kind === 'broken' ? chain.highest : before.length) + 1;
  if (instance > MAX_ARC_SETS || before.at(-1)?.seal.tags.get('cv') === 'fail') return [];
  if ((input.chainResult === 'none') !== (chain.kind === 'none'))
    throw new InvariantError(`a chain of kind ${chain.kind} cannot be sealed as ${input.chainResult}`);
  if (chain.kind === 'broken' && input.chainResult === 'pass')
    throw new InvariantError('a broken chain cannot be sealed as pass');
  const results = resultsField(instance, input.authResultsPayload);
  const message = messageSignature(input, instance);
  // RFC 8617 §5.1.2: over a failed chain the seal covers its own set alone, since nothing else can be relied on.
  const covered = input.chainResult === 'fail' ? [] : before;
  return [seal(input, instance, covered, results, message), message, results];
}

/** The payload stays one field whatever it holds: every line end in it becomes a fold of ours. */
function resultsField(instance: number, payload: string): Uint8Array {
  const text = payload.replaceAll('\0', '').trim();
  return fieldBytes(foldText(`ARC-Authentication-Results: i=${instance}; ${text}`));
}

function messageSignature(input: ArcSealing, instance: number): Uint8Array {
  const names =
    input.exactHeaders ?? listToSign(input.header, [...DEFAULT_SIGNED, 'dkim-signature'], DEFAULT_OVERSIGNED);
  const lower = names.map((n) => n.toLowerCase());
  const tags: Tag[] = [
    ['a', input.algorithm],
    ['b', ''],
    ['bh', bodyHashValue(input.bodyHashes, 'relaxed', undefined)],
    ['c', 'relaxed/relaxed'],
    ['d', nameOf(input, 'd')],
    ['h', names.join(':')],
    ['i', String(instance)],
    ['s', nameOf(input, 's')],
    ['t', String(Math.floor(input.nowMs / 1000))],
  ];
  // RFC 8617 §4.1.2: ARC-Seal fields are never covered by a message signature.
  if (lower.includes('arc-seal'))
    throw new InvariantError('an ARC-Message-Signature must not cover ARC-Seal');
  const before = (out: ByteWriter): void => {
    for (const field of selectFields(input.header, lower, undefined))
      writeField(out, input.header, field, 'relaxed');
  };
  // The seals cover the signature as it is written, white space included; in one piece nothing can refold it in two ways.
  return signField('ARC-Message-Signature', tags, 'relaxed', input, before, toBase64);
}

function nameOf(input: SigningKey, tag: 'd' | 's'): string {
  return namesOf(input).find(([name]) => name === tag)?.[1] ?? '';
}

function seal(
  input: ArcSealing,
  instance: number,
  covered: readonly ArcSet[],
  results: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const tags: Tag[] = [
    ['a', input.algorithm],
    ['b', ''],
    ['cv', input.chainResult],
    ['d', nameOf(input, 'd')],
    ['i', String(instance)],
    ['s', nameOf(input, 's')],
    ['t', String(Math.floor(input.nowMs / 1000))],
  ];
  const before = (out: ByteWriter): void => {
    for (const set of covered)
      for (const field of [set.results.field, set.message.field, set.seal.field])
        writeField(out, input.header, field, 'relaxed');
    writeNew(out, results);
    writeNew(out, message);
  };
  return signField('ARC-Seal', tags, 'relaxed', input, before, toBase64);
}

function writeNew(out: ByteWriter, bytes: Uint8Array): void {
  const header = parseHeader(concat([bytes, fieldBytes('')]));
  for (const field of header.fields) writeField(out, header, field, 'relaxed');
}

/**
 * What the Authentication-Results fields of one authserv-id say, put together as one payload (RFC 8617 §4.1.1); undefined
 * when there is none.
 */
export function mergedAuthResults(header: Header, authservId: string): string | undefined {
  const mine = fieldsNamed(header, 'Authentication-Results')
    .map((field) => resultsOf(header, field, authservId))
    .filter((results) => results !== undefined);
  return mine.length === 0 ? undefined : [authservId, ...mine].join('; ');
}

function resultsOf(header: Header, field: Field, authservId: string): string | undefined {
  const text = fieldLatin1(header, field);
  const semicolon = text.indexOf(';');
  if (semicolon === -1) return undefined;
  const id = text.slice(0, semicolon).trim().split(/[ \t]/)[0] ?? '';
  if (id.toLowerCase() !== authservId.toLowerCase()) return undefined;
  return text
    .slice(semicolon + 1)
    .trim()
    .replace(/;+$/, '');
}
