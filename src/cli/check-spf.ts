/**
 * `gatehouse check --spf FILE|-`: SPF alone, offline. One JSON object per line in, `{"ip", "helo", "mailfrom", "zone"}`
 * (`"receiver"` may be added), one out per line, in order: `{"result", "explanation", "lookups", "voidLookups"}`.
 * A line that is wrong gets `{"error": "line 3: …"}`, the others are still judged, and the exit code is 2.
 */
import { createReadStream } from 'node:fs';
import { parseIp } from '#core/ip.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import { parseZone } from '#protocol/dns/zone.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { checkHost } from '#protocol/spf/check-host.ts';

type Question = {
  readonly ip: string;
  readonly helo: string;
  readonly mailFrom: string;
  readonly receiver: string;
  readonly resolver: Resolver;
};

/** A line holds a whole zone, so it may be long; more than this is a mistake. */
const MAX_LINE = 64 * 1024 * 1024;

/** Reads from a file or, for `-`, from standard input. Resolves to the exit code. */
export function checkSpf(source: string, write: (text: string) => void, nowMs: number): Promise<number> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  stream.setEncoding('utf8');
  return checkSpfLines(stream as AsyncIterable<string>, write, nowMs); // setEncoding makes the chunks strings
}

/** Judges each line of the text that `input` brings in pieces. Resolves to the exit code: 0, or 2 after a wrong line. */
export async function checkSpfLines(
  input: AsyncIterable<string>,
  write: (text: string) => void,
  nowMs: number = Date.now(),
): Promise<number> {
  let exitCode = 0;
  let number = 0;
  for await (const line of linesOf(input)) {
    number++;
    if (line.trim() === '') continue;
    const question = readQuestion(line);
    if (question.ok) {
      const { result, explanation, lookups, voidLookups } = await checkHost({ ...question.value, nowMs });
      write(`${JSON.stringify({ result, explanation, lookups, voidLookups })}\n`);
    } else {
      exitCode = 2;
      write(`${JSON.stringify({ error: `line ${number}: ${question.error}` })}\n`);
    }
  }
  return exitCode;
}

async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string> {
  let pieces: string[] = [];
  let size = 0;
  for await (const chunk of input) {
    const parts = chunk.split('\n');
    for (const [i, part] of parts.entries()) {
      size += part.length;
      // What is over the limit is dropped; the line that is left is no JSON and gets its error.
      if (size <= MAX_LINE) pieces.push(part);
      if (i === parts.length - 1) break;
      yield pieces.join('');
      pieces = [];
      size = 0;
    }
  }
  if (size > 0) yield pieces.join('');
}

function readQuestion(line: string): Result<Question, string> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    // Not rethrown: a broken line is an expected outcome, and the parser's sentence says where.
    return err(`not JSON (${(error as Error).message})`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return err('not a JSON object');
  const fields = json as Readonly<Record<string, unknown>>; // checked on the line above
  const { ip, helo, mailfrom: mailFrom, receiver = 'unknown' } = fields;
  if (typeof ip !== 'string' || parseIp(ip) === undefined) return err('"ip" must be an IP address');
  if (typeof helo !== 'string') return err('"helo" must be a string');
  if (typeof mailFrom !== 'string') return err('"mailfrom" must be a string');
  if (typeof receiver !== 'string') return err('"receiver" must be a string');
  if (fields['zone'] === undefined) return err('"zone" is missing');
  const zone = parseZone(fields['zone']);
  if (!zone.ok) return err(zone.error.map((c) => `zone ${c.at}: expected ${c.expected}`).join('; '));
  return ok({ ip, helo, mailFrom, receiver, resolver: zoneResolver(zone.value) });
}
