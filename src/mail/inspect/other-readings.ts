/**
 * The parts that only some mail programs would show, of a message whose structure is ambiguous. Worked out once per message
 * and shared by the checks that ask; an unambiguous message costs nothing.
 */
import { concat } from '#core/bytes.ts';
import { gradeOf } from '#protocol/mime/defects.ts';
import { readMessage } from '#protocol/mime/readings.ts';
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
/** Above this an ambiguous message is not read again; that is a finding of its own. */
const MAX_BYTES = 32 * 1024 * 1024;

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

async function readAgain(message: SpooledMessage): Promise<OtherReadings> {
  if (message.size > MAX_BYTES) return { parts: [], isCut: true };
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.read()) chunks.push(chunk);
  const { main, others, isCut } = readMessage(concat(chunks), DEFAULT_MIME_OPTIONS);
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
