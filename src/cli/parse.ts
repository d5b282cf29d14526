/**
 * `gatehouse parse`: the MIME tree of one message with its defects, and each other reading where mail programs differ.
 * Offline; nothing is kept.
 */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { err, ok, type Result } from '#core/result.ts';
import { DEFECTS, gradeOf } from '#protocol/mime/defects.ts';
import { detectType } from '#protocol/mime/file-type.ts';
import { readAuthors } from '#protocol/message/author.ts';
import { parseHeader } from '#protocol/message/header.ts';
import { readMessage, type Readings } from '#protocol/mime/readings.ts';
import { DEFAULT_MIME_OPTIONS, type MimePart } from '#protocol/mime/walk.ts';
import type { CliContext } from './context.ts';

const USAGE = `Usage: gatehouse parse FILE|- [--json]

Shows the parts of a message as the standard reads them, what is wrong with them, and every other reading where mail
programs differ. FILE is a message as it was sent, or saved by a mail program; "-" reads it from standard input.

  --json   one JSON object: { authors, parts, limitHit, ambiguous, readings: [{ reason, parts }], readingsCut }

Exit codes: 0 the message was read, however broken it is · 1 FILE cannot be read · 2 bad usage.
`;

const MAX_FILE_BYTES = 256 * 1024 * 1024;

type Order = { readonly source: string; readonly isJson: boolean };

export async function run(
  args: readonly string[],
  context: Pick<CliContext, 'stdout' | 'stderr'>,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    context.stdout(USAGE);
    return 0;
  }
  const order = readOrder(args);
  if (!order.ok) {
    context.stderr(`gatehouse parse: ${plain(order.error)}\n"gatehouse parse --help" tells more.\n`);
    return 2;
  }
  const file = await readFile(order.value.source);
  if (!file.ok) {
    context.stderr(`gatehouse parse: ${plain(file.error)}\n`);
    return 1;
  }
  // As it stands: which line ends it has is part of what is shown.
  const bytes = file.value;
  const readings = readMessage(bytes, DEFAULT_MIME_OPTIONS);
  context.stdout(order.value.isJson ? asJson(bytes, readings) : asText(bytes, readings));
  return 0;
}

function readOrder(args: readonly string[]): Result<Order, string> {
  const sources: string[] = [];
  let isJson = false;
  for (const arg of args) {
    if (arg === '--json') isJson = true;
    else if (arg.startsWith('-') && arg !== '-') return err(`there is no option "${arg}"`);
    else sources.push(arg);
  }
  const [source] = sources;
  if (source === undefined) return err('FILE is missing; "-" reads standard input');
  if (sources.length > 1) return err(`one FILE is taken, "${sources[1]}" is one too many`);
  return ok({ source, isJson });
}

async function readFile(source: string): Promise<Result<Uint8Array, string>> {
  try {
    const bytes = source === '-' ? await buffer(process.stdin) : readFileSync(source);
    return bytes.length > MAX_FILE_BYTES ? err(`${source}: larger than ${MAX_FILE_BYTES} bytes`) : ok(bytes);
  } catch (error) {
    // Not rethrown: a file that cannot be read is an expected outcome of a command.
    return err(`${source}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`);
  }
}

const isAmbiguous = ({ main }: Readings): boolean =>
  main.limitHit !== undefined || main.parts.some((p) => p.defects.some((d) => gradeOf(d) === 'ambiguous'));

function asJson(bytes: Uint8Array, readings: Readings): string {
  const authors = readAuthors(parseHeader(bytes));
  const value = {
    authors: authors.addresses.map(({ address, domain, displayName }) => ({ address, domain, displayName })),
    authorDefects: authors.defects,
    parts: readings.main.parts.map(partJson),
    limitHit: readings.main.limitHit ?? null,
    ambiguous: isAmbiguous(readings),
    readings: readings.others.map((r) => ({ reason: r.reason, parts: r.parts.map(partJson) })),
    readingsCut: readings.isCut,
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function partJson(part: MimePart): Readonly<Record<string, unknown>> {
  const type = detectType(part.head, part.names, part.type);
  return {
    path: part.path,
    type: part.type,
    names: part.names,
    disposition: part.disposition ?? null,
    charset: part.charset ?? null,
    encoding: part.encoding,
    size: part.size,
    sha256: part.sha256 ?? null,
    detected: type.detected,
    family: type.family,
    mismatch: type.mismatch,
    doubleExtension: type.doubleExtension,
    defects: part.defects.map((d) => ({ kind: d.kind, grade: gradeOf(d), detail: d.detail })),
  };
}

function asText(bytes: Uint8Array, readings: Readings): string {
  const authors = readAuthors(parseHeader(bytes));
  const lines = [
    `From ${authors.addresses.map((a) => plain(a.address)).join(', ') || 'nobody'}`,
    ...authors.defects.map((d) => `  ! ${d.kind} ${plain(d.detail)}`),
    ...readings.main.parts.flatMap(partLines),
  ];
  if (readings.main.limitHit !== undefined)
    lines.push(`! reading stopped at the limit on ${readings.main.limitHit}; what follows is unread`);
  for (const reading of readings.others)
    lines.push('', `Another reading: ${reading.reason}`, ...reading.parts.flatMap(partLines));
  if (readings.isCut) lines.push('', '! more readings are possible than were tried');
  return `${lines.join('\n')}\n`;
}

function partLines(part: MimePart): string[] {
  const indent = '  '.repeat(part.path === '0' ? 0 : part.path.split('.').length);
  const { detected, family } = detectType(part.head, part.names, part.type);
  const names = part.names.map((n) => ` "${plain(n)}"`).join('');
  const content = part.sha256 === undefined ? '' : ` ${part.size} bytes, ${detected} (${family})`;
  return [
    `${indent}${part.path} ${plain(part.type)}${names}${content}`,
    ...part.defects.map(
      (d) =>
        `${indent}  ! ${DEFECTS[d.kind].sentence} (${d.kind}${d.detail === '' ? '' : `: ${plain(d.detail)}`})`,
    ),
  ];
}

/** What a stranger wrote, safe for a terminal: control, reversing and invisible characters are shown as their numbers. */
function plain(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => {
      return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}
