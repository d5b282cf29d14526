/**
 * Encoded-words (RFC 2047), and the broken forms mail programs accept all the same: inside quotes, with spaces in the
 * text, with a language (RFC 2231 §5), without padding, with a multi-byte character cut between two words.
 */
import { Buffer } from 'node:buffer';
import { fromLatin1 } from '#core/bytes.ts';
import { decodeCharset, isKnownCharset, showLatin1 } from './charset.ts';

// Bounded on purpose: charset up to 80, text up to 2000 characters, no nested repetition.
const WORD = /=\?([^?\s]{1,80})\?([bBqQ])\?([^?\r\n]{0,2000})(?:\?=|$)/g;

type Word = { readonly charset: string; readonly bytes: Uint8Array };

/**
 * `text` (one character per byte) with its encoded-words decoded; the rest is shown as UTF-8 where it is valid, or as
 * `show` says: a text that is Unicode already stays as it is.
 */
export function decodeEncodedWords(text: string, show: (text: string) => string = showLatin1): string {
  if (!text.includes('=?')) return show(text);
  let out = '';
  let at = 0;
  let run: Word[] = [];
  for (const match of text.matchAll(WORD)) {
    const between = text.slice(at, match.index);
    // RFC 2047 §6.2: white space between two encoded-words is not shown.
    if (run.length === 0 || between.trim() !== '') {
      out += showWords(run) + show(between);
      run = [];
    }
    run.push(readWord(match[1]!, match[2]!, match[3]!)); // `!`: the groups are not optional
    at = match.index + match[0].length;
  }
  return out + showWords(run) + show(text.slice(at));
}

/**
 * Whether something in `text` looks like an encoded-word and could not be decoded for certain: longer than we read, not
 * closed, with raw bytes inside, or in a charset we do not know (UTF-7, say), which some program shows as another text.
 */
export function hasUndecodableWord(text: string): boolean {
  if (!text.includes('=?')) return false;
  const rest = text.replaceAll(WORD, (word, charset: string) => (isCertain(word, charset) ? '' : '=?'));
  return rest.includes('=?');
}

function isCertain(word: string, charset: string): boolean {
  // RFC 2231 §5: a language may follow the charset after `*`.
  return word.endsWith('?=') && /^[ -~]*$/.test(word) && isKnownCharset(charset.split('*', 1)[0] ?? '');
}

function readWord(charset: string, encoding: string, text: string): Word {
  // RFC 2231 §5: a language may follow the charset after `*`.
  const name = charset.split('*', 1)[0] ?? '';
  const bytes =
    encoding === 'q' || encoding === 'Q' ? decodeQ(text) : new Uint8Array(Buffer.from(text, 'base64'));
  return { charset: name.toLowerCase(), bytes };
}

/** RFC 2047 §4.2: `_` is a space, `=XX` a byte; anything else stands for itself. */
function decodeQ(text: string): Uint8Array {
  const plain = text
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return fromLatin1(plain);
}

/** Neighbouring words of one charset are joined before decoding, so that a character cut between them survives. */
function showWords(words: readonly Word[]): string {
  let out = '';
  for (let i = 0; i < words.length;) {
    const { charset } = words[i]!;
    const pieces: Uint8Array[] = [];
    for (; i < words.length && words[i]!.charset === charset; i++) pieces.push(words[i]!.bytes);
    out += decodeCharset(Buffer.concat(pieces), charset);
  }
  return out;
}
