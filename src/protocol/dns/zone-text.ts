/**
 * A zone file as text: JSON (zone.ts), or lines of `name value` where the value is the text of one TXT record, `NXDOMAIN`,
 * or `~~SERVFAIL~~` / `~~Query timed out~~` (the FAKE_DNS form of the Mail::DKIM tests). `#` begins a comment line.
 */
import { err, type Result } from '#core/result.ts';
import { parseZone, type ZoneComplaint, type ZoneFile } from './zone.ts';

export function parseZoneText(text: string): Result<ZoneFile, readonly ZoneComplaint[]> {
  if (!text.trimStart().startsWith('{')) return parseZone(readLines(text));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // Not rethrown: a broken file is an expected outcome, and the parser's sentence says where.
    return err([{ at: 'zone', expected: `JSON (${(error as Error).message})` }]);
  }
  return parseZone(json);
}

function readLines(text: string): unknown {
  const zone = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const space = line.search(/\s/);
    const name = space === -1 ? line : line.slice(0, space);
    const values = zone.get(name) ?? [];
    values.push(readValue(space === -1 ? '' : line.slice(space).trim()));
    zone.set(name, values);
  }
  return Object.fromEntries(zone);
}

function readValue(value: string): string {
  if (value === '""') return '';
  if (/^~~.*timed out.*~~$/i.test(value)) return 'TIMEOUT';
  return /^~~(.*)~~$/.exec(value)?.[1] ?? value;
}
