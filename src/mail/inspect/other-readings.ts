/**
 * The parts that only some mail programs would show, of a message whose structure is ambiguous. Worked out once per message
 * and shared by the checks that ask; an unambiguous message costs nothing.
 */
import { concat } from '#core/bytes.ts';
import { gradeOf } from '#protocol/mime/defects.ts';
import {
  isReadable,
  readLeaves,
  readOthers,
  type Readings,
  type ReadingWay,
  STANDARD_WAY,
} from '#protocol/mime/readings.ts';
import { DEFAULT_MIME_OPTIONS, type MimePart } from '#protocol/mime/walk.ts';
import type { SpooledMessage } from '../spooled.ts';

export type OtherPart = { readonly part: MimePart; readonly reason: string; readonly way: ReadingWay };
export type OtherReadings = {
  /** Leaves that the main reading does not have. */
  readonly parts: readonly OtherPart[];
  /** More readings were possible than were tried, or the message is too large to be read again. */
  readonly isCut: boolean;
};

const NONE: OtherReadings = { parts: [], isCut: false };
const UNREAD: OtherReadings = { parts: [], isCut: true };
/** How long one turn of the event loop may be ours. */
const TURN_MS = 5;
/** Below the time of the checks that ask: they then say that the message was not read, rather than that they were late. */
const MAX_MS = 4_000;
/** Larger messages are read again one at a time, so that they fill neither memory nor every turn of the event loop. */
const LARGE_BYTES = 1024 * 1024;

const known = new WeakMap<SpooledMessage, Promise<OtherReadings>>();

export function otherReadings(message: SpooledMessage): Promise<OtherReadings> {
  const isAmbiguous = message.mime.parts.some((p) => p.defects.some((d) => gradeOf(d) !== 'notice'));
  if (!isAmbiguous) return Promise.resolve(NONE);
  let readings = known.get(message);
  if (readings === undefined) {
    readings = readAgain(message);
    known.set(message, readings);
  }
  return readings;
}

/** Parts that scanners may not find in the message themselves: of other readings, and files written into text. */
export type Content = { readonly part: MimePart; readonly bytes: Uint8Array };
export type Contents = { readonly files: readonly Content[]; readonly isCut: boolean };

/** Decoded bytes of them all; more are not kept at once. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
const IN_TEXT: ReadonlySet<string> = new Set(['x-uuencode', 'x-yenc', 'x-binhex']);

/** What those parts contain; empty, and free, for nearly every message. */
export async function contentsBeside(message: SpooledMessage): Promise<Contents> {
  const inText = message.mime.parts
    .filter((part) => IN_TEXT.has(part.encoding) && part.size > 0)
    .map((part) => ({ part, way: STANDARD_WAY }));
  const wanted = [...inText, ...(await otherReadings(message)).parts];
  if (wanted.length === 0) return { files: [], isCut: false };
  if (!isReadable(message.size)) return { files: [], isCut: true };
  return await oneLargeAtATime(message, (endMs) => collect(message, wanted, endMs));
}

async function collect(
  message: SpooledMessage,
  wanted: readonly Omit<OtherPart, 'reason'>[],
  endMs: number,
): Promise<Contents> {
  const bytes = await readWhole(message);
  const files: Content[] = [];
  let left = MAX_CONTENT_BYTES;
  for (const way of new Set(wanted.map((w) => w.way))) {
    const parts = new Map(wanted.filter((w) => w.way === way).map(({ part }) => [part.path, part]));
    const found = await paced(
      readLeaves(bytes, DEFAULT_MIME_OPTIONS, way, new Set(parts.keys()), left),
      endMs,
    );
    if (found === undefined) return { files, isCut: true };
    for (const [path, part] of parts) {
      const content = found.get(path);
      if (content === undefined) return { files, isCut: true };
      left -= content.length;
      files.push({ part, bytes: content });
    }
  }
  return { files, isCut: false };
}

function readAgain(message: SpooledMessage): Promise<OtherReadings> {
  if (!isReadable(message.size)) return Promise.resolve(UNREAD);
  return oneLargeAtATime(message, async (endMs) => {
    if (performance.now() > endMs) return UNREAD;
    const steps = readOthers(await readWhole(message), DEFAULT_MIME_OPTIONS, message.mime);
    const readings = await paced(steps, endMs);
    return readings === undefined ? UNREAD : besides(readings);
  });
}

let large: Promise<unknown> = Promise.resolve();

function oneLargeAtATime<T>(message: SpooledMessage, work: (endMs: number) => Promise<T>): Promise<T> {
  const endMs = performance.now() + MAX_MS;
  if (message.size <= LARGE_BYTES) return work(endMs);
  const mine = large.then(() => work(endMs));
  large = mine.catch(() => {}); // whoever asked for it is told
  return mine;
}

async function readWhole(message: SpooledMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.read()) chunks.push(chunk);
  return concat(chunks);
}

/** Other sessions go on between the pieces, and what takes too long is given up: unread is never harmless. */
async function paced<T>(steps: Generator<undefined, T>, endMs: number): Promise<T | undefined> {
  let pausedMs = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    const nowMs = performance.now();
    if (nowMs > endMs) return undefined;
    if (nowMs - pausedMs < TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    pausedMs = performance.now();
  }
}

/** The leaves that only other readings show. */
function besides({ main, others, isCut }: Readings): OtherReadings {
  const seen = new Set(main.parts.map(keyOf));
  const parts: OtherPart[] = [];
  for (const reading of others)
    for (const part of reading.parts) {
      const key = keyOf(part);
      if (part.sha256 === undefined || part.size === 0 || seen.has(key)) continue;
      seen.add(key);
      parts.push({ part, reason: reading.reason, way: reading.way });
    }
  return { parts, isCut };
}

const keyOf = (p: MimePart): string => `${p.sha256 ?? ''} ${p.names.join('/')}`;
