/**
 * A zone file as text: JSON (zone.ts, and docs/operations/zone-file.md for people), or lines of `name value` where the value is the text of one TXT record, `NXDOMAIN`,
 * or `~~SERVFAIL~~` / `~~Query timed out~~` (the FAKE_DNS form of the Mail::DKIM tests). `#` begins a comment line.
 *
 * A master file (RFC 1035 §5) is neither; read as lines it would answer for names it never meant, so it is refused.
 */
import { err, ok, type Result } from '#core/result.ts';
import { parseZone, type ZoneComplaint, type ZoneFile } from './zone.ts';

export function parseZoneText(text: string): Result<ZoneFile, readonly ZoneComplaint[]> {
  if (!text.trimStart().startsWith('{')) {
    const lines = readLines(text);
    return lines.ok ? parseZone(lines.value) : lines;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // Not rethrown: a broken file is an expected outcome, and the parser's sentence says where.
    return err([{ at: 'zone', expected: `JSON (${(error as Error).message})` }]);
  }
  return parseZone(json);
}

const FORM =
  'a zone in JSON, such as {"example.org": [{"MX": [10, "mx.example.org"]}]}, or lines of "name text" with a TXT record each; a master file (BIND) is not read';
/** A host name, `_` allowed, one label or more; no TTL, class or `@`. */
const NAME = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+\.?$/i;
/** What stands first in the rest of a line of a master file: `3600 IN A …`, `IN`, or a type. */
const MASTER = /^(\d+|IN|CH|HS|A|AAAA|NS|SOA|MX|TXT|CNAME|PTR|SRV|TLSA|CAA|DS|DNSKEY|SPF)\s+\S/i;

function readLines(text: string): Result<unknown, readonly ZoneComplaint[]> {
  const zone = new Map<string, string[]>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [first = '', rest = ''] = line.split(/\s+(.*)/, 2);
    if (!NAME.test(first) || rest === '' || MASTER.test(rest))
      return err([{ at: `line ${i + 1}`, expected: FORM }]);
    const space = line.search(/\s/);
    const name = space === -1 ? line : line.slice(0, space);
    const values = zone.get(name) ?? [];
    values.push(readValue(space === -1 ? '' : line.slice(space).trim()));
    zone.set(name, values);
  }
  return ok(Object.fromEntries(zone));
}

function readValue(value: string): string {
  if (value === '""') return '';
  if (/^~~.*timed out.*~~$/i.test(value)) return 'TIMEOUT';
  return /^~~(.*)~~$/.exec(value)?.[1] ?? value;
}
