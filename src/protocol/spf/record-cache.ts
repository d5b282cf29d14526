/** Parsed records by their text: the large senders' records come with every other message. Bounded in count and size. */
import type { Result } from '#core/result.ts';
import { parseSpfRecord, type SpfRecord } from './record.ts';

const MAX_ENTRIES = 2000;
const MAX_TEXT = 4096;
const parsed = new Map<string, Result<SpfRecord, string>>();

export function parseSpfRecordCached(text: string): Result<SpfRecord, string> {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const record = parseSpfRecord(text);
  if (text.length > MAX_TEXT) return record;
  if (parsed.size >= MAX_ENTRIES) parsed.delete(parsed.keys().next().value!); // `!`: it is not empty; the oldest goes
  parsed.set(text, record);
  return record;
}
