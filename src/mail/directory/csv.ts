/**
 * One column of a CSV file (RFC 4180), as spreadsheets write them: UTF-8 with or without a mark, comma or semicolon, quoted
 * or not. The heading is optional when there is but one column, since a plain list of addresses is a CSV file, too.
 *
 * A cell may not go over several lines: no address does, and it keeps a missing quote from swallowing the rest of a file.
 */
import type { Complaint } from '#core/complaint.ts';
import { err, ok, type Result } from '#core/result.ts';

export type Cell = { readonly line: number; readonly text: string };

const MAX_COMPLAINTS = 1_000;

/** The cells of the column with one of the names, the first said to people; empty lines are left out. Every mistake is told with its line. */
export function readCsv(
  bytes: Uint8Array,
  names: readonly [string, ...string[]],
): Result<Cell[], readonly Complaint[]> {
  const text = decode(bytes);
  if (!text.ok) return text;
  const lines = text.value.split(/\r\n|\n|\r/);
  const first = lines.findIndex((l) => l.trim() !== '');
  if (first === -1) return ok([]);
  const separator = lines[first]!.includes(';') && !lines[first]!.includes(',') ? ';' : ','; // `!`: found just above
  const heading = (splitLine(lines[first]!, separator) ?? []).map((c) => c.trim().toLowerCase());
  const at = heading.findIndex((h) => names.includes(h));
  if (at === -1 && heading.length > 1) {
    const found = heading.slice(0, 10).join(', ');
    return err([
      { at: `line ${first + 1}`, text: `There is no column named "${names[0]}"; found are ${found}.` },
    ]);
  }
  return pickColumn(
    lines,
    at === -1 ? first : first + 1,
    separator,
    Math.max(at, 0),
    Math.max(heading.length, 1),
  );
}

function decode(bytes: Uint8Array): Result<string, readonly Complaint[]> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const good = new TextDecoder('utf-8').decode(bytes).split('\u{fffd}', 1)[0] ?? '';
    const line = good.split(/\r\n|\n|\r/).length;
    return err([{ at: `line ${line}`, text: 'This is not UTF-8; save the file as UTF-8.' }]);
  }
}

function pickColumn(
  lines: readonly string[],
  from: number,
  separator: string,
  at: number,
  width: number,
): Result<Cell[], readonly Complaint[]> {
  const cells: Cell[] = [];
  const complaints: Complaint[] = [];
  for (let i = from; i < lines.length && complaints.length < MAX_COMPLAINTS; i++) {
    const source = lines[i]!; // `!`: i stays below the length
    if (source.trim() === '') continue;
    const row = splitLine(source, separator);
    const mistake = row === undefined ? 'The quotes do not match.' : columnMistake(row.length, width);
    if (mistake === undefined) cells.push({ line: i + 1, text: (row?.[at] ?? '').trim() });
    else complaints.push({ at: `line ${i + 1}`, text: mistake });
  }
  return complaints.length > 0 ? err(complaints) : ok(cells);
}

function columnMistake(found: number, width: number): string | undefined {
  if (found === width) return undefined;
  return `There ${found === 1 ? 'is 1 column' : `are ${found} columns`} instead of ${width}.`;
}

/** The cells of one line, or `undefined` where its quotes do not match. */
function splitLine(line: string, separator: string): string[] | undefined {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let end: number;
    if (line[at] === '"') {
      const close = closingQuote(line, at + 1);
      end = close + 1;
      if (close === -1 || (end < line.length && line[end] !== separator)) return undefined;
      cells.push(line.slice(at + 1, close).replaceAll('""', '"'));
    } else {
      const next = line.indexOf(separator, at);
      end = next === -1 ? line.length : next;
      cells.push(line.slice(at, end));
    }
    if (end >= line.length) return cells;
    at = end + 1;
  }
}

/** The quote that ends the cell: one that is not doubled. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 2)) {
    if (line[at + 1] !== '"') return at;
  }
  return -1;
}
