/** The Content-Transfer-Encoding field (RFC 2045 §6.1) and what readers make of its odd forms. */
import { decodeEncodedWords } from './encoded-word.ts';
import { noteDefect, type MimeDefect } from './defects.ts';
import type { Reader } from './reader.ts';

export type Encoding = 'identity' | 'base64' | 'quoted-printable' | 'uuencode' | 'binhex';

const KNOWN: ReadonlyMap<string, Encoding> = new Map([
  ['7bit', 'identity'],
  ['8bit', 'identity'],
  ['binary', 'identity'],
  ['base64', 'base64'],
  ['quoted-printable', 'quoted-printable'],
  ['x-uuencode', 'uuencode'],
  ['x-uue', 'uuencode'],
  ['uuencode', 'uuencode'],
  ['uue', 'uuencode'],
  ['x-binhex', 'binhex'],
  ['binhex', 'binhex'],
  ['binhex40', 'binhex'],
  ['mac-binhex40', 'binhex'],
  ['x-mac-binhex40', 'binhex'],
]);

export type EncodingChoice = { readonly encoding: Encoding; readonly name: string };

/** The encoding this reader would undo. `values` are all fields' values, comments included. */
export function readEncoding(
  values: readonly string[],
  reader: Reader,
  defects: MimeDefect[],
): EncodingChoice {
  if (values.length === 0) return { encoding: 'identity', name: '7bit' };
  const exact = KNOWN.get(values[0]!.toLowerCase());
  if (values.length === 1 && exact !== undefined && exact !== 'uuencode' && exact !== 'binhex')
    return { encoding: exact, name: values[0]!.toLowerCase() };
  const candidates = candidatesOf(values, defects);
  if (new Set(values.map((v) => v.toLowerCase().trim())).size > 1)
    noteDefect(defects, 'duplicate-encoding', values.slice(0, 4).join(' | '));
  const inOrder = reader.field === 'first' ? candidates : candidates.toReversed();
  return inOrder[Math.min(reader.encoding, inOrder.length - 1)] ?? { encoding: 'identity', name: '7bit' };
}

function candidatesOf(values: readonly string[], defects: MimeDefect[]): EncodingChoice[] {
  const found: EncodingChoice[] = [];
  const guesses: EncodingChoice[] = [];
  const add = (encoding: Encoding, name: string): void => {
    if (!found.some((f) => f.encoding === encoding)) found.push({ encoding, name });
  };
  for (const value of values.slice(0, 8)) {
    const lower = value.toLowerCase().trim();
    const exact = KNOWN.get(lower);
    if (exact !== undefined) {
      if (exact === 'uuencode' || exact === 'binhex') noteDefect(defects, 'legacy-encoding', value);
      add(exact, lower);
      continue;
    }
    const loose = looseEncodings(lower);
    noteDefect(defects, loose.length > 0 ? 'odd-encoding' : 'unknown-encoding', value);
    for (const l of loose) add(l, lower);
    if (loose.length === 0) add('identity', lower);
  }
  // Nobody knows what an unknown word means, so programs that look at the content may decode it as either.
  if (defects.some((d) => d.kind === 'unknown-encoding'))
    for (const guess of ['base64', 'quoted-printable'] as const)
      guesses.push({ encoding: guess, name: values[0]! });
  // Whoever does not understand the odd spelling shows the bytes as they are.
  if (defects.some((d) => d.kind === 'odd-encoding')) add('identity', values[0]!);
  // An unknown word beside a known one: most readers take the one they know.
  found.sort((a, b) => Number(a.encoding === 'identity') - Number(b.encoding === 'identity'));
  return [...found, ...guesses.filter((g) => !found.some((f) => f.encoding === g.encoding))];
}

/** Encodings some reader finds in a value that is none exactly: comments and quotes removed, word by word, or inside it. */
function looseEncodings(lower: string): Encoding[] {
  const found: Encoding[] = [];
  const add = (e: Encoding | undefined): void => {
    if (e !== undefined && !found.includes(e)) found.push(e);
  };
  const plain = lower.includes('=?') ? decodeEncodedWords(lower).toLowerCase() : lower;
  const bare = plain.replaceAll(/\([^()]*\)/g, '').trim();
  add(KNOWN.get(bare));
  add(KNOWN.get(bare.replaceAll(/[\s"'\\]/g, '')));
  for (const word of bare.split(/[\s;,"'()<>[\]:=]+/).slice(0, 16)) add(KNOWN.get(word));
  if (/base-?64|^b64$|^b$/.test(plain.replaceAll(/\s/g, ''))) add('base64');
  if (/quoted|^qp$|^q$/.test(plain.replaceAll(/\s/g, ''))) add('quoted-printable');
  if (/uue/.test(plain)) add('uuencode');
  return found;
}
