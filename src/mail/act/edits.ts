/**
 * Changes to a message, built beside it: the original bytes stay as they came, and what is delivered is the original with
 * these cuts and insertions applied as it streams by.
 *
 * All or none: edits know how long their original is, so applied to anything else, or to an original that breaks off, they
 * throw, and whoever is sending must not end the message as if it were whole.
 */
import { PermanentError } from '#core/errors.ts';

export type Range = { readonly start: number; readonly end: number };
export type Insertion = { readonly at: number; readonly bytes: Uint8Array };

export type Edits = {
  readonly originalSize: number;
  /** Comes before the first byte of the original. */
  readonly prepend: Uint8Array;
  /** Sorted, without overlap. */
  readonly removed: readonly Range[];
  /** Sorted by place; one at the start of a removed range stands in its stead. */
  readonly inserted: readonly Insertion[];
};

type Step = { readonly at: number; readonly skipTo: number; readonly bytes: Uint8Array | undefined };

/** Cuts and insertions as one sorted list; throws where they contradict each other or leave the original. */
function stepsOf(edits: Edits): readonly Step[] {
  const steps: Step[] = [
    ...edits.inserted.map((i) => ({ at: i.at, skipTo: i.at, bytes: i.bytes })),
    ...edits.removed.map((r) => ({ at: r.start, skipTo: r.end, bytes: undefined })),
    // A stable sort keeps an insertion before the cut at the same place.
  ].sort((a, b) => a.at - b.at);
  let from = 0;
  for (const step of steps) {
    if (step.at < from || step.skipTo < step.at || step.skipTo > edits.originalSize)
      throw new PermanentError('the edits of a message overlap or leave it');
    from = step.skipTo;
  }
  return steps;
}

/** The edited message, streaming. Chunks of the original are passed on as they are wherever nothing cuts them. */
export async function* applyEdits(
  edits: Edits,
  original: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const cutter = createCutter(edits);
  if (edits.prepend.length > 0) yield edits.prepend;
  for await (const chunk of original) yield* cutter.update(chunk);
  yield* cutter.finish();
}

/** The same for a message in memory: views of the original and the insertions, nothing copied. */
export function applyEditsInMemory(edits: Edits, original: Uint8Array): Uint8Array[] {
  const cutter = createCutter(edits);
  const out = edits.prepend.length > 0 ? [edits.prepend] : [];
  out.push(...cutter.update(original), ...cutter.finish());
  return out;
}

/** How many bytes the edited message has. */
export function editedSize(edits: Edits): number {
  let size = edits.originalSize + edits.prepend.length;
  for (const r of edits.removed) size -= r.end - r.start;
  for (const i of edits.inserted) size += i.bytes.length;
  return size;
}

type Cutter = {
  readonly update: (chunk: Uint8Array) => Uint8Array[];
  readonly finish: () => Uint8Array[];
};

function createCutter(edits: Edits): Cutter {
  const steps = stepsOf(edits);
  let next = 0;
  let seen = 0; // bytes of the original before the current chunk
  let skipTo = 0; // bytes before this offset are cut away
  const update = (chunk: Uint8Array): Uint8Array[] => {
    const out: Uint8Array[] = [];
    const end = seen + chunk.length;
    if (end > edits.originalSize)
      throw new PermanentError('the original is longer than the edits were made for');
    const keep = (from: number, to: number): void => {
      const start = Math.max(from, skipTo);
      if (start < to) out.push(chunk.subarray(start - seen, to - seen));
    };
    let at = seen;
    for (let step = steps[next]; step !== undefined && step.at < end; step = steps[++next]) {
      keep(at, step.at);
      at = Math.max(at, step.at);
      if (step.bytes !== undefined) out.push(step.bytes);
      skipTo = Math.max(skipTo, step.skipTo);
    }
    keep(at, end);
    seen = end;
    return out;
  };
  const finish = (): Uint8Array[] => {
    if (seen !== edits.originalSize)
      throw new PermanentError('the original ended before its edits were applied');
    // What remains can only be insertions at the very end.
    return steps.slice(next).flatMap((s) => s.bytes ?? []);
  };
  return { update, finish };
}
