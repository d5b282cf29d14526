/**
 * The parts that only some mail programs would show, of a message whose structure is ambiguous. Worked out once per message
 * and shared by the checks that ask; an unambiguous message costs nothing.
 */
import { concat } from '#core/bytes.ts';
import { gradeOf } from '#protocol/mime/defects.ts';
import { isReadable, readOthers, type Readings } from '#protocol/mime/readings.ts';
import { DEFAULT_MIME_OPTIONS, type MimePart } from '#protocol/mime/walk.ts';
import type { SpooledMessage } from '../spooled.ts';

export type OtherPart = { readonly part: MimePart; readonly reason: string };
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

let large: Promise<unknown> = Promise.resolve();

function readAgain(message: SpooledMessage): Promise<OtherReadings> {
  const endMs = performance.now() + MAX_MS;
  if (!isReadable(message.size)) return Promise.resolve(UNREAD);
  if (message.size <= LARGE_BYTES) return readNow(message, endMs);
  const mine = large.then(() => readNow(message, endMs));
  large = mine.catch(() => {}); // whoever asked for it is told
  return mine;
}

/** Other sessions go on between the pieces, and what takes too long is given up: unread is never harmless. */
async function readNow(message: SpooledMessage, endMs: number): Promise<OtherReadings> {
  if (performance.now() > endMs) return UNREAD;
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.read()) chunks.push(chunk);
  const steps = readOthers(concat(chunks), DEFAULT_MIME_OPTIONS, message.mime);
  let pausedMs = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return besides(step.value);
    const nowMs = performance.now();
    if (nowMs > endMs) return UNREAD;
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
      parts.push({ part, reason: reading.reason });
    }
  return { parts, isCut };
}

const keyOf = (p: MimePart): string => `${p.sha256 ?? ''} ${p.names.join('/')}`;
