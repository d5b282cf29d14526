/**
 * Attached files that an organisation does not want to receive or send: told by their content, and by the names they would
 * be opened under. The list is a setting; the default is what attacks arrive in and offices do not mail.
 */
import { familyOfExtension } from '#protocol/mime/file-name.ts';
import { detectType, type FileFamily, type FileType } from '#protocol/mime/file-type.ts';
import type { MimePart } from '#protocol/mime/walk.ts';
import type { SpooledMessage } from '../../spooled.ts';
import type { Check, CheckFinding } from '../check.ts';
import { otherReadings } from '../other-readings.ts';

export type FileTypeSettings = {
  readonly blockedFamilies: ReadonlySet<FileFamily>;
  /** Names of types as `detectType` gives them, and extensions. */
  readonly blockedTypes: ReadonlySet<string>;
  /** Types and extensions that pass although their family is blocked. */
  readonly allowedTypes: ReadonlySet<string>;
};

export const DEFAULT_FILE_TYPES: FileTypeSettings = {
  blockedFamilies: new Set(['executable', 'script', 'shortcut', 'disk-image'] as const),
  blockedTypes: new Set(['ace', 'arj', 'xlam', 'xla', 'ppam', 'mht', 'mhtml']),
  allowedTypes: new Set(),
};

const MAX_FINDINGS = 20;

/** The check for one list. */
export function createFileType(settings: FileTypeSettings): Check {
  return {
    name: 'file-type',
    timeoutMs: 5_000,
    run: async ({ message }) => {
      const other = await otherReadings(message);
      return findingsFor(
        message,
        other.parts.map((o) => o.part),
        settings,
      );
    },
  };
}

export const fileType: Check = createFileType(DEFAULT_FILE_TYPES);

/** Findings for all files in the message, those that only some programs show included. */
export function findingsFor(
  message: Pick<SpooledMessage, 'mime'>,
  others: readonly MimePart[],
  settings: FileTypeSettings,
): CheckFinding[] {
  const findings: CheckFinding[] = [];
  for (const part of [...message.mime.parts, ...others]) {
    if (findings.length >= MAX_FINDINGS) break;
    if (isFile(part)) findings.push(...judge(part, settings));
  }
  return findings;
}

/** Message texts are no files, whatever they look like; everything with a name or another type is. */
function isFile(part: MimePart): boolean {
  if (part.type.startsWith('multipart/')) return false;
  return part.names.length > 0 || part.disposition === 'attachment' || !part.type.startsWith('text/');
}

function judge(part: MimePart, settings: FileTypeSettings): CheckFinding[] {
  const type = detectType(part.head, part.names, part.type);
  const params = {
    name: part.names[0] ?? '',
    path: part.path,
    detected: type.detected,
    declared: part.type,
  };
  const found = (code: string, outcome: CheckFinding['outcome'], weight: number): CheckFinding => ({
    code,
    outcome,
    class: 'malware',
    weight,
    params,
    cites: [],
  });
  if (type.rtlName) return [found('reversed-name', 'fail', 8)];
  if (type.doubleExtension) return [found('double-extension', 'fail', 8)];
  if (isBlocked(type, settings)) return [found('blocked', 'fail', type.mismatch ? 8 : 6)];
  if (type.traits.includes('embedded-script') && type.family === 'archive')
    return [found('program-in-archive', 'fail', 6)];
  const findings: CheckFinding[] = [];
  if (type.traits.includes('polyglot')) findings.push(found('polyglot', 'fail', 6));
  if (type.traits.includes('macros')) findings.push(found('macros', 'neutral', 3));
  if (type.traits.includes('encrypted')) findings.push(found('encrypted', 'neutral', 2));
  if (type.mismatch) findings.push(found('mismatch', 'neutral', 3));
  return findings;
}

function isBlocked(type: FileType, settings: FileTypeSettings): boolean {
  const claims = [type.detected, ...type.extensions];
  if (claims.some((c) => settings.blockedTypes.has(c))) return true;
  if (settings.blockedFamilies.has(type.family) && !settings.allowedTypes.has(type.detected)) return true;
  return type.extensions.some((e) => {
    const family = familyOfExtension(e);
    return family !== undefined && settings.blockedFamilies.has(family) && !settings.allowedTypes.has(e);
  });
}
