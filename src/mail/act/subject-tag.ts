/**
 * Puts a tag before the subject without touching what is there, so that encoded-words and raw bytes stay as they came.
 */
import { CR, fromLatin1, fromUtf8, LF } from '#core/bytes.ts';
import { fieldsNamed, fieldText, type Header } from '#protocol/message/header.ts';
import type { Insertion } from './edits.ts';

export type Tagging = {
  readonly inserted: readonly Insertion[];
  /** A field of its own where the message has no subject. */
  readonly prepend: string;
};

export function tagSubject(header: Header, tag: string): Tagging {
  const subjects = fieldsNamed(header, 'subject');
  if (subjects.length === 0) return { inserted: [], prepend: `Subject: ${encodeTag(tag)}\r\n` };
  // Which of several subjects is shown differs between programs, so each gets the tag; a reply keeps the one it has.
  const bare = subjects.filter((s) => !fieldText(header, s).includes(tag));
  return { inserted: bare.map((s) => insertion(header, s.valueStart, tag)), prepend: '' };
}

function insertion(header: Header, at: number, tag: string): Insertion {
  let content = at;
  while (isSpace(header.bytes[content])) content++;
  // Nothing on the first line: a fold here would leave a line of white space only, which some take for the end.
  if (header.bytes[content] === CR || header.bytes[content] === LF)
    return { at, bytes: fromUtf8(` ${encodeTag(tag)}`) };
  // The tag gets a line of its own, so that no line of the sender grows past a limit (RFC 5322 §2.1.1). The sender's white
  // space begins the folded line, else a space of ours.
  return { at, bytes: fromUtf8(` ${encodeTag(tag)}\r\n${content > at ? '' : ' '}`) };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 9;
}

/** Printable ASCII as it is, else one encoded-word (RFC 2047 §2) for each piece of at most 75 characters. */
export function encodeTag(tag: string): string {
  if (/^[\x20-\x7e]*$/.test(tag) && !tag.includes('=?')) return tag;
  const words: string[] = [];
  let piece = '';
  // RFC 2047 §6.2: white space between two encoded-words is not shown, so the space that parts the tag is encoded, too.
  for (const character of `${tag} `) {
    if (fromUtf8(piece + character).length > 45) {
      words.push(word(piece));
      piece = '';
    }
    piece += character;
  }
  return [...words, word(piece)].join(' ');
}

function word(piece: string): string {
  return `=?utf-8?B?${btoa(String.fromCharCode(...fromUtf8(piece)))}?=`;
}

/** Header text as bytes: ASCII nearly always; otherwise UTF-8, which RFC 6532 allows where SMTPUTF8 was said. */
export function headerBytes(text: string): Uint8Array {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return fromUtf8(text);
  return fromLatin1(text);
}
