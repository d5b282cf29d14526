/** What the header of a part says about it, for one reader: type, boundary, encoding, names, and everything odd about them. */
import { toLatin1 } from '#core/bytes.ts';
import { fieldLatin1, type Field, type Header } from '#protocol/message/header.ts';
import { parseContentField, type ContentField } from './content-type.ts';
import { noteDefect, type MimeDefect } from './defects.ts';
import { readEncoding, type Encoding } from './encoding-field.ts';
import type { Reader } from './reader.ts';

export type Description = {
  readonly type: string;
  readonly isMultipart: boolean;
  readonly isMessage: boolean;
  /** Candidates, the standard's first. */
  readonly boundaries: readonly string[];
  readonly encoding: Encoding;
  /** The encoding as named in the header, for people. */
  readonly encodingName: string;
  readonly names: readonly string[];
  readonly disposition: 'inline' | 'attachment' | undefined;
  readonly charset: string | undefined;
  readonly defects: MimeDefect[];
};

const MAX_NAMES = 16;
const MIME_FIELD = /^(content-(type|transfer-encoding|disposition)|mime-version)$/;

type Mime = { readonly type: string[]; readonly encoding: string[]; readonly disposition: string[] };

export function describePart(
  header: Header,
  reader: Reader,
  defaultType: string,
  isRoot: boolean,
): Description {
  const defects: MimeDefect[] = [];
  const values = collect(header, reader, defects, isRoot);
  const types = parseAll(values.type, 'duplicate-content-type', defects);
  const dispositions = parseAll(values.disposition, 'duplicate-disposition', defects);
  const pick = (fields: readonly ContentField[]): ContentField | undefined =>
    reader.field === 'first' ? fields[0] : fields.at(-1);
  const content = pick(types);
  const type = readType(content, defaultType, defects);
  const boundaries = types.length === 0 ? [] : boundariesOf(types, reader);
  const isMultipart = looksMultipart(type, boundaries, reader, defects);
  const disposition = pick(dispositions)?.value;
  const encoding = readEncoding(values.encoding, reader, defects);
  return {
    type,
    isMultipart,
    isMessage: /^message\/(rfc822|global|news)$/.test(type),
    boundaries,
    encoding: encoding.encoding,
    encodingName: encoding.name,
    names: namesOf(types, dispositions),
    // RFC 2183 §2.8: an unknown disposition counts as attachment.
    disposition:
      disposition === undefined || disposition === ''
        ? undefined
        : disposition === 'inline'
          ? 'inline'
          : 'attachment',
    charset: content?.parameters.get('charset')?.[0]?.toLowerCase(),
    defects,
  };
}

/** The values of the MIME fields this reader sees, and what is odd about the header they stand in. */
function collect(header: Header, reader: Reader, defects: MimeDefect[], isRoot: boolean): Mime {
  const mime: Mime = { type: [], encoding: [], disposition: [] };
  for (const field of header.fields) {
    const lower = field.lower;
    if (lower.charCodeAt(0) === 0x63) keep(mime, lower, fieldLatin1(header, field)); // 0x63: c
    if (hasFoldedField(header, field)) {
      noteDefect(defects, 'header-folded-field', lower);
      if (reader.fold === 'lines') keepFolded(mime, header, field);
    }
    if (lower === '') keepNameless(mime, header, field, defects, isRoot);
    else if (!isPlainName(lower)) noteOddName(mime, header, field, defects);
  }
  noteHeaderDefects(header, defects, isRoot);
  return mime;
}

function keep(mime: Mime, lower: string, value: string): void {
  if (lower === 'content-type') mime.type.push(value);
  else if (lower === 'content-transfer-encoding') mime.encoding.push(value);
  else if (lower === 'content-disposition') mime.disposition.push(value);
}

const LF = 10;

/** True when one of the field's continuation lines reads like a MIME field of its own. Looks only at folded fields. */
function hasFoldedField(header: Header, field: Field): boolean {
  const { bytes } = header;
  for (
    let lf = bytes.indexOf(LF, field.valueStart);
    lf !== -1 && lf + 1 < field.end;
    lf = bytes.indexOf(LF, lf + 1)
  ) {
    let at = lf + 1;
    while (bytes[at] === 32 || bytes[at] === 9) at++;
    const c = (bytes[at] ?? 0) | 0x20;
    if ((c === 0x63 || c === 0x6d) && FOLDED_FIELD.test(ascii(bytes, at, Math.min(at + 100, field.end))))
      return true;
  }
  return false;
}

/**
 * A MIME field with a value that a reader could take. The name and colon alone are no sign: the list of signed fields in a
 * DKIM signature (RFC 6376 §3.5, h=) is folded anywhere, and `content-type:content-transfer-encoding;` is an everyday line.
 */
const FOLDED_FIELD =
  /^(?:content-type\s*:[^:;]*\/|content-transfer-encoding\s*:[^:;]*(?:[78]bit|binary|base64|quoted|x-)|content-disposition\s*:[^:;]*(?:inline|attach|form)|mime-version\s*:[^:;]*\d)/i;

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return toLatin1(bytes.subarray(from, to));
}

function keepFolded(mime: Mime, header: Header, field: Field): void {
  const raw = ascii(header.bytes, field.valueStart, Math.min(field.end, field.valueStart + 4096));
  for (const line of raw.split(/\r?\n/).slice(1)) keepLine(mime, line);
}

function keepLine(mime: Mime, line: string): void {
  const colon = line.indexOf(':');
  if (colon === -1) return;
  const name = line
    .slice(0, colon)
    .toLowerCase()
    .replaceAll(/[^a-z-]/g, '');
  if (MIME_FIELD.test(name)) keep(mime, name, line.slice(colon + 1).trim());
}

/** A line that is no field; some programs still find a MIME field in it (first line folded, name missing its colon…). */
function keepNameless(
  mime: Mime,
  header: Header,
  field: Field,
  defects: MimeDefect[],
  isRoot: boolean,
): void {
  const line = ascii(header.bytes, field.start, Math.min(field.end, field.start + 4096)).replaceAll(
    /\r?\n/g,
    '',
  );
  // The separator line of a mailbox file in front of a message is no defect of its MIME structure.
  if (isRoot && line.startsWith('From ')) return;
  noteDefect(defects, 'header-junk', line.trim());
  keepLine(mime, line);
}

/** RFC 5322 §3.6.8 names only; the loop is cheaper than a pattern on every field. */
function isPlainName(lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const c = lower.charCodeAt(i);
    if (c < 33 || c > 126) return false;
  }
  return true;
}

function noteOddName(mime: Mime, header: Header, field: Field, defects: MimeDefect[]): void {
  const name = field.lower.replaceAll(/[^a-z-]/g, '');
  if (!MIME_FIELD.test(name)) return;
  noteDefect(defects, 'header-odd-name', field.name);
  keep(mime, name, fieldLatin1(header, field));
}

const HEADER_DEFECTS = {
  'space-before-colon': 'header-space-before-colon',
  'whitespace-only-line': 'header-blank-line',
  'bare-carriage-return': 'header-bare-cr',
  nul: 'header-nul',
  'first-line-folded': 'header-first-line-folded',
  'bad-name': undefined,
  'not-a-field': undefined,
  'bare-line-feed': undefined,
  'eight-bit': undefined,
  'no-body-separator': undefined,
  'line-too-long': undefined,
} as const satisfies Record<Header['defects'][number]['kind'], MimeDefect['kind'] | undefined>;

function noteHeaderDefects(header: Header, defects: MimeDefect[], isRoot: boolean): void {
  for (const d of header.defects) {
    const kind = HEADER_DEFECTS[d.kind];
    // Of the message's own header only what can hide a MIME field matters here; the rest is the header's own story.
    if (
      kind === undefined ||
      (isRoot && kind === 'header-space-before-colon' && !isAtMimeField(header, d.at))
    )
      continue;
    noteDefect(defects, kind, `at byte ${d.at}`);
  }
}

function isAtMimeField(header: Header, at: number): boolean {
  return header.fields.some((f) => f.start === at && MIME_FIELD.test(f.lower));
}

function parseAll(
  values: readonly string[],
  duplicate: 'duplicate-content-type' | 'duplicate-disposition',
  defects: MimeDefect[],
): ContentField[] {
  if (values.length > 1 && new Set(values.map((v) => v.replaceAll(/\s+/g, '').toLowerCase())).size > 1)
    noteDefect(defects, duplicate, values.slice(0, 4).join(' | '));
  const fields = values.slice(0, 8).map(parseContentField);
  for (const f of fields) for (const d of f.defects) noteDefect(defects, d.kind, d.detail);
  return fields;
}

function readType(content: ContentField | undefined, defaultType: string, defects: MimeDefect[]): string {
  if (content === undefined) return defaultType;
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(content.value)) return content.value;
  if (content.value !== '') noteDefect(defects, 'bad-content-type', content.value);
  // RFC 2045 §5.2: what cannot be read counts as text/plain; a readable beginning is kept, since programs keep it.
  return (
    /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+/.exec(content.value)?.[0] ??
    (content.value.startsWith('multipart') ? 'multipart/mixed' : 'text/plain')
  );
}

function boundariesOf(types: readonly ContentField[], reader: Reader): string[] {
  const found: string[] = [];
  const inOrder = reader.field === 'first' ? types : types.toReversed();
  const add = (b: string): void => {
    if (b.length > 0 && !found.includes(b)) found.push(b);
  };
  for (const t of inOrder) for (const b of t.parameters.get('boundary') ?? []) add(b);
  // RFC 2046 §5.1.1: a boundary does not end in a space; of one that does, some readers drop it.
  for (const b of found.slice()) add(b.trimEnd());
  return found.slice(0, 12);
}

function looksMultipart(
  type: string,
  boundaries: readonly string[],
  reader: Reader,
  defects: MimeDefect[],
): boolean {
  if (type.startsWith('multipart/')) return true;
  if (boundaries.length === 0) return false;
  noteDefect(defects, 'odd-multipart-type', type);
  return reader.looseMultipart;
}

function namesOf(types: readonly ContentField[], dispositions: readonly ContentField[]): string[] {
  const names: string[] = [];
  const addAll = (fields: readonly ContentField[], parameter: string): void => {
    for (const f of fields)
      for (const n of f.parameters.get(parameter) ?? [])
        if (names.length < MAX_NAMES && !names.includes(n)) names.push(n);
  };
  // RFC 2183 §2.3: filename is the name; `name` of Content-Type is its older form. The crossed forms exist in the wild.
  addAll(dispositions, 'filename');
  addAll(types, 'name');
  addAll(types, 'filename');
  addAll(dispositions, 'name');
  return names;
}
