/**
 * The other readings of an ambiguous message: what a mail program with other habits would find in it.
 *
 * Each defect points to the habits that programs differ on; the message is walked again with each of them, and again with
 * what that walk brought to light, within a bound. Content that one reader hides is thus seen by another. An unambiguous
 * message has none, and costs nothing here.
 */
import { Buffer } from 'node:buffer';
import { concat, CR, LF } from '#core/bytes.ts';
import type { DefectKind } from './defects.ts';
import { STANDARD, type Reader } from './reader.ts';
import { createMessageWalker } from './stream.ts';
import type { MimeOptions, MimePart, MimeTree } from './tree.ts';

export type Reading = {
  /** What this reader does differently, in a sentence. */
  readonly reason: string;
  readonly parts: readonly MimePart[];
  /** To read the message this way once more. */
  readonly way: ReadingWay;
};

export type Readings = {
  readonly main: MimeTree;
  readonly others: readonly Reading[];
  /** True when more readings were possible than were tried: a finding, never a pass. */
  readonly isCut: boolean;
};

type Habit = {
  readonly when: readonly DefectKind[];
  readonly reason: string;
  readonly reader: Partial<Reader>;
  /** The message with every lone CR made a line end. */
  readonly splitsAtCr?: true;
};

const HABITS: readonly Habit[] = [
  {
    when: ['duplicate-content-type', 'duplicate-encoding', 'duplicate-disposition'],
    reason: 'the last of several fields counts',
    reader: { field: 'last' },
  },
  ...[1, 2, 3, 4, 5].map((n) => ({
    when: ['boundary-ambiguous'] as const,
    reason: `the boundary is read another way (${n})`,
    reader: { boundary: n },
  })),
  {
    when: [
      'boundary-ambiguous',
      'boundary-not-found',
      'preamble-content',
      'undeclared-delimiter',
      'epilogue-content',
      'boundary-prefix',
      'multipart-empty',
    ],
    reason: 'the boundary is guessed from the body',
    reader: { boundary: 'guess' },
  },
  {
    when: ['odd-encoding', 'unknown-encoding', 'duplicate-encoding', 'legacy-encoding'],
    reason: 'another transfer encoding is undone',
    reader: { encoding: 1 },
  },
  {
    when: ['odd-encoding', 'unknown-encoding'],
    reason: 'yet another transfer encoding is undone',
    reader: { encoding: 2 },
  },
  {
    when: ['header-blank-line'],
    reason: 'a line of white space ends a header',
    reader: { headerEnd: 'blank' },
  },
  {
    when: ['header-junk', 'header-unended', 'header-odd-name', 'header-first-line-folded'],
    reason: 'a line that is no field ends a header',
    reader: { headerEnd: 'junk' },
  },
  {
    when: ['header-in-body', 'header-junk'],
    reason: 'a header goes on after an empty line',
    reader: { headerGoesOn: true },
  },
  {
    when: ['header-folded-field', 'header-junk'],
    reason: 'a folded line is a field of its own',
    reader: { fold: 'lines' },
  },
  {
    when: ['boundary-prefix'],
    reason: 'a line that begins with the boundary is a delimiter',
    reader: { delimiter: 'prefix' },
  },
  {
    when: ['boundary-indented'],
    reason: 'a delimiter may follow white space or a lone CR',
    reader: { delimiter: 'indented' },
  },
  {
    when: ['delimiter-in-header'],
    reason: 'delimiters inside a header do not count',
    reader: { delimiterInHeader: 'ignored' },
  },
  {
    when: ['outer-delimiter-inside', 'multipart-unclosed', 'boundary-reused', 'boundary-not-found'],
    reason: 'only the delimiters of the innermost multipart count',
    reader: { outer: 'ignored' },
  },
  {
    when: ['delimiter-after-close', 'epilogue-content'],
    reason: 'parts go on after the closing delimiter',
    reader: { afterClose: 'parts' },
  },
  {
    when: [
      'boundary-not-found',
      'boundary-missing',
      'multipart-empty',
      'preamble-content',
      'epilogue-content',
    ],
    reason: 'text outside the parts of a multipart is shown',
    reader: { outside: 'parts' },
  },
  {
    when: ['base64-data-after-padding', 'base64-bad-padding'],
    reason: 'base64 ends at its padding',
    reader: { base64: { padding: 'stops', junk: 'skipped', lines: 'joined' } },
  },
  {
    when: ['base64-data-after-padding', 'base64-bad-padding'],
    reason: 'base64 padding in the middle is passed over',
    reader: { base64: { padding: 'skipped', junk: 'skipped', lines: 'joined' } },
  },
  {
    when: ['base64-junk', 'base64-url-alphabet'],
    reason: 'base64 ends at the first foreign character',
    reader: { base64: { padding: 'goes-on', junk: 'stops', lines: 'joined' } },
  },
  {
    when: ['base64-odd-lines'],
    reason: 'each base64 line is decoded alone',
    reader: { base64: { padding: 'goes-on', junk: 'skipped', lines: 'alone' } },
  },
  {
    when: ['encoded-multipart'],
    reason: 'the encoding of a multipart is undone',
    reader: { encodedMultipart: 'decoded' },
  },
  {
    when: ['encoded-multipart', 'bad-content-type'],
    reason: 'an encoded multipart is one attachment',
    reader: { encodedMultipart: 'leaf' },
  },
  {
    when: ['odd-multipart-type', 'bad-content-type'],
    reason: 'any type with a boundary is a multipart',
    reader: { looseMultipart: true },
  },
  {
    when: ['header-bare-cr', 'boundary-indented'],
    reason: 'a lone CR ends a line',
    reader: {},
    splitsAtCr: true,
  },
];

/** What the walks beyond the first may cost in all. */
const MAX_WALKS = 32;
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_PARTS = 6000;
const MAX_READINGS = 16;
/** Between pieces of this size the reader may be paused: even the worst input is then a few milliseconds of work. */
const PIECE = 32 * 1024;

/** How a message is read. */
export type ReadingWay = {
  readonly reader: Reader;
  readonly reasons: readonly string[];
  readonly splitsAtCr: boolean;
};

/** As the standard says; what it finds is the main reading. */
export const STANDARD_WAY: ReadingWay = { reader: STANDARD, reasons: [], splitsAtCr: false };

/** All readings of a whole message. Bounded in walks and bytes; never fails. */
export function readMessage(message: Uint8Array, options: MimeOptions): Readings {
  const main = drain(walkOnce(message, options, STANDARD_WAY));
  return drain(readOthers(message, options, main));
}

/**
 * The other readings besides `main`, in steps of one piece of a walk: the caller takes the next step when it suits, or
 * stops. The value at the end is the same however often it paused.
 */
export function* readOthers(
  message: Uint8Array,
  options: MimeOptions,
  main: MimeTree,
): Generator<undefined, Readings> {
  const others: Reading[] = [];
  const tried = new Set<string>([keyOf(STANDARD_WAY)]);
  const seen = new Set<string>([signature(main.parts)]);
  const queue = variationsOf(STANDARD_WAY, main, tried);
  let walks = 0;
  let parts = main.parts.length;
  for (let attempt = queue.shift(); attempt !== undefined; attempt = queue.shift()) {
    const isSpent = ++walks > MAX_WALKS || walks * message.length > MAX_BYTES || parts > MAX_PARTS;
    if (isSpent || others.length >= MAX_READINGS) return { main, others, isCut: true };
    const tree = yield* walkOnce(message, options, attempt);
    parts += tree.parts.length;
    const found = signature(tree.parts);
    if (!seen.has(found))
      others.push({ reason: attempt.reasons.join(', and '), parts: tree.parts, way: attempt });
    seen.add(found);
    // Habits combine: what one brought to light may be hidden once more. Two at a time is what real programs show.
    if (attempt.reasons.length < 2) queue.push(...variationsOf(attempt, tree, tried));
  }
  return { main, others, isCut: false };
}

/**
 * The decoded bytes of the leaves with these paths, read one way; none of them when they are more than `maxBytes` in all.
 * In steps, like `readOthers`.
 */
export function* readLeaves(
  message: Uint8Array,
  options: MimeOptions,
  way: ReadingWay,
  paths: ReadonlySet<string>,
  maxBytes: number,
): Generator<undefined, ReadonlyMap<string, Uint8Array> | undefined> {
  const found = new Map<string, Uint8Array[]>();
  let bytes = 0;
  const leaf = (path: string): ((piece: Uint8Array) => void) | undefined => {
    if (!paths.has(path)) return undefined;
    const pieces: Uint8Array[] = [];
    found.set(path, pieces);
    return (piece) => {
      bytes += piece.length;
      if (bytes <= maxBytes) pieces.push(piece.slice());
    };
  };
  yield* walkOnce(message, { ...options, leaf }, way);
  return bytes > maxBytes ? undefined : new Map([...found].map(([path, pieces]) => [path, concat(pieces)]));
}

/** Whether a message of this size may be read at all beyond its main reading. */
export function isReadable(bytes: number): boolean {
  return bytes <= MAX_BYTES / 2;
}

function* walkOnce(
  message: Uint8Array,
  options: MimeOptions,
  attempt: ReadingWay,
): Generator<undefined, MimeTree> {
  const walker = createMessageWalker(options, attempt.reader);
  for (let at = 0; at < message.length; at += PIECE) {
    const piece = message.subarray(at, at + PIECE);
    walker.update(attempt.splitsAtCr ? splitAtCr(piece, message[at + PIECE]) : piece);
    yield;
  }
  return walker.finish();
}

function drain<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const keyOf = (a: ReadingWay): string => JSON.stringify([a.reader, a.splitsAtCr]);

function variationsOf(from: ReadingWay, tree: MimeTree, tried: Set<string>): ReadingWay[] {
  const kinds = new Set<DefectKind>();
  for (const p of tree.parts) for (const d of p.defects) kinds.add(d.kind);
  const next: ReadingWay[] = [];
  for (const habit of HABITS) {
    if (!habit.when.some((k) => kinds.has(k))) continue;
    const attempt = {
      reader: { ...from.reader, ...habit.reader },
      reasons: [...from.reasons, habit.reason],
      splitsAtCr: from.splitsAtCr || habit.splitsAtCr === true,
    };
    const key = keyOf(attempt);
    if (tried.has(key)) continue;
    tried.add(key);
    next.push(attempt);
  }
  return next;
}

/** Two readings are the same when they show the same parts. */
function signature(parts: readonly MimePart[]): string {
  return parts
    .map((p) => `${p.path}\t${p.type}\t${p.size}\t${p.sha256 ?? ''}\t${p.names.join('/')}`)
    .join('\n');
}

/** `next` is the byte after the piece. */
function splitAtCr(piece: Uint8Array, next: number | undefined): Uint8Array {
  const out = Buffer.from(piece);
  for (let at = 0; at < out.length; at++)
    if (out[at] === CR && (at + 1 < out.length ? out[at + 1] : next) !== LF) out[at] = LF;
  return out;
}
