/**
 * A message's texts for a person who may read them: heads, and what its text parts say, as plain text and nothing else. Bounded
 * in bytes, depth and parts. NOTE: this is for eyes; what the gate decides rests on #protocol/mime, which reads far more closely.
 */
export type LetterPart = {
  readonly path: string;
  readonly type: string;
  readonly name: string | undefined;
  /** Bytes as they travelled. */
  readonly size: number;
  /** Undefined for whatever is no text. */
  readonly text: string | undefined;
  readonly isCut: boolean;
};
export type Letter = {
  readonly head: string;
  readonly parts: readonly LetterPart[];
  readonly isCut: boolean;
};

const MAX_DEPTH = 10;
const MAX_PARTS = 100;
const MAX_HEAD_CHARS = 64 * 1024;
const MAX_TEXT_CHARS = 256 * 1024;

type Fields = ReadonlyMap<string, string>;
type Reading = { readonly parts: LetterPart[]; isCut: boolean };

/** `source` has one character for each byte, so that nothing is lost before a part says how it is written. */
export function readLetter(bytes: Uint8Array): Letter {
  const source = asLatin1(bytes).replaceAll('\r\n', '\n');
  const reading: Reading = { parts: [], isCut: false };
  readEntity(reading, source, '1', 0);
  const { head } = halves(source);
  return { head: asUtf8(head.slice(0, MAX_HEAD_CHARS)), parts: reading.parts, isCut: reading.isCut };
}

function readEntity(reading: Reading, source: string, path: string, depth: number): void {
  if (reading.parts.length >= MAX_PARTS || depth > MAX_DEPTH) {
    reading.isCut = true;
    return;
  }
  const { head, body } = halves(source);
  const fields = fieldsOf(head.slice(0, MAX_HEAD_CHARS));
  // RFC 2045 §5.2: text in US-ASCII where nothing is said.
  const contentType = fields.get('content-type') ?? 'text/plain';
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const boundary = parameterOf(contentType, 'boundary');
  if (type.startsWith('multipart/') && boundary !== undefined && boundary !== '') {
    partsOf(body, boundary).forEach((part, n) => readEntity(reading, part, `${path}.${n + 1}`, depth + 1));
    return;
  }
  const disposition = fields.get('content-disposition') ?? '';
  const name = parameterOf(disposition, 'filename') ?? parameterOf(contentType, 'name');
  const text = type.startsWith('text/') ? textOf(body, fields, contentType) : undefined;
  reading.parts.push({
    path,
    type,
    name,
    size: body.length,
    text: text?.slice(0, MAX_TEXT_CHARS),
    isCut: (text?.length ?? 0) > MAX_TEXT_CHARS,
  });
}

function halves(source: string): { readonly head: string; readonly body: string } {
  if (source.startsWith('\n')) return { head: '', body: source.slice(1) };
  const end = source.indexOf('\n\n');
  return end === -1
    ? { head: source, body: '' }
    : { head: source.slice(0, end), body: source.slice(end + 2) };
}

/** The first of each name counts. */
function fieldsOf(head: string): Fields {
  const fields = new Map<string, string>();
  for (const line of head.replaceAll(/\n[ \t]/g, ' ').split('\n')) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).trim().toLowerCase();
    if (at > 0 && !fields.has(name)) fields.set(name, line.slice(at + 1).trim());
  }
  return fields;
}

function parameterOf(field: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]{0,500})"|([^\\s;"]{1,500}))`, 'i').exec(field);
  return found === null ? undefined : (found[1] ?? found[2]);
}

/** RFC 2046 §5.1.1: what stands between the delimiter lines; what comes before the first and after the last is for no one. */
function partsOf(body: string, boundary: string): string[] {
  const text = `\n${body}`;
  const mark = `\n--${boundary}`;
  const parts: string[] = [];
  let from: number | undefined;
  for (let at = delimiterIn(text, mark, 0); at !== -1;) {
    if (from !== undefined) parts.push(text.slice(from, at));
    const lineEnd = text.indexOf('\n', at + 1);
    const isLast = text.startsWith('--', at + mark.length);
    if (lineEnd === -1 || isLast || parts.length > MAX_PARTS) return parts;
    from = lineEnd + 1;
    at = delimiterIn(text, mark, lineEnd);
  }
  if (from !== undefined) parts.push(text.slice(from)); // never closed
  return parts;
}

/** Where the next delimiter line begins; a longer boundary that begins with this one is another's. */
function delimiterIn(text: string, mark: string, from: number): number {
  let at = text.indexOf(mark, from);
  while (at !== -1 && !/^(?:--)?[ \t]*(?:\n|$)/.test(text.slice(at + mark.length, at + mark.length + 200)))
    at = text.indexOf(mark, at + 1);
  return at;
}

function textOf(body: string, fields: Fields, contentType: string): string {
  const encoding = (fields.get('content-transfer-encoding') ?? '').toLowerCase();
  const plain =
    encoding === 'base64'
      ? fromBase64Text(body)
      : encoding === 'quoted-printable'
        ? fromQuotedPrintable(body)
        : body;
  return decode(plain, parameterOf(contentType, 'charset') ?? 'utf-8');
}

function fromBase64Text(text: string): string {
  const clean = text.replaceAll(/[^A-Za-z0-9+/]/g, '');
  return atob(clean.length % 4 === 1 ? clean.slice(0, -1) : clean);
}

function fromQuotedPrintable(text: string): string {
  return text
    .replaceAll(/[ \t]*=[ \t]*\n/g, '')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decode(latin1: string, charset: string): string {
  const bytes = Uint8Array.from(latin1, (c) => c.charCodeAt(0));
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder().decode(bytes); // a charset nobody knows
    throw error;
  }
}

const asUtf8 = (latin1: string): string => decode(latin1, 'utf-8');

function asLatin1(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return pieces.join('');
}
