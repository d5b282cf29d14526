/**
 * What a file is, by its first bytes, not by what its name or label claims. Names and labels are then held against it: a
 * program that calls itself a picture is the oldest trick there is.
 */
import { Buffer } from 'node:buffer';
import { findMagic } from './file-magic.ts';
import type { Content, FileFamily, FileTrait } from './file-kinds.ts';
import { extensionsOf, familyOfExtension, isDoubleExtension } from './file-name.ts';
import { detectText } from './file-text.ts';
import { detectZip } from './file-zip.ts';

export type { FileFamily, FileTrait } from './file-kinds.ts';

export type FileType = {
  /** Short name by content: `pe`, `zip`, `docx`, `pdf`, `html`, `text`…; `unknown` where nothing is recognised. */
  readonly detected: string;
  readonly family: FileFamily;
  /** Macros, encryption and the like, as far as the first bytes tell. */
  readonly traits: readonly FileTrait[];
  /** The lower-case extension of each name, without the dot. */
  readonly extensions: readonly string[];
  /** The content is of another, more dangerous family than a name or the declared type says. */
  readonly mismatch: boolean;
  /** `invoice.pdf.exe`. */
  readonly doubleExtension: boolean;
  /** A name turns its reading direction, so that `exe.fdp` is shown as `pdf.exe`. */
  readonly rtlName: boolean;
};

/** Tells the type of a file from its first bytes, its names and its declared media type. Never fails. */
export function detectType(head: Uint8Array, names: readonly string[], declaredType: string): FileType {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const extensions = names.flatMap((n) => extensionsOf(n).slice(-1));
  const content = detectContent(bytes, extensions);
  return {
    ...content,
    extensions,
    mismatch: isMismatch(content.family, content.detected, extensions, declaredType),
    doubleExtension: names.some(isDoubleExtension),
    rtlName: names.some((n) => /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/.test(n)),
  };
}

function detectContent(bytes: Buffer, extensions: readonly string[]): Content {
  if (bytes.length === 0) return { detected: 'empty', family: 'empty', traits: [] };
  const magic = findMagic(bytes);
  if (magic?.detected === 'zip') return detectZip(bytes);
  if (magic !== undefined) return { ...magic, traits: polyglot(bytes, magic.family) };
  return detectText(bytes, extensions);
}

/** A picture with a page or program in it: the first bytes say one thing, a later reader sees another. */
function polyglot(bytes: Buffer, family: FileFamily): FileTrait[] {
  if (family !== 'image' && family !== 'audio' && family !== 'video') return [];
  return /<script|<\?php|<html|Rar!\x1a\x07|PK\x03\x04/i.test(bytes.toString('latin1')) ? ['polyglot'] : [];
}

/** How much harm opening one does: the mismatch that matters is content worse than its claim. */
const DANGER: Readonly<Record<FileFamily, number>> = {
  empty: 0,
  unknown: 0,
  text: 0,
  image: 0,
  audio: 0,
  video: 0,
  font: 0,
  cryptographic: 0,
  message: 1,
  document: 1,
  archive: 2,
  'disk-image': 3,
  shortcut: 3,
  script: 3,
  executable: 4,
};

function isMismatch(
  family: FileFamily,
  detected: string,
  extensions: readonly string[],
  declaredType: string,
): boolean {
  const isWorse = (claimed: FileFamily | undefined): boolean =>
    claimed !== undefined && claimed !== family && DANGER[family] > DANGER[claimed];
  if (extensions.some((e) => isWorse(familyOfExtension(e)))) return true;
  // HTML is a text that acts: as text/plain or without a name it is only shown.
  return detected !== 'html' && isWorse(familyOfDeclared(declaredType));
}

function familyOfDeclared(type: string): FileFamily | undefined {
  const [main = ''] = type.split('/', 1);
  if (main === 'image' || main === 'audio' || main === 'video' || main === 'text' || main === 'font')
    return main;
  if (
    type === 'application/pdf' ||
    type === 'application/msword' ||
    /officedocument|ms-excel|ms-powerpoint/.test(type)
  )
    return 'document';
  return undefined;
}
