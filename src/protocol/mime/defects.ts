/**
 * Every defect the MIME reader can name, with a sentence for people and a grade.
 *
 * - `notice`: sloppy but read alike everywhere; common in honest mail.
 * - `suspicious`: honest programs rarely write it, and some reader may stumble.
 * - `ambiguous`: mail programs are known to read it differently, so what one filter saw may not be what a person gets.
 */
export type DefectGrade = 'notice' | 'suspicious' | 'ambiguous';
export type DefectNote = { readonly grade: DefectGrade; readonly sentence: string };

const notice = (sentence: string): DefectNote => ({ grade: 'notice', sentence });
const suspicious = (sentence: string): DefectNote => ({ grade: 'suspicious', sentence });
const ambiguous = (sentence: string): DefectNote => ({ grade: 'ambiguous', sentence });

export const DEFECTS = {
  'duplicate-content-type': ambiguous('There are several Content-Type fields that do not say the same.'),
  'duplicate-encoding': ambiguous(
    'There are several Content-Transfer-Encoding fields that do not say the same.',
  ),
  'duplicate-disposition': ambiguous(
    'There are several Content-Disposition fields that do not say the same.',
  ),
  'missing-mime-version': notice('The message uses MIME without a MIME-Version field.'),
  'odd-mime-version': ambiguous('The MIME-Version field says something other than 1.0.'),
  'bad-content-type': suspicious('The media type cannot be read.'),
  'odd-multipart-type': ambiguous(
    'The type is almost, but not quite, a multipart type, and a boundary is given.',
  ),
  'boundary-missing': ambiguous(
    'A multipart without a boundary: programs guess it or show the text as it is.',
  ),
  'boundary-ambiguous': ambiguous('The boundary can be read in more than one way.'),
  'boundary-odd': suspicious('The boundary holds characters or a length that the standard does not allow.'),
  'boundary-not-found': ambiguous('The declared boundary never appears in the body.'),
  'boundary-prefix': ambiguous(
    'A line begins with the boundary but goes on: some programs see a delimiter, some text.',
  ),
  'boundary-indented': ambiguous('A delimiter line is preceded by white space or a stray carriage return.'),
  'boundary-reused': ambiguous(
    'An inner multipart uses the boundary of an outer one, or the beginning of it.',
  ),
  'delimiter-in-header': ambiguous('A delimiter line stands inside a part header.'),
  'delimiter-after-close': ambiguous('More delimiters follow after the multipart was closed.'),
  'outer-delimiter-inside': ambiguous('The delimiter of an outer multipart cuts an inner one short.'),
  'multipart-unclosed': suspicious('A multipart is never closed.'),
  'multipart-empty': suspicious('A multipart has no parts.'),
  'preamble-content': ambiguous('The text before the first delimiter looks like a part of its own.'),
  'epilogue-content': ambiguous('The text after the last delimiter looks like a part of its own.'),
  'undeclared-delimiter': ambiguous('A line looks like the delimiter of a multipart that nobody declared.'),
  'encoded-multipart': ambiguous('A multipart or message has a transfer encoding that the standard forbids.'),
  'unknown-encoding': ambiguous('The transfer encoding is unknown.'),
  'odd-encoding': ambiguous('The transfer encoding is written in a way that programs read differently.'),
  'legacy-encoding': ambiguous(
    'The content is in an encoding that only some programs decode (uuencode, BinHex, yEnc).',
  ),
  'base64-junk': ambiguous('Base64 data has characters that do not belong there.'),
  'base64-url-alphabet': ambiguous('Base64 data uses the URL alphabet, which only some programs decode.'),
  'base64-data-after-padding': ambiguous('Base64 data goes on after its padding.'),
  'base64-bad-padding': ambiguous('Base64 padding stands where none can be.'),
  'base64-odd-lines': suspicious('Base64 lines end in the middle of a group.'),
  'truncated-base64': suspicious('Base64 data ends in the middle of a group.'),
  'quoted-printable-invalid': suspicious('A quoted-printable escape is not two hexadecimal digits.'),
  'quoted-printable-lower-case': notice('A quoted-printable escape uses lower-case digits.'),
  'quoted-printable-soft-break': suspicious('White space follows a soft line break.'),
  'uuencode-inside': suspicious('The text carries a uuencoded file.'),
  'uuencode-unclosed': ambiguous(
    'A file in the text (uuencode, yEnc, BinHex) has no end, or was not read to it.',
  ),
  'binhex-inside': suspicious('The text carries a BinHex file.'),
  'yenc-inside': suspicious('The text carries a yEnc file.'),
  'parameter-unclosed-quote': ambiguous('A quoted parameter value is never closed.'),
  'parameter-text-after-quote': ambiguous('Text follows the closing quote of a parameter value.'),
  'parameter-unquoted': notice('A parameter value with special characters is not quoted.'),
  'parameter-comment': ambiguous('A comment stands where programs differ on comments.'),
  'parameter-escape': ambiguous('A backslash stands where programs differ on escapes.'),
  'parameter-separator': ambiguous('Parameters are not separated by semicolons.'),
  'parameter-duplicate': ambiguous('A parameter is given several times with different values.'),
  'parameter-hidden': ambiguous('A parameter hides inside another one or behind an odd spelling.'),
  'parameter-continuation': ambiguous(
    'The numbered pieces of a parameter are out of order, missing or repeated.',
  ),
  'parameter-charset': suspicious('An encoded parameter names a character set that is unknown or odd.'),
  'parameter-encoding-odd': ambiguous('An encoded parameter is not written as RFC 2231 says.'),
  'parameter-extended-differs': suspicious('The plain and the encoded form of a parameter differ.'),
  'encoded-word-in-parameter': notice(
    'A file name is written as an encoded-word, which the standard does not allow there.',
  ),
  'header-junk': ambiguous('A line in a part header is no header field.'),
  'header-space-before-colon': ambiguous('White space stands between a field name and its colon.'),
  'header-blank-line': ambiguous('A header line holds only white space: some programs end the header there.'),
  'header-bare-cr': ambiguous('A carriage return without line feed stands in a part header.'),
  'header-nul': ambiguous('A NUL stands in a part header.'),
  'header-folded-field': ambiguous('A folded header line looks like a MIME field of its own.'),
  'header-first-line-folded': ambiguous('The first line of a header begins with white space.'),
  'header-in-body': ambiguous('The body of a part begins with what looks like more of its header.'),
  'header-unended': ambiguous('A part header is not ended by an empty line.'),
  'header-odd-name': ambiguous('A field name is almost that of a MIME field.'),

  'external-body': suspicious(
    'The content lies elsewhere or in other messages (message/external-body, message/partial).',
  ),
  'limit-depth': ambiguous('Nesting is deeper than is read.'),
  'limit-parts': ambiguous('There are more parts than are read.'),
  'limit-header-bytes': ambiguous('A header is larger than is read.'),
} as const satisfies Record<string, DefectNote>;

export type DefectKind = keyof typeof DEFECTS;

export type MimeDefect = {
  /** Kebab-case name out of `DEFECTS`. */
  readonly kind: DefectKind;
  readonly detail: string;
};

export function gradeOf(defect: MimeDefect): DefectGrade {
  return DEFECTS[defect.kind].grade;
}

/** Adds a defect unless one of its kind is there already: the first of a kind tells the story, a thousand do not. */
export function noteDefect(defects: MimeDefect[], kind: DefectKind, detail: string): void {
  for (const d of defects) if (d.kind === kind) return;
  defects.push({ kind, detail: detail.length > 120 ? `${detail.slice(0, 117)}...` : detail });
}
