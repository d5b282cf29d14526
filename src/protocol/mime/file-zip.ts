/** What a ZIP really is, by the names in its first local headers: an Office document, a Java or Android program, or a bundle. */
import type { Buffer } from 'node:buffer';
import { extensionsOf, familyOfExtension } from './file-name.ts';
import type { Content, FileTrait } from './file-kinds.ts';

const MAX_ENTRIES = 64;

export function detectZip(bytes: Buffer): Content {
  const { names, isEncrypted } = localNames(bytes);
  const text = bytes.toString('latin1');
  const traits: FileTrait[] = [];
  if (isEncrypted) traits.push('encrypted');
  if (/vbaProject|macroEnabled|macrosheet/i.test(text)) traits.push('macros');
  const detected = kindOf(names, text);
  if (detected === 'zip' && names.some(isProgramName)) traits.push('embedded-script');
  if (detected === 'jar' || detected === 'apk') return { detected, family: 'executable', traits };
  return { detected, family: detected === 'zip' ? 'archive' : 'document', traits };
}

const PROGRAMS: ReadonlySet<string | undefined> = new Set(['executable', 'script', 'shortcut']);

function isProgramName(name: string): boolean {
  return PROGRAMS.has(familyOfExtension(extensionsOf(name).at(-1) ?? ''));
}

function kindOf(names: readonly string[], text: string): string {
  const has = (prefix: string): boolean => names.some((n) => n.startsWith(prefix));
  if (has('word/')) return 'docx';
  if (has('xl/')) return 'xlsx';
  if (has('ppt/')) return 'pptx';
  if (has('visio/')) return 'vsdx';
  if (has('[Content_Types].xml') || has('_rels/')) return officeByText(text);
  if (names[0] === 'mimetype') return openDocument(text);
  if (has('AndroidManifest.xml') || has('classes.dex')) return 'apk';
  if (has('META-INF/')) return 'jar';
  return 'zip';
}

/** An Office file whose first entries do not say which; a later name or the type list may. */
function officeByText(text: string): string {
  if (text.includes('FixedDocSeq') || text.includes('.fdseq')) return 'xps';
  if (text.includes('word/')) return 'docx';
  if (text.includes('xl/')) return 'xlsx';
  return text.includes('ppt/') ? 'pptx' : 'ooxml';
}

function openDocument(text: string): string {
  const kind = /opendocument\.(text|spreadsheet|presentation|graphics)|epub/.exec(text)?.[0];
  if (kind === undefined) return 'zip';
  return (
    {
      'opendocument.text': 'odt',
      'opendocument.spreadsheet': 'ods',
      'opendocument.presentation': 'odp',
      'opendocument.graphics': 'odg',
      epub: 'epub',
    }[kind] ?? 'zip'
  );
}

/** Walks the local file headers that the first bytes hold. */
function localNames(bytes: Buffer): { readonly names: readonly string[]; readonly isEncrypted: boolean } {
  const names: string[] = [];
  let isEncrypted = false;
  let at = bytes.indexOf('PK\x03\x04', 0, 'latin1');
  while (at !== -1 && at + 30 <= bytes.length && names.length < MAX_ENTRIES) {
    const flags = bytes.readUInt16LE(at + 6);
    if (flags & 1) isEncrypted = true;
    const nameEnd = at + 30 + bytes.readUInt16LE(at + 26);
    names.push(bytes.toString('utf8', at + 30, Math.min(nameEnd, bytes.length)));
    const size = flags & 8 ? 0 : bytes.readUInt32LE(at + 18);
    // Sizes lie: the next header is looked for from where it should be, never before.
    at = bytes.indexOf('PK\x03\x04', nameEnd + bytes.readUInt16LE(at + 28) + size, 'latin1');
  }
  return { names, isEncrypted };
}
