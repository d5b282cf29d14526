/**
 * The walk itself: body bytes in, split anywhere, parts out, for one `Reader`.
 *
 * A walk holds back only what may be the beginning of a delimiter or of an unfinished part header; everything else goes
 * straight to the part's decoder. A message inside a part is a walk of its own, fed with that part's decoded bytes.
 *
 * This file joins the bytes and alternates between headers (part-header.ts) and bodies (part-body.ts); part-start.ts says
 * what becomes of a part.
 */
import { Buffer } from 'node:buffer';
import type { Header } from '#protocol/message/header.ts';
import type { Content } from './content.ts';
import { newDraft, type Budget } from './draft.ts';
import { readBody } from './part-body.ts';
import { readHeader } from './part-header.ts';
import { startPart } from './part-start.ts';
import type { Reader } from './reader.ts';
import type { MimeOptions, MimeTree, MimeWalker } from './tree.ts';
import { EMPTY_HEADER, endContent, noteUnclosed, type Context, type Walk } from './walk-state.ts';

/** A walk over the body after `header`, for readers with the habits of `reader`. */
export function createReadingWalker(header: Header, options: MimeOptions, reader: Reader): MimeWalker {
  const budget: Budget = { limits: options.limits, parts: [], limitHit: undefined };
  const walk = createWalk({ options, reader, budget, depth: 0, rootPath: '0', adopted: undefined }, header);
  return {
    update: walk.write,
    finish: () => {
      walk.end();
      return finished(budget, header);
    },
  };
}

/** A walk over a whole message, header included, for readings in which the header itself may end elsewhere. */
export function createMessageWalker(options: MimeOptions, reader: Reader): MimeWalker {
  const budget: Budget = { limits: options.limits, parts: [], limitHit: undefined };
  const walk = createWalk(
    { options, reader, budget, depth: 0, rootPath: '0', adopted: undefined },
    undefined,
  );
  return {
    update: walk.write,
    finish: () => {
      walk.end();
      return finished(budget, EMPTY_HEADER);
    },
  };
}

function finished(budget: Budget, header: Header): MimeTree {
  // In which order defects come to light depends on where the body was cut; what is told must not.
  for (const part of budget.parts)
    if (part.defects.length > 1) part.defects.sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return { root: budget.parts[0] ?? newDraft('0', header), parts: budget.parts, limitHit: budget.limitHit };
}

/** A message or, when `header` is given, the body after it. */
function createWalk(context: Context, header: Header | undefined): Content {
  const { options, reader, budget } = context;
  const w: Walk = {
    context,
    options,
    reader,
    budget,
    inside: createWalk,
    stack: [],
    retired: [],
    state: 'header',
    decoder: undefined,
    current: undefined,
    atLineStart: true,
    scanned: 0,
    later: undefined,
  };
  /** Bytes that wait for more; `heldLength` of `held` are in use. */
  let held: Buffer = Buffer.alloc(0);
  let heldLength = 0;

  const advance = (bytes: Buffer, isFinal: boolean): number => {
    for (let at = 0; ;) {
      if (w.state === 'stopped') return bytes.length;
      const wasHeader = w.state === 'header';
      if (at >= bytes.length && !(isFinal && wasHeader)) return at;
      const before = at;
      at = wasHeader ? readHeader(w, bytes, at, isFinal) : readBody(w, bytes, at, isFinal);
      // Nothing more can be read without more bytes.
      if (at === before && wasHeader === (w.state === 'header')) return at;
    }
  };

  const keep = (rest: Buffer): void => {
    if (rest.length > held.length) held = Buffer.allocUnsafeSlow(Math.max(256, rest.length * 2));
    rest.copy(held);
    heldLength = rest.length;
  };

  const join = (chunk: Uint8Array): Buffer => {
    if (heldLength === 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const length = heldLength + chunk.length;
    if (length > held.length) {
      const grown = Buffer.allocUnsafeSlow(length * 2);
      held.copy(grown, 0, 0, heldLength);
      held = grown;
    }
    held.set(chunk, heldLength);
    heldLength = length;
    return held.subarray(0, length);
  };

  if (header !== undefined) startPart(w, header);

  return {
    write: (chunk) => {
      if (w.state === 'stopped' || chunk.length === 0) return;
      const bytes = join(chunk);
      const done = advance(bytes, false);
      if (done === 0 && heldLength > 0) return; // all of it still waits, in place
      if (done < bytes.length) keep(bytes.subarray(done));
      else heldLength = 0;
    },
    end: () => {
      if (w.state !== 'stopped') advance(held.subarray(0, heldLength), true);
      heldLength = 0;
      endContent(w);
      for (const open of w.stack.toReversed()) if (!open.isClosed) noteUnclosed(open.part);
    },
  };
}
