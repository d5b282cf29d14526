/**
 * The ARC sets of a header, put in order and judged by structure alone (RFC 8617 §4.2, §5.2 steps 1 to 3). Nothing is
 * verified here; a chain that is out of order has failed before any key is asked for.
 */
import { readInstance, readSignature, type SignatureField, signaturesOf } from '#protocol/dkim/signature.ts';
import { printable } from '#protocol/dkim/tag-list.ts';
import { type Field, fieldLatin1, type Header } from '#protocol/message/header.ts';

/** RFC 8617 §4.2.1. */
export const MAX_ARC_SETS = 50;
/** All fields of a chain together; the seals cover them again and again. */
const MAX_CHAIN_BYTES = 262_144;

export type ArcReason =
  | 'good'
  | 'no-chain'
  | 'too-many-sets'
  | 'chain-too-large'
  | 'instance-invalid'
  | 'instance-twice'
  | 'instance-missing'
  | 'sealed-as-failed'
  | 'chain-validation-invalid'
  | 'message-signature'
  | 'seal';

export type ArcSet = {
  readonly instance: number;
  readonly results: { readonly field: Field; readonly payload: string };
  readonly message: SignatureField;
  readonly seal: SignatureField;
};

export type ArcChain =
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly reason: ArcReason; readonly text: string; readonly highest: number }
  /** Sets 1 to N in order. */
  | { readonly kind: 'chain'; readonly sets: readonly ArcSet[] };

type Kind = 'results' | 'message' | 'seal';
const KINDS: Readonly<Record<string, Kind>> = {
  'arc-authentication-results': 'results',
  'arc-message-signature': 'message',
  'arc-seal': 'seal',
};
const NAMES: Readonly<Record<Kind, string>> = {
  results: 'ARC-Authentication-Results',
  message: 'ARC-Message-Signature',
  seal: 'ARC-Seal',
};

/** Puts the ARC fields of a header into their sets. */
export function readChain(header: Header): ArcChain {
  const fields = header.fields.filter((f) => KINDS[f.lower] !== undefined);
  if (fields.length === 0) return { kind: 'none' };
  const bytes = fields.reduce((sum, f) => sum + f.end - f.start, 0);
  if (fields.length > 3 * MAX_ARC_SETS)
    return broken('too-many-sets', `there are more than ${MAX_ARC_SETS} ARC sets`, MAX_ARC_SETS);
  if (bytes > MAX_CHAIN_BYTES)
    return broken('chain-too-large', `the ARC fields are ${bytes} bytes long`, MAX_ARC_SETS);
  return new ChainBuilder(header).read(fields);
}

function broken(reason: ArcReason, text: string, highest: number): ArcChain {
  return { kind: 'broken', reason, text, highest };
}

type PartialSet = { results?: ArcSet['results']; message?: SignatureField; seal?: SignatureField };

/** Owns the sets while they are collected; the first complaint stands. */
class ChainBuilder {
  readonly #header: Header;
  readonly #sets = new Map<number, PartialSet>();
  readonly #messages: readonly SignatureField[];
  #complaint: { reason: ArcReason; text: string } | undefined;

  constructor(header: Header) {
    this.#header = header;
    this.#messages = signaturesOf(header).arcMessage;
  }

  read(fields: readonly Field[]): ArcChain {
    for (const field of fields) this.#add(field);
    const highest = Math.max(0, ...this.#sets.keys());
    if (this.#complaint !== undefined) return broken(this.#complaint.reason, this.#complaint.text, highest);
    const sets: ArcSet[] = [];
    for (let instance = 1; instance <= highest; instance++) {
      const { results, message, seal } = this.#sets.get(instance) ?? {};
      if (results === undefined || message === undefined || seal === undefined)
        return broken('instance-missing', missing(instance, { results, message, seal }), highest);
      sets.push({ instance, results, message, seal });
    }
    return { kind: 'chain', sets };
  }

  #add(field: Field): void {
    const kind = KINDS[field.lower]!; // `!`: only fields of the three names come here
    if (kind === 'results') {
      const results = readResults(this.#header, field);
      this.#place(kind, results?.instance, (set) => {
        if (results !== undefined) set.results = { field, payload: results.payload };
      });
    } else if (kind === 'message') {
      const message = this.#messages.find((s) => s.field === field);
      this.#place(kind, message?.instance, (set) => {
        if (message !== undefined) set.message = message;
      });
    } else {
      const seal = readSignature(this.#header, field, 'arc-seal');
      this.#place(kind, seal.instance, (set) => {
        set.seal = seal;
      });
    }
  }

  #place(kind: Kind, instance: number | undefined, put: (set: PartialSet) => void): void {
    // RFC 8617 §4.2.1: each field has an instance from 1 to 50, and each instance has each field once.
    if (instance === undefined) {
      this.#complaint ??= { reason: 'instance-invalid', text: `an ${NAMES[kind]} has no valid i=` };
      return;
    }
    const set = this.#sets.get(instance) ?? {};
    this.#sets.set(instance, set);
    if (set[kind] !== undefined)
      this.#complaint ??= { reason: 'instance-twice', text: `${NAMES[kind]} i=${instance} is there twice` };
    put(set);
  }
}

function missing(instance: number, set: { readonly [K in Kind]: unknown }): string {
  const absent = (['results', 'message', 'seal'] as const).filter((k) => set[k] === undefined);
  return `the ARC set i=${instance} has no ${absent.map((k) => NAMES[k]).join(' and no ')}`;
}

const INSTANCE = /^[ \t]*i[ \t]*=[ \t]*(\d{1,4})[ \t]*(?:\([^()]*\)[ \t]*)?;/;

/** RFC 8617 §4.1.1: `i=N;` comes first, then what an Authentication-Results field holds. */
function readResults(
  header: Header,
  field: Field,
): { instance: number | undefined; payload: string } | undefined {
  const text = fieldLatin1(header, field);
  const match = INSTANCE.exec(text);
  if (match === null) return undefined;
  return {
    instance: readInstance(match[1]),
    payload: text
      .slice(match[0].length)
      .replaceAll(/[ \t]+/g, ' ')
      .trim(),
  };
}

/** RFC 8617 §5.2 steps 2 and 3: what the seals say of the chain before them; undefined when it is in order. */
export function judgeStatements(sets: readonly ArcSet[]): { reason: ArcReason; text: string } | undefined {
  if (sets.at(-1)?.seal.tags.get('cv') === 'fail')
    return { reason: 'sealed-as-failed', text: 'the newest ARC-Seal says that the chain has failed' };
  for (const set of sets) {
    const cv = set.seal.tags.get('cv') ?? '';
    if (cv !== (set.instance === 1 ? 'none' : 'pass'))
      return {
        reason: 'chain-validation-invalid',
        text: `cv=${printable(cv)} is not what ARC-Seal i=${set.instance} must say`,
      };
  }
  return undefined;
}
